"""What a newcomer's commands leave in the checkout is nobody's change."""

import shutil
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_LEFT = (
    ".venv",
    ".rightsflow/register.db",
    ".first/register.db",
    "contracts/policy.yaml",
    "shop.db",
    "answer/index.html",
)
"""By ``make``, by the demo, and by the tutorial of a first system."""
_BUILT = (
    "build/lib",
    "dist/rightsflow.whl",
    "rightsflow.egg-info/PKG-INFO",
    ".coverage",
    ".hypothesis/x",
    ".mypy_cache/x",
)


@pytest.mark.skipif(shutil.which("git") is None or not (_ROOT / ".git").exists(), reason="this is no checkout of git")
@pytest.mark.parametrize("left", [*_LEFT, *_BUILT])
def test_git_is_not_told_of_what_is_left(left: str) -> None:
    """``git status`` is empty after the README's commands."""
    done = subprocess.run(["git", "check-ignore", "--quiet", "--no-index", left], cwd=_ROOT, check=False)

    assert done.returncode == 0


@pytest.mark.skipif(shutil.which("git") is None or not (_ROOT / ".git").exists(), reason="this is no checkout of git")
def test_nothing_that_is_kept_is_ignored() -> None:
    """No pattern takes a file of the repository."""
    listed = ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"]

    assert subprocess.run(listed, cwd=_ROOT, capture_output=True, text=True, check=True).stdout == ""
