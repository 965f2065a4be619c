"""The master key: wraps the data key of each case, and seals the few secrets that belong to no case.

It is a Tink keyset (AES-256-GCM) in a JSON file that its owner alone can read. A keyset can hold several keys: the
*primary* seals, all of them open, which is what makes rotation possible while others work.

1. The file comes into being whole and once, also when several processes start at once.
2. A process notices that the file changed (a rotation) and reads it again.
3. Who wraps a new data key holds the key file's lock until the wrapped key is stored, so that a rotation never
   removes a key that something was just wrapped with.

Source: https://developers.google.com/tink/design/keysets.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import tink
from tink import aead, proto_keyset_format, secret_key_access, streaming_aead
from tink.core import TinkError
from tink.proto import tink_pb2

from data_contracts.errors import SettingsInvalid, VaultSealed
from integrations.vault.envelopes import Envelope, Plain

aead.register()
streaming_aead.register()

Keyset: TypeAlias = Any
"""Tink's protobuf message of several keys; Tink ships no types."""
Handle: TypeAlias = Any
"""Tink's handle of a keyset."""
Primitive: TypeAlias = Any
"""What Tink encrypts with."""

_OTHERS = 0o077
_TOKEN = secret_key_access.TOKEN


class MasterKey:
    """The master key of an installation, as its file says at each use."""

    def __init__(self, file: Path, envelope: Envelope | None = None) -> None:
        """Read the key.

        Args:
            file: where it lies.
            envelope: what closes the file; nothing unless given.

        Raises:
            SettingsInvalid: when the file is absent, can be read by others than its owner, or is no master key.
        """
        self.file = file
        self.envelope = envelope or Plain()
        self._mark: tuple[int, ...] = ()
        self._aead: Primitive = None
        self.aead()

    def __repr__(self) -> str:
        """Where it is, not what."""
        return f"MasterKey({str(self.file)!r})"

    @property
    def is_there(self) -> bool:
        """Whether there is a key."""
        return self.file.exists()

    def aead(self) -> Primitive:
        """Tink's primitive over all keys of the file as it is now."""
        mark = _mark(self.file)
        if mark != self._mark:
            self._aead = primitive(self.keyset())
            self._mark = mark
        return self._aead

    def keyset(self) -> Keyset:
        """The keys as Tink's message.

        Raises:
            SettingsInvalid: when the file is absent, can be read by others, or is no keyset.
        """
        return read_keyset(self.file, self.envelope)

    def exchange(self, keyset: Keyset) -> None:
        """Exchange the keys at one stroke.

        Raises:
            SettingsInvalid: when the file cannot be written; the old keys stay.
        """
        write_keyset(self.file, keyset, self.envelope)

    def wrap(self, handle: Handle, case_id: str) -> bytes:
        """A case's data key, encrypted for that case alone. Do it within :meth:`held`."""
        wrapped: bytes = proto_keyset_format.serialize_encrypted(handle, self.aead(), key_context(case_id))
        return wrapped

    def unwrap(self, wrapped: bytes, case_id: str) -> Handle:
        """A case's data key.

        Raises:
            VaultSealed: when it was wrapped with another master key or for another case, or was altered.
        """
        try:
            return proto_keyset_format.parse_encrypted(wrapped, self.aead(), key_context(case_id))
        except TinkError:
            what = "the case's data key does not open with this master key"
            remedy = "put back the master key file that belongs to this register"
            raise VaultSealed(what, where=case_id, remedy=remedy) from None

    def seal(self, plain: bytes, context: str) -> bytes:
        """``plain``, encrypted for that context alone; see :mod:`data_contracts.ports.sealed_rows`."""
        sealed: bytes = self.aead().encrypt(plain, sealing_context(context))
        return sealed

    def open(self, sealed: bytes, context: str) -> bytes:
        """What was sealed for that context.

        Raises:
            VaultSealed: when it was sealed with another master key or for another context, or was altered.
        """
        try:
            plain: bytes = self.aead().decrypt(sealed, sealing_context(context))
        except TinkError:
            remedy = "put back the master key file that belongs to this register, or enrol the secret anew"
            raise VaultSealed("the secret does not open with this master key", where=context, remedy=remedy) from None
        return plain

    @contextmanager
    def held(self) -> Iterator[None]:
        """While the block runs no rotation removes a key; several may hold it at once."""
        with _locked(self.file, fcntl.LOCK_SH):
            yield

    @contextmanager
    def held_alone(self) -> Iterator[None]:
        """While the block runs nobody wraps a new data key."""
        with _locked(self.file, fcntl.LOCK_EX):
            yield


