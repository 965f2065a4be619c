"""Runs of the controller's duties: a ledger and evidence of their own, and no case (docs/adr/0006)."""

import pytest

from data_contracts.errors import CaseUnknown
from data_contracts.evidence.records import Record
from data_contracts.vocabulary import Duty
from integrations.register import SqlRegister


def test_same_key_is_the_same_run(register: SqlRegister) -> None:
    """A run that is started again is found by its key; another key is another run."""
    first = register.open_run(Duty.RETENTION, "a")

    assert register.open_run(Duty.RETENTION, "a") == first
    assert register.open_run(Duty.RETENTION, "b").run_id != first.run_id
    assert first.run_id.startswith("R-20260302-")


def test_run_has_ledger_and_evidence(register: SqlRegister) -> None:
    """A step is claimed and done once, its record chained, and the outcome is the run's."""
    run = register.open_run(Duty.RETENTION, "a").run_id

    assert register.claim(run, "retention", "crm").state == "claimed"
    register.complete(
        run, "retention", "crm", receipt={"rows": 3}, record=Record("retention", "crm", {"rows": 3}), outcome="proven"
    )

    envelopes, head = register.evidence(run)
    assert (len(envelopes), head is not None) == (1, True)
    assert run in register.evidence_cases()
    assert [(found.run_id, found.outcome) for found in register.runs(Duty.RETENTION)] == [(run, "proven")]


def test_run_is_no_case(register: SqlRegister, case_id: str) -> None:
    """No list of cases has a run in it, and none is looked up as a case."""
    run = register.open_run(Duty.RETENTION, "a").run_id

    assert [case.case_id for case in register.cases()] == [case_id]
    assert [case.case_id for case in register.cases(open_only=True)] == [case_id]
    with pytest.raises(CaseUnknown):
        register.case(run)


def test_run_is_found_by_its_name(register: SqlRegister, case_id: str) -> None:
    """A run is looked up like a case is; a case is none."""
    run = register.open_run(Duty.AUDIT, "a")

    assert register.run(run.run_id) == run
    with pytest.raises(CaseUnknown):
        register.run(case_id)
