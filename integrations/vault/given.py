"""Where the master key comes from: a file, a file that a service closes, or the environment."""

from pathlib import Path
from typing import Final

import tink
from tink import secret_key_access
from tink.core import TinkError

from data_contracts.errors import SettingsInvalid
from integrations.vault.envelopes import envelope_for
from integrations.vault.late import LateKey, Making
from integrations.vault.master import Keyset, MasterKey, Primitive, keyset_of, load_or_create, primitive

__all__ = ["close_file", "master_key"]

_VARIABLE: Final = "RIGHTSFLOW_MASTER_KEY"


class GivenKey(MasterKey):
    """A master key that whoever starts the process gives; no file of ours holds it."""

    def __init__(self, text: str, beside: Path) -> None:
        """Read it.

        Args:
            text: a Tink keyset as JSON, as a master key file has it.
            beside: the file in whose place it stands; its lock keeps processes apart.

        Raises:
            SettingsInvalid: when it is no keyset.
        """
        self.file = beside
        beside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = tink.json_proto_keyset_format.parse(text, secret_key_access.TOKEN)
        except (ValueError, TinkError):
            remedy = "give the text of a master key file: a Tink keyset as JSON"
            raise SettingsInvalid("the master key is none", where=_VARIABLE, remedy=remedy) from None
        self._keyset = keyset_of(handle)
        self._given = primitive(self._keyset)

    @property
    def is_there(self) -> bool:
        """That there is a key."""
        return True

    def __repr__(self) -> str:
        """Where it is from, not what."""
        return f"GivenKey({_VARIABLE})"

    def aead(self) -> Primitive:
        """Tink's primitive over all keys that were given."""
        return self._given

    def keyset(self) -> Keyset:
        """The keys as Tink's message."""
        return self._keyset

    def exchange(self, keyset: Keyset) -> None:
        """Refuse: what was given, its giver alone can exchange.

        Raises:
            SettingsInvalid: always.
        """
        del keyset
        remedy = (
            f"write it to keys/master.json (mode 600), unset {_VARIABLE}, run `rightsflow keys rotate`, and give the "
            "new text"
        )
        raise SettingsInvalid("the master key is given by the environment", where=_VARIABLE, remedy=remedy)


def master_key(file: Path, *, given: str, service: str, making: Making | None = None) -> MasterKey:
    """The master key of an installation.

    Args:
        file: its file, made when something is sealed first, where nothing is given.
        given: the key itself, from the environment; empty: it is in the file.
        service: what closes the file, as :func:`~integrations.vault.envelopes.envelope_for` takes it.
        making: says whether it may be made; without it, it may.

    Raises:
        SettingsInvalid: when two places are named, or the named one has no key that can be read.
    """
    if not given:
        envelope = envelope_for(service)
        return load_or_create(file, envelope) if making is None else LateKey(file, envelope, making)
    other = "RIGHTSFLOW_MASTER_KEY_KMS" if service else str(file) if file.exists() else ""
    if other:
        remedy = f"keep one: remove {other}, or unset {_VARIABLE}"
        raise SettingsInvalid("two places are named for the master key", where=f"{_VARIABLE}, {other}", remedy=remedy)
    return GivenKey(given, file)


def close_file(file: Path, service: str) -> None:
    """Exchange a master key file in clear for one that the service alone opens.

    Raises:
        SettingsInvalid: when no service is named, it refuses, or the file is closed already; the file stays then.
        SystemUnavailable: when the service cannot be reached; the file stays too.
    """
    if not service:
        remedy = "set RIGHTSFLOW_MASTER_KEY_KMS to the key that shall close the file"
        raise SettingsInvalid("no key management service is named", where="RIGHTSFLOW_MASTER_KEY_KMS", remedy=remedy)
    plain = MasterKey(file)
    with plain.held_alone():
        keyset = plain.keyset()
        plain.envelope = envelope_for(service)
        plain.exchange(keyset)
