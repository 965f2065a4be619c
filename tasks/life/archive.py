"""Close a case: destroy what was staged, and put the last record into evidence (law 9).

What is left afterwards is the register's row, its timeline and the evidence, none of which holds personal data. An
answer package stays sealed until the time the policy gives it is over; then the case is purged with its data key. A
restriction (Art. 18) keeps its request, the keys of its rows and the keys recipients were told by sealed until it is
lifted and they know it. While what an erasure took can be given back, the address stays to which that would be told.
"""

from datetime import timedelta

from data_contracts.case.case import Case
from data_contracts.case.request import ProvenSubject, Statement, SubjectRequest
from data_contracts.case.rights import FACTS_OF
from data_contracts.errors import StepFailed
from data_contracts.evidence.records import Facts, Record
from data_contracts.vocabulary import CaseState, Right
from tasks.case.parts import PARTS, has_part, named_parts, require_parts
from tasks.case.recovery import WITHOUT_COPY
from tasks.case.sealed import PACKAGE, PROVEN, REQUEST, subject_request, write_json
from tasks.life.turns import release_siblings
from tasks.notices.posting import unposted
from tasks.proof.concluding import as_concluded
from tasks.search.restricted import FORGOTTEN, LIFTED, ROWS, TOLD_BY, is_restricted
from tasks.services import services
from tasks.steps.step import always, step

_KEPT_PREFIXES = (PACKAGE, "notice.")
_RESTRICTION_KEEPS = (REQUEST, PROVEN, ROWS, TOLD_BY)
_NOT_GRANTED = frozenset({"withdrawn", "refused", "referred", "identity_failed", "duplicate"})
_WITHOUT_PACKAGE = frozenset({"withdrawn"})


@step("archive", watched=always)
def archive_evidence(case_id: str, outcome: str) -> str:
    """Destroy the staged data and archive the case; returns the outcome.

    What the proof leaves open makes ``granted`` to ``granted_in_part`` (law 7).

    Raises:
        StepFailed: when a letter was not posted; it would be destroyed with the rest.
    """
    provided = services()
    case = provided.register.case(case_id)
    if case.is_ended:
        return case.outcome
    asked, outcome = outcome, as_concluded(case_id, outcome)
    if unposted(case_id):
        raise StepFailed("a letter was not posted", where=case_id, remedy="post it, then answer its gate posting")
    keeps_package = (
        outcome not in _WITHOUT_PACKAGE and FACTS_OF[case.right].makes_package and has_part(case_id, PACKAGE)
    )
    keeps_restriction = _settle_restriction(case, outcome)
    has_copy = provided.register.recovery(case_id) is not None
    kept: tuple[str, ...] = ()
    if keeps_package:
        kept = (*_KEPT_PREFIXES, *_kept_contact(case_id))
    elif has_copy:
        kept = _kept_to_write(case_id)
    elif keeps_restriction:
        kept = _RESTRICTION_KEEPS
    parts = _destroy_but(case_id, kept)
    more: Facts = {"restricted": "until lifted"} if keeps_restriction else {}
    more = {**more, "address_kept": "as long as the recovery copy"} if has_copy else more
    copied = {WITHOUT_COPY: as_concluded(case_id, asked, without_copy=True)} if has_copy else {}
    facts: Facts = {"outcome": outcome, "staged": "destroyed", "package_kept": keeps_package, **more}
    provided.register.complete(
        case_id,
        "archive",
        receipt={"outcome": outcome, **copied, **parts},
        record=Record("archive", "", facts),
        move=(CaseState.ARCHIVED, outcome),
        outcome=outcome,
    )
    release_siblings(case_id)
    return outcome


def purge_old() -> int:
    """:func:`purge_ended` for every case whose package's time is over; how many were purged."""
    provided = services()
    last = provided.now() - timedelta(days=provided.policy.package_days)
    return sum(purge_ended(case) for case in provided.register.cases_kept_since(last))


def purge_ended(case: Case) -> bool:
    """Destroy an archived case's package and data key when its time is over; whether it was purged now."""
    provided = services()
    if case.state is not CaseState.ARCHIVED or case.closed_at is None:
        return False
    if provided.register.recovery(case.case_id) is not None:
        return False  # until its key is destroyed, the data subject may have to be written to
    if is_restricted(case) or _is_being_lifted(case.case_id):
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


def _is_being_lifted(case_id: str) -> bool:
    """Whether recipients are still to be told that a restriction is lifted, by keys that are sealed with the case."""
    steps = services().register.steps(case_id)
    return (LIFTED, "") in steps and (FORGOTTEN, "") not in steps


def _settle_restriction(case: Case, outcome: str) -> bool:
    """Whether a restriction stays in force after the case.

    One that was not granted ends here, and so does the one that an objection brings along while it is weighed
    (Art. 18(1)(d)): the data subject was told before (Art. 18(3)).
    """
    if case.right is Right.RESTRICTION and outcome not in _NOT_GRANTED:
        return is_restricted(case)
    if FACTS_OF[case.right].restricts:
        services().register.lift_restriction(case.case_id)
    return False


def _kept_contact(case_id: str) -> tuple[str, ...]:
    """Where a link to the package may still be sent to: the proven address and the name, nothing else of a request."""
    if not has_part(case_id, PROVEN):
        return ()
    request = subject_request(case_id)
    write_json(case_id, PROVEN, ProvenSubject(address=request.reply_to, identity={}).model_dump())
    write_json(case_id, REQUEST, SubjectRequest(name=request.name).model_dump())
    return REQUEST, PROVEN


def _kept_to_write(case_id: str) -> tuple[str, ...]:
    """Where the data subject can be written to while what was erased can be given back; no key that finds anything."""
    has_proof, request = has_part(case_id, PROVEN), subject_request(case_id)
    who = request.statement
    kept = SubjectRequest(
        name=request.name,
        reply_to=request.reply_to,
        postal_address=request.postal_address,
        postal_country=request.postal_country,
        statement=Statement(requester=who.requester, requester_name=who.requester_name),
    )
    if has_proof:
        write_json(case_id, PROVEN, ProvenSubject(address=request.reply_to, identity={}).model_dump())
    write_json(case_id, REQUEST, kept.model_dump())
    return REQUEST, PROVEN


def _destroy_but(case_id: str, kept: tuple[str, ...]) -> dict[str, object]:
    """Destroy what was sealed but for names that begin so; what the receipt says of parts that are needed later.

    Raises:
        VaultSealed: when one of them is gone.
    """
    if not kept:
        services().vault.destroy(case_id)
        return {}
    parts = sorted(name for name in named_parts(case_id) if name.startswith(kept))
    require_parts(case_id, parts)
    _remove_staged(case_id, kept)
    return {PARTS: parts} if parts else {}


def _remove_staged(case_id: str, kept: tuple[str, ...]) -> None:
    vault = services().vault
    for name in vault.names(case_id):
        if not name.startswith(kept):
            vault.remove(case_id, name)
