"""Builders of valid objects; a test names only what matters to it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from data_contracts.case.case import NewCase
from data_contracts.evidence.records import Record
from data_contracts.gates.gates import GateAnswer, GateEntry
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import CaseState, Channel, Decision, Gate, OperatorRole, Right

ACKNOWLEDGE = (CaseState.ACKNOWLEDGED, "acknowledged")

_REQUEST = NewCase(
    right=Right.ERASURE,
    channel=Channel.LETTER,
    language="fr",
    received_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    response_due=date(2026, 4, 2),
    request_key="letter 1",
)


class NoSigner:
    """The port ``Signer`` where nothing is signed; a test in which something is has failed."""

    def sign(self, payload: bytes) -> dict[str, object]:
        """Never."""
        raise AssertionError(payload)

    def signed(self, envelope: object) -> None:
        """Never."""
        raise AssertionError(envelope)


def a_request(**changes: Any) -> NewCase:
    """A request for erasure by letter."""
    return replace(_REQUEST, **changes)


def a_record(step: str = "acknowledge", **facts: str | int) -> Record:
    """A record without a system."""
    return Record(step=step, system="", facts=facts)


def a_gate(case_id: str, **changes: Any) -> GateEntry:
    """The approval of a plan, by one person."""
    entry = GateEntry(
        case_id=case_id,
        gate=Gate.APPROVAL,
        subject="",
        digest="d1",
        description="2 rows",
        options=(Decision.APPROVE, Decision.REFUSE),
        roles=(OperatorRole.LEGAL, OperatorRole.DPO),
        people=1,
        opened_at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
        outcome=None,
        reference="",
    )
    return replace(entry, **changes)


def an_answer(operator: str = "ada", **changes: Any) -> GateAnswer:
    """An approval."""
    at = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
    return replace(GateAnswer(operator, Decision.APPROVE, at, "totp", ""), **changes)


def an_operator(name: str = "ada", **changes: Any) -> Operator:
    """An agent."""
    operator = Operator(name, (OperatorRole.AGENT,), None, None, secret=b"sealed")
    return replace(operator, **changes)
