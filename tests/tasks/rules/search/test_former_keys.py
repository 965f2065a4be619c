"""Keys that change hands."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.case.former_keys import FormerKey
from data_contracts.case.subjects import SubjectKey
from tasks.rules.search.former_keys import given_up_by_others, is_theirs

_AT = datetime(2026, 3, 31, tzinfo=UTC)
_ANA, _BOB = SubjectKey("customer_no", "a" * 64), SubjectKey("customer_no", "b" * 64)
_KEY, _OTHER = SubjectKey("email", "e" * 64), SubjectKey("email", "f" * 64)


def _former(account: SubjectKey = _ANA, key: SubjectKey = _KEY, days: int = 0) -> FormerKey:
    return FormerKey(account, key, b"sealed", _AT + timedelta(days=days))


def test_key_that_another_account_gave_up_is_told() -> None:
    """Bob proves today what was Ana's until the 31st."""
    assert given_up_by_others([_former()], _KEY, [_BOB]) == [_former()]


def test_own_former_key_is_ones_own() -> None:
    """Ana is not kept from what was hers."""
    assert given_up_by_others([_former()], _KEY, [_ANA, _BOB]) == []


def test_other_keys_say_nothing() -> None:
    """Each key has its own owners; the last one who gave it up stands last."""
    entries = [_former(days=2), _former(key=_OTHER), _former(_BOB, days=1)]

    assert given_up_by_others(entries, _KEY, []) == [_former(_BOB, days=1), _former(days=2)]


@pytest.mark.parametrize(("days", "said"), [(-1, "theirs"), (0, "not theirs"), (1, "not theirs"), (None, "people say")])
def test_rows_from_before_are_theirs(days: int | None, said: str) -> None:
    """A row from the moment itself is not; where no date tells, people say."""
    row_from = None if days is None else _AT + timedelta(days=days)

    assert is_theirs(row_from, _former()) is {"theirs": True, "not theirs": False, "people say": None}[said]


_ACCOUNTS = st.sampled_from([SubjectKey("customer_no", letter * 64) for letter in "abcd"])
_KEYS = st.sampled_from([_KEY, _OTHER])
_FORMERS = st.lists(st.builds(_former, _ACCOUNTS, _KEYS, st.integers(0, 9)))


@given(_FORMERS, _KEYS, st.frozensets(_ACCOUNTS))
def test_nothing_of_ones_own_and_everything_of_others(
    formers: list[FormerKey], key: SubjectKey, accounts: frozenset[SubjectKey]
) -> None:
    """Whoever asks: exactly the entries of this key that no own account has."""
    told = given_up_by_others(formers, key, accounts)

    left = [one for one in formers if one not in told]
    assert all(one.key == key and one.account not in accounts for one in told)
    assert all(one.key != key or one.account in accounts for one in left)
