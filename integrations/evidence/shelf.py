"""The evidence of one installation: verified, exported, and put into dossiers."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data_contracts.errors import EvidenceBroken
from data_contracts.evidence.log import Checkpoint, EvidenceLog, LogLeaf, LogState, read_body
from data_contracts.evidence.time_stamps import StampShelf
from data_contracts.gates.gates import DecisionFault
from integrations.evidence.chain import Fault, Finding, Verification, verify_chain
from integrations.evidence.dossier_zip import DossierFile, dossier_file
from integrations.evidence.export import Export, write_export, write_whole
from integrations.evidence.keys import load_or_create, public_keys
from integrations.evidence.log_check import LogCheck, LogVerification, check_case, check_notes, not_logged, payload_in
from integrations.evidence.log_export import LogHead, write_log
from integrations.evidence.notes import open_note, sign_note
from integrations.evidence.proofs import make_proof
from integrations.evidence.stamps import Reply, StampCheck, look_at

__all__ = ["EvidenceShelf"]


class _Kept(EvidenceLog, StampShelf, Protocol):
    """Where envelopes and the log are kept: the register."""

    def evidence(self, case_id: str) -> tuple[list[Mapping[str, object]], Mapping[str, object] | None]:
        """Envelopes in order, and the head's."""

    def decision_faults(self, case_id: str) -> list[DecisionFault]:
        """Gates whose answers or outcome are not what was signed."""


