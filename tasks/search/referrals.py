"""Another controller's data are referred to it, and never disclosed, changed or erased by us (charter P2)."""

from typing import Any

from data_contracts.company.contract import in_language
from data_contracts.evidence.records import Record
from data_contracts.told.notices import Referral
from data_contracts.vocabulary import CaseState
from tasks.case.plans import plan_receipt, planned
from tasks.rules.search.partners import is_all_referred
from tasks.search.locate import by_hand
from tasks.services import services
from tasks.steps.step import step


def referrals_of(case_id: str) -> tuple[Referral, ...]:
    """Controllers whose own data the plan found, in words of the case's language; empty without a plan."""
    if not planned(case_id):
        return ()
    provided = services()
    contracts, language = provided.contracts, provided.register.case(case_id).language
    tables: dict[str, dict[str, None]] = {}
    for line in _referred(case_id):
        table = contracts.table(line["system"], line["table"])
        name = in_language(table.labels, language) or table.name.replace("_", " ")
        tables.setdefault(table.controller, {})[name] = None
    parties = contracts.vocabulary.parties
    return tuple(
        Referral(parties[key].name, parties[key].policy, parties[key].contact, tuple(names))
        for key, names in sorted(tables.items())
    )


@step("refer")
def refer(case_id: str) -> bool:
    """Whether all that was found is another controller's; the case is then referred, and nobody has to approve it."""
    lines: list[Any] = plan_receipt(case_id)["plan"]["lines"]
    if not is_all_referred(lines, by_hand=by_hand(case_id)):
        return False
    contracts = services().contracts
    to = sorted({contracts.table(line["system"], line["table"]).controller for line in _referred(case_id)})
    services().register.complete(
        case_id,
        "refer",
        receipt={"to": to},
        record=Record("refer", "", {"to": to}),
        move=(CaseState.REFERRED, f"referred to {', '.join(to)}"),
        outcome="referred",
    )
    return True


def _referred(case_id: str) -> list[Any]:
    lines: list[Any] = plan_receipt(case_id)["plan"]["lines"]
    return [line for line in lines if line["action"] == "refer" and line["rows"]]


__all__ = ["refer", "referrals_of"]
