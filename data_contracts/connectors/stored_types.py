"""What is said of a column of Arrow data beside its Arrow type: what its system calls the type, and whether it is JSON.

It travels with the column, from the system through the vault into an answer package.
"""

from typing import Final

import pyarrow as pa

__all__ = ["field", "is_json", "stored_as"]

_STORED_AS: Final = b"stored-as"
_JSON: Final = b"json"


def field(name: str, type_: pa.DataType, *, stored_as: str = "", is_json: bool = False) -> pa.Field:
    """A column of that name.

    Args:
        name: of the column.
        type_: in Arrow.
        stored_as: what the system calls its type; empty where it does not say.
        is_json: each value is the text of a JSON value, or one that is meant to be.
    """
    said = {_STORED_AS: stored_as.encode()} if stored_as else {}
    said |= {_JSON: b"true"} if is_json else {}
    return pa.field(name, type_, metadata=said or None)


def stored_as(column: pa.Field) -> str:
    """What the system calls the type; else what Arrow calls it."""
    said = (column.metadata or {}).get(_STORED_AS)
    return said.decode() if said else str(column.type)


def is_json(column: pa.Field) -> bool:
    """Whether each value is the text of a JSON value."""
    return _JSON in (column.metadata or {})
