"""What nobody can do to a sealed blob without being noticed, and what a full disk leaves behind."""

import shutil
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import SettingsInvalid, SystemUnavailable, VaultSealed
from integrations.vault import MasterKey, SealedVault, load_or_create
from tests.integrations.vault.conftest import DataKeysInMemory
from tests.integrations.vault.test_vault import get, put


def test_nothing_of_a_blob_lies_there_in_clear(sealed: SealedVault, root: Path) -> None:
    """Neither a blob nor its draft holds what was written."""
    with sealed.write("C-1", "keys") as stream:
        stream.write(b"marked-subject" * 10_000)
        drafts = [file.read_bytes() for file in (root / "C-1").iterdir()]
    blob = (root / "C-1" / "keys").read_bytes()

    assert drafts
    assert not any(b"marked" in content for content in [*drafts, blob])


def test_blobs_are_their_owners_alone(sealed: SealedVault, root: Path) -> None:
    """Others on the machine cannot read or list blobs, nor the master key."""
    put(sealed, "C-1", "keys", b"x")

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (root, root / "C-1", root / "C-1" / "keys")]
    assert modes == [0o700, 0o700, 0o600]


@pytest.mark.parametrize(("case_id", "name"), [("C-2", "keys"), ("C-1", "other")])
def test_a_blob_that_was_moved_does_not_open(sealed: SealedVault, root: Path, case_id: str, name: str) -> None:
    """A blob opens for its own case and name only."""
    put(sealed, "C-1", "keys", b"x" * 1000)
    put(sealed, case_id, name, b"y")

    shutil.copy(root / "C-1" / "keys", root / case_id / name)

    with pytest.raises(VaultSealed, match=f"{case_id}/{name}: .*Remedy"):
        get(sealed, case_id, name)


def test_a_data_key_of_another_case_does_not_open(sealed: SealedVault, data_keys: DataKeysInMemory) -> None:
    """A wrapped key is bound to its case."""
    put(sealed, "C-1", "keys", b"x")
    data_keys.kept["C-2"] = data_keys.kept["C-1"]

    with pytest.raises(VaultSealed):
        put(sealed, "C-2", "keys", b"x")


def test_another_master_key_opens_nothing(
    sealed: SealedVault, root: Path, data_keys: DataKeysInMemory, tmp_path: Path
) -> None:
    """Who has the register and the blobs, and not the master key, has nothing."""
    put(sealed, "C-1", "keys", b"x")
    other = SealedVault(str(root), data_keys=data_keys, master=load_or_create(tmp_path / "other.json"))

    with pytest.raises(VaultSealed, match="master key"):
        get(other, "C-1", "keys")


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[SealedVault, Path, bytes]:
    """A vault with one blob of three segments, its file, and the file's bytes."""
    folder = tmp_path_factory.mktemp("vault")
    vault = SealedVault(
        str(folder / "v"), data_keys=DataKeysInMemory(), master=load_or_create(folder / "keys" / "master.json")
    )
    put(vault, "C-1", "keys", b"x" * 150_000)
    blob = folder / "v" / "C-1" / "keys"
    return vault, blob, blob.read_bytes()


@given(place=st.integers(0, 150_000), mask=st.integers(1, 255))
def test_one_changed_byte_is_noticed(long_lived: tuple[SealedVault, Path, bytes], place: int, mask: int) -> None:
    """No byte of a sealed blob can change."""
    vault, blob, content = long_lived
    blob.write_bytes(content[:place] + bytes([content[place] ^ mask]) + content[place + 1 :])

    with pytest.raises(VaultSealed):
        get(vault, "C-1", "keys")


@given(length=st.integers(0, 150_000) | st.sampled_from([65_536, 131_072]))
def test_a_cut_blob_is_noticed(long_lived: tuple[SealedVault, Path, bytes], length: int) -> None:
    """A blob that ends early does not open as a shorter one, wherever it was cut."""
    vault, blob, content = long_lived
    blob.write_bytes(content[:length])

    with pytest.raises(VaultSealed):
        get(vault, "C-1", "keys")


def test_a_full_disk_leaves_no_half_blob(data_keys: DataKeysInMemory, master: MasterKey, small_disk: Path) -> None:
    """A disk that fills up while a blob is written: said at once, the older blob stays, the space is free again."""
    vault = SealedVault(str(small_disk / "vault"), data_keys=data_keys, master=master)
    put(vault, "C-1", "keys", b"old")

    with pytest.raises(SystemUnavailable, match=r"full.*Remedy") as caught:
        put(vault, "C-1", "keys", b"x" * 8_000_000)

    assert caught.value.__suppress_context__
    assert (get(vault, "C-1", "keys"), len(list((small_disk / "vault" / "C-1").iterdir()))) == (b"old", 1)


def test_a_folder_that_cannot_be_written_is_unavailable(data_keys: DataKeysInMemory, master: MasterKey) -> None:
    """Where there can be no folder, the vault says so in our words."""
    vault = SealedVault("/proc/none", data_keys=data_keys, master=master)

    with pytest.raises(SystemUnavailable, match="Remedy"):
        put(vault, "C-1", "keys", b"x")


def test_an_address_of_another_kind_is_refused(data_keys: DataKeysInMemory, master: MasterKey) -> None:
    """A vault on something that is neither a folder nor an object store is not guessed at."""
    with pytest.raises(SettingsInvalid):
        SealedVault("nowhere://x/y", data_keys=data_keys, master=master)
