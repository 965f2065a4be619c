"""What every vault keeps to."""

import io
import zipfile

import pyarrow as pa
import pytest

from data_contracts.errors import StepFailed, VaultSealed
from data_contracts.ports.vault import Vault


def put(vault: Vault, case_id: str, name: str, content: bytes) -> None:
    """Write a blob."""
    with vault.write(case_id, name) as stream:
        stream.write(content)


def get(vault: Vault, case_id: str, name: str) -> bytes:
    """Read a blob."""
    with vault.read(case_id, name) as stream:
        return stream.read()


@pytest.mark.parametrize("size", [0, 1, 600, 65_536, 200_000])
def test_a_blob_comes_back_as_it_was_written(vault: Vault, size: int) -> None:
    """Blobs of any size, empty ones too, are the same when read."""
    content = bytes(range(256)) * (size // 256 + 1)

    put(vault, "C-1", "keys", content[:size])

    assert get(vault, "C-1", "keys") == content[:size]


def test_a_newer_blob_takes_the_place_of_the_older(vault: Vault) -> None:
    """A step that is done again replaces what it made before."""
    put(vault, "C-1", "keys", b"old")
    put(vault, "C-1", "keys", b"new")

    assert (get(vault, "C-1", "keys"), vault.names("C-1")) == (b"new", ["keys"])


def break_off(vault: Vault, name: str) -> None:
    """Write a part of a blob, then break."""
    with vault.write("C-1", name) as stream:
        stream.write(b"x" * 100_000)
        raise OSError("mine")


def test_a_blob_that_was_not_finished_is_not_there(vault: Vault) -> None:
    """What a broken step wrote never becomes visible, and its own error comes out."""
    with pytest.raises(OSError, match="mine"):
        break_off(vault, "package.zip")

    assert not vault.has("C-1", "package.zip")
    assert vault.names("C-1") == []


def test_a_broken_rewrite_leaves_the_older_blob(vault: Vault) -> None:
    """A step that breaks while doing something again loses nothing."""
    put(vault, "C-1", "keys", b"old")

    with pytest.raises(OSError, match="mine"):
        break_off(vault, "keys")

    assert get(vault, "C-1", "keys") == b"old"


def test_names_are_sorted_and_of_one_case(vault: Vault) -> None:
    """A case sees its own blobs alone."""
    for case_id, name in (("C-1", "b"), ("C-1", "a.zip"), ("C-2", "c")):
        put(vault, case_id, name, b"x")

    assert vault.names("C-1") == ["a.zip", "b"]
    assert (vault.has("C-1", "b"), vault.has("C-1", "c")) == (True, False)
    assert vault.names("C-3") == []


def test_a_removed_blob_is_gone(vault: Vault) -> None:
    """Removing takes one blob away, and may be done again."""
    put(vault, "C-1", "a", b"x")
    put(vault, "C-1", "b", b"x")

    vault.remove("C-1", "a")
    vault.remove("C-1", "a")

    assert vault.names("C-1") == ["b"]
    with pytest.raises(VaultSealed, match="Remedy"):
        get(vault, "C-1", "a")


def test_a_destroyed_case_can_be_neither_read_nor_written(vault: Vault) -> None:
    """Destroying is for good, may be done again, and leaves other cases alone."""
    put(vault, "C-1", "a", b"x")
    put(vault, "C-2", "a", b"y")

    vault.destroy("C-1")
    vault.destroy("C-1")

    assert (vault.names("C-1"), get(vault, "C-2", "a")) == ([], b"y")
    with pytest.raises(VaultSealed):
        get(vault, "C-1", "a")
    with pytest.raises(VaultSealed):
        put(vault, "C-1", "a", b"x")


@pytest.mark.parametrize("name", ["", ".", "..", "../C-2/a", "a/b", "a\\b", ".hidden", "a\n", "é", "x" * 200])
def test_a_name_cannot_lead_out_of_the_vault(vault: Vault, name: str) -> None:
    """Only slugs are names of cases and blobs; the error does not repeat what was asked for."""
    for case_id, blob in (("C-1", name), (name, "a")):
        with pytest.raises(StepFailed, match=r"^vault: a name in the vault is no slug\."):
            put(vault, case_id, blob, b"x")
        with pytest.raises(StepFailed):
            vault.has(case_id, blob)


def test_a_zip_archive_streams_into_the_vault(vault: Vault) -> None:
    """An answer package is written as a stream, and read back."""
    with vault.write("C-1", "package.zip") as stream, zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("crm/customer.json", "{}")

    with zipfile.ZipFile(io.BytesIO(get(vault, "C-1", "package.zip"))) as archive:
        assert archive.read("crm/customer.json") == b"{}"


def test_record_batches_stream_through_the_vault(vault: Vault) -> None:
    """Located rows are staged and read back as Arrow, batch by batch."""
    batch = pa.record_batch({"id": list(range(10_000))})
    with vault.write("C-1", "crm.customer.arrow") as stream, pa.ipc.new_stream(stream, batch.schema) as writer:
        for _ in range(5):
            writer.write_batch(batch)

    with vault.read("C-1", "crm.customer.arrow") as stream, pa.ipc.open_stream(stream) as reader:
        assert [one.num_rows for one in reader] == [10_000] * 5
