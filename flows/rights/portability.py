"""Portability (Art. 20): the data that the subject provided, structured and machine-readable, to take along."""

from prefect import flow

from data_contracts.case.confirmed import Confirmed
from data_contracts.errors import (
    RecipientRefused,
    RightsflowError,
    SettingsInvalid,
    StepFailed,
    SystemUnavailable,
)
from data_contracts.vocabulary import Decision, Gate
from flows.rights.copies import agree_on_copy
from flows.rights.stages import admit, refuse, send
from flows.runs.forms import PortabilityForm
from flows.runs.gates import answered, ask
from flows.runs.opening import case_flow
from tasks.act.portability import (
    build_portable_package,
    plan_portability,
    portable,
    portable_content,
    tell_portable,
)
from tasks.act.transmission import (
    attempts,
    is_allowed,
    note_refusal,
    recipient_of,
    settle_by_people,
    transmit,
)
from tasks.case.changed_plan import as_approved
from tasks.case.plans import confirmed
from tasks.gates.failed_try import MENDED, failed_try
from tasks.gates.gates import Question
from tasks.life.archive import archive_evidence
from tasks.search.locate import by_hand
from tasks.search.staged import staged_counts
from tasks.services import services
from tasks.steps.ledger import is_done

_NOT_SENT = (RecipientRefused, SystemUnavailable, StepFailed, SettingsInvalid)
"""Errors after which a person decides."""


@flow(name="portability", validate_parameters=False, persist_result=False)
def portability(case_id: str = "", request: PortabilityForm = PortabilityForm()) -> str:  # noqa: B008  # the form's defaults
    """Carry out a request for data portability (Art. 20).

    Start it with a case id to carry a registered case on, or fill in the request of a letter or telephone call: what
    is typed is sealed and wiped from Prefect before anything else happens.

    Args:
        case_id: Leave it empty to register a request below. With a case id, that case is carried on.
        request: What came by letter, e-mail or telephone. It is sealed, then wiped from Prefect.
    """
    return case_flow("portability", case_id, request, carry_out)


def carry_out(case_id: str) -> str:
    """The life of a portability case, from wherever it stands; returns how it ended."""
    if not admit(case_id) or not agree_on_copy(case_id, portable(), plan_portability):
        return refuse(case_id)
    with as_approved(case_id):
        approved = confirmed(case_id)
        rows = build_portable_package(case_id, approved)
        while not is_done(case_id, "transmit"):
            _transmit(case_id, approved)
        send(case_id, lambda: tell_portable(case_id, rows, approved))
        return archive_evidence(case_id, _outcome(case_id, rows))


def _transmit(case_id: str, approved: Confirmed) -> None:
    """Send the data to whom the subject named; where it is refused or fails, people decide (Art. 20(2); law 11)."""
    for entry in services().register.gates(case_id, kind=Gate.RECIPIENT, open_only=True):
        answered(entry)  # what people say counts before anything is tried again
    try:
        if not settle_by_people(case_id, portable_content, approved):
            transmit(case_id, portable_content, approved)
    except _NOT_SENT as error:
        note_refusal(case_id, error, attempts(case_id))
        ask(case_id, _recipient_question(case_id, error))


def _recipient_question(case_id: str, error: RightsflowError) -> Question:
    """What to do about a recipient that got nothing; each answer is for one attempt."""
    key = recipient_of(case_id)
    # Law 11: what may not go to the recipient may not be sent by hand either.
    by_hand_too = {Decision.BY_HAND: "with the reference of who sent them outside the software"}
    ways = {
        **MENDED,
        **(by_hand_too if is_allowed(key) else {}),
        Decision.REFUSE: (
            "with the reason: sending is then not technically feasible (Art. 20(2)), and the package goes to the data "
            "subject, who reads the reason"
        ),
    }
    return failed_try(
        case_id,
        Gate.RECIPIENT,
        key,
        what=f"the data were not sent to `{key}`.",
        told=error,
        ways=ways,
        facts={"recipient": key, "attempt": attempts(case_id)},
    )


def _outcome(case_id: str, rows: int) -> str:
    """How the case ends: data that are there but not portable are a refusal, with its reasons (Art. 12(4))."""
    if rows or by_hand(case_id):
        return "granted"
    return "refused" if any(staged_counts(case_id).values()) else "nothing_found"