@dataclass(frozen=True, slots=True)
class EvidenceShelf:
    """Evidence of the cases and runs in a register, with the keys of a folder.

    Attributes:
        stamps: gives what a time stamp must be; None: those that are kept are left alone.
    """

    keys: Path
    kept: _Kept
    stamps: Callable[[], StampCheck | None] = lambda: None

    def of(self, name: str) -> Export:
        """Everything of a case or run, with every public key."""
        envelopes, head = self.kept.evidence(name)
        return Export(name, tuple(envelopes), head, public_keys(self.keys))

    def verify(self, name: str, trusted: Mapping[str, Ed25519PublicKey] | None = None) -> Verification:
        """Verify a case or run: its chain, what the log knows of it, and its gates against the signed answers.

        Args:
            name: of the case or run.
            trusted: public keys by keyid; None: those of the folder.
        """
        export = self.of(name)
        leaves = [leaf for _, leaf in self.kept.log_leaves(name)]
        verified = verify_chain(name, export.envelopes, export.head, keys=trusted or export.keys)
        if not export.envelopes and leaves:
            return replace(verified, findings=tuple(check_case(name, leaves, (), ())))
        more = check_case(name, leaves, export.envelopes, verified.findings)
        gates = [_about_gate(fault) for fault in self.kept.decision_faults(name)]
        return replace(verified, findings=(*verified.findings, *more, *gates))

    def verify_log(
        self,
        trusted: Mapping[str, Ed25519PublicKey] | None = None,
        outside: Sequence[str] = (),
        stamped: Sequence[Reply] = (),
        check: StampCheck | None = None,
    ) -> LogVerification:
        """Verify that the log only grew and that every record it knows is there.

        Args:
            trusted: public keys by keyid; None: those of the folder.
            outside: checkpoints that were kept elsewhere.
            stamped: their time stamps.
            check: what a time stamp must be; None: as the installation says.
        """
        origin = self.kept.log_state(0).origin
        keys = public_keys(self.keys) if trusted is None else trusted
        notes = self.kept.checkpoints()
        checked = check_notes([*notes, *outside], origin=origin, keys=keys)
        look = LogCheck(checked.good)
        for entry in self.kept.log_entries():
            look.look(entry.position, entry.leaf, payload_in(entry))
        found = look.ended(origin, checked)
        strays = tuple(not_logged(case_id, seq) for case_id, seq in self.kept.unlogged())
        stamps = look_at([*self._replies(notes), *stamped], check or self.stamps())
        return replace(found, stamps=stamps, findings=(*found.findings, *strays, *stamps.findings))

    def stamp_of(self, note: str) -> bytes | None:
        """The reply of the time-stamping authority that stamped a checkpoint; None where none did."""
        found = self.kept.stamps().get(_size_of(note))
        return None if found is None else found.reply

    def _replies(self, notes: Sequence[str]) -> list[Reply]:
        """Every stamp that is kept beside its checkpoint; one whose checkpoint is gone is of none."""
        by_size = {_size_of(note): note for note in notes}
        return [Reply(by_size.get(size, ""), one.reply, one.nonce) for size, one in self.kept.stamps().items()]

    def checkpoint(self, now: datetime) -> str:
        """A signed checkpoint over everything that was written until now; the one there is when nothing was since.

        Raises:
            EvidenceBroken: when the log does not continue its last checkpoint: no signature shall cover that up.
        """
        last = self._last()
        state = self.kept.extend_log()
        if last is not None:
            note, known = last
            if known.size > state.size or self.kept.log_state(known.size).root != known.root:
                remedy = "run `rightsflow evidence verify`, and hold the register against a checkpoint kept elsewhere"
                raise EvidenceBroken("the log does not continue its last checkpoint", where=state.origin, remedy=remedy)
            if known.size == state.size:
                return note
        note = _signed(state, now, self.keys)
        self.kept.put_checkpoint(state.size, note, now)
        return note

    def last_checkpoint(self) -> datetime | None:
        """When the last checkpoint was made; None when there is none."""
        last = self._last()
        return None if last is None else last[1].at

    def _last(self) -> tuple[str, Checkpoint] | None:
        """The last checkpoint that we signed, with what it says."""
        keys = public_keys(self.keys)
        for note in reversed(self.kept.checkpoints()):
            opened = open_note(note, keys=keys)
            if opened.trust == "signed":
                return note, read_body(opened.body)
        return None

    def export(self, name: str, file: Path) -> None:
        """Write a case or run to a file that can be verified anywhere."""
        write_export(file, self.of(name))

    def dossier(self, file: Path, made_at: datetime) -> AbstractContextManager[DossierFile]:
        """A dossier to write, signed with the key that signs evidence."""
        return dossier_file(file, made_at, signer=load_or_create(self.keys), keys=public_keys(self.keys))

    def prove(self, file: Path, names: Sequence[str], now: datetime, since: str = "") -> None:
        """Write proofs that cases are in the log, and that it only grew since an earlier checkpoint.

        Args:
            file: to be written.
            names: of cases and runs.
            now: the time.
            since: the earlier checkpoint; empty for none.

        Raises:
            EvidenceBroken: when the log does not know a case, or the checkpoint is not one of this log.
            SystemUnavailable: when the file cannot be written.
        """
        note = self.checkpoint(now)
        origin = note.split("\n", 1)[0]
        if since and not check_notes([since], origin=origin, keys=public_keys(self.keys)).good:
            remedy = "give a checkpoint that this installation signed"
            raise EvidenceBroken("is no checkpoint of this log", where="--since", remedy=remedy)
        ends = [self._end(name) for name in names]
        with self.kept.log_span() as span:
            try:
                content = make_proof(note, span, ends, since)
            except ValueError:
                what, remedy = "the log has fewer entries than the checkpoint", "run `rightsflow evidence verify`"
                raise EvidenceBroken(what, where=origin, remedy=remedy) from None
        write_whole(file, [content])

    def export_log(self, file: Path, now: datetime) -> int:
        """Write the log of all cases to a file that can be verified anywhere; returns the number of its entries.

        Raises:
            SystemUnavailable: when the file cannot be written.
        """
        origin = self.checkpoint(now).split("\n", 1)[0]
        head = LogHead(origin, public_keys(self.keys), self.kept.checkpoints(), self.kept.stamps())
        return write_log(file, head, self.kept.log_entries())

    def _end(self, name: str) -> tuple[int, LogLeaf]:
        leaves = [(position, leaf) for position, leaf in self.kept.log_leaves(name) if position is not None]
        if not leaves:
            raise EvidenceBroken("the log knows no such case", where=name, remedy="list cases with `rightsflow cases`")
        return leaves[-1]


def _signed(state: LogState, now: datetime, keys: Path) -> str:
    at = now.astimezone(UTC).replace(microsecond=0)
    body = Checkpoint(state.origin, state.size, state.root, at).body()
    return sign_note(body, name=state.origin, signer=load_or_create(keys))


def _size_of(note: str) -> int:
    """What a checkpoint says of its size; -1 where it cannot be read."""
    lines = note.split("\n", 2)
    return int(lines[1]) if len(lines) > 1 and lines[1].isdecimal() else -1


def _about_gate(fault: DecisionFault) -> Finding:
    return Finding(Fault.DECISION, None, "", f"gate {fault.gate}: {fault.what}")
