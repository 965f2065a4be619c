"""Waiting for people: a gate suspends the flow run and shows its form in the Prefect UI (law 5).

The register says whether a gate is answered; Prefect only carries the form. The order, which survives resume, retry
from the UI, forced retry and a crash at any point:

1. ask the register: answered for this question's digest? Then go on at once;
2. was a form of this question answered (whichever form of it: others may have answered meanwhile, or the process may
   have been killed)? Take the answer in, it is checked there, and delete it from Prefect's database, come what may;
3. else delete what older forms of this run left, and suspend under a key that this run has not used;
4. an answer that was refused is told in the next form's description, and the gate stays open.

Outside a flow run nobody can be waited for: :class:`WaitingForPerson` ends the run, and the case goes on when the gate
was answered with ``rightsflow approve``.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import Any, Literal, NoReturn, cast
from uuid import UUID

from prefect import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound, Pause
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.states import Scheduled
from pydantic import Field, ValidationError, create_model

from data_contracts.errors import AnswerRefused, StepFailed
from data_contracts.grounds import ExtensionReason
from data_contracts.ports import GateEntry
from data_contracts.runs import is_run
from data_contracts.vocabulary import Decision, Gate
from flows.settings import settings
from tasks.advice import has_advice
from tasks.approval import Answer, Question, answer_gate, open_gate
from tasks.facts import has_facts_to_compare
from tasks.identity_ways import ways_of
from tasks.matters import matter_of
from tasks.proofs import waits_for_settling
from tasks.rules.eligibility import reference_of
from tasks.rules.gates import people_missing
from tasks.rules.refusals import grounds_at
from tasks.rules.requesters import accepted_capacities, requester_at
from tasks.services import services
from tasks.step import NotAFailure

_PREFIX = "suspended-"
_PAGE = 200


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
    while entry.outcome is None:
        if FlowRunContext.get() is None:
            raise WaitingForPerson(entry)
        entry = _through_form(entry)
    return entry


def _through_form(entry: GateEntry) -> GateEntry:
    run = _run()
    answered_form = _answered_form(entry, run)
    if not answered_form:
        _suspend(entry, run)
    try:
        answer_gate(entry, _answer(entry, run, answered_form))
    except AnswerRefused:
        pass  # told in the gate's note, which the next form shows
    except ValidationError:
        # The server checks the JSON Schema alone; a line break behind a code passes there, and not here.
        services().register.note_gate(entry, "The form was not filled in rightly: write each answer in one line.")
    finally:
        forget_forms(run.id)
    return _latest(entry)


def _suspend(entry: GateEntry, run: FlowRun) -> NoReturn:
    """Show the form; the flow starts again from its first line when it was answered."""
    forget_forms(run.id)
    used = run.empirical_policy.pause_keys or set()
    keys = (f"{_question(entry)}-{run.run_count}-{attempt}" for attempt in count())
    key = next(key for key in keys if key not in used)
    try:
        suspend_flow_run(wait_for_input=_form(entry), key=key, timeout=int(settings().gate_timeout.total_seconds()))
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
            client.set_flow_run_state(run.id, Scheduled(name="Resuming"), force=True)


def is_moot(entry: GateEntry) -> bool:
    """Whether nobody needs to answer any more, because software has the proof that the gate asks for."""
    case_id = entry.case_id
    return entry.gate is Gate.IDENTITY and (waits_for_settling(case_id) or has_facts_to_compare(case_id))


def _latest(entry: GateEntry) -> GateEntry:
    """The same gate as the register has it now, with its note and answers."""
    found = services().register.gate(entry.case_id, entry.gate, entry.subject)
    return found if found is not None and found.digest == entry.digest else entry


def _question(entry: GateEntry) -> str:
    """What forms of this question are called."""
    return f"{entry.gate.value}-{hashlib.sha256(f'{entry.subject}|{entry.digest}'.encode()).hexdigest()[:12]}"


def _answered_form(entry: GateEntry, run: FlowRun) -> str:
    """The name under which Prefect keeps an answer to this question; empty while there is none."""
    begins = f"{_PREFIX}{_question(entry)}-"
    return next((name for name in _forms(run.id) if name.startswith(begins) and name.endswith("-response")), "")


def is_let_go_on(entry: GateEntry) -> bool:
    """Whether this flow run was suspended to ask this question and now goes on; False for a retry, and outside one."""
    context = FlowRunContext.get()
    return context is not None and context.flow_run is not None and was_just_asked(entry, context.flow_run)


def was_just_asked(entry: GateEntry, run: FlowRun) -> bool:
    """Whether the last thing a run did before it was started this time was to ask this question."""
    begins = f"{_question(entry)}-{run.run_count - 1}-"
    return any(key.startswith(begins) for key in run.empirical_policy.pause_keys or ())


def _form(entry: GateEntry) -> type[RunInput]:
    """The form of a gate. The server checks it against its JSON Schema alone, so every rule here is of that kind."""
    choices = Literal[tuple(option.value for option in entry.options)]  # type: ignore[valid-type]  # made from the gate's options
    fields: dict[str, Any] = {
        # The UI lets nobody change a single choice; without a default it would send none.
        "decision": (
            choices,
            Field(title="Decision", default=entry.options[0].value if len(entry.options) == 1 else ...),
        ),
        "operator": (str, Field(title="Your operator name", pattern=r"^[A-Za-z0-9._@-]{1,60}$")),
        "code": (str, Field(title="Your authenticator code", pattern=r"^[0-9]{6}$")),
        "reference": _reference(entry),
        "reason": (str, Field(default="", title=_reason_title(entry), max_length=4000)),
        **_more(entry),
    }
    model = cast("type[RunInput]", create_model("Answer", __base__=RunInput, **fields))
    return model.with_initial_data(description=_description(entry))


def _reason_title(entry: GateEntry) -> str:
    if is_run(entry.case_id):
        return "Reason of a refusal; it goes into the evidence of this run"
    if entry.gate is Gate.EXTENSION:
        return "The reasons in words, which the data subject reads; or a note where you refuse"
    return "Reason of a refusal; the data subject reads it"


def _reference(entry: GateEntry) -> tuple[Any, Any]:
    """Free text, but where a code is wanted the codes there are: of a way of checking, of a proof, of a ground."""
    matter = matter_of(entry.case_id)
    grounds = grounds_at(entry.gate, matter)
    if grounds and Decision.REFUSE in entry.options:
        codes = Literal[("", *(ground.value for ground in grounds))]  # type: ignore[valid-type]  # from the rule
        return codes, Field(default="", title="Ground of a refusal")
    if entry.gate is Gate.EXTENSION:
        reasons = Literal[("", *(reason.value for reason in ExtensionReason))]  # type: ignore[valid-type]  # the law's
        return reasons, Field(default="", title="Why it takes longer, where you approve")
    if entry.gate is Gate.REQUESTER:
        case = services().register.case(entry.case_id)
        accepted = accepted_capacities(services().policy, requester_at(entry.subject), case.right)
        proofs = Literal[("", *accepted)]  # type: ignore[valid-type]  # from the policy
        return proofs, Field(default="", title="What shows that they may act, where you approve")
    if entry.gate is Gate.IDENTITY:
        ways = Literal[("", *ways_of(entry.case_id))]  # type: ignore[valid-type]  # from the policy
        return ways, Field(default="", title="How identity was checked, where you approve")
    title = "Reference of the posting" if entry.gate is Gate.POSTING else "Reference of what was done by hand"
    return str, Field(default="", title=title, max_length=60)


def _more(entry: GateEntry) -> dict[str, Any]:
    """Fields of one kind of gate alone."""
    if entry.gate is Gate.SUBJECTS:
        title = "Accounts and keys that are the data subject's, where you answer chosen (for example: A1 K2)"
        return {"accounts": (str, Field(default="", title=title, pattern=r"^([AK][1-9][0-9]{0,2} ?)*$"))}
    if entry.gate is not Gate.IDENTITY:
        return {}
    title = "Day the proof came, where one was asked for (YYYY-MM-DD; empty: today)"
    return {"came": (str, Field(default="", title=title, pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"))}


def _description(entry: GateEntry) -> str:
    so_far = "".join(f"\n\n- {a.operator} answered **{a.decision.value}** {a.reference}" for a in entry.answers)
    missing = people_missing(entry)
    who = f"\n\n*{missing} of {entry.people} to answer; roles: {', '.join(entry.roles)}.*" if missing > 0 else ""
    # First, because the dialog scrolls.
    note = f"> **The last answer was not accepted.** {entry.note}\n\n" if entry.note else ""
    advised = "\n\n**The DPO has advised on this:** read it at the desk." if has_advice(entry.case_id) else ""
    return f"{note}{entry.description}{advised}{so_far}{who}{_desk(entry)}"


def _desk(entry: GateEntry) -> str:
    """Where what must not be shown here can be looked at."""
    at = services().desk_url
    return f"\n\n[Open the case at the desk]({at}/cases/{entry.case_id})" if at and not is_run(entry.case_id) else ""


def _answer(entry: GateEntry, run: FlowRun, name: str) -> Answer:
    with get_client(sync_client=True) as client:
        typed = json.loads(client.read_flow_run_input(run.id, name))
    values = _form(entry)(**typed).model_dump()
    return Answer(
        operator=values["operator"],
        decision=Decision(values["decision"]),
        code=values["code"],
        reason=values["reason"],
        reference=_typed_reference(values),
    )


def _typed_reference(values: Mapping[str, str]) -> str:
    if values["decision"] == Decision.CHOSEN.value:
        return values["accounts"]
    return reference_of(values["reference"], values.get("came", ""))


def forget_forms(run_id: UUID) -> None:
    """Delete what was typed into the forms of a flow run from Prefect's database (law 1).

    The decisions are in the register. A form that nobody has read yet and that is not answered any more goes too.
    """
    with get_client(sync_client=True) as client:
        for name in _forms(run_id):
            with suppress(ObjectNotFound):
                client.delete_flow_run_input(flow_run_id=run_id, key=name)


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
