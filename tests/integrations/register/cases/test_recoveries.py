"""Recovery copies in the register."""

from datetime import UTC, date, datetime

from data_contracts.connectors.recovering import RecoveryCopy
from integrations.register.register import SqlRegister
from tests.integrations.register.examples import a_request

_NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def _copy(register: SqlRegister, key: str, until: date) -> RecoveryCopy:
    case_id = register.open_case(a_request(request_key=key)).case_id
    made = RecoveryCopy(case_id, until, _NOON)
    register.put_recovery(made)
    return made


def test_first_day_that_is_noted_stays(register: SqlRegister) -> None:
    """Noted again, a copy ends on the day that was told."""
    copy = _copy(register, "one", date(2026, 4, 7))

    register.put_recovery(RecoveryCopy(copy.case_id, date(2026, 5, 7), _NOON))

    assert register.recovery(copy.case_id) == copy


def test_copy_that_ends_first_comes_first(register: SqlRegister) -> None:
    """And one that was forgotten is not there."""
    late, soon = _copy(register, "late", date(2026, 4, 9)), _copy(register, "soon", date(2026, 4, 7))

    assert register.recoveries() == [soon, late]
    register.forget_recovery(soon.case_id)

    assert (register.recoveries(), register.recovery(soon.case_id)) == ([late], None)
