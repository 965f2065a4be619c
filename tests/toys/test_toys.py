"""What it takes to add to the house: a toy lies here as a patch, is applied to a copy, and lives there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize(("toy", "most"), [("kind", 2)])
def test_toy_lives_and_touches_few_files(toy: str, most: int, tmp_path: Path) -> None:
    """The patch fits today's code, the copy carries a case from request to archive, and few files are in it."""
    patch = (_HERE / f"{toy}.patch").read_text("utf-8")
    copy = tmp_path / "copy"
    _copy(copy)

    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=copy, check=True, input=patch, text=True)
    lived = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/toys/life_of_{toy}.py"],
        cwd=copy, check=False, capture_output=True, text=True, timeout=240,
    )  # fmt: skip

    assert lived.returncode == 0, lived.stdout[-3000:]
    assert len(re.findall(r"^\+\+\+ b/", patch, re.MULTILINE)) <= most
