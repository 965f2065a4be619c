"""Whether rows of files hold needles: Arrow columns of any type, nested ones too.

Hints sort out by Arrow's own functions; only what is left is looked at in Python.
"""

import functools
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from integrations.systems.witness.in_bytes import texts_of
from integrations.systems.witness.looking import Question

_HEX: Final = "0123456789abcdef-"
_UUID: Final = pa.uuid()


def may_hold(question: Question, type_: pa.DataType) -> bool:
    """Whether a column of that type can hold a needle."""
    if type_.equals(_UUID):
        return question.can_be_of(_HEX)
    if isinstance(type_, pa.BaseExtensionType):
        return may_hold(question, type_.storage_type)
    if pa.types.is_dictionary(type_):
        return may_hold(question, type_.value_type)
    if pa.types.is_nested(type_):
        return any(may_hold(question, type_.field(i).type) for i in range(type_.num_fields))
    if pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        return question.can_be_number
    return _is_text(type_) or _is_bytes(type_)


def holding(question: Question, column: pa.Array) -> Iterator[tuple[int, frozenset[str]]]:
    """Rows that hold a needle, each with the kinds."""
    column = _plain(column)
    if not any(_candidates(question, leaf) for leaf in _leaves(column)):
        return
    rows = range(len(column)) if pa.types.is_nested(column.type) else _candidates(question, column)
    for row in rows:
        kinds = frozenset(kind for text in _texts(column[row].as_py()) for kind in question.kinds_in(text))
        if kinds:
            yield row, kinds


def _plain(column: pa.Array) -> pa.Array:
    """The column without what Arrow wraps it in."""
    if pa.types.is_dictionary(column.type):
        return _plain(column.dictionary_decode())
    if isinstance(column.type, pa.BaseExtensionType) and not column.type.equals(_UUID):
        return _plain(column.storage)
    return column


def _leaves(column: pa.Array) -> Iterator[pa.Array]:
    column = _plain(column)
    if pa.types.is_map(column.type):
        yield from _leaves(column.keys)
        yield from _leaves(column.items)
    elif pa.types.is_struct(column.type):
        for i in range(column.type.num_fields):
            yield from _leaves(column.field(i))
    elif pa.types.is_nested(column.type):
        yield from _leaves(column.flatten())
    else:
        yield column


def _candidates(question: Question, leaf: pa.Array) -> list[int]:
    """Rows that may hold a needle."""
    if not may_hold(question, leaf.type):
        return []
    if not question.is_hinted or not (_is_text(leaf.type) or _is_bytes(leaf.type)):
        mask = pc.is_valid(leaf)
    else:
        raw = leaf.cast(pa.large_binary())
        bare = pc.replace_substring(raw, pattern=b"\0", replacement=b"") if _is_bytes(leaf.type) else raw
        lower = pc.ascii_lower(bare.view(pa.large_string()))
        mask = pa.scalar(False)  # noqa: FBT003  # an Arrow literal
        for trail in question.trails:
            has = [pc.match_substring(lower, piece) for piece in trail]
            mask = pc.or_(mask, functools.reduce(pc.and_, has))
    return [int(row) for row in pc.indices_nonzero(pc.fill_null(mask, fill_value=False)).to_pylist()]


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401  # whatever a row holds
    if isinstance(value, dict):
        value = list(value.items())
    if isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, bytes):
        yield from texts_of(value)
    elif value is not None:
        yield str(value)


def _is_text(type_: pa.DataType) -> bool:
    return any(check(type_) for check in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _is_bytes(type_: pa.DataType) -> bool:
    checks = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(check(type_) for check in checks)
