"""What the command line does with letters: facts as JSON-ready dictionaries."""

from pathlib import Path
from typing import Any

from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Decision, Gate
from flows import wiring
from flows.home.own_files import own_folder, write_own
from flows.operator.answering import Answered, answer
from tasks.case.parts import has_part
from tasks.gates.unsealing import Looker, Sealed, let_look
from tasks.notices.posting import LETTER, unposted
from tasks.services import services

_PREFIX = "notice."


def unseal(case_id: str, notice: str, folder: Path, *, operator: str, code: str) -> dict[str, Any]:
    """Write letters of a case to a folder, named after case and notice; who unsealed which goes into evidence.

    Raises:
        AnswerRefused: when the operator may not tell that a letter was posted, or the code is wrong.
        RequestInvalid: when there is no such letter.
        VaultSealed: when it was destroyed with the case's other data.
    """
    with wiring.opened():
        services().register.case(case_id)
        names = [_full(notice)] if notice else [gate.subject for gate in unposted(case_id)]
        let_look(case_id, Sealed.POST, Looker(operator, code), facts={"letters": names})
        if not names:
            remedy = "name one, as 'rightsflow case' shows it"
            raise RequestInvalid("no letter waits to be posted", where=case_id, remedy=remedy)
        files = [_write(case_id, name, folder) for name in names]
    return {"case": case_id, "folder": str(folder), "files": [str(file) for file in files]}


def posted(case_id: str, notice: str, *, operator: str, code: str, reference: str) -> dict[str, Any]:
    """Answer the gate of a letter: it was posted."""
    return answer(case_id, Gate.POSTING, _full(notice), Answered(operator, Decision.SENT, code, "", reference))


def _full(notice: str) -> str:
    """The name of a notice's step, however it was typed.

    >>> _full("answer"), _full("notice.answer")
    ('notice.answer', 'notice.answer')
    """
    return notice if notice.startswith(_PREFIX) else f"{_PREFIX}{notice}"


def _write(case_id: str, name: str, folder: Path) -> Path:
    sealed = f"{name}.{LETTER}"
    if not has_part(case_id, sealed):
        letters = [one for one in services().vault.names(case_id) if one.endswith(f".{LETTER}")]
        known = ", ".join(one.removeprefix(_PREFIX).removesuffix(f".{LETTER}") for one in letters) or "none"
        raise RequestInvalid("no such letter", where=f"{case_id} {name}", remedy=f"letters of the case: {known}")
    with services().vault.read(case_id, sealed) as blob:
        return write_own(own_folder(folder) / f"{case_id}.{name.removeprefix(_PREFIX)}.{LETTER}", [blob.read()])
