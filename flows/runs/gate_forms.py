"""The form of a gate in the Prefect UI, and what somebody typed into it.

The door serves form and description from the register each time they are opened, and takes the answer itself: what
Prefect keeps of a form is what it was when the run was suspended (docs/adr/0021). A form carries the short digest of
its question, so that who answers is bound to what they saw.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, cast

from prefect.input import RunInput
from pydantic import ConfigDict, Field, ValidationError, create_model

from data_contracts.case.runs import is_run
from data_contracts.errors import AnswerRefused
from data_contracts.gates.gates import GateEntry
from data_contracts.grounds import ExtensionReason
from data_contracts.vocabulary import Decision, Gate
from tasks.case.leavers import missing_at
from tasks.gates.gates import Answer
from tasks.gates.identity_ways import ways_of
from tasks.officer.advice import has_advice
from tasks.rules.people.eligibility import reference_of
from tasks.rules.people.refusals import grounds_at
from tasks.rules.people.requesters import accepted_capacities, requester_at
from tasks.services import services
from tasks.steps.matters import matter_of


def question_name(entry: GateEntry) -> str:
    """What forms of this question are called."""
    return f"{entry.gate.value}-{question_mark(entry)}"


def question_mark(entry: GateEntry) -> str:
    """The short digest of a question: subject and facts."""
    return hashlib.sha256(f"{entry.subject}|{entry.digest}".encode()).hexdigest()[:12]


def form_of(entry: GateEntry, *, by_touch: bool = False) -> type[RunInput]:
    """The form of a gate; without a code where a passkey stands in its place."""
    choices = Literal[tuple(option.value for option in entry.options)]  # type: ignore[valid-type]  # made from the gate's options
    fields: dict[str, Any] = {
        # The UI lets nobody change a single choice; without a default it would send none.
        "decision": (
            choices,
            Field(title="Decision", default=entry.options[0].value if len(entry.options) == 1 else ...),
        ),
        "operator": (str, Field(default="", title="Your operator name", pattern=r"^[A-Za-z0-9._@-]{0,60}$")),
        **({} if by_touch else {"code": (str, Field(title="Your authenticator code", pattern=r"^[0-9]{6}$"))}),
        "reference": _reference(entry),
        "reason": (str, Field(default="", title=_reason_title(entry), max_length=4000)),
        **_more(entry),
        "question": (
            Literal[question_mark(entry)],
            Field(default=question_mark(entry), title="This question; leave it as it is"),
        ),
    }
    model = cast("type[RunInput]", create_model("Answer", __base__=_Form, **fields))
    return model.with_initial_data(description=description_of(entry))


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


def description_of(entry: GateEntry, *, linked: bool = True) -> str:
    """What the form says above its fields: the question, how far it is answered, and where else to go."""
    so_far = "".join(f"\n\n- {a.operator} answered **{a.decision.value}** {a.reference}" for a in entry.answers)
    missing = missing_at(entry)
    who = f"\n\n*{missing} of {entry.people} to answer; roles: {', '.join(entry.roles)}.*" if missing > 0 else ""
    # First, because the dialog scrolls.
    note = f"> **The last answer was not accepted.** {entry.note}\n\n" if entry.note else ""
    advised = "\n\n**The DPO has advised on this:** read it at the desk." if has_advice(entry.case_id) else ""
    return f"{note}{entry.description}{advised}{so_far}{who}{_desk(entry) if linked else ''}"


def _desk(entry: GateEntry) -> str:
    """Where what must not be shown here can be looked at, and where it is answered by who has a passkey."""
    at = services().desk_url
    if not at:
        return ""
    look = "" if is_run(entry.case_id) else f"\n\n[Open the case at the desk]({at}/cases/{entry.case_id})"
    return f"{look}\n\n[Decide with a passkey]({at}/decide?case={entry.case_id})"


def typed_answer(entry: GateEntry, typed: Mapping[str, Any], operator: str, *, by_touch: bool = False) -> Answer:
    """What a signed-in person typed into the form of a gate.

    Args:
        entry: the gate as it stands.
        typed: the fields of the form.
        operator: who is signed in.
        by_touch: whether the factor comes apart from the form.

    Raises:
        AnswerRefused: when the form is another question's, another person's, or not filled in rightly; nothing of what
            was typed is quoted.
    """
    form = form_of(entry, by_touch=by_touch)
    if typed.get("question") != question_mark(entry):
        what, remedy = "this is not the question that is asked now", "open the form again, and read it"
        raise AnswerRefused(what, where=entry.gate.value, remedy=remedy)
    try:
        values = form(**typed).model_dump()
    except ValidationError as invalid:
        raise AnswerRefused(_wrong(form, invalid), where=entry.gate.value, remedy="correct it") from None
    if values["operator"] not in {"", operator}:
        what = f"you are signed in as {operator}, and nobody answers in another's name"
        raise AnswerRefused(what, where="operator", remedy="leave the name empty, or sign in as who you are")
    return Answer(
        operator=operator,
        decision=Decision(values["decision"]),
        code=values.get("code", ""),
        reason=values["reason"],
        reference=_typed_reference(values),
    )


class _Form(RunInput):
    """What is not asked for is refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def _wrong(form: type[RunInput], invalid: ValidationError) -> str:
    """Which fields are wrong, by their titles."""
    names = sorted({str(error["loc"][0]) for error in invalid.errors(include_input=False, include_url=False)})
    titles = [str(form.model_fields[name].title) for name in names if name in form.model_fields]
    return f"the form is not filled in rightly: {'; '.join(titles) or 'it has fields that were not asked for'}"


def _typed_reference(values: Mapping[str, str]) -> str:
    if values["decision"] == Decision.CHOSEN.value:
        return values["accounts"]
    return reference_of(values["reference"], values.get("came", ""))
