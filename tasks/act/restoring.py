"""Give back what was erased by mistake, from the copy that is sealed for some days (Art. 17, 32(1)(c)).

The order:

1. two different people decide, each proven, with the reference of why it was a mistake; whatever the policy says, one
   person is not enough;
2. each system takes its rows back, the last one that was erased first, in one transaction each: parents before what
   refers to them. A row that is refused is named by table and constraint, and nothing of that system is written;
3. the keys leave the list of erasures, so that nothing takes the rows for some that came back;
4. the data subject is told;
5. the key of the copy is destroyed: nothing is kept twice.
"""

import json
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from data_contracts.case.confirmed import ACTED, OF_RESTORING, Confirmed
from data_contracts.case.ledger import StepEntry
from data_contracts.connectors.recovering import RESTORE, RESTORED, Copy, CopyHead, GivenBack, space_of
from data_contracts.errors import ActRefused, RequestInvalid
from data_contracts.evidence.records import Facts, Record
from data_contracts.told.notices import Content, ToldItem
from data_contracts.vocabulary import Decision, Gate, NoticeKind
from tasks.act.erasure import systems_in_order
from tasks.case.recovery import HEAD, blobs_of, copy_facts, copy_of, end_copy, left_out, require_copies
from tasks.gates.gates import Question, deciding_people
from tasks.notices.notify_subject import send_notice
from tasks.proof.concluding import title_of
from tasks.search.erased_keys import UNLISTED
from tasks.services import services
from tasks.steps.acting import act
from tasks.steps.ledger import is_done
from tasks.steps.step import always, step


def require_copy(case_id: str) -> None:
    """That the case has ended, and that what it erased can still be given back.

    Raises:
        RequestInvalid: when it has not, or nothing can be.
    """
    case = services().register.case(case_id)
    facts = copy_facts(case_id)
    if facts is None:
        what, remedy = (
            "nothing was kept of what this case erased",
            "see `recovery_days` of policy.yaml (docs/operate/giving-back.md)",
        )
    elif facts["state"] == RESTORED:
        what, remedy = "what this case erased was given back already", f"see 'rightsflow case {case_id}'"
    elif copy_of(case_id) is None:
        what = f"it is too late: the copy was kept until {facts['until']}, and its key is destroyed"
        remedy = "restore a backup, if there is one, and have the rows entered again"
    elif not case.is_ended:
        what, remedy = "the case is still carried out", f"let it end: 'rightsflow run {case_id}'"
    else:
        return
    raise RequestInvalid(what, where=case_id, remedy=remedy)


def restore_question(case_id: str) -> Question:
    """Whether what was erased is given back."""
    facts = copy_facts(case_id) or {}
    lost = "".join(f"\n- {place}: {why.replace('_', ' ')}" for place, why in sorted(facts["not_copied"].items()))
    return Question(
        gate=Gate.RESTORATION,
        description=(
            f"**Case {case_id}: give back what was erased?** {facts['rows']} rows are sealed until {facts['until']}."
            "\n\nAnswer *approve* with the reference of what shows that it was a mistake (a ticket, a letter). Two "
            f"different people must; then `rightsflow erasures give-back {case_id}` carries it out."
            + (f"\n\n**Is not given back:**{lost}" if lost else "")
        ),
        facts={"restore": case_id, "until": facts["until"]},
        options=(Decision.APPROVE,),
    )


def sealed_systems(case_id: str) -> list[str]:
    """Systems with sealed rows, in the order to give back: the last one that was erased first.

    Once all is given back the copy may be destroyed already: the systems are then those that took their rows.

    Raises:
        VaultSealed: when rows that were sealed are gone.
    """
    if is_done(case_id, RESTORED):
        sealed = {system for name, system in services().register.steps(case_id) if name == RESTORE}
    else:
        require_copies(case_id)
        sealed = {system for system, *_ in blobs_of(case_id)}
    known = [system for system in reversed(systems_in_order(case_id)) if system in sealed]
    return [*known, *sorted(sealed - set(known))]


@act("restore")
def restore_system(case_id: str, system: str, confirmed: Confirmed) -> dict[str, int]:
    """Give one system its rows back; rows by table.

    Raises:
        ActRefused: when two people did not decide so (law 14).
        ContractMismatch: when the system refuses a row; nothing of it was written.
    """
    register = services().register
    entry = _claimed(case_id, RESTORE, system, confirmed)
    if entry.state == "done":
        return dict(entry.receipt["rows"])  # type: ignore[call-overload, no-any-return]  # written below
    giver = services().systems.connector(system).giver()
    if giver is None:
        what = "the system that this was copied from cannot take rows back as it is configured now"
        raise RequestInvalid(what, where=f"{case_id}, {system}", remedy="configure the connection that it had")
    given = giver.give_back(copies_of(case_id, system))
    receipt = {name: _by_table(given, name) for name in ("rows", "already", "changed_since")}
    register.complete(case_id, RESTORE, system, receipt=receipt, record=Record(RESTORE, system, receipt))
    return receipt["rows"]


