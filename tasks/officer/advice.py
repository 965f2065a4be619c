"""What the data protection officer advised about a case (Art. 39(1)(a), (c); charter 7a).

The words are sealed with the case, since they may speak of the data subject; evidence holds who gave them, when, and
their digest. Whoever decides at a gate is told that there is advice, and reads it at the desk.
"""

from typing import Final

from data_contracts.errors import RequestInvalid
from data_contracts.evidence.records import Record, digest
from data_contracts.vocabulary import OperatorRole
from tasks.case.parts import PARTS, named_parts, require_parts
from tasks.gates.operators import prove_person
from tasks.services import services
from tasks.steps.matters import matter_of

__all__ = ["advice_of", "give_advice", "has_advice"]

_STEP: Final = "advice"
_NAME: Final = f"{_STEP}."
_LONGEST: Final = 20_000


def give_advice(case_id: str, text: str, *, operator: str, code: str) -> int:
    """Seal what the DPO advises about a case, or a run; how many pieces of advice there are now.

    Raises:
        CaseUnknown: when there is none of that name.
        RequestInvalid: when nothing is said, or too much.
        AnswerRefused: when the operator is no DPO in force, or the code is wrong.
    """
    matter_of(case_id)
    said = text.strip()
    if not said or len(said) > _LONGEST:
        raise RequestInvalid(
            "there is no advice, or too much of it", where=case_id, remedy=f"write 1 to {_LONGEST} characters"
        )
    who = prove_person(operator, code, roles=[OperatorRole.DPO], where=case_id)
    provided, words = services(), said.encode()
    number = sum(1 for step, _ in provided.register.steps(case_id) if step == _STEP) + 1
    name = f"{_NAME}{number:03d}"
    with provided.vault.write(case_id, name) as blob:
        blob.write(f"{provided.now():%Y-%m-%d %H:%M} UTC, {who}\n\n".encode() + words)
    record = Record(_STEP, "", {"number": number, "words": digest(words)}, actor=who)
    provided.register.complete(case_id, _STEP, f"{number:03d}", receipt={PARTS: [name]}, record=record, actor=who)
    return number


def advice_of(case_id: str) -> list[str]:
    """What was advised, oldest first, each with its day and giver on top; nothing once the case's seal is destroyed.

    Raises:
        VaultSealed: when a piece of advice is gone before.
    """
    found, names = [], _names(case_id)
    require_parts(case_id, names)
    for name in names:
        with services().vault.read(case_id, name) as blob:
            found.append(blob.read().decode())
    return found


def has_advice(case_id: str) -> bool:
    """Whether anything was advised that is not destroyed with the case."""
    return bool(_names(case_id))


def _names(case_id: str) -> list[str]:
    names = set(services().vault.names(case_id))
    if any(step == _STEP for step, _ in services().register.steps(case_id)):
        names |= named_parts(case_id)
    return sorted(name for name in names if name.startswith(_NAME))