def load_or_create(file: Path, envelope: Envelope | None = None) -> MasterKey:
    """The master key of that file; its first caller makes it, also when several start at once.

    Args:
        file: where it lies.
        envelope: what closes the file; nothing unless given.

    Raises:
        SettingsInvalid: when the file can be read by others than its owner, is no master key, or cannot be written.
    """
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = _draft(file, (envelope or Plain()).close(_text(_new_keyset())))
            try:
                os.link(draft, file)  # refuses where a file is: whoever was first has made the key
            except FileExistsError:
                pass
            finally:
                draft.unlink()
    except OSError:
        raise _unreadable(file, "cannot be made") from None
    return MasterKey(file, envelope)


def key_context(case_id: str) -> bytes:
    """What a wrapped data key is bound to."""
    return b"rightsflow data key\0" + case_id.encode()


def sealing_context(context: str) -> bytes:
    """What a sealed secret is bound to."""
    return b"rightsflow secret\0" + context.encode()


def read_keyset(file: Path, envelope: Envelope) -> Keyset:
    """The keys of the file as Tink's message.

    Raises:
        SettingsInvalid: when the file is absent, can be read by others, or is no keyset.
    """
    try:
        if file.stat().st_mode & _OTHERS:
            remedy = f"run `chmod 600 {file}`; if others had access to it, rotate the master key"
            raise SettingsInvalid("the master key can be read by others than its owner", where=str(file), remedy=remedy)
        handle = tink.json_proto_keyset_format.parse(envelope.open(file.read_bytes()).decode(), _TOKEN)
    except (OSError, ValueError, TinkError):
        raise _unreadable(file, "is absent or no master key") from None
    return keyset_of(handle)


def write_keyset(file: Path, keyset: Keyset, envelope: Envelope) -> None:
    """Exchange the file's keys at one stroke.

    Raises:
        SettingsInvalid: when the file cannot be written; the old keys stay.
    """
    try:
        _draft(file, envelope.close(_text(keyset))).replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError:
        raise _unreadable(file, "cannot be written") from None


def with_new_primary(keyset: Keyset) -> Keyset:
    """The keys and a new one, which seals from now on."""
    fresh = _new_keyset()
    while any(key.key_id == fresh.primary_key_id for key in keyset.key):
        fresh = _new_keyset()
    both = tink_pb2.Keyset()
    both.CopyFrom(keyset)
    both.key.extend(fresh.key)
    both.primary_key_id = fresh.primary_key_id
    return both


def primary_alone(keyset: Keyset) -> Keyset:
    """The key that seals, without the retired ones."""
    kept = tink_pb2.Keyset(primary_key_id=keyset.primary_key_id)
    kept.key.extend(key for key in keyset.key if key.key_id == keyset.primary_key_id)
    return kept


def primitive(keyset: Keyset) -> Primitive:
    """Tink's primitive over those keys."""
    return _handle(keyset).primitive(aead.Aead)


def keyset_of(handle: Handle) -> Keyset:
    """The keys of a handle as Tink's message."""
    return tink_pb2.Keyset.FromString(proto_keyset_format.serialize(handle, _TOKEN))


def _handle(keyset: Keyset) -> Handle:
    return proto_keyset_format.parse(keyset.SerializeToString(), _TOKEN)


def _new_keyset() -> Keyset:
    return keyset_of(tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM))


def _text(keyset: Keyset) -> bytes:
    text: str = tink.json_proto_keyset_format.serialize(_handle(keyset), _TOKEN)
    return text.encode()


def _mark(file: Path) -> tuple[int, ...]:
    try:
        stat = file.stat()
    except OSError:
        raise _unreadable(file, "is absent or cannot be read") from None
    return (stat.st_ino, stat.st_mtime_ns, stat.st_size, stat.st_mode)


@contextmanager
def _locked(file: Path, kind: int) -> Iterator[None]:
    try:
        lock = os.open(file.with_name(f"{file.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:
        raise _unreadable(file, "cannot be locked") from None
    try:
        fcntl.flock(lock, kind)
        yield
    finally:
        os.close(lock)


def _draft(file: Path, content: bytes) -> Path:
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _unreadable(file: Path, what: str) -> SettingsInvalid:
    remedy = "check the file's folder, owner and free space; put the master key back from its backup if it was lost"
    return SettingsInvalid(f"the master key file {what}", where=str(file), remedy=remedy)
