"""Restriction (Art. 18): on our list at once, then marked in the systems, proven, told; kept until it is lifted.

The order:

1. *restrict at once*: once identity is verified and before anything is checked, the data subject is on the list that
   every other program asks (``may-process``);
2. *measure*: seal the keys of all rows concerned, so that retention and erasure spare them;
3. *plan*, *confirm*, *change*, *prove*: markers are set as any other change of values;
4. *tell*; the sealed keys stay until the restriction is lifted (:mod:`tasks.act.lifting`).
"""

from collections.abc import Iterable, Mapping, Sequence

from data_contracts.case.confirmed import Confirmed
from data_contracts.case.permissions import Restriction
from data_contracts.case.subjects import SubjectKey
from data_contracts.company.contract import Table, in_language
from data_contracts.evidence.records import Facts, Record
from data_contracts.told.notices import Content, ToldItem
from data_contracts.vocabulary import CaseState, NoticeKind, Right
from tasks.act.changing import Changing, Counts
from tasks.case.plans import plan_receipt
from tasks.case.sealed import read_located, subject_request
from tasks.notices.notify_subject import send_notice
from tasks.proof.concluding import staying_items
from tasks.proof.judge import is_proven
from tasks.recipients.tell import recipients_told
from tasks.rules.act.changes import Change
from tasks.rules.act.restrictions import ground_of_restriction, restricted_purposes, restriction_changes
from tasks.search.referrals import referrals_of
from tasks.search.restricted import found_subject_keys, seal_rows
from tasks.search.shared_rows import leaves_shared, shared_items
from tasks.services import services
from tasks.steps.acting import act
from tasks.steps.step import step, until_done


class _Restricting(Changing):
    """The steps of changing, which also seal the rows concerned and put the keys found on the list."""

    def _measure(self, case_id: str, system: str) -> Counts:
        seal_rows(case_id, system, _changes(case_id, system))
        return super()._measure(case_id, system)

    def _plan(self, case_id: str, counts: Mapping[str, Counts]) -> str:
        put_on_list(case_id, found_subject_keys(case_id))
        return super()._plan(case_id, counts)


def _changes(case_id: str, system: str) -> Sequence[Change]:
    statement = subject_request(case_id).statement
    return restriction_changes(services().contracts, read_located(case_id), system, statement)


RESTRICTING = _Restricting(Right.RESTRICTION, _changes)


@step("restrict at once", watched=until_done("restrict at once"))
def restrict_at_once(case_id: str) -> int:
    """Put the verified data subject on the list of restrictions; the number of keys."""
    register = services().register
    entry = register.claim(case_id, "restrict at once")
    if entry.state == "done":
        return int(str(entry.receipt["keys"]))
    keys = register.subject_keys(case_id)
    put_on_list(case_id, keys)
    ground, purposes = _said(case_id)
    facts: Facts = {"keys": len(keys), "ground": ground, "purposes": list(purposes)}
    register.complete(case_id, "restrict at once", receipt=facts, record=Record("restrict at once", "", facts))
    return len(keys)


def put_on_list(case_id: str, keys: Iterable[SubjectKey]) -> None:
    """Restrict processing of these keys as the case's request says; those on the list stay as they are."""
    provided = services()
    statement, since = subject_request(case_id).statement, provided.now()
    ground, purposes = ground_of_restriction(statement), restricted_purposes(statement, provided.contracts)
    provided.register.restrict(Restriction(case_id, key, ground, purposes, since) for key in keys)


@act("tell restriction")
def tell_restriction(case_id: str, confirmed: Confirmed) -> str:
    """Tell what is restricted, on which ground, and what that means (Art. 12(3), 18(2), 18(3))."""
    lines = plan_receipt(case_id)["plan"]["lines"]
    done = (line for line in lines if line["action"] == "restrict" and line["rows"])
    paths = list(dict.fromkeys((line["system"], line["table"]) for line in done))
    content = Content(
        ground=_said(case_id)[0],
        done=told_tables(case_id, paths),
        not_done=(*shared_items(case_id), *staying_items(case_id)),
        referrals=referrals_of(case_id),
        is_proven=is_proven(case_id),
        found_rows=len(paths),
        recipients=recipients_told(case_id),
    )
    move = (CaseState.SUBJECT_TOLD, "restriction told")
    return send_notice(case_id, NoticeKind.RESTRICTION_DONE, content, move=move, confirmed=confirmed)


def told_tables(case_id: str, paths: Iterable[tuple[str, str]]) -> tuple[ToldItem, ...]:
    """Systems with their tables, in words of the case's language."""
    contracts, language = services().contracts, services().register.case(case_id).language
    by_system: dict[str, list[str]] = {}
    for system, name in dict.fromkeys(paths):
        by_system.setdefault(system, []).append(_title(contracts.table(system, name), language))
    titles = {name: contracts.systems[name] for name in by_system}
    return tuple(
        ToldItem(in_language(titles[name].labels, language) or titles[name].title, tuple(tables))
        for name, tables in by_system.items()
    )


def restriction_outcome(case_id: str) -> str:
    """How the case ends: what another controller holds, or others' data depend on, is not ours to restrict."""
    return "granted_in_part" if referrals_of(case_id) or leaves_shared(case_id) else "granted"


def _said(case_id: str) -> tuple[str, tuple[str, ...]]:
    statement = subject_request(case_id).statement
    return ground_of_restriction(statement).value, restricted_purposes(statement, services().contracts)


def _title(table: Table, language: str) -> str:
    return in_language(table.labels, language) or table.name.replace("_", " ")
