"""Selections as Arrow expressions, so that scans skip the files and row groups that cannot match."""

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.errors import ContractMismatch
from data_contracts.keys import Condition, Cutoff, Look, Selection
from integrations.systems._values import NO_MATCH, PHONE_NOISE, Kind, cutoff_local, fit, key_forms

REMEDY = "correct the contract, or bring the live schema back to it, then run `rightsflow contracts check`"
_UUID = pa.uuid()
_KINDS: Sequence[tuple[Callable[[pa.DataType], bool], Kind]] = (
    (lambda t: t.equals(_UUID), Kind.UUID),
    (pa.types.is_boolean, Kind.BOOLEAN),
    (pa.types.is_integer, Kind.INTEGER),
    (pa.types.is_floating, Kind.FLOAT),
    (pa.types.is_decimal, Kind.NUMBER),
    (pa.types.is_date, Kind.DATE),
    (pa.types.is_binary, Kind.BYTES),
    (pa.types.is_large_binary, Kind.BYTES),
    (pa.types.is_fixed_size_binary, Kind.BYTES),
)


class Filters:
    """Builds expressions over one table's schema.

    Args:
        path: ``system.table``, for messages.
        schema: of the whole dataset.
        zone: of times without zone.
    """

    def __init__(self, path: str, schema: pa.Schema, zone: ZoneInfo) -> None:
        self._path = path
        self.schema = schema
        self._zone = zone

    def place(self, name: str) -> str:
        """``system.table.column``, for messages."""
        return f"{self._path}.{name}"

    def type(self, name: str) -> pa.DataType:
        """The column's type, that of its values where it is dictionary-encoded.

        Raises:
            ContractMismatch: when there is no such column.
        """
        place = self.schema.get_field_index(name)
        if place < 0:
            raise ContractMismatch("the live dataset has no such column", where=self.place(name), remedy=REMEDY)
        type_ = self.schema.field(place).type
        return type_.value_type if pa.types.is_dictionary(type_) else type_

    def selection(self, selection: Selection, referred_to: Sequence[Condition] = ()) -> pc.Expression | None:
        """The selected rows; None when no row can be selected.

        Args:
            selection: the rows.
            referred_to: the rows that its referrers refer to.
        """
        tests = self._conditions(selection.conditions)
        bounds = [self._cutoff(cutoff) for cutoff in selection.cutoffs]
        if not tests and not selection.takes_every_row:
            return None
        expression = pc.scalar(True) if selection.takes_every_row else tests[0]  # noqa: FBT003  # an Arrow literal
        for test in tests[1:]:
            expression |= test
        for bound in bounds:
            expression &= bound
        for spared in self._conditions((*selection.spared, *referred_to)):
            # A comparison with nothing is nothing, and a row that holds nothing is not spared.
            expression &= ~pc.coalesce(spared, pc.scalar(False))  # noqa: FBT003  # an Arrow literal
        return expression

    def _conditions(self, conditions: Sequence[Condition]) -> list[pc.Expression]:
        return [test for condition in conditions if (test := self._condition(condition)) is not None]

    def not_looking(self, look: Look) -> pc.Expression:
        """Rows that do not look as ``look`` says."""
        signs = [self._column(name).is_valid() for name in look.cleared]
        for name, value in look.holding.items():
            constant = self.array(name, [value])
            signs.append(~self._column(name).isin(constant) if len(constant) else pc.scalar(True))  # noqa: FBT003
        signs += [self._column(name).isin(self.array(name, values)) for name, values in look.replaced.items()]
        expression = pc.scalar(False)  # noqa: FBT003  # an Arrow literal
        for sign in signs:
            expression |= sign
        return expression

    def array(self, name: str, values: Any) -> pa.Array:  # noqa: ANN401  # any collection of key values
        """Values as the column can hold them; those it cannot hold are left out."""
        type_ = self.type(name)
        fitted = [self.fitted(name, value) for value in values]
        kept = [value for value in fitted if value is not NO_MATCH]
        try:
            return pa.array(kept, type=type_)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            return pa.array([value for value in kept if _is_storable(value, type_)], type=type_)

    def fitted(self, name: str, value: object) -> object:
        """``value`` as the column would hold it, else :data:`NO_MATCH`."""
        type_ = self.type(name)
        bits = type_.bit_width + pa.types.is_unsigned_integer(type_) if pa.types.is_integer(type_) else 64
        fitted = fit(value, _kind(type_), self._zone, bits)
        return fitted if fitted is NO_MATCH or _is_storable(fitted, type_) else NO_MATCH

    def _column(self, name: str) -> pc.Expression:
        type_ = self.type(name)
        encoded = self.schema.field(name).type
        return pc.field(name) if type_.equals(encoded) else pc.field(name).cast(type_)

    def _condition(self, condition: Condition) -> pc.Expression | None:
        columns = [self._column(name) for name in condition.columns]
        if condition.normalise != "verbatim":
            forms = pa.array(sorted(map(str, key_forms(condition, self._zone))), type=pa.string())
            return _normal(columns[0].cast(pa.string()), condition.normalise).isin(forms) if len(forms) else None
        if len(columns) == 1:
            keys = self.array(condition.columns[0], (key[0] for key in condition.keys))
            return columns[0].isin(keys) if len(keys) else None
        fitted = [
            tuple(self.fitted(n, v) for n, v in zip(condition.columns, key, strict=True)) for key in condition.keys
        ]
        kept = [key for key in fitted if NO_MATCH not in key]
        if not kept:
            return None
        parts = zip(condition.columns, zip(*kept, strict=True), strict=True)
        keys = _joined([pa.array(values, type=self.type(name)) for name, values in parts], pa.scalar("|"))
        return _joined(columns, pc.scalar("|")).isin(keys)

    def _cutoff(self, cutoff: Cutoff) -> pc.Expression:
        column, type_ = self._column(cutoff.column), self.type(cutoff.column)
        local = cutoff_local(cutoff.before, self._zone)
        if pa.types.is_timestamp(type_):
            over = column < pa.scalar(cutoff.before if type_.tz else local, type=pa.timestamp("us", tz=type_.tz))
        elif pa.types.is_date(type_):
            over = column < pa.scalar(local.date(), type=type_)
        elif pa.types.is_string(type_) or pa.types.is_large_string(type_):
            # ISO 8601 text; anything else is no date, and what has no date is still held.
            is_date = pc.match_substring_regex(column, "^[0-9]{4}-[0-9]{2}-[0-9]{2}")
            over = is_date & (pc.utf8_slice_codeunits(column, 0, 10) < local.date().isoformat())
        else:
            raise ContractMismatch(
                "the column that a retention period starts from holds neither dates nor times",
                where=self.place(cutoff.column),
                remedy="name a date or timestamp column in the contract's retention",
            )
        over &= column.is_valid()
        return over if cutoff.over else ~over


def _kind(type_: pa.DataType) -> Kind:
    if pa.types.is_timestamp(type_):
        return Kind.INSTANT if type_.tz else Kind.LOCAL_TIME
    return next((kind for fits, kind in _KINDS if fits(type_)), Kind.TEXT)


def _is_storable(value: object, type_: pa.DataType) -> bool:
    try:
        pa.scalar(value, type=type_)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError, ValueError):
        return False
    return True


def _normal(column: Any, normalise: str) -> Any:  # noqa: ANN401  # an expression
    if normalise == "email":
        return pc.utf8_lower(pc.utf8_trim(column, characters=" "))
    for noise in PHONE_NOISE:
        column = pc.replace_substring(column, pattern=noise, replacement="")
    return column


def _joined(columns: Sequence[Any], separator: Any) -> Any:  # noqa: ANN401  # arrays or expressions alike
    """The parts of composite keys as one text each, in which no part can be mistaken for another."""
    texts = []
    for column in columns:
        text = pc.replace_substring(column.cast(pa.string()), pattern="\\", replacement="\\\\")
        texts.append(pc.replace_substring(text, pattern="|", replacement="\\p"))
    return pc.binary_join_element_wise(*texts, separator)
