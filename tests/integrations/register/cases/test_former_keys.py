"""Former keys in the register: by account, by digest, and forgotten in time."""

from datetime import UTC, datetime, timedelta

from data_contracts.case.former_keys import FormerKey
from data_contracts.case.subjects import SubjectKey
from integrations.register.register import SqlRegister

_AT = datetime(2026, 3, 31, tzinfo=UTC)
_ANA, _BOB = SubjectKey("customer_no", "a" * 64), SubjectKey("customer_no", "b" * 64)
_KEY, _OTHER = SubjectKey("email", "e" * 64), SubjectKey("email", "f" * 64)


def _former(account: SubjectKey = _ANA, key: SubjectKey = _KEY, days: int = 0) -> FormerKey:
    return FormerKey(account, key, b"sealed", _AT + timedelta(days=days))


def test_former_keys_are_found_by_account_and_by_key(register: SqlRegister) -> None:
    """Of several accounts at once, oldest first; of none for no account."""
    register.put_former_keys([_former(days=1), _former(key=_OTHER), _former(_BOB, days=2)])

    assert register.former_keys([_ANA]) == [_former(key=_OTHER), _former(days=1)]
    assert register.former_keys([]) == []
    assert register.former_owners(_KEY) == [_former(days=1), _former(_BOB, days=2)]
    assert register.former_owners(SubjectKey("phone", _KEY.digest)) == []


def test_later_moment_stays(register: SqlRegister) -> None:
    """An address that was given up twice was the account's until the second time; noted again, nothing changes."""
    for days in (1, 3, 2, 3):
        register.put_former_keys([_former(days=days)])

    assert register.former_keys([_ANA]) == [_former(days=3)]


def test_former_keys_are_forgotten(register: SqlRegister) -> None:
    """One that the account has again; and all whose time is over."""
    register.put_former_keys([_former(), _former(key=_OTHER, days=5), _former(_BOB, days=9)])

    register.forget_former_key(_ANA, _KEY)
    forgotten = register.forget_former_keys(_AT + timedelta(days=9))

    assert forgotten == 1
    assert register.former_keys([_ANA, _BOB]) == [_former(_BOB, days=9)]
