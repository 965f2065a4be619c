"""Files that an operator takes out: nobody else reads them, and nothing that is there is replaced."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_contracts.errors import RequestInvalid, StepFailed
from flows.home.own_files import own_folder, write_own


def test_folder_and_file_are_their_owners_alone(tmp_path: Path) -> None:
    """Whatever the process lets others do otherwise."""
    file = write_own(own_folder(tmp_path / "out") / "letter.txt", ["Chère ", b"Ana"])

    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text("utf-8") == "Chère Ana"


@pytest.mark.parametrize("is_link", [True, False])
def test_nothing_is_replaced(tmp_path: Path, *, is_link: bool) -> None:
    """Neither a file that others can read, nor what a link leads to."""
    file, other = tmp_path / "letter.txt", tmp_path / "other.txt"
    other.write_text("mine")
    file.symlink_to(other)
    if not is_link:
        file.unlink()
        file.write_text("mine")

    with pytest.raises(RequestInvalid, match="there already"):
        write_own(file, ["theirs"])

    assert file.read_text() == other.read_text() == "mine"


def test_half_a_file_is_not_left(tmp_path: Path) -> None:
    """It would look whole to whoever prints it."""

    def _parts() -> Iterator[str]:
        yield "half"
        raise StepFailed("broke", where="here", remedy="again")

    with pytest.raises(StepFailed):
        write_own(tmp_path / "letter.txt", _parts())

    assert list(tmp_path.iterdir()) == []


def test_folder_that_shall_be_empty_is_looked_into(tmp_path: Path) -> None:
    """What lies there could be of another case."""
    (tmp_path / "old.txt").touch()

    with pytest.raises(RequestInvalid, match="not empty"):
        own_folder(tmp_path, empty=True)
