"""What ``rightsflow contracts draft`` and ``import-fides`` do: facts as JSON-ready dictionaries, and files."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from data_contracts.drafting import draft_document, marks_in, text_of
from data_contracts.errors import SettingsInvalid
from flows import wiring

_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


def draft_facts(url: str, *, name: str, tables: Sequence[str], sample: int) -> dict[str, Any]:
    """The draft of a contract for the live system at ``url``, and how much of it is open.

    Raises:
        SettingsInvalid: when the name is none for a system.
        RightsflowError: when the system cannot be looked at.
    """
    if name and not _NAME.fullmatch(name):
        raise SettingsInvalid(
            "is no name for a system", where=name, remedy="use letters, digits, hyphens and underscores"
        )
    system = wiring.look_at(url, name=name, tables=tables, sample=sample)
    return _facts(draft_document(system))


def _facts(document: Mapping[str, Any]) -> dict[str, Any]:
    tables = document["schema"]
    return {
        "system": document["id"],
        "tables": len(tables),
        "columns": sum(len(table["properties"]) for table in tables),
        **marks_in(document),
        "contract": text_of(document),
    }
