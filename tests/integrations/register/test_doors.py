"""Links, counts of tries, arrivals, programs that make requests, what operators did, and the outbox of all that."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from data_contracts.case.incoming import IncomingState
from data_contracts.case.links import Link, LinkPurpose
from data_contracts.case.origins import Agent, DoorProtocol, Origin
from data_contracts.case.outgoing import OutgoingKind
from data_contracts.doors.operator_log import OperatorUse
from data_contracts.doors.webhooks import Webhook
from data_contracts.evidence.records import Record
from data_contracts.vocabulary import CaseState, Channel, Right
from integrations.register import SqlRegister
from tests.integrations.register.examples import a_request

_AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_HOUR = timedelta(hours=1)


def a_link(case_id: str, digest: str = "a" * 64, purpose: LinkPurpose = LinkPurpose.IDENTITY) -> Link:
    """A link that is in force for an hour."""
    return Link(digest, case_id, purpose, _AT, _AT + _HOUR)


def test_link_is_used_once(register: SqlRegister, case_id: str) -> None:
    """The first caller gets in, nobody after it."""
    register.put_link(a_link(case_id))

    assert [register.use_link("a" * 64, _AT) for _ in range(2)] == [True, False]
    assert register.link("a" * 64) == replace(a_link(case_id), used_at=_AT)


def test_link_ends(register: SqlRegister, case_id: str) -> None:
    """At its time, or when all links of its kind are ended; others go on."""
    register.put_link(a_link(case_id))
    register.put_link(a_link(case_id, "b" * 64, LinkPurpose.PACKAGE))

    assert not register.use_link("a" * 64, _AT + _HOUR)
    assert register.end_links(case_id, LinkPurpose.IDENTITY, _AT) == 1
    assert not register.use_link("a" * 64, _AT)
    assert register.use_link("b" * 64, _AT)
    assert register.link("c" * 64) is None


def test_tries_are_counted_by_window(register: SqlRegister) -> None:
    """Each key and window for itself; windows that are over are forgotten."""
    counted = [register.count_call(key, _HOUR, _AT) for key in ("ann", "ann", "bob")]
    register.count_call("ann", _HOUR, _AT + _HOUR)

    assert counted == [1, 2, 1]
    assert register.calls("ann", _HOUR, _AT) == 2
    assert register.forget_calls(_AT + _HOUR + timedelta(seconds=1)) == 2
    assert register.calls("ann", _HOUR, _AT) == 0


def test_message_arrives_once_and_is_settled_once(register: SqlRegister) -> None:
    """Read again it is the same; who settles it second changes nothing."""
    first, again = (
        register.put_incoming(Channel.EMAIL, _AT, date(2026, 4, 2), message_digest="d" * 64) for _ in range(2)
    )

    assert first == again
    assert register.incomings(waiting_only=True) == [first]
    settled = [
        register.settle_incoming(first.incoming_id, IncomingState.ASSIGNED, by=who, note="C-1")
        for who in ("zoe", "marc")
    ]
    found = register.incoming(first.incoming_id)
    assert settled == [True, False]
    assert found is not None
    assert (found.state, found.settled_by, found.note) == (IncomingState.ASSIGNED, "zoe", "C-1")
    assert register.incomings(waiting_only=True) == []
    assert register.incoming("M-NONE") is None


def test_origin_is_kept_as_first_given(register: SqlRegister, case_id: str) -> None:
    """A case has one origin, a client's name for a case is one case."""
    origin = Origin(case_id, "consumerco", DoorProtocol.DRP, "r-1", "https://agent.example/cb")

    assert register.put_origin(origin) == register.put_origin(replace(origin, client="other")) == origin
    assert register.origin_of("consumerco", "r-1") == register.origin(case_id) == origin
    assert register.origin_of("other", "r-1") is register.origin("C-NONE") is None
    assert register.origins_of("consumerco") == [origin]


