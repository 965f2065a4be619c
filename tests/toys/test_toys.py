"""What it takes to add to the house: a toy lies here as a patch, is applied to a copy, and lives there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

_HERE = Path(__file__).parent
_ROOT = Path(__file__).parents[2]


def _copy(folder: Path) -> None:
    """Every file that is in the repository, or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=_ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in listed.split("\0"):
        if name and (_ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(_ROOT / name, folder / name)


_WORDS: Final = re.compile(r"/(words|dossiers)(/|\.)(en|fr|nl)|/words\.(en|fr|nl)\.yaml")


@pytest.mark.parametrize(("toy", "most"), [("kind", 2), ("right", 6)])
def test_toy_lives_and_touches_few_files(toy: str, most: int, tmp_path: Path) -> None:
    """The patch fits today's code, a case goes from request to archive, and few files are in it beside words."""
    patch = (_HERE / f"{toy}.patch").read_text("utf-8")
    copy = tmp_path / "copy"
    _copy(copy)

    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=copy, check=True, input=patch, text=True)
    lived = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/toys/life_of_{toy}.py"],
        cwd=copy, check=False, capture_output=True, text=True, timeout=240,
    )  # fmt: skip

    assert lived.returncode == 0, lived.stdout[-3000:]
    touched = re.findall(r"^\+\+\+ b/(.*)$", patch, re.MULTILINE)
    assert len([name for name in touched if not _WORDS.search(name)]) <= most
