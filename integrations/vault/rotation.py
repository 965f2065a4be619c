"""Exchanges the master key while the software runs. Every step can be cut off; running it again finishes it.

1. A new key becomes the primary; the old one stays to open. Skipped when there are several keys: that is a rotation
   which was cut off.
2. Nobody wraps new data keys from here on (they wait a moment).
3. Every wrapped data key, every row that the register keeps sealed (:mod:`data_contracts.ports.sealed_rows`), and every
   sealed file that the primary alone does not open is wrapped anew.
4. Only when the primary alone opens all of them are the old keys removed.

What another process sealed before step 1 and stores after step 3 is lost: enrol nobody meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tink import proto_keyset_format
from tink.core import TinkError

from data_contracts.ports.sealed_rows import SealedRows
from data_contracts.ports.vault import DataKeys
from integrations.vault.master import (
    MasterKey,
    Primitive,
    key_context,
    primary_alone,
    primitive,
    sealing_context,
    with_new_primary,
)


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did.

    Attributes:
        data_keys: wrapped anew.
        secrets: rows of the register that were sealed anew: operators', subscribers', former keys, credentials.
        removed: old master keys that are gone now.
        was_cut_off: it finished an earlier rotation, whose new key stays the primary.
    """

    data_keys: int
    secrets: int
    removed: int
    was_cut_off: bool


def rotate(
    master: MasterKey, *, data_keys: DataKeys, register: SealedRows, files: Mapping[str, Path] | None = None
) -> Rotation:
    """Exchange the master key.

    Args:
        master: the key.
        data_keys: where wrapped data keys are kept.
        register: where everything else is kept that it sealed.
        files: what else the master key sealed, by the context it was sealed for; one that is not there is left out.

    Raises:
        VaultSealed: when something opens with none of the keys; the old keys stay then.
        SettingsInvalid: when the key file cannot be read or written; what was done stays valid.
    """
    with master.held_alone():
        keyset = master.keyset()
        was_cut_off = len(keyset.key) > 1
        if not was_cut_off:
            keyset = with_new_primary(keyset)
            master.exchange(keyset)
        primary = primitive(primary_alone(keyset))
        rewrapped = sum(
            _rewrap(master, case_id, data_keys=data_keys, primary=primary) for case_id in data_keys.keyed_cases()
        )
        resealed = _reseal_rows(master, register=register, primary=primary)
        for context, file in (files or {}).items():
            _reseal_file(master, file, context=context, primary=primary)
        master.exchange(primary_alone(keyset))
    return Rotation(rewrapped, resealed, len(keyset.key) - 1, was_cut_off)


def _rewrap(master: MasterKey, case_id: str, *, data_keys: DataKeys, primary: Primitive) -> bool:
    """Whether the case's data key had to be wrapped anew; one that is destroyed meanwhile needs nothing."""
    wrapped = data_keys.get_key(case_id)
    if wrapped is None or _opens_key(wrapped, case_id, primary=primary):
        return False
    return data_keys.replace_key(case_id, wrapped, master.wrap(master.unwrap(wrapped, case_id), case_id))


def _opens_key(wrapped: bytes, case_id: str, *, primary: Primitive) -> bool:
    try:
        proto_keyset_format.parse_encrypted(wrapped, primary, key_context(case_id))
    except TinkError:
        return False
    return True


def _reseal_rows(master: MasterKey, *, register: SealedRows, primary: Primitive) -> int:
    """Seal anew what the register keeps sealed, until a look finds nothing left: rows may change meanwhile."""
    resealed, is_left = 0, True
    while is_left:
        is_left = False
        for row in register.sealed_rows():
            if not _opens_secret(row.sealed, row.context, primary=primary):
                is_left = True
                resealed += register.reseal(row, master.seal(master.open(row.sealed, row.context), row.context))
    return resealed


def _reseal_file(master: MasterKey, file: Path, *, context: str, primary: Primitive) -> None:
    if not file.exists() or _opens_secret(file.read_bytes(), context, primary=primary):
        return
    draft = file.with_suffix(".part")
    draft.touch(mode=0o600)
    draft.write_bytes(master.seal(master.open(file.read_bytes(), context), context))
    draft.replace(file)


def _opens_secret(sealed: bytes, context: str, *, primary: Primitive) -> bool:
    try:
        primary.decrypt(sealed, sealing_context(context))
    except TinkError:
        return False
    return True
