"""The demo's contracts, saying something else of who vouches for a column, or of the policy."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.flows.company import CONTRACTS
from tests.yaml_text import read_yaml, write_yaml

Said = Mapping[str, Mapping[str, Any]]


def contracts_saying(folder: Path, columns: Said, **policy: Any) -> Path:
    """A copy of the shipped contracts in ``folder``.

    Args:
        folder: where there is none yet.
        columns: keys of the ``dsr`` block of a column, or of a table, by ``system.table.column`` or ``system.table``;
            None takes one away.
        policy: fields of the policy.
    """
    ignored = shutil.ignore_patterns("*.py", "__pycache__", "checks")
    shutil.copytree(CONTRACTS, folder, ignore=ignored)
    _change(folder / "policy.yaml", lambda content: content.update(policy))
    for place, said in columns.items():
        system, table, *column = place.split(".")
        file = folder / "systems" / f"{system}.odcs.yaml"
        _change(file, lambda content: _say(content, table, column, said))  # noqa: B023  # called at once
    return folder


def _change(file: Path, change: Any) -> None:
    content = read_yaml(file)
    change(content)
    write_yaml(file, content)


def _say(content: Any, table: str, column: list[str], said: Mapping[str, Any]) -> None:
    place = next(one for one in content["schema"] if one["name"] == table)
    for name in column:
        place = next(one for one in place["properties"] if one["name"] == name)
    (facts,) = (one["value"] for one in place["customProperties"] if one["property"] == "dsr")
    facts.update(said)
    for key in [key for key, value in facts.items() if value is None]:
        del facts[key]