@act("restored")
def finish_restoring(case_id: str, confirmed: Confirmed) -> Mapping[str, object]:
    """Take the keys off the list of erasures, and note who had what given back.

    Raises:
        ActRefused: when two people did not decide so (law 14).
    """
    register = services().register
    entry = _claimed(case_id, RESTORED, "", confirmed)
    if entry.state == "done":
        return entry.receipt
    gate = register.gate(case_id, Gate.RESTORATION)
    people = list(deciding_people(gate)) if gate else []
    by = ", ".join(people)
    keys = register.forget_erasure(case_id)
    unlisted: Facts = {"keys": keys, "by": by, "why": RESTORED}
    register.complete(
        case_id, UNLISTED, RESTORED, receipt=unlisted, record=Record(UNLISTED, RESTORED, unlisted, actor=by), actor=by
    )
    steps = register.steps(case_id).items()
    done: dict[str, Any] = {s: dict(e.receipt) for (n, s), e in steps if n == RESTORE and e.state == "done"}
    facts: dict[str, Any] = {"decided_by": people, "reference": gate.reference if gate else "", "systems": done}
    register.complete(case_id, RESTORED, receipt=facts, record=Record(RESTORED, "", facts, actor=by), actor=by)
    return facts


@act("tell restored")
def tell_restored(case_id: str, confirmed: Confirmed) -> str:
    """Tell the data subject that what was erased by mistake is there again.

    Raises:
        ActRefused: when two people did not decide so (law 14).
    """
    _require_decided(confirmed)
    return send_notice(case_id, NoticeKind.RESTORED, Content(not_done=_lost(case_id)), confirmed=confirmed)


@step("end restoring", watched=always)
def end_restoring(case_id: str) -> None:
    """Destroy the copy, once all is given back and told."""
    if is_done(case_id, RESTORED):
        end_copy(case_id, RESTORED)


def _lost(case_id: str) -> tuple[ToldItem, ...]:
    """What is not as it was, each system once for each reason."""
    found = [(place.partition(".")[0], "not_given_back") for place in left_out(case_id) or {}]
    for (name, system), entry in services().register.steps(case_id).items():
        if name == RESTORE and entry.state == "done" and entry.receipt["changed_since"]:
            found.append((system, "written_since"))
    return tuple(ToldItem(title_of(case_id, system), why=why) for system, why in dict.fromkeys(found))


def _claimed(case_id: str, name: str, system: str, confirmed: Confirmed) -> StepEntry:
    _require_decided(confirmed)
    return services().register.claim(case_id, name, system, confirmed=confirmed, states=ACTED[OF_RESTORING])


def _require_decided(confirmed: Confirmed) -> None:
    """That what was confirmed is giving back: what was approved is the plan that erased."""
    if confirmed.subject != OF_RESTORING:
        what = "the plan that erased lets nobody give back"
        raise ActRefused(what, where=confirmed.case_id, remedy="take it from tasks.case.plans.confirm_restoring")


def _by_table(given: list[GivenBack], name: str) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for one in given:
        counted[one.table] += getattr(one, name)
    return {table: count for table, count in counted.items() if count}


# --- what is sealed ------------------------------------------------------------------------------------------------


def copies_of(case_id: str, system: str) -> list[Copy]:
    """The copies of one system in the order to write: the last order first, and of each the last act.

    An act that broke off is begun again, and its rows are copied again: the later copy says what was erased.
    """
    blobs = [(order, act_number, name) for s, act_number, order, name in blobs_of(case_id) if s == system]
    several = len({act_number for _, act_number, _ in blobs}) > 1
    seen: dict[CopyHead, set[Hashable]] = {}
    copies = []
    for _, _, name in sorted(blobs, reverse=True):
        head = _head(case_id, name)
        keys = seen.setdefault(head, set()) if several else None
        copies.append(Copy(head, _open(case_id, name, head, keys)))
    return copies


def _head(case_id: str, name: str) -> CopyHead:
    with services().vault.read(space_of(case_id), name) as blob, pa.ipc.open_stream(blob) as reader:
        return CopyHead.of(json.loads(reader.schema.metadata[HEAD]))


@contextmanager
def _open(case_id: str, name: str, head: CopyHead, seen: set[Hashable] | None) -> Iterator[Iterator[pa.RecordBatch]]:
    with services().vault.read(space_of(case_id), name) as blob, pa.ipc.open_stream(blob) as reader:
        yield iter(reader) if seen is None else _unseen(reader, head, seen)


def _unseen(batches: Iterator[pa.RecordBatch], head: CopyHead, seen: set[Hashable]) -> Iterator[pa.RecordBatch]:
    """The rows whose key no later copy holds."""
    for batch in batches:
        keys = list(zip(*(batch.column(place).to_pylist() for place in head.key_places), strict=True))
        yield batch.filter(pa.array([key not in seen for key in keys]))
        seen.update(keys)
