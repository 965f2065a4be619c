"""What an answer package holds, table by table."""

import json
from pathlib import Path
from typing import Any

from flows.wiring.packages import unpack_package
from tests.whose.town import Town


def package_of(town: Town, case_id: str, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table, by the name of its file."""
    with town.house.installation.services.vault.read(case_id, "package.zip") as blob:
        files = unpack_package(blob, folder)
    found = {file.stem: json.loads(file.read_text()) for file in files if file.suffix == ".json"}
    return {name: rows for name, rows in found.items() if isinstance(rows, list)}
