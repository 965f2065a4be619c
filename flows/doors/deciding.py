"""The desk's door to open questions: shown to who may answer them, and decided several at once."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from data_contracts.case.runs import is_run
from data_contracts.errors import AnswerRefused
from data_contracts.gates.factors import OpenQuestion
from data_contracts.gates.gates import GateEntry
from data_contracts.gates.passkeys import Touch
from flows.operator.answering import carried_on
from flows.operator.gate_facts import gate_name
from flows.runs.gate_forms import description_of, form_of, question_mark, typed_answer
from flows.wiring import Installation
from tasks.gates.factors.deciding import ask_to_decide, decide_by_touch
from tasks.gates.gates import under_policy
from tasks.gates.together import MOST, Given, answer_together
from tasks.rules.people.gates import check_standing
from tasks.services import services, use

_MORE: Final = ("accounts", "came")
_FIELDS: Final = ("decision", "reference", "reason", *_MORE)

Typed = Mapping[str, Mapping[str, str]]


class DecidingDoor:
    """An installation's open questions, as signed-in operators may reach them."""

    def __init__(self, installation: Installation) -> None:
        """Keep the installation."""
        self._services = installation.services

    def questions(self, operator: str, case: str) -> tuple[Sequence[OpenQuestion], int]:
        """Questions that an operator may answer, due first; and how many there are."""
        with use(self._services):
            register = self._services.register
            waiting = [one for one in register.gates(case or None, open_only=True) if _may(operator, one)]
            due = {one.case_id: one.response_due for one in register.cases(open_only=True)}
            waiting.sort(key=lambda one: (str(due.get(one.case_id, "9")), one.case_id, gate_name(one)))
            return [_shown(one) for one in waiting[:MOST]], len(waiting)

    def ask(self, operator: str, typed: Typed, visit: str) -> str:
        """Options for a browser to use a passkey for the decisions that were typed."""
        with use(self._services):
            return ask_to_decide(_given(operator, typed), operator=operator, visit=visit).options

    def decide(self, operator: str, typed: Typed, factor: str | Touch) -> int:
        """Take decisions in; how many."""
        with use(self._services):
            given = _given(operator, typed)
            decided = (
                answer_together(given, operator=operator, code=factor)
                if isinstance(factor, str)
                else decide_by_touch(given, operator=operator, touch=factor)
            )
            for one in decided:
                carried_on(one)
            return len(decided)


def _may(operator: str, entry: GateEntry) -> bool:
    provided = services()
    try:
        check_standing(provided.register.operator(operator), under_policy(entry), provided.now())
    except AnswerRefused:
        return False
    return True


def _shown(entry: GateEntry) -> OpenQuestion:
    fields = form_of(entry, by_touch=True).model_fields
    annotation: Any = fields["reference"].annotation
    codes = () if annotation is str else get_args(annotation)
    return OpenQuestion(
        key=_key(entry),
        case_id=entry.case_id,
        gate=entry.gate.value,
        description=description_of(entry, linked=False),
        options=tuple(option.value for option in entry.options),
        references=tuple(code for code in codes if code),
        more=tuple(name for name in _MORE if name in fields),
        look="" if is_run(entry.case_id) or not services().desk_url else f"{services().desk_url}/cases/{entry.case_id}",
    )


def _key(entry: GateEntry) -> str:
    return f"{entry.case_id}/{entry.gate.value}/{question_mark(entry)}"


def _given(operator: str, typed: Typed) -> list[Given]:
    return [_one(operator, key, said) for key, said in typed.items()]


def _one(operator: str, key: str, said: Mapping[str, str]) -> Given:
    case_id = key.partition("/")[0]
    entry = next((one for one in services().register.gates(case_id, open_only=True) if _key(one) == key), None)
    if entry is None:
        remedy = "read what is asked now, and decide again"
        raise AnswerRefused("a gate asks another question by now, or nothing", where=case_id, remedy=remedy)
    known = {name: said[name] for name in _FIELDS if said.get(name, "").strip()}
    return Given(entry, typed_answer(entry, {**known, "question": question_mark(entry)}, operator, by_touch=True))
