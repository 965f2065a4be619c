"""What reading one ODCS document leaves behind beside its contract: faults, and the lines that later checks name."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from open_data_contract_standard.model import CustomProperty
from pydantic import BaseModel

from data_contracts.fault import Fault
from data_contracts.odcs.marks import GUESS, open_marks, without_guesses
from data_contracts.odcs.reading.strict import Finding, salvage
from data_contracts.odcs.reading.yaml_file import Document, NodePath
from data_contracts.odcs.schema import place_of

ModelT = TypeVar("ModelT", bound=BaseModel)

_PROPERTY = "dsr"


class Notes:
    """A notebook for one document: ``faults`` so far, and ``lines`` by table and field."""

    def __init__(self, document: Document) -> None:
        """An empty notebook."""
        self._document = document
        self.faults: list[Fault] = []
        self.lines: dict[tuple[str, str], int] = {}
        self.guesses: list[Fault] = []
        """Those of the faults that say that a guess is not confirmed; what stands beside it can be judged."""
        self._open: set[NodePath] = set()

    @property
    def file(self) -> str:
        """The document's name in faults."""
        return self._document.file

    def fault(self, path: NodePath, *, what: str, remedy: str) -> None:
        """Note what is wrong at ``path``."""
        table, field, _ = place_of(self._document.data, path)
        self.faults.append(Fault(self.file, table, field, what, remedy, self._document.line(path)))

    def remember(self, path: NodePath) -> None:
        """Note the line of the element at ``path``."""
        table, field, _ = place_of(self._document.data, path)
        self.lines.setdefault((table, field), self._document.line(path) or 1)

    def dsr(self, path: NodePath, properties: list[CustomProperty] | None, model: type[ModelT]) -> ModelT | None:
        """The ``dsr`` custom property of the element at ``path``; None when there is none that can be used.

        One that cannot be read cannot be used. One with a mark of what nobody has confirmed is read without it, so
        that what is wrong beside or behind it is told at once; the mark itself is a fault.

        Args:
            path: the element's own path.
            properties: its ``customProperties``.
            model: what the level's ``dsr`` must look like.
        """
        found = [(place, item.value) for place, item in enumerate(properties or []) if item.property == _PROPERTY]
        if len(found) > 1:
            self.fault(path, what="has two `dsr` blocks", remedy="join them into one")
        for place, value in found[:1]:
            inner = (*path, "customProperties", place, "value")
            marks = list(open_marks(value))
            reading = salvage(model, without_guesses(value))
            for finding in (*marks, *_beside(marks, reading.findings)):
                self.fault((*inner, *finding.path), what=f"`dsr`: {finding.what}", remedy=finding.remedy)
                if finding.path[-1:] == (GUESS,):
                    self.guesses.append(self.faults[-1])
            if any(mark.path[-1] != GUESS for mark in marks):
                self._open.add(path)
            return reading.model
        return None

    def is_open(self, path: NodePath) -> bool:
        """Whether the element at ``path`` leaves something open that its ``dsr`` block should say."""
        return path in self._open

    def has_dsr(self, properties: list[CustomProperty] | None) -> bool:
        """Whether there is a ``dsr`` block, readable or not."""
        return any(item.property == _PROPERTY for item in properties or [])


def _beside(marks: Iterable[Finding], findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings about other keys than those marked: what is still open is not judged as well."""
    marked = {mark.path[0] for mark in marks}
    return (finding for finding in findings if not marked.intersection(finding.path[:1]))
