"""Looking at what is sealed: one rule at the desk and on the command line (charter 3.2; law 5)."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from data_contracts.errors import AnswerRefused
from data_contracts.vocabulary import Gate, OperatorRole, Right
from flows import wiring
from flows.doors.desk import OperatorsDoor
from flows.operator.changes import unseal_here
from flows.operator.letters import unseal
from flows.operator.texts import take_texts_out
from integrations.intake.web.uploads import read_document
from tasks.gates.unsealing import STEP, Looker, Sealed, let_look
from tasks.identity.documents import keep_record
from tests.flows.company import Always, House
from tests.flows.doors.test_controls import picture
from tests.flows.operator.test_letters import HOME, records

_LOOKED = timedelta(minutes=1)


def _unknown(_: House) -> str:
    return "nobody"


def _without_the_role(house: House) -> str:
    house.hire("root", OperatorRole.ADMIN)
    return "root"


def _lapsed(house: House) -> str:
    house.hire("tom", *OperatorRole, valid_until=house.clock())
    return "tom"


def _untrained(house: House) -> str:
    house.hire("uma", *OperatorRole, training_until=house.clock())
    return "uma"


_NOBODY_MAY: Mapping[str, Callable[[House], str]] = {
    "unknown": _unknown,
    "without the role": _without_the_role,
    "lapsed": _lapsed,
    "untrained": _untrained,
}


@pytest.mark.parametrize("who", _NOBODY_MAY)
@pytest.mark.parametrize("what", Sealed)
@pytest.mark.parametrize("where", ["desk", "command"])
def test_whoever_may_not_look_is_refused_and_remembered(house: House, what: Sealed, who: str, where: str) -> None:
    """Whatever it is and wherever it is asked; the refusal stands in the log, and no look in evidence."""
    case_id, name = house.open(Right.ACCESS), _NOBODY_MAY[who](house)
    code = None if where == "desk" else house.code("claire")

    with pytest.raises(AnswerRefused):
        let_look(case_id, what, Looker(name, code))

    (use,) = [one for one in house.installation.register.uses() if one.what == f"look at {what}"]
    assert (use.operator, use.where, use.is_accepted) == (name, case_id, False)
    assert STEP not in {step for step, _ in house.installation.register.steps(case_id)}


@pytest.mark.parametrize("what", Sealed)
def test_look_is_in_log_and_evidence(house: House, what: Sealed) -> None:
    """Who looked at what, and how we know who it was; once for each look."""
    case_id = house.open(Right.ACCESS)

    let_look(case_id, what, Looker("claire"))
    house.clock.advance(_LOOKED)
    let_look(case_id, what, Looker("claire", house.code("claire")))

    told = [record["facts"] for record in records(house, case_id) if record["step"] == STEP]
    assert [(one["at"], one["by"], one["proof"]) for one in told] == [
        (what.value, "claire", "desk"),
        (what.value, "claire", "totp"),
    ]
    assert [one.is_accepted for one in house.installation.register.uses() if one.what == f"look at {what}"] == [
        True
    ] * 2


def test_wrong_code_shows_nothing(house: House) -> None:
    """A code that is not theirs, and one that was used before."""
    case_id, code = house.open(Right.ACCESS), house.code("claire")
    let_look(case_id, Sealed.LETTER, Looker("claire", code))

    for wrong in (code, "", f"{(int(code) + 1) % 1_000_000:06d}"):
        with pytest.raises(AnswerRefused):
            let_look(case_id, Sealed.LETTER, Looker("claire", wrong))

    assert sum(record["step"] == STEP for record in records(house, case_id)) == 1


def test_nothing_is_given_out_before_the_evidence(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the record cannot be written, neither page nor folder holds anything."""
    case_id = house.open(Right.ACCESS, details="Secretly", postal_address=HOME)
    house.until(Gate.REVIEW, case_id)
    keep_record(case_id, read_document(picture(40, 30)), by="zoe")
    door, services = OperatorsDoor(house.installation), house.installation.services
    opened: list[str] = []
    monkeypatch.setattr(wiring, "_current", Always(house))
    monkeypatch.setattr(type(services.register), "complete", _refuses)
    monkeypatch.setattr(type(services.vault), "read", lambda _, case, name: opened.append(f"{case} {name}"))
    pages = (door.letter, door.record, door.advice, door.values, door.texts)
    looks: list[Callable[[], object]] = [
        *(partial(look, case_id, "claire") for look in pages),
        lambda: take_texts_out(case_id, tmp_path / "texts", operator="claire", code=house.code("claire")),
        lambda: unseal_here(case_id, tmp_path / "values", operator="claire", code=house.code("claire")),
        lambda: unseal(case_id, "answer", tmp_path / "post", operator="claire", code=house.code("claire")),
    ]

    for look in looks:
        house.clock.advance(_LOOKED)
        with pytest.raises(OSError, match="disk full"):
            look()

    assert opened == []
    assert [file for file in tmp_path.rglob("*") if file.is_file() and b"Secretly" in file.read_bytes()] == []


def _refuses(*_: object, **__: object) -> None:
    raise OSError("disk full")
