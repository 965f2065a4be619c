"""Waiting for people: a gate suspends the flow run and shows its form in the Prefect UI (law 5).

The register says whether a gate is answered. An answer is taken by our door, where it is checked, recorded and signed
before Prefect hears of it (docs/adr/0021), or by ``rightsflow approve``. The order, which survives resume, retry from
the UI, forced retry and a crash at any point:

1. ask the register: answered for this question's digest? Then go on at once;
2. was something typed into Prefect itself, past the door? Nobody knows who typed it: it is deleted unread, and the gate
   says so;
3. delete what older forms of this run left, and suspend under a key that this run has not used.

Outside a flow run nobody can be waited for: :class:`WaitingForPerson` ends the run, and the case goes on when the gate
was answered with ``rightsflow approve``.
"""

from contextlib import suppress
from itertools import count
from typing import Final, NoReturn
from uuid import UUID

from prefect import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound, Pause
from prefect.flow_runs import suspend_flow_run

from data_contracts.errors import StepFailed
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Gate
from flows.embedded.forgetting import note_wiped
from flows.runs.gate_forms import form_of, question_name
from flows.runs.starting import let_go_on
from flows.settings import settings
from tasks.gates.gates import Question, open_gate
from tasks.identity.facts import has_facts_to_compare
from tasks.identity.online import waits_for_settling
from tasks.services import services
from tasks.steps.step import NotAFailure

_PREFIX = "suspended-"
_RESPONSE: Final = "-response"
_PAGE = 200
_PAST_THE_DOOR: Final = (
    "An answer came past our door and was not read: open the Prefect UI through it, and answer again."
)


class WaitingForPerson(NotAFailure):
    """The case goes on when a person has answered this gate."""

    def __init__(self, entry: GateEntry) -> None:
        """Keep the gate, for the caller to tell."""
        self.entry = entry
        super().__init__(f"{entry.case_id} waits at gate {entry.gate.value} {entry.subject}".rstrip())


def opened(case_id: str, question: Question) -> GateEntry:
    """The gate for this question, open or answered, without waiting."""
    return open_gate(case_id, question)


def ask(case_id: str, question: Question) -> GateEntry:
    """The gate, answered. Suspends the flow run until then.

    Raises:
        WaitingForPerson: outside a flow run, while the gate is open.
    """
    return answered(opened(case_id, question))


def answered(entry: GateEntry) -> GateEntry:
    """The gate once people have decided; see :func:`ask`."""
    if entry.outcome is None:
        if FlowRunContext.get() is None:
            raise WaitingForPerson(entry)
        _wait_for_people(entry)
    return entry


def _wait_for_people(entry: GateEntry) -> NoReturn:
    run = _run()
    if _has_answered_form(entry, run):
        services().register.note_gate(entry, _PAST_THE_DOOR)
    _suspend(_latest(entry), run)


def _suspend(entry: GateEntry, run: FlowRun) -> NoReturn:
    """Show the form; the flow starts again from its first line when it was answered."""
    forget_forms(run.id)
    used = run.empirical_policy.pause_keys or set()
    keys = (f"{question_name(entry)}-{run.run_count}-{attempt}" for attempt in count())
    key = next(key for key in keys if key not in used)
    try:
        suspend_flow_run(wait_for_input=form_of(entry), key=key, timeout=int(settings().gate_timeout.total_seconds()))
    except Pause:
        _go_on_if_answered(entry, run)
        raise
    raise StepFailed("Prefect did not suspend the flow run", where=entry.case_id, remedy="run the case again")


def _go_on_if_answered(entry: GateEntry, run: FlowRun) -> None:
    """Have the run scheduled again when the gate was answered elsewhere while it was being suspended.

    Whoever answered found a run that was not suspended yet, and nothing to wake.
    """
    if _latest(entry).outcome is not None or is_moot(entry):
        with get_client(sync_client=True) as client:
            let_go_on(client, run.id)


def is_moot(entry: GateEntry) -> bool:
    """Whether nobody needs to answer any more, because software has the proof that the gate asks for."""
    case_id = entry.case_id
    return entry.gate is Gate.IDENTITY and (waits_for_settling(case_id) or has_facts_to_compare(case_id))


def _latest(entry: GateEntry) -> GateEntry:
    """The same gate as the register has it now, with its note and answers."""
    found = services().register.gate(entry.case_id, entry.gate, entry.subject)
    return found if found is not None and found.digest == entry.digest else entry


def _has_answered_form(entry: GateEntry, run: FlowRun) -> bool:
    """Whether Prefect keeps an answer to this question, which nobody checked."""
    begins = f"{_PREFIX}{question_name(entry)}-"
    return any(name.startswith(begins) and name.endswith(_RESPONSE) for name in _forms(run.id))


def is_let_go_on(entry: GateEntry) -> bool:
    """Whether this flow run was suspended to ask this question and now goes on; False for a retry, and outside one."""
    context = FlowRunContext.get()
    return context is not None and context.flow_run is not None and was_just_asked(entry, context.flow_run)


def was_just_asked(entry: GateEntry, run: FlowRun) -> bool:
    """Whether the last thing a run did before it was started this time was to ask this question."""
    begins = f"{question_name(entry)}-{run.run_count - 1}-"
    return any(key.startswith(begins) for key in run.empirical_policy.pause_keys or ())


def forget_forms(run_id: UUID) -> None:
    """Delete what was typed into the forms of a flow run from Prefect's database (law 1).

    The decisions are in the register. A form that nobody has read yet and that is not answered any more goes too.
    """
    names = _forms(run_id)
    with get_client(sync_client=True) as client:
        for name in names:
            with suppress(ObjectNotFound):
                client.delete_flow_run_input(flow_run_id=run_id, key=name)
    if any(name.endswith(_RESPONSE) for name in names):
        note_wiped()


def forget_own_forms() -> None:
    """Delete what the forms of the flow run that runs here left in Prefect's database."""
    forget_forms(_run().id)


def _forms(run_id: UUID) -> list[str]:
    """Names of what Prefect keeps of the forms of a flow run: schema, description, response."""
    with get_client(sync_client=True) as client:
        kept = client.filter_flow_run_input(flow_run_id=run_id, key_prefix=_PREFIX, limit=_PAGE, exclude_keys=set())
    return [one.key for one in kept]


def _run() -> FlowRun:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise StepFailed("a form was asked for outside a flow run", remedy="report this")
    return context.flow_run
