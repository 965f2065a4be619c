"""Art. 17(3)(e): what must be kept for legal claims, by digests."""

from datetime import UTC, datetime, timedelta

from data_contracts.case.holds import LitigationHold
from data_contracts.case.subjects import SubjectKey
from integrations.register import SqlRegister

_AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_ANN = (SubjectKey("customer_no", "a" * 64), SubjectKey("email", "b" * 64))
_BOB = (SubjectKey("email", "c" * 64),)


def a_hold(hold_id: str, *keys: SubjectKey, days: int = 0, systems: tuple[str, ...] = ()) -> LitigationHold:
    """A hold, set some days later."""
    return LitigationHold(hold_id, keys, systems, "CLAIM-7", "marc", _AT + timedelta(days=days))


def test_hold_comes_back_as_it_was_set(register: SqlRegister) -> None:
    """In the order they were set; one of the same id is not set again."""
    second, first = a_hold("H-1", *_ANN, days=1, systems=("crm",)), a_hold("H-2", *_BOB)
    for hold in (second, first, a_hold("H-2", *_BOB, days=9)):
        register.put_hold(hold)

    assert register.holds() == [first, second]


def test_hold_is_found_by_any_key(register: SqlRegister) -> None:
    """Whole, by one of several keys; nobody's keys find none."""
    register.put_hold(a_hold("H-1", *_ANN))

    assert register.holds_on([_ANN[1], _BOB[0]]) == [a_hold("H-1", *_ANN)]
    assert register.holds_on(_BOB) == register.holds_on([]) == []


def test_lifted_hold_holds_no_more(register: SqlRegister) -> None:
    """It stays on record, and is lifted once."""
    register.put_hold(a_hold("H-1", *_ANN))

    assert [register.lift_hold("H-1", by="claire", at=_AT) for _ in range(2)] == [True, False]
    assert register.holds_on(_ANN) == register.holds(open_only=True) == []
    assert [hold.lifted_by for hold in register.holds()] == ["claire"]
