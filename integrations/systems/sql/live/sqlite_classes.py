"""How a SQLite column is read whose values may be of any storage class: as what the selected rows hold.

Source: Datatypes In SQLite, https://www.sqlite.org/datatype3.html
"""

from typing import Any

import pyarrow as pa
import sqlalchemy as sa

_TRUTH, _INTEGERS, _FLOATS, _BYTES = frozenset("0"), frozenset("0iw"), frozenset("0ir"), frozenset("b")
"""Letters of storage classes: 0 for the integers 0 and 1, i for those that a float holds exactly, w for wider ones."""


def loose_type(type_: Any, seen: str) -> pa.DataType:  # noqa: ANN401  # any SQL type
    """The Arrow type that holds every value exactly; text where only text does.

    Args:
        type_: what the column is declared as.
        seen: letters of the storage classes of the selected rows' values, with commas between.

    >>> loose_type(sa.Numeric(), "i,w"), loose_type(sa.Numeric(), "i,r"), loose_type(sa.Integer(), "i,t")
    (DataType(int64), DataType(double), DataType(string))
    """
    classes = frozenset(seen) - {","}
    if not classes:
        return _declared(type_)
    if isinstance(type_, sa.LargeBinary) and classes <= frozenset("bt"):
        return pa.binary()
    if isinstance(type_, sa.Boolean) and classes == _TRUTH:
        return pa.bool_()
    if classes <= _INTEGERS:
        return pa.float64() if _is_of_floats(type_) and "w" not in classes else pa.int64()
    if classes <= _FLOATS:
        return pa.float64()
    return pa.binary() if classes == _BYTES else pa.string()


def _is_of_floats(type_: Any) -> bool:  # noqa: ANN401  # any SQL type
    return isinstance(type_, sa.Float)


def _declared(type_: Any) -> pa.DataType:  # noqa: ANN401  # any SQL type
    if isinstance(type_, sa.LargeBinary):
        return pa.binary()
    if isinstance(type_, sa.Boolean):
        return pa.bool_()
    if isinstance(type_, sa.Integer):
        return pa.int64()
    # NUMERIC is also what SQLite says of types it does not know.
    return pa.float64() if isinstance(type_, sa.Numeric | sa.Float) else pa.string()
