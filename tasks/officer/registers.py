"""Writing into the data protection officer's registers: by a proven person, checked first, never changed afterwards.

The order: key and facts are checked, then who writes is proven, then the row is added. So a slip costs no code.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from data_contracts.errors import RequestInvalid
from data_contracts.officer.entries import Entry, RegisterName, Trained
from data_contracts.officer.registers import checked, ends_on, written
from tasks.case.clock import today
from tasks.gates.operators import prove_person
from tasks.rules.officer.registers import check_done, check_key, trained_until, with_kind
from tasks.services import services

_MOST_FAULTS = 10


@dataclass(frozen=True, slots=True)
class TypedTraining:
    """A line of a file of trainings.

    Attributes:
        number: of the line in the file.
        facts: as typed, by column.
    """

    number: int
    person: str
    facts: Mapping[str, str]


def set_entry(register: RegisterName, key: str, said: Mapping[str, str], *, operator: str, code: str) -> Entry:
    """Enter facts, beside those that are in force for the key; one that is said empty is taken out.

    Raises:
        RequestInvalid: when the key or a fact is not one.
        AnswerRefused: when the operator may not write, or the code is not theirs.
    """
    before = {name: str(value) for name, value in _facts_in_force(register, key).items()}
    facts = _right(register, key, {**before, **said}, where=f"{register.value} {key}")
    actor = _prove(register, operator, code)
    if register is RegisterName.TRAINING:
        services().register.put_trainings([_trained(key, facts)], actor=actor)
        return next(entry for entry in services().register.entries(register) if entry.key == key)
    return services().register.put_entry(register, key, facts, actor=actor)


def remove_entry(register: RegisterName, key: str, *, operator: str, code: str) -> None:
    """Take an entry out of force; what was entered stays in its history.

    Raises:
        RequestInvalid: when nothing is in force for the key.
        AnswerRefused: when the operator may not write, or the code is not theirs.
    """
    known = [entry.key for entry in services().register.entries(register)]
    if key not in known:
        remedy = f"in force are: {', '.join(known) or 'none'}"
        raise RequestInvalid("nothing is in force for this key", where=f"register {register.value}", remedy=remedy)
    actor = _prove(register, operator, code)
    services().register.remove_entry(register, key, actor=actor)


def import_trainings(typed: Sequence[TypedTraining], *, where: str, operator: str, code: str) -> int:
    """Enter every training of a file, or none; how many said something new.

    Raises:
        RequestInvalid: with the first lines that are wrong, and why; nothing was entered.
        AnswerRefused: when the operator may not write, or the code is not theirs.
    """
    trained, wrong = _looked_at(typed)
    if wrong:
        more = f"; and {len(wrong) - _MOST_FAULTS} more" if len(wrong) > _MOST_FAULTS else ""
        what = "; ".join(wrong[:_MOST_FAULTS]) + more
        raise RequestInvalid(what, where=where, remedy="correct the lines; none was entered")
    actor = _prove(RegisterName.TRAINING, operator, code)
    return services().register.put_trainings(trained, actor=actor)


def note_training(person: str, valid_until: str, *, actor: str) -> None:
    """Enter that somebody is trained until a day, as who enrols an operator says it; a course that is entered stays."""
    register = RegisterName.TRAINING
    day = min(today().isoformat(), valid_until)
    facts = {"course": "as enrolled", "done_on": day} | dict(_facts_in_force(register, person))
    right = _right(register, person, {**facts, "valid_until": valid_until}, where=f"training {person}")
    services().register.put_trainings([_trained(person, right)], actor=actor)


def training_ends(person: str) -> datetime | None:
    """The moment from which somebody's training no longer counts, by the register; None where it names no end.

    Somebody whose training was taken out is not trained; somebody who was never entered is not asked for any.
    """
    register = services().register
    rows = register.entry_history(RegisterName.TRAINING, person)
    if not rows:
        return None
    return rows[-1].at if rows[-1].is_removed else _trained(person, _facts_in_force(RegisterName.TRAINING, person))[2]


def _looked_at(typed: Iterable[TypedTraining]) -> tuple[list[Trained], list[str]]:
    """Trainings that are right, and what is wrong with the lines of the others."""
    trained: list[Trained] = []
    wrong: list[str] = []
    seen: dict[str, int] = {}
    for line in typed:
        where = f"line {line.number}"
        if line.person in seen:
            wrong.append(f"{where}: person is that of line {seen[line.person]} again")
            continue
        seen[line.person] = line.number
        try:
            trained.append(_trained(line.person, _right(RegisterName.TRAINING, line.person, line.facts, where=where)))
        except RequestInvalid as error:
            wrong.append(f"{where}: {error.what}")
    return trained, wrong


def _right(register: RegisterName, key: str, said: Mapping[str, str], *, where: str) -> dict[str, str]:
    """The facts as they are kept, key and facts being right."""
    check_key(register, key, services().contracts)
    facts = written(checked(register, with_kind(register, key, said), where=where))
    check_done(facts, today(), where=where)
    return facts


def _facts_in_force(register: RegisterName, key: str) -> Mapping[str, str]:
    found = (entry for entry in services().register.entries(register) if entry.key == key)
    return next(({name: str(value) for name, value in entry.facts.items()} for entry in found), {})


def _trained(person: str, facts: Mapping[str, str]) -> Trained:
    last = facts.get(ends_on(RegisterName.TRAINING))
    return person, facts, trained_until(last, services().organisation.time_zone)


def _prove(register: RegisterName, operator: str, code: str) -> str:
    roles = services().policy.register_roles
    return prove_person(operator, code, roles=roles, where=f"register {register.value}", what="write a register")
