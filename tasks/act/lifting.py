"""Lift a restriction (Art. 18(3)): the data subject is told first, then markers and list are undone and proven.

The order:

1. a person decides, proven, with the reason that the data subject reads;
2. the notice leaves, on paper: was posted. Until then nothing is lifted;
3. markers are taken back in every system, and looked at again; rows that another case restricts stay marked;
4. the list is lifted, and evidence says so;
5. recipients that were told of the restriction are told that it is over (:mod:`tasks.recipients.tell_lifting`);
6. the keys that were kept sealed are destroyed.
"""

from collections.abc import Iterator
from dataclasses import replace

from data_contracts.case.confirmed import ACTED, OF_LIFTING, Confirmed
from data_contracts.connectors.keys import ChangeColumns, Condition, Look, Selection
from data_contracts.errors import ActUnproven, MoveRefused, RequestInvalid
from data_contracts.evidence.records import Facts, Record
from data_contracts.told.notices import Content
from data_contracts.vocabulary import Decision, Gate, NoticeKind, Right
from tasks.case.parts import has_part, reason_name
from tasks.case.sealed import sealed_text
from tasks.gates.gates import Question, deciding_people
from tasks.notices.notify_subject import send_notice
from tasks.notices.posting import awaits_posting
from tasks.rules.act.restrictions import markers_of
from tasks.search.restricted import FORGOTTEN, LIFTED, ROWS, is_restricted, restricted_rows, rows_of
from tasks.services import services
from tasks.steps.acting import act
from tasks.steps.ledger import is_done
from tasks.steps.step import always, step

LIFT = OF_LIFTING
"""What the gate is about at which a person decides."""
_TOLD = f"notice.{NoticeKind.RESTRICTION_LIFTED.value}"
_KEPT = "left in force"


def require_restriction(case_id: str) -> None:
    """That the case is one of restriction, carried out and in force, or is just being lifted.

    Raises:
        RequestInvalid: when it is not.
    """
    case = services().register.case(case_id)
    if case.right is not Right.RESTRICTION or not case.is_ended or not (is_restricted(case) or is_lifted(case_id)):
        raise RequestInvalid(
            "there is no restriction in force that this case carried out",
            where=case_id,
            remedy="name an ended case of restriction; 'rightsflow stances show' names those in force",
        )


def is_lifted(case_id: str) -> bool:
    """Whether the restriction was lifted."""
    return is_done(case_id, LIFTED)


def lift_question(case_id: str) -> Question:
    """Whether to lift; each time somebody decided not to, the next question is a new one."""
    listed = services().register.restrictions_by(case_id)
    ground = listed[0].ground.value if listed else ""
    return Question(
        gate=Gate.APPROVAL,
        subject=LIFT,
        description=(
            f"**Case {case_id}: lift the restriction (Art. 18(1)({ground}))?**\n\nThe data subject is told first, with "
            "the reason you give (Art. 18(3)); then the data may be used again. Answer *approve* with the reason, or "
            "*refuse* to leave it in force."
        ),
        facts={"lift": case_id, "kept": _times_kept(case_id)},
        options=(Decision.APPROVE, Decision.REFUSE),
    )


@step("keep restricted")
def leave_in_force(case_id: str) -> int:
    """Note that a person decided not to lift; how often that was by now."""
    number = _times_kept(case_id)
    record = Record(_KEPT, "", {"number": number})
    services().register.complete(case_id, _KEPT, str(number), receipt={}, record=record)
    return number + 1


@act("tell lifting")
def tell_lifting(case_id: str, confirmed: Confirmed) -> str:
    """Tell the data subject that the restriction is going to be lifted, and why (Art. 18(3)).

    Raises:
        ActRefused: when nobody decided to lift it (law 14).
    """
    gate = services().register.gate(case_id, Gate.APPROVAL, LIFT)
    reason = sealed_text(case_id, reason_name(Gate.APPROVAL, LIFT, 0)) if gate is not None else ""
    return send_notice(case_id, NoticeKind.RESTRICTION_LIFTED, Content(reason_text=reason), confirmed=confirmed)


