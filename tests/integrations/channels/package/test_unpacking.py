"""Unpacking: nothing leaves the folder, nothing there is replaced."""

import io
import zipfile
from pathlib import Path

import pytest

from data_contracts.errors import StepFailed
from integrations.channels.package.package import unpack


def a_zip(*names: str, mode: int = 0o600) -> io.BytesIO:
    """A ZIP with files of those names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            package.writestr(entry, b"x")
    stream.seek(0)
    return stream


def test_unpack(tmp_path: Path) -> None:
    """A package is unpacked as it is, for its owner alone."""
    files = unpack(a_zip("index.html", "data/crm/call.csv"), tmp_path / "to")

    assert [str(file.relative_to(tmp_path / "to")) for file in files] == ["index.html", "data/crm/call.csv"]
    assert {(file.stat().st_mode & 0o777, file.read_bytes()) for file in files} == {(0o600, b"x")}


def test_unpack_from_a_stream_that_cannot_seek(tmp_path: Path) -> None:
    """A package is unpacked from a decrypting stream as well, and no copy stays behind."""

    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

    unpack(Stream(a_zip("a").getvalue()), tmp_path)

    assert [file.name for file in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("names", [("../a",), ("/a",), ("b/../../a",), ("b\\a",), ("C:a",), ("b//a",), ("a", "A")])
def test_unpack_refuses_to_leave(names: tuple[str, ...], tmp_path: Path) -> None:
    """A ZIP whose entries would leave the folder, or meet each other, is not unpacked at all."""
    with pytest.raises(StepFailed):
        unpack(a_zip("fine", *names), tmp_path / "to")

    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_unpack_refuses_links(tmp_path: Path) -> None:
    """A ZIP with a symbolic link, or a folder that holds one that leads out, is refused."""
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "data").symlink_to(tmp_path)

    for package in (a_zip("a", mode=0o120777), a_zip("data/a")):
        with pytest.raises(StepFailed):
            unpack(package, tmp_path / "to")


def test_unpack_replaces_nothing(tmp_path: Path) -> None:
    """A file that is there stays as it is."""
    (tmp_path / "a").write_text("mine")

    with pytest.raises(StepFailed):
        unpack(a_zip("b", "a"), tmp_path)

    assert sorted(file.name for file in tmp_path.iterdir()) == ["a"]
    assert (tmp_path / "a").read_text() == "mine"


def test_unpack_what_is_no_package(tmp_path: Path) -> None:
    """A stream that is no ZIP is an error with a remedy."""
    with pytest.raises(StepFailed, match="Remedy"):
        unpack(io.BytesIO(b"no zip"), tmp_path)
