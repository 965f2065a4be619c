"""Vaults to test with, and where their keys lie."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_contracts.errors import VaultSealed
from data_contracts.ports.vault import Vault
from integrations.register import SqlRegister, memory_register
from integrations.vault import MasterKey, MemoryVault, SealedVault, load_or_create
from tests.integrations.register.examples import NoSigner


class DataKeysInMemory:
    """The port ``DataKeys`` over a dictionary; a destroyed key is None."""

    def __init__(self) -> None:
        """No keys."""
        self.kept: dict[str, bytes | None] = {}

    def get_key(self, case_id: str) -> bytes | None:
        """The wrapped key."""
        return self.kept.get(case_id)

    def put_key(self, case_id: str, wrapped: bytes) -> bytes:
        """The first key stays."""
        key = self.kept.setdefault(case_id, wrapped)
        if key is None:
            raise VaultSealed("destroyed", where=case_id, remedy="none")
        return key

    def replace_key(self, case_id: str, old: bytes, new: bytes) -> bool:
        """Exchange it if it is the one expected."""
        is_same = self.kept.get(case_id) == old
        self.kept |= {case_id: new} if is_same else {}
        return is_same

    def destroy_key(self, case_id: str) -> None:
        """Forget it for good."""
        self.kept[case_id] = None

    def keyed_cases(self) -> list[str]:
        """Cases with a key."""
        return sorted(case for case, key in self.kept.items() if key is not None)


@pytest.fixture
def data_keys() -> DataKeysInMemory:
    """Where wrapped keys are kept."""
    return DataKeysInMemory()


@pytest.fixture
def master(tmp_path: Path) -> MasterKey:
    """A master key of its own."""
    return load_or_create(tmp_path / "keys" / "master.json")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where blobs lie."""
    return tmp_path / "vault"


@pytest.fixture
def sealed(root: Path, data_keys: DataKeysInMemory, master: MasterKey) -> SealedVault:
    """A vault in a folder."""
    return SealedVault(str(root), data_keys=data_keys, master=master)


@pytest.fixture(params=["folder", "memory", "s3"])
def vault(request: pytest.FixtureRequest, data_keys: DataKeysInMemory, master: MasterKey) -> Vault:
    """A vault of each kind."""
    if request.param == "memory":
        return MemoryVault()
    place = "root" if request.param == "folder" else "s3_folder"
    return SealedVault(str(request.getfixturevalue(place)), data_keys=data_keys, master=master)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB; skips where this user may not mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", str(place)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("this user may not mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def register() -> Iterator[SqlRegister]:
    """A register in memory, for its keys and operators."""
    made = memory_register(signer=NoSigner(), clock=lambda: datetime.now(UTC))
    yield made
    made.close()
