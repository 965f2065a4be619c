"""Wrapped data keys."""

from pathlib import Path

import pytest

from data_contracts.errors import VaultSealed
from integrations.evidence import Ed25519Signer
from integrations.register import SqlRegister, upgrade
from tests.integrations.register.conftest import Clock


def test_the_first_key_stays(register: SqlRegister) -> None:
    """Two that make a key at once use the same one afterwards."""
    assert register.put_key("C-1", b"first") == b"first"
    assert register.put_key("C-1", b"second") == b"first"
    assert register.get_key("C-1") == b"first"
    assert register.keyed_cases() == ["C-1"]


def test_a_key_is_exchanged_when_it_is_the_one_expected(register: SqlRegister) -> None:
    """A rotation does not overwrite what another one wrote."""
    register.put_key("C-1", b"old")

    assert [register.replace_key("C-1", b"old", b"new"), register.replace_key("C-1", b"old", b"newer")] == [True, False]
    assert register.get_key("C-1") == b"new"


@pytest.mark.parametrize("had_one", [True, False])
def test_a_destroyed_key_is_never_made_again(register: SqlRegister, *, had_one: bool) -> None:
    """Nothing is sealed for a case whose key was destroyed, even when it never had one."""
    if had_one:
        register.put_key("C-1", b"key")

    register.destroy_key("C-1")
    register.destroy_key("C-1")

    assert (register.get_key("C-1"), register.keyed_cases()) == (None, [])
    assert not register.replace_key("C-1", b"key", b"other")
    with pytest.raises(VaultSealed):
        register.put_key("C-1", b"other")


def test_a_destroyed_key_is_in_no_file_of_the_register(tmp_path: Path, signer: Ed25519Signer, clock: Clock) -> None:
    """On SQLite the key's bytes are gone from the database file and its journal."""
    url = f"sqlite:///{tmp_path / 'register.db'}"
    upgrade(url)
    register = SqlRegister(url, signer=signer, clock=clock)
    register.put_key("C-1", b"marked-key" * 20)

    register.destroy_key("C-1")

    assert not any(b"marked-key" in file.read_bytes() for file in tmp_path.iterdir())
    register.close()
