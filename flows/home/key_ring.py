"""Keys are made once: by an installation that is new, and never in the place of keys that are missing.

1. New is an installation whose register knows no key and holds nothing that needs one. It makes each key when it
   first seals or signs something; what only reads makes none.
2. The register keeps a mark of each key. A key that a process made and did not mark, because it was cut off, is marked
   when the register is opened next; so is one that an earlier version made.
3. Whenever a register is opened whose keys are missing, or are others, nothing goes on.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

from data_contracts.doors.operator_log import OperatorLog, OperatorUse
from data_contracts.errors import SettingsInvalid, VaultSealed
from data_contracts.ports.key_marks import MARKED_WORD, KeyKind, KeyMark, KeyMarks, mark_context
from data_contracts.ports.restores import Committed, Newest, NewestRecords
from data_contracts.ports.sealed_rows import SealedRows
from flows.home.restores import Journal, look_for_restore, note_newest, unknown_marks
from flows.settings import Settings

__all__ = ["KeyRing"]

_SAMPLE: Final = 100
"""So many rows are tried, newest first, where an earlier version kept no mark."""


class _Kept(KeyMarks, SealedRows, OperatorLog, NewestRecords, Protocol):
    """The register, as far as keys concern it."""


class _Master(Protocol):
    @property
    def is_there(self) -> bool: ...

    def seal(self, plain: bytes, context: str) -> bytes: ...

    def open(self, sealed: bytes, context: str) -> bytes: ...

    def unwrap(self, wrapped: bytes, case_id: str) -> Any: ...  # noqa: ANN401  # a handle of the vault's


class _Signer(Protocol):
    @property
    def is_there(self) -> bool: ...

    @property
    def keyid(self) -> str: ...

    def signed(self, envelope: object) -> Mapping[str, Any] | None: ...


class _House(Protocol):
    @property
    def master(self) -> _Master: ...

    @property
    def signer(self) -> _Signer: ...

    @property
    def kept(self) -> _Kept: ...

    @property
    def now(self) -> Callable[[], datetime]: ...

    @property
    def settings(self) -> Settings: ...


class KeyRing:
    """The keys of an installation, against the marks in its register."""

    def __init__(self, folder: Path, house: _House) -> None:
        """Remember where the keys are.

        Args:
            folder: ``keys/`` of the home.
            house: the installation whose keys they are.
        """
        self._folder = folder
        self._house = house
        self._own: dict[KeyKind, str] = {}
        self._signing = self._origin = ""
        self._is_fit = self._is_recovering = self._is_taken = False
        self._given_up: AbstractSet[KeyKind] = frozenset()

    def look(self) -> None:
        """See that the keys are those of the register, and mark those that are not marked yet.

        Raises:
            SettingsInvalid: when keys are missing, or are others.
        """
        if not self._is_recovering:
            look_for_restore(self._house.kept, self.places)
        marks = self._in_force()
        unmarked = {KeyKind.MASTER, KeyKind.SIGNING} - marks.keys()
        in_use = self._house.kept.kinds_in_use() if unmarked else frozenset[KeyKind]()
        lost = self._lost((marks.keys() | in_use) - self._given_up)
        if lost:
            raise _missing(self._folder, lost)
        if KeyKind.SIGNING not in marks:
            self._adopt_signing(is_used=KeyKind.SIGNING in in_use)
        elif self._house.signer.keyid not in marks[KeyKind.SIGNING]:
            raise _others(self._folder, KeyKind.SIGNING, self._retired(self._house.signer.keyid))
        if KeyKind.MASTER not in marks:
            self._adopt_master(is_used=KeyKind.MASTER in in_use)
        else:
            self.require_master()
        self._is_fit = not self._is_recovering

    def recover(self) -> None:
        """Let a register be opened that is older than its home."""
        self._is_recovering = True

    def take_for_newest(self) -> None:
        """Have :meth:`settle` note the register's newest record, whatever the marks say."""
        self._is_fit = self._is_taken = True

    def unknown_marks(self) -> Mapping[str, Newest]:
        """Marks of records that the register does not know, by file."""
        return unknown_marks(self._house.kept, self.places)

    @property
    def places(self) -> list[Path]:
        """Folders that tell of a register that was put back."""
        elsewhere = self._house.settings.checkpoint_folder
        return [*([] if elsewhere is None else [elsewhere]), *self._near]

    @cached_property
    def _near(self) -> list[Path]:
        """Those of the home: another machine's folder may be slow, and each record is noted."""
        vault = self._house.settings.vault
        return [self._folder, *([Path(vault)] if "://" not in vault else [])]

    def may_make(self, file: Path) -> None:
        """Raise where the key of that file must not be made.

        Raises:
            SettingsInvalid: when the register knows such a key, or holds what needs one.
        """
        kind = KeyKind(file.relative_to(self._folder).as_posix())
        is_known = kind in self._in_force() or kind in self._house.kept.kinds_in_use()
        # Another process of a new installation may have been quicker: then the file is there.
        if is_known and kind not in self._given_up and not file.exists():
            raise _missing(self._folder, [kind])

    def made_master(self) -> None:
        """Mark the master key, and have a key that signs: what is sealed will be signed for."""
        sealed = self._house.master.seal(MARKED_WORD, mark_context(KeyKind.MASTER))
        self._put(KeyKind.MASTER, "", sealed)
        if KeyKind.SIGNING not in self._in_force():
            self.made_signer(self._house.signer.keyid)
        self.settle()
        self.require_master()  # another home with the same register may have been quicker

    def made_signer(self, keyid: str) -> None:
        """Remember a key that signs evidence. It is made within a transaction of the register, and marked after it."""
        self._signing = keyid

    def marked(self, keyid: str) -> None:
        """Mark a key that signs evidence, before it takes another's place."""
        self._put(KeyKind.SIGNING, keyid)

    def settle(self) -> None:
        """Mark the key that signs evidence, if one was made and is not marked yet."""
        if self._signing:
            self._put(KeyKind.SIGNING, self._signing)
            self._signing = ""
        newest = self._house.kept.newest_record() if self._is_fit else None
        if newest is not None:
            self._origin = newest.origin
            note_newest(self._house.kept, newest, self.places, is_taken=self._is_taken)

    def witness(self, committed: Committed) -> None:
        """Note beside the register what was committed to it: a process that is killed settles nothing.

        Raises:
            SystemUnavailable: when the disk takes no more.
        """
        if committed.noted:
            Journal(self._near).write(committed.noted)
        if committed.record is None or not self._is_fit:
            return
        known = Newest(self._origin, *committed.record) if self._origin else self._house.kept.newest_record()
        if known is not None:
            self._origin = known.origin
            with suppress(OSError):  # a full disk; the next record tries again
                note_newest(self._house.kept, known, self._near, is_taken=self._is_taken)

    def require_master(self) -> None:
        """Raise where the master key is another one than the register was made with.

        Raises:
            SettingsInvalid: when it does not open its mark.
        """
        mark = next((one for one in self._house.kept.key_marks() if one.kind is KeyKind.MASTER), None)
        if mark is not None and not self._opens(mark.sealed, mark_context(KeyKind.MASTER)):
            raise _others(self._folder, KeyKind.MASTER)

    def own(self, name: str, read: Callable[[Path], bytes]) -> bytes:
        """A key of the organisation's own, made on first use.

        Args:
            name: its file.
            read: reads the file, or makes it.

        Raises:
            SettingsInvalid: when it is missing, or is another one than before.
        """
        kind, file = KeyKind(name), self._folder / name
        # Asked twice: another process of a new installation may make and mark it between the two questions.
        if not file.exists() and (kind in self._own or kind in self._in_force()) and not file.exists():
            raise _missing(self._folder, [kind])
        key = read(file)
        digest = hmac.new(key, b"rightsflow key mark", hashlib.sha256).hexdigest()
        if self._own.get(kind) != digest:
            if kind not in self._in_force():
                self._put(kind, digest)
            if digest not in self._in_force()[kind]:
                raise _others(self._folder, kind)
            self._own[kind] = digest
        return key

    def exchanged_signer(self, keyid: str) -> str:
        """The key that signs evidence now; the marks of earlier ones are retired."""
        self._house.kept.retire_key_marks(KeyKind.SIGNING, kept=keyid)
        return keyid

    def make(self, own: Callable[[str], object]) -> list[str]:
        """Make the keys that are not there; their files.

        Args:
            own: makes a key of the organisation's own.
        """
        new = self._lost(frozenset(KeyKind))
        self._house.master.seal(b"", "")
        _ = self._house.signer.keyid
        self.settle()
        for kind in (KeyKind.PSEUDONYM, KeyKind.DOOR):
            own(kind)
        return [str(kind) for kind in new]

    def give_up(self, by: str) -> list[str]:
        """Make others in the place of keys whose files are missing, and remember who had it done; their files."""
        kept, now = self._house.kept, self._house.now
        lost = self._lost(self._in_force().keys() | kept.kinds_in_use())
        if KeyKind.MASTER in lost:  # which alone opened these
            lost += [kind for kind in (KeyKind.PSEUDONYM, KeyKind.DOOR) if self._set_aside(kind)]
        for kind in lost:
            kept.note_use(OperatorUse(now(), by, "give up lost key", str(kind), f"local-account:{by}"))
            if kind is KeyKind.SIGNING:
                kept.retire_key_marks(kind, kept="")
            else:
                kept.remove_key_marks(kind)
        self._given_up = frozenset(lost)
        return [str(kind) for kind in lost]

    def _set_aside(self, kind: KeyKind) -> bool:
        file = self._folder / kind
        if not file.exists():
            return False
        file.rename(file.with_suffix(".lost"))
        return True

    def _adopt_signing(self, *, is_used: bool) -> None:
        signer = self._house.signer
        if not signer.is_there:
            return
        envelopes = self._house.kept.lately_signed(_SAMPLE) if is_used else ()
        if envelopes and not any(signer.signed(one) is not None for one in envelopes):
            raise _others(self._folder, KeyKind.SIGNING)
        self.made_signer(signer.keyid)
        self.settle()

    def _adopt_master(self, *, is_used: bool) -> None:
        if not self._house.master.is_there:
            return
        if is_used and not self._opens_something():
            raise _others(self._folder, KeyKind.MASTER)
        self.made_master()

    def _opens_something(self) -> bool:
        """Whether the master key opens one of some rows; true where there is none to open."""
        kept = self._house.kept
        wrapped, rows = kept.lately_wrapped(_SAMPLE), list(islice(kept.sealed_rows(), _SAMPLE))
        if not wrapped and not rows:
            return True
        return any(self._unwraps(*one) for one in wrapped) or any(self._opens(row.sealed, row.context) for row in rows)

    def _unwraps(self, case_id: str, wrapped: bytes) -> bool:
        try:
            self._house.master.unwrap(wrapped, case_id)
        except VaultSealed:
            return False
        return True

    def _opens(self, sealed: bytes, context: str) -> bool:
        try:
            self._house.master.open(sealed, context)
        except VaultSealed:
            return False
        return True

    def _put(self, kind: KeyKind, digest: str, sealed: bytes = b"") -> None:
        self._house.kept.put_key_mark(KeyMark(kind, digest, sealed, self._house.now()))

    def _in_force(self) -> Mapping[KeyKind, AbstractSet[str]]:
        """Digests of keys that are not retired, by kind."""
        found: dict[KeyKind, set[str]] = {}
        for one in self._house.kept.key_marks():
            if one.retired_at is None:
                found.setdefault(one.kind, set()).add(one.digest)
        return found

    def _retired(self, digest: str) -> datetime | None:
        return next((one.retired_at for one in self._house.kept.key_marks() if one.digest == digest), None)

    def _lost(self, wanted: AbstractSet[KeyKind]) -> list[KeyKind]:
        return [kind for kind in KeyKind if kind in wanted and not self._is_there(kind)]

    def _is_there(self, kind: KeyKind) -> bool:
        if kind is KeyKind.MASTER:
            return self._house.master.is_there
        return (self._folder / kind).exists()


def _missing(folder: Path, kinds: Sequence[KeyKind]) -> SettingsInvalid:
    return SettingsInvalid(
        f"keys that the register was made with are missing: {', '.join(kinds)}; none was made in their place",
        where=str(folder),
        remedy="mount the folder, or put the files back from their backup, then run again; for keys that are lost for "
        "good see `rightsflow init --keys-lost` in docs/run/keys.md",
    )


def _others(folder: Path, kind: KeyKind, retired: datetime | None = None) -> SettingsInvalid:
    when = f": it was exchanged on {retired:%Y-%m-%d}, and this copy is older" if retired else ""
    return SettingsInvalid(
        f"the key is not the one that the register was made with{when}",
        where=str(folder / kind),
        remedy="put back the keys that belong to this register, or point RIGHTSFLOW_HOME and RIGHTSFLOW_REGISTER_URL "
        "at the home and the register of one installation",
    )
