"""Whether our four top-level packages are ours: ``flows`` and ``tasks`` are names that other software uses too.

Another distribution with a package of the same name either comes before ours on Python's path, or was installed over
ours into the same folder. Both are noticed without importing anything: by the folder, and by the first line of the
package's ``__init__.py``, which ends with the name of this software in ours.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

__all__ = ["PACKAGES", "foreign_package"]

PACKAGES: Final = ("flows", "tasks", "integrations", "data_contracts")
_MARK: Final = "(Rightsflow)."


def foreign_package(folder: Path = Path(__file__).parents[2]) -> str:
    """The place of the first top-level package that is not ours; empty when all are.

    Args:
        folder: where ours are.
    """
    for name in PACKAGES:
        found = find_spec(name)
        origin = Path(found.origin) if found is not None and found.origin else folder / name
        if origin != folder / name / "__init__.py" or not _is_ours(origin):
            return str(origin)
    return ""


def _is_ours(init: Path) -> bool:
    with init.open(encoding="utf-8", errors="replace") as lines:
        return lines.readline().rstrip().rstrip('"').endswith(_MARK)