def test_agents_and_subscribers_are_replaced_by_name(register: SqlRegister) -> None:
    """What was put last is there."""
    agent, hook = Agent("AG-1", "Agent", "a2V5"), Webhook("desk", "https://x.example", "crm", b"s", ("archived",))
    for one in (agent, replace(agent, is_active=False)):
        register.put_agent(one)
    for hooked in (hook, replace(hook, url="https://y.example")):
        register.put_webhook(hooked)

    assert register.agent("AG-1") == replace(agent, is_active=False)
    assert register.webhook("desk") == replace(hook, url="https://y.example")
    assert register.agent("AG-2") is None
    assert register.webhook("none") is None


def test_uses_are_never_changed(register: SqlRegister) -> None:
    """Newest first; nobody takes one back."""
    first, second = (
        OperatorUse(_AT, "zoe", "sign in", proof="totp"),
        OperatorUse(_AT + _HOUR, "marc", "see proof", "C-1"),
    )
    for use in (first, second):
        register.note_use(use)

    assert register.uses() == [second, first]
    assert register.uses(operator="zoe") == [first]
    assert register.uses(since=_AT + _HOUR) == [second]
    with pytest.raises(Exception, match="cannot keep"), register._database.write() as connection:
        connection.execute(sa.text("DELETE FROM operator_use"))


def test_request_is_to_be_started_and_told(register: SqlRegister, case_id: str) -> None:
    """What a registered request causes is in the outbox from the same transaction on."""
    due = register.outgoing_due(OutgoingKind, _AT)

    assert [(one.case_id, one.kind, one.number) for one in due] == [
        (case_id, OutgoingKind.MOVED, 0),
        (case_id, OutgoingKind.START, 0),
    ]


def test_every_move_is_to_be_told(register: SqlRegister, case_id: str) -> None:
    """With its number, by which a repetition is known."""
    move = (CaseState.ACKNOWLEDGED, "acknowledgement sent")
    register.complete(case_id, "acknowledge", receipt={}, record=Record("acknowledge", "", {}), move=move)

    told = [one for one in register.outgoing_due([OutgoingKind.MOVED], _AT) if one.target == "acknowledged"]

    assert [one.key for one in told] == [f"{case_id}:moved:acknowledged:1"]


def test_outgoing_row_is_tried_again_until_done(register: SqlRegister, case_id: str) -> None:
    """Not before its time, and not after it was done; done rows are forgotten."""
    kinds = [OutgoingKind.WEBHOOK]
    for _ in range(2):
        register.put_outgoing(case_id, OutgoingKind.WEBHOOK, "desk", number=1, facts={"state": "received"})
    (row,) = register.outgoing_due(kinds, _AT)
    register.outgoing_again(row.seq, _AT + _HOUR, "it did not answer")

    assert register.outgoing_due(kinds, _AT) == []
    (again,) = register.outgoing_due(kinds, _AT + _HOUR)
    assert (again.attempts, again.facts) == (1, {"state": "received"})
    register.outgoing_done([row.seq])
    assert register.outgoing_left()[OutgoingKind.START] == 1
    assert OutgoingKind.WEBHOOK not in register.outgoing_left()
    assert register.forget_outgoing(_AT + _HOUR) == 1


def test_starts_take_the_rights_in_turn(register: SqlRegister) -> None:
    """Five requests for access hold up neither an erasure nor a rectification, and what is due soon comes first."""
    wanted = [Right.ACCESS] * 5 + [Right.ERASURE] * 2 + [Right.RECTIFICATION] + [Right.ACCESS]
    dues = [date(2026, 6, 1)] * 8 + [date(2026, 4, 3)]
    cases = [
        register.open_case(a_request(request_key=f"in-turn-{place}", right=right, response_due=due)).case_id
        for place, (right, due) in enumerate(zip(wanted, dues, strict=True))
    ]

    found = register.starts_due(_AT, soon=date(2026, 4, 10), limit=7)

    assert [cases.index(one.case_id) for one in found] == [8, 0, 5, 7, 1, 6, 2]
    register.outgoing_done([one.seq for one in found])
    assert [cases.index(one.case_id) for one in register.starts_due(_AT, soon=date(2026, 4, 10), limit=7)] == [3, 4]
