"""What a case left behind: everything that must be the same whether or not its process was killed on the way."""

import base64
import hashlib
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from flows.wiring import Installation

_PSEUDONYM = re.compile(r"[0-9a-f]{8,64}")
_DIGEST = re.compile(r"[0-9a-f]{16}")

Aftermath = dict[str, Any]
Table = tuple[str, list[tuple[Any, ...]]]

_TOLD_ABOVE = frozenset({
    "call_count", "case_file", "case_move", "data_key", "evidence", "gate", "gate_answer", "lease", "operator",
    "operator_use", "step",
})  # fmt: skip
"""Tables of the register whose content the aftermath tells in words, or that are not about a case."""


def aftermath(made: Installation, case_id: str, known: frozenset[object]) -> Aftermath:
    """Facts about an ended case, without its id and without pseudonyms, so that they can be compared.

    Args:
        made: the installation.
        case_id: the case.
        known: every value that the systems held before; a new one that looks like a pseudonym is numbered.
    """
    register, home = made.register, made.settings.state
    verified = made.verify_case(case_id)
    return {
        "outcome": register.case(case_id).outcome,
        "states": [move.to.value for move in register.timeline(case_id)],
        "steps": {_step_name(key): entry.state for key, entry in register.steps(case_id).items()},
        "gates": [f"{gate.gate} {gate.subject}: {gate.outcome}" for gate in register.gates(case_id)],
        "records": _records(made, case_id),
        "findings": [str(finding) for finding in verified.findings],
        "has_key": register.get_key(case_id) is not None,
        "package": _package(made, case_id),
        "files": [name.replace(case_id, "CASE") for name in _files(home)],
        "mails": [file.name.replace(case_id, "CASE") for file in sorted((home / "outbox").glob("*.eml"))],
        "register": _rows(_of_database(home / "register.db", besides=_TOLD_ABOVE), known, case_id),
        "systems": _rows(_of_systems(home / "systems"), known, case_id),
    }


def _step_name(key: tuple[str, ...]) -> str:
    """Name and parts of a step; a digest under the case's own key is another in each life."""
    return ", ".join("digest" if _DIGEST.fullmatch(part) else part for part in key if part)


def values(folder: Path) -> frozenset[object]:
    """Every value in every system."""
    return frozenset(value for _, rows in _of_systems(folder) for row in rows for value in row)


def _records(made: Installation, case_id: str) -> list[str]:
    """Step and system of each record of evidence, in order."""
    envelopes, _head = made.register.evidence(case_id)
    predicates = [json.loads(base64.b64decode(str(one["payload"])))["predicate"] for one in envelopes]
    return [" ".join(filter(None, (one["step"], one["system"]))) for one in predicates]


def _package(made: Installation, case_id: str) -> list[str]:
    """Names of the files in the answer package, each read to its end; empty when there is none."""
    vault = made.services.vault
    if not vault.has(case_id, "package.zip"):
        return []
    with vault.read(case_id, "package.zip") as blob, zipfile.ZipFile(BytesIO(blob.read())) as package:
        assert package.testzip() is None
        return sorted(package.namelist())


def _files(home: Path) -> list[str]:
    """Every file that is there, hidden ones too; without the journal of the open register."""
    files = (str(file.relative_to(home)) for file in home.rglob("*") if file.is_file())
    return sorted(name for name in files if not name.startswith("register.db-"))


def _rows(tables: Iterable[Table], known: frozenset[object], case_id: str) -> dict[str, str]:
    """Number of rows and a digest of each table."""
    numbers: dict[object, str] = {}

    def told(value: object) -> str:
        if is_pseudonym(value, known):
            return numbers.setdefault(value, f"pseudonym {len(numbers)} of {len(str(value))}")
        if isinstance(value, bytes) and value not in known:
            return f"sealed, {len(value)} bytes"  # another one each time it is sealed
        return repr(value).replace(case_id, "CASE")

    return {table: f"{len(rows)} rows, {_digest([[*map(told, row)] for row in rows])}" for table, rows in tables}


def is_pseudonym(value: object, known: frozenset[object]) -> bool:
    """Whether a value is one that an erasure drew: another one each time."""
    return isinstance(value, str) and value not in known and _PSEUDONYM.fullmatch(value) is not None


def _digest(rows: list[list[str]]) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


def _of_systems(folder: Path) -> Iterator[Table]:
    """Every table of every system with its rows in a fixed order."""
    for file in sorted(folder.glob("*.db")):
        yield from _of_database(file)
    for place in sorted(folder.glob("*/*/")):
        rows = ds.dataset(sorted(place.glob("[!_]*.parquet"))).to_table().to_pylist()
        yield f"{place.parent.name}.{place.name}", [tuple(row.values()) for row in rows]


def _of_database(file: Path, *, besides: frozenset[str] = frozenset()) -> Iterator[Table]:
    with closing(sqlite3.connect(file)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for name in sorted(names - besides):
            yield f"{file.stem}.{name}", connection.execute(f"SELECT * FROM [{name}] ORDER BY rowid").fetchall()  # noqa: S608  # names from the catalogue
