"""Operators, used codes and lock-outs."""

from datetime import UTC, datetime

from data_contracts.vocabulary import OperatorRole
from integrations.register import SqlRegister
from tests.integrations.register.examples import an_operator

_NOW = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
_LATER = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_an_operator_comes_back_as_it_was_put(register: SqlRegister) -> None:
    """Nothing of an operator is lost."""
    ada = an_operator("ada", roles=(OperatorRole.DPO, OperatorRole.LEGAL), valid_until=_LATER, last_step=7)
    register.put_operator(ada)
    register.put_operator(an_operator("Bob"))

    assert register.operator("ada") == ada
    assert [one.name for one in register.operators()] == ["Bob", "ada"]
    assert register.operator("nobody") is None


def test_a_code_is_taken_once(register: SqlRegister) -> None:
    """RFC 6238 section 5.2: a step that was used, or an older one, is not taken again."""
    register.put_operator(an_operator("ada"))

    assert [register.use_code("ada", step) for step in (100, 100, 99, 101)] == [True, False, False, True]


def test_a_code_of_nobody_is_not_taken(register: SqlRegister) -> None:
    """An unknown name proves nothing."""
    assert not register.use_code("nobody", 1)


def test_changing_an_operator_keeps_codes_used(register: SqlRegister) -> None:
    """A change made with an older view of the operator does not make a used code good again."""
    register.put_operator(an_operator("ada"))
    register.use_code("ada", 100)

    register.put_operator(an_operator("ada", roles=(OperatorRole.DPO,)))

    assert not register.use_code("ada", 100)


def test_failures_count_and_lock_until_a_code_is_good(register: SqlRegister) -> None:
    """A good code clears what failed before."""
    register.put_operator(an_operator("ada"))
    tries = [register.take_try("ada", 2, locked_until=_LATER, at=_NOW) for _ in range(3)]

    locked = register.operator("ada")
    register.use_code("ada", 100)
    free = register.operator("ada")

    assert tries == [True, True, False]
    assert locked is not None
    assert (locked.failures, locked.locked_until) == (2, _LATER)
    assert free is not None
    assert (free.failures, free.locked_until) == (0, None)
