"""What ``rightsflow dossier`` does: prove who asks, and write the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from data_contracts.errors import RequestInvalid
from data_contracts.officer.dossiers import Scope
from data_contracts.vocabulary import Right
from flows import wiring
from flows.duties.dossier import make, scope_asked
from tasks.officer.dossiers import begin_dossier, person


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: a case, a person or a period, and nothing else."""

    case_id: str
    identity: Mapping[str, list[str]]
    since: str
    until: str
    right: Right | None
    letters: bool = False


def write(asked: Asked, file: Path, language: str, *, operator: str, code: str) -> dict[str, Any]:
    """Have a dossier made by a proven person; what was written.

    Raises:
        RequestInvalid: when not just one of case, person and period is named.
        AnswerRefused: when the operator may not, or the code is not theirs.
    """
    with wiring.opened() as installation:
        run_id = begin_dossier(_scope(asked), operator, code, key=str(uuid4()), letters=asked.letters)
        return make(installation, run_id, file, language)


def _scope(asked: Asked) -> Scope:
    if not asked.identity:
        return scope_asked(asked.case_id, asked.since, asked.until, asked.right)
    if asked.case_id or asked.since or asked.until or asked.right is not None:
        raise RequestInvalid("a dossier is of a case, a person or a period", where="dossier", remedy="name one of them")
    return person(dict(asked.identity))
