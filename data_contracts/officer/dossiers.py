"""The authority's dossier: what its file is made of, and the statement that signs it (Art. 31, 58(1); charter 7d).

A dossier is one ZIP, in this order:

1. ``evidence/<case>.jsonl``: the evidence of each case and run, as ``rightsflow evidence export`` writes it.
2. ``letters/<case>/…``: texts of notices, only where a data protection officer had them put in.
3. ``keys/<keyid>.pem``: public keys of whatever is signed in it.
4. ``dossier.json``: the facts; ``dossier.pdf``: the same to read; ``README.txt``: how to verify it.
5. ``manifest.json``: size and SHA-256 of each file before it, in the order of the file; ``manifest.dsse.json``: the
   DSSE envelope around the very bytes of ``manifest.json``.

``dossier.json`` has a case or run on each line, so that ten thousand cases are read and written one by one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeAlias

from data_contracts.case.subjects import SubjectKey
from data_contracts.evidence.records import STATEMENT_TYPE, canonical
from data_contracts.vocabulary import Right

FORMAT = "rightsflow-dossier/1"
MANIFEST_TYPE = "urn:rightsflow:dossier:manifest:v1"

EVIDENCE, KEYS, LETTERS = "evidence/", "keys/", "letters/"
FACTS, PAPER, README = "dossier.json", "dossier.pdf", "README.txt"
MANIFEST, SIGNATURE = "manifest.json", "manifest.dsse.json"

Account: TypeAlias = Mapping[str, Any]
"""Facts as JSON, without personal data."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a dossier is about: one case, one person, or what was received in a period.

    Attributes:
        case_id: the case; empty for a person or a period.
        keys: a person's keyed digests; empty for a case or a period.
        since: first day of the period.
        until: last day of the period.
        right: of a period, one right alone.
    """

    case_id: str = ""
    keys: tuple[SubjectKey, ...] = ()
    since: date | None = None
    until: date | None = None
    right: Right | None = None

    def facts(self) -> dict[str, Any]:
        """As JSON; a person is told by kinds and digests."""
        return {
            "case": self.case_id,
            "person": [{"kind": key.kind, "digest": key.digest} for key in self.keys],
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "right": self.right.value if self.right else "",
        }


def scope_of(facts: Mapping[str, Any]) -> Scope:
    """The scope that :meth:`Scope.facts` told.

    >>> scope_of(Scope(since=date(2026, 1, 1), until=date(2026, 3, 31)).facts()).until
    datetime.date(2026, 3, 31)
    """
    return Scope(
        case_id=facts["case"],
        keys=tuple(SubjectKey(one["kind"], one["digest"]) for one in facts["person"]),
        since=date.fromisoformat(facts["from"]) if facts["from"] else None,
        until=date.fromisoformat(facts["to"]) if facts["to"] else None,
        right=Right(facts["right"]) if facts["right"] else None,
    )


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the dossier as its manifest names it."""

    name: str
    size: int
    sha256: str


class DossierWriter(Protocol):
    """A dossier that is being written: evidence first, then the facts, then what is read, and at last the seal."""

    cases: int
    runs: int

    def add_case(self, case_id: str, line: Account, evidence: Any) -> None:  # noqa: ANN401  # an export, as the adapter makes it
        """Add a case: its line of facts, and its evidence."""

    def add_run(self, run_id: str, line: Account, evidence: Any) -> None:  # noqa: ANN401  # as above
        """Add a run: its line of facts, and its evidence."""

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Add a file."""

    def add_facts(self, head: Account, tail: Account) -> None:
        """Add the public keys of what was signed so far, and the facts of all that was added."""

    def seal(self, run_id: str) -> str:
        """Add the manifest and its signature, after which nothing may follow; the manifest's digest."""


class Counting(Protocol):
    """Counts cases one by one."""

    def add(self, case: Account) -> None:
        """Count one more case, a line of ``dossier.json``."""

    def facts(self) -> Account:
        """What was counted so far."""


@dataclass(frozen=True, slots=True)
class Recount:
    """How the facts of a dossier follow from its evidence: what made them is what checks them.

    Attributes:
        case: the account of a case, from its records and the zone whose days count.
        run: the account of a run, from its records.
        counting: a new count, as of a day.
    """

    case: Callable[[Sequence[Account], str], Account]
    run: Callable[[Sequence[Account]], Account]
    counting: Callable[[date], Counting]


def manifest_statement(run_id: str, made_at: datetime, members: Sequence[Member]) -> bytes:
    """The payload to sign for a dossier: an in-toto statement whose subjects are its files."""
    files = [{"name": one.name, "size": one.size, "sha256": one.sha256} for one in members]
    return canonical(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": one.name, "digest": {"sha256": one.sha256}} for one in members],
            "predicateType": MANIFEST_TYPE,
            "predicate": {"dossier": run_id, "made_at": made_at.isoformat(), "files": files},
        }
    )


def facts_lines(head: Account, cases: Iterable[bytes], runs: Iterable[bytes], tail: Account) -> Iterator[bytes]:
    """``dossier.json``, line by line.

    Args:
        head: ``about`` and ``person``.
        cases: each case as canonical JSON.
        runs: each run as canonical JSON.
        tail: ``statistics``.
    """
    yield b"{\n"
    for name, value in head.items():
        yield canonical(name) + b":" + canonical(value) + b",\n"
    for name, lines in (("cases", cases), ("runs", runs)):
        yield canonical(name) + b":[\n"
        before = b""
        for line in lines:
            yield before + line
            before = b",\n"
        yield (b"\n" if before else b"") + b"],\n"
    yield b",\n".join(canonical(name) + b":" + canonical(value) for name, value in tail.items())
    yield b"\n}\n"
