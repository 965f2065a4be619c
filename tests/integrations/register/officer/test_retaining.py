"""Rules of retention that people approved: each once, with the run whose evidence says what they saw."""

from datetime import UTC, datetime

from data_contracts.officer.retaining import ApprovedRule
from data_contracts.vocabulary import Duty
from integrations.register import SqlRegister


def test_first_approval_stays(register: SqlRegister) -> None:
    """A rule that is approved again keeps who approved it first, and when."""
    run = register.open_run(Duty.RETENTION, "a").run_id
    first = ApprovedRule("d1", run, "crm.call: kept", "claire", datetime(2026, 3, 2, tzinfo=UTC))

    register.approve_rules([first])
    register.approve_rules([ApprovedRule("d1", run, "crm.call: kept", "marc", datetime(2026, 3, 3, tzinfo=UTC))])
    register.approve_rules([])

    assert register.approved_rules() == {"d1": first}
