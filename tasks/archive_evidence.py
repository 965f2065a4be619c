"""Close a case: destroy what was staged, and put the last record into evidence (law 9).

What is left afterwards is the register's row, its timeline and the evidence, none of which holds personal data. An
answer package stays sealed until the time the policy gives it is over; then the case is purged with its data key.
"""

from datetime import timedelta

from data_contracts.case import Case
from data_contracts.errors import StepFailed
from data_contracts.evidence import Record
from data_contracts.vocabulary import CaseState, Right
from tasks.posting import unposted
from tasks.services import services
from tasks.step import step

PACKAGE = "package.zip"
_KEPT_PREFIXES = (PACKAGE, "notice.")
_WITHOUT_PACKAGE = frozenset({"withdrawn", "refused", "identity_failed", "duplicate"})
_WITH_PACKAGE = frozenset({Right.ACCESS, Right.PORTABILITY})


@step("archive")
def archive_evidence(case_id: str, outcome: str) -> str:
    """Destroy the staged data and archive the case; returns the outcome.

    Raises:
        StepFailed: when a letter was not posted; it would be destroyed with the rest.
    """
    provided = services()
    case = provided.register.case(case_id)
    if case.is_ended:
        return case.outcome
    if unposted(case_id):
        raise StepFailed("a letter was not posted", where=case_id, remedy="post it, then answer its gate posting")
    keeps_package = (
        outcome not in _WITHOUT_PACKAGE and case.right in _WITH_PACKAGE and provided.vault.has(case_id, PACKAGE)
    )
    if keeps_package:
        _remove_staged(case_id)
    else:
        provided.vault.destroy(case_id)
    provided.register.complete(
        case_id,
        "archive",
        receipt={"outcome": outcome},
        record=Record("archive", "", {"outcome": outcome, "staged": "destroyed", "package_kept": keeps_package}),
        move=(CaseState.ARCHIVED, outcome),
        outcome=outcome,
    )
    return outcome


def purge_ended(case: Case) -> bool:
    """Destroy an archived case's package and data key when its time is over; whether it was purged now."""
    provided = services()
    if case.state is not CaseState.ARCHIVED or case.closed_at is None:
        return False
    if provided.now() < case.closed_at + timedelta(days=provided.policy.package_days):
        return False
    provided.vault.destroy(case.case_id)
    provided.register.forget_subject_keys(case.case_id)
    provided.register.complete(
        case.case_id,
        "purge",
        receipt={},
        record=Record("purge", "", {"data_key": "destroyed", "subject_keys": "forgotten"}),
        move=(CaseState.PURGED, "time of the sealed package is over"),
    )
    return True


def _remove_staged(case_id: str) -> None:
    vault = services().vault
    for name in vault.names(case_id):
        if not name.startswith(_KEPT_PREFIXES):
            vault.remove(case_id, name)
