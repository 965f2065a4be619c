"""What a rectification did and did not, in words for the data subject (Art. 12(3), 12(4)); from the plan alone.

The plan's receipt outlives what is sealed, so the case can be closed from it whenever the process was cut off.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from data_contracts.case.confirmed import Confirmed
from data_contracts.company.contract import Column, Contracts, Table, in_language
from data_contracts.company.row_cases import column_in
from data_contracts.told.notices import Content, Referral, ToldItem
from data_contracts.vocabulary import CaseState, Decision, Gate, NoticeKind
from tasks.case.parts import reason_name
from tasks.case.plans import plan_receipt
from tasks.case.sealed import sealed_text
from tasks.notices.notify_subject import send_notice, titles_by_hand, was_told
from tasks.proof.concluding import staying_items, told_titles
from tasks.proof.judge import is_proven
from tasks.recipients.tell import recipients_told
from tasks.rules.act.rectification import SUPPLEMENT, fields_without_rows, outcome_of
from tasks.search.locate import by_hand
from tasks.services import services
from tasks.steps.acting import act

Line = Mapping[str, Any]


@act("tell rectified")
def tell_rectified(case_id: str, confirmed: Confirmed) -> str:
    """Tell what was put right, what was not and why, what a document corrects, and whom else to ask."""
    if via := was_told(case_id, NoticeKind.RECTIFICATION_DONE):
        return via  # what was sealed may be destroyed by now
    language = services().register.case(case_id).language
    lines = [line for line in _lines(case_id) if line["rows"]]
    content = Content(
        done=(*_items(lines, {"rectify"}, language), *_supplement(case_id, lines, language)),
        not_done=(
            *_items(lines, {"keep", "by_document"}, language),
            *(ToldItem(_field_name(name, language), why="not_found") for name in _missing(case_id)),
            *staying_items(case_id),
        ),
        referrals=tuple(_referrals(lines, language)),
        recipients=recipients_told(case_id),
        reason_text=_refusal_of_proof(case_id),
        by_hand=titles_by_hand(case_id),
        is_proven=is_proven(case_id),
        told=told_titles(case_id),
        found_rows=sum(line["rows"] for line in lines),
    )
    move = (CaseState.SUBJECT_TOLD, "rectification told")
    return send_notice(case_id, NoticeKind.RECTIFICATION_DONE, content, move=move, confirmed=confirmed)


def rectification_outcome(case_id: str) -> str:
    """How the case ends; what a person did outside the software counts as done (law 6)."""
    elsewhere = bool(by_hand(case_id)) or _takes_supplement(case_id)
    return outcome_of(_lines(case_id), done_elsewhere=elsewhere, is_missing=bool(_missing(case_id)))


def _lines(case_id: str) -> list[Line]:
    """Lines of systems that nobody handled outside the software."""
    handled = by_hand(case_id)
    return [line for line in plan_receipt(case_id)["plan"]["lines"] if line["system"] not in handled]


def _missing(case_id: str) -> list[str]:
    """Fields of the statement that nothing was found of; none is called so where a person looked."""
    if by_hand(case_id):
        return []
    return fields_without_rows(plan_receipt(case_id)["fields"], _lines(case_id), services().contracts)


def _items(lines: Iterable[Line], actions: set[str], language: str) -> list[ToldItem]:
    """One item for each kind of value and reason, with every place."""
    places: dict[tuple[str, str], dict[str, None]] = {}
    for line in lines:
        table = services().contracts.table(line["system"], line["table"])
        for name in line["columns"]:
            column = column_in(table, name, line.get("when", ""))
            if line["action"] in actions and column.marker != SUPPLEMENT:
                key = (_column_name(column, language), _why(line))
                places.setdefault(key, {})[_place(table, language)] = None
    return [ToldItem(what, tuple(where), why) for (what, why), where in places.items()]


def _why(line: Line) -> str:
    return {"keep": str(line["note"]), "by_document": "by_document"}.get(line["action"], "")


def _supplement(case_id: str, lines: Iterable[Line], language: str) -> list[ToldItem]:
    """The supplementary statement: stored where a contract names a place for it, and kept with the case in any case."""
    if not _takes_supplement(case_id):
        return []
    contracts = services().contracts
    where = [
        _place(contracts.table(line["system"], line["table"]), language)
        for line in lines
        if line["action"] == "rectify" and _is_supplement(line, contracts)
    ]
    return [ToldItem("", tuple(dict.fromkeys(where)), "supplement_stored" if where else "supplement_with_case")]


def _takes_supplement(case_id: str) -> bool:
    """Whether there is a statement, and something that it supplements; about a stranger's nothing it is not kept."""
    receipt = plan_receipt(case_id)
    return bool(receipt[SUPPLEMENT]) and (receipt["own_rows"] > 0 or bool(by_hand(case_id)))


def _is_supplement(line: Line, contracts: Contracts) -> bool:
    table = contracts.table(line["system"], line["table"])
    return any(table.column(name).marker == SUPPLEMENT for name in line["columns"])


def _referrals(lines: Iterable[Line], language: str) -> list[Referral]:
    """Other controllers that hold the values as their own (charter P2)."""
    contracts = services().contracts
    tables: dict[str, dict[str, None]] = {}
    for line in lines:
        if line["action"] == "refer":
            table = contracts.table(line["system"], line["table"])
            tables.setdefault(table.controller, {})[_table_name(table, language)] = None
    parties = contracts.vocabulary.parties
    return [
        Referral(parties[key].name, parties[key].policy, parties[key].contact, tuple(names))
        for key, names in tables.items()
    ]


def _refusal_of_proof(case_id: str) -> str:
    """What the person wrote who did not see the proof."""
    gate = services().register.gate(case_id, Gate.PROOF)
    if gate is None or gate.outcome is not Decision.REFUSE:
        return ""
    return sealed_text(case_id, reason_name(gate.gate, gate.subject, len(gate.answers) - 1))


def _field_name(asked: str, language: str) -> str:
    """A field in words: those of the first column that it reaches."""
    contracts = services().contracts
    for table in contracts.tables():
        for column in table.rules:
            if asked in {column.category, f"{table.system}.{table.name}.{column.name}"} and column.labels:
                return _column_name(column, language)
    return asked


def _column_name(column: Column, language: str) -> str:
    return in_language(column.labels, language) or column.name.replace("_", " ")


def _table_name(table: Table, language: str) -> str:
    return in_language(table.labels, language) or table.name.replace("_", " ")


def _place(table: Table, language: str) -> str:
    system = services().contracts.systems[table.system]
    return f"{in_language(system.labels, language) or system.title} – {_table_name(table, language)}"
