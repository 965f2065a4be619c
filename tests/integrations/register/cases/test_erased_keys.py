"""The list of erasures in the register: by digest, by case, and forgotten in time."""

from datetime import UTC, datetime, timedelta

from data_contracts.case.erased import ErasedKey
from data_contracts.case.subjects import SubjectKey
from integrations.register.register import SqlRegister

_AT = datetime(2026, 3, 31, tzinfo=UTC)
_MAIL, _NUMBER = SubjectKey("email", "e" * 64), SubjectKey("customer_no", "f" * 64)


def _erased(key: SubjectKey = _MAIL, case_id: str = "C-1", days: int = 0, *stays: str) -> ErasedKey:
    return ErasedKey(key, case_id, _AT + timedelta(days=days), stays)


def test_keys_are_kept_once_for_each_case(register: SqlRegister) -> None:
    """Noted again, nothing changes; the cases of a key are given the latest first."""
    first, later = _erased(), _erased(_MAIL, "C-2", 3, "crm.customer.email", "old")
    register.put_erased_keys([later, first])
    register.put_erased_keys([_erased(days=9)])
    register.put_erased_keys([])

    assert register.erased_keys() == [first, later]
    assert register.erased_cases([_MAIL, _NUMBER]) == ["C-2", "C-1"]
    assert register.erased_cases([_NUMBER]) == []
    assert register.erased_cases([]) == []


def test_keys_are_forgotten(register: SqlRegister) -> None:
    """In time, later where something was kept; and those of one case at once."""
    register.put_erased_keys([_erased(), _erased(_MAIL, "C-2", 0, "crm.t.c"), _erased(_NUMBER, "C-3", 5)])

    assert register.forget_erased_keys(_AT + timedelta(days=1), _AT) == 1
    assert [one.case_id for one in register.erased_keys()] == ["C-2", "C-3"]
    assert register.forget_erasure("C-3") == 1
    assert register.forget_erasure("C-3") == 0
    assert register.forget_erased_keys(_AT, _AT + timedelta(days=1)) == 1


def test_what_has_gone_no_longer_stays(register: SqlRegister) -> None:
    """The time on the list begins anew, for that case alone."""
    register.put_erased_keys([_erased(_MAIL, "C-1", 0, "crm.t.c", "crm.u.c"), _erased(_MAIL, "C-2", 0, "crm.t.c")])

    register.put_stays("C-1", ["crm.u.c"], _AT + timedelta(days=2))

    assert register.erased_keys() == [_erased(_MAIL, "C-2", 0, "crm.t.c"), _erased(_MAIL, "C-1", 2, "crm.u.c")]
