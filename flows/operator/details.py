r"""The file of ``--details``: a letter's text as it is, or YAML that says what the right asks.

In YAML the text stands under ``letter``, the keys of :class:`data_contracts.case.request.Statement` beside it.

>>> _parse("letter: Bonjour\nchanges:\n- {field: user.contact.email, value: a@b.example}\n").letter
'Bonjour'
"""

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from data_contracts.case.request import Statement, SubjectRequest
from data_contracts.errors import RequestInvalid
from data_contracts.odcs.reading.strict import validate
from data_contracts.odcs.reading.yaml_file import parse

_STRUCTURED = frozenset({".yaml", ".yml", ".json"})
_LETTER = "letter"
_POSTAL = ("postal_address", "postal_country", "reply_to")


@dataclass(frozen=True, slots=True)
class Details:
    """What a data subject wrote, and what it asks."""

    letter: str = field(default="", repr=False)
    statement: Statement = field(default_factory=Statement, repr=False)
    postal_address: tuple[str, ...] = field(default=(), repr=False)
    postal_country: str = ""
    reply_to: str = field(default="", repr=False)


def read_details(file: Path | None) -> Details:
    """What the file says; nothing without a file.

    Raises:
        RequestInvalid: when it cannot be read, or says something that is not asked; no value is quoted.
    """
    if file is None:
        return Details()
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise RequestInvalid(
            "the file with the details cannot be read as text", where=str(file), remedy="give a readable UTF-8 file"
        ) from None
    return _parse(text, str(file)) if file.suffix in _STRUCTURED else Details(letter=text)


def _parse(text: str, where: str = "details") -> Details:
    document = parse(text, file=where)
    if document.faults or not isinstance(document.data, dict):
        lines = ", ".join(f"line {fault.line}" for fault in document.faults if fault.line)
        raise _unreadable(f"the details are no YAML that can be read ({lines or 'no keys'})", where)
    given = dict(document.data)
    ours = {name: given.pop(name) for name in (*_POSTAL, _LETTER) if name in given}
    reading = validate(_Around, ours | {"statement": given})
    if reading.model is None:
        wrong = sorted({".".join(map(str, finding.path)).removeprefix("statement.") for finding in reading.findings})
        raise _unreadable(f"the details say something that is not asked, or not as asked ({', '.join(wrong)})", where)
    said = reading.model
    return Details(said.letter, said.statement, tuple(said.postal_address), said.postal_country, said.reply_to)


class _Around(SubjectRequest):
    """What the file may say beside the statement."""

    letter: str = Field(default="", repr=False)


def _unreadable(what: str, where: str) -> RequestInvalid:
    remedy = "see docs/prove/rights.md for what each right takes; quote texts and dates"
    return RequestInvalid(what, where=where, remedy=remedy)
