"""Writes the authority's dossier as a stream: no more than one case is ever held in memory (law 12).

The same facts, keys and moment give the same bytes. The file appears whole under its name, or not at all.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data_contracts.errors import SystemUnavailable
from data_contracts.evidence.records import canonical, digest
from data_contracts.officer.dossiers import (
    EVIDENCE,
    FACTS,
    KEYS,
    MANIFEST,
    SIGNATURE,
    Account,
    Member,
    facts_lines,
    manifest_statement,
)
from integrations.evidence.export import Export, export_lines, signers_of
from integrations.evidence.keys import Ed25519Signer, pem_of

__all__ = ["DossierFile", "dossier_file"]

_CHUNK = 1 << 16
_MODE = 0o100600 << 16


class DossierFile:
    """A dossier that is being written: evidence first, then the facts, then what is read, and at last the seal."""

    def __init__(
        self,
        archive: zipfile.ZipFile,
        folder: Path,
        made_at: datetime,
        *,
        signer: Ed25519Signer,
        keys: Mapping[str, Ed25519PublicKey],
    ) -> None:
        """Write into an open archive; lines of facts wait in nameless files of ``folder``."""
        self._archive, self._made_at, self._signer, self._keys = archive, made_at, signer, keys
        self._cases: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed by close()
        self._runs: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # as above
        self._members: list[Member] = []
        self._signers = {signer.keyid}
        self.cases = self.runs = 0

    def add_case(self, case_id: str, line: Account, evidence: Export) -> None:
        """Add a case: its line of facts, and its evidence."""
        self.cases += 1
        self._add_account(self._cases, case_id, line, evidence)

    def add_run(self, run_id: str, line: Account, evidence: Export) -> None:
        """Add a run: its line of facts, and its evidence."""
        self.runs += 1
        self._add_account(self._runs, run_id, line, evidence)

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Add a file."""
        size, total = 0, hashlib.sha256()
        with self._archive.open(self._entry(name), "w", force_zip64=True) as sink:
            for chunk in chunks:
                sink.write(chunk)
                total.update(chunk)
                size += len(chunk)
        self._members.append(Member(name, size, total.hexdigest()))

    def add_facts(self, head: Account, tail: Account) -> None:
        """Add the public keys of what was signed so far, and the facts of all that was added."""
        for keyid in sorted(self._signers & {*self._keys}):
            self.add(f"{KEYS}{keyid}.pem", [pem_of(self._keys[keyid]).encode()])
        self.add(FACTS, facts_lines(head, _lines(self._cases), _lines(self._runs), tail))

    def seal(self, run_id: str) -> str:
        """Add the manifest and its signature, after which nothing may follow; the manifest's digest."""
        statement = manifest_statement(run_id, self._made_at, self._members)
        for name, content in ((MANIFEST, statement), (SIGNATURE, canonical(self._signer.sign(statement)))):
            with self._archive.open(self._entry(name), "w") as sink:
                sink.write(content)
        return digest(statement)

    def close(self) -> None:
        """Let the nameless files go."""
        self._cases.close()
        self._runs.close()

    def _add_account(self, lines: IO[bytes], name: str, line: Account, evidence: Export) -> None:
        lines.write(canonical(line) + b"\n")
        self._signers |= signers_of(evidence)
        self.add(f"{EVIDENCE}{name}.jsonl", export_lines(evidence))

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, self._made_at.timetuple()[:6])
        entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, _MODE, 3
        return entry


@contextmanager
def dossier_file(
    file: Path, made_at: datetime, *, signer: Ed25519Signer, keys: Mapping[str, Ed25519PublicKey]
) -> Iterator[DossierFile]:
    """A dossier to write, which appears as ``file`` when the block ends without error, and replaces an older one.

    Raises:
        SystemUnavailable: when the file cannot be written.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with open(draft, "wb", opener=_for_its_owner) as stream:
            with zipfile.ZipFile(stream, "w") as archive:
                written = DossierFile(archive, file.parent, made_at, signer=signer, keys=keys)
                try:
                    yield written
                finally:
                    written.close()
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    except OSError:
        what, remedy = "the dossier cannot be written", "check the folder, its owner and the free space"
        raise SystemUnavailable(what, where=str(file), remedy=remedy) from None
    finally:
        draft.unlink(missing_ok=True)


_for_its_owner: Callable[[str, int], int] = lambda path, flags: os.open(path, flags, 0o600)  # noqa: E731  # an opener


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    stream.seek(0)
    for line in stream:
        yield line.rstrip(b"\n")