@act("unmark")
def unmark_system(case_id: str, system: str, confirmed: Confirmed) -> dict[str, int]:
    """Take the markers of one system back, and look again; rows by table.

    Raises:
        ActRefused: when nobody decided to lift it (law 14).
        MoveRefused: while the data subject was not told.
        ActUnproven: when a row is still marked afterwards.
    """
    require_told(case_id)
    register = services().register
    entry = register.claim(case_id, "unmark", system, confirmed=confirmed, states=ACTED[OF_LIFTING])
    if entry.state == "done":
        return dict(entry.receipt["rows"])  # type: ignore[call-overload, no-any-return]  # written below
    orders = list(_orders(case_id, system))
    connector = services().systems.connector(system)
    touched = connector.carry_out(orders) if orders else []
    for order in orders:
        if connector.count_unlike(order.selection, Look(holding=order.set_to)):
            raise ActUnproven("rows are still marked", where=f"{case_id}, {system}", remedy="answer 'retry'")
    if orders and (stale := connector.refresh_views()):
        raise ActUnproven(
            "materialised views still show the marker",
            where=f"{case_id}, {system}: {', '.join(stale)}",
            remedy="make the account a member of their owner, then answer 'retry'",
        )
    rows = {order.selection.table: count for order, count in zip(orders, touched, strict=True)}
    facts: Facts = {"rows": rows, "still_marked": 0}
    register.complete(case_id, "unmark", system, receipt={"rows": rows}, record=Record("unmark", system, facts))
    return rows


@act("lift")
def finish_lifting(case_id: str, confirmed: Confirmed) -> str:
    """Lift the list; the people who decided.

    Raises:
        ActRefused: when nobody decided to lift it (law 14).
        MoveRefused: while the data subject was not told.
    """
    require_told(case_id)
    register = services().register
    register.claim(case_id, LIFTED, confirmed=confirmed, states=ACTED[OF_LIFTING])
    gate = register.gate(case_id, Gate.APPROVAL, LIFT)
    people = ", ".join(deciding_people(gate)) if gate else ""
    register.lift_restriction(case_id)
    facts: Facts = {"decided_by": people, "told_first": True}
    register.complete(
        case_id, LIFTED, receipt={"by": people}, record=Record(LIFTED, "", facts), actor=people or "rightsflow"
    )
    return people


@step("forget restriction", watched=always)
def forget_restriction(case_id: str) -> None:
    """Destroy what was kept sealed for the restriction, once nobody is left to be told of its end.

    Raises:
        MoveRefused: while the restriction is in force.
    """
    if not is_lifted(case_id):
        raise MoveRefused(
            "a restriction in force keeps its sealed keys", where=case_id, remedy=f"'rightsflow lift {case_id}' first"
        )
    services().vault.destroy(case_id)
    record = Record(FORGOTTEN, "", {"keys": "destroyed"})
    services().register.complete(case_id, FORGOTTEN, receipt={}, record=record)


def is_forgotten(case_id: str) -> bool:
    """Whether nothing is sealed for the restriction any more."""
    return is_done(case_id, FORGOTTEN)


def require_told(case_id: str) -> None:
    """That the data subject was told before anything is lifted (Art. 18(3)).

    Raises:
        MoveRefused: when not.
    """
    told = services().register.step(case_id, _TOLD)
    if told is None or told.state != "done" or awaits_posting(case_id):
        raise MoveRefused(
            "a restriction is lifted only after the data subject was told (Art. 18(3))",
            where=case_id,
            remedy=f"carry on with 'rightsflow lift {case_id}'",
        )


def restricted_systems(case_id: str) -> list[str]:
    """Systems in which the case restricts rows."""
    return [system for system in services().contracts.systems if has_part(case_id, f"{ROWS}{system}")]


def _times_kept(case_id: str) -> int:
    return sum(1 for name, _ in services().register.steps(case_id) if name == _KEPT)


def _orders(case_id: str, system: str) -> Iterator[ChangeColumns]:
    others = restricted_rows(system, but=case_id)
    for name, ways in rows_of(case_id, system).items():
        markers = markers_of(services().contracts.table(system, name))
        left = tuple(way for way in (_less(way, others.get(name, ())) for way in ways) if way.keys)
        if markers and left:
            yield ChangeColumns(Selection(name, left), set_to=dict.fromkeys(markers, False))


def _less(way: Condition, others: tuple[Condition, ...]) -> Condition:
    """The keys that no other case restricts."""
    taken = {key for other in others if other.columns == way.columns for key in other.keys}
    return replace(way, keys=way.keys - taken)
