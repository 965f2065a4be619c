"""Selections as Arrow expressions, so that scans skip the files and row groups that cannot match."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from data_contracts.company.contract import Column
from data_contracts.connectors.keys import Condition, Cutoff, Look, Selection, When
from data_contracts.errors import ContractMismatch
from integrations.systems.parquet.nested import container_of
from integrations.systems.parquet.schema import plain
from integrations.systems.values import NO_MATCH, Kind, cutoff_local, fit, fits, when_values

REMEDY = "correct the contract, or bring the live schema back to it, then run `rightsflow contracts check`"
MATCH = "selected"
"""The name of a column that says which rows are selected."""
_UUID = pa.uuid()
_DAY = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
"""How a text begins that is a date or time as ISO 8601 writes it."""
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
        declared: columns of the contract that say of their moments which zone is theirs.
    """

    def __init__(
        self, path: str, schema: pa.Schema, zone: ZoneInfo, declared: Mapping[str, Column] = MappingProxyType({})
    ) -> None:
        self._path = path
        self.schema = schema
        self._zone = zone
        self._declared = declared

    def place(self, name: str) -> str:
        """``system.table.column``, for messages."""
        return f"{self._path}.{name}"

    def type(self, name: str) -> pa.DataType:
        """The column's type, that of its values where it is dictionary-encoded or a view.

        Raises:
            ContractMismatch: when there is no such column.
        """
        place = self.schema.get_field_index(name)
        if place < 0:
            raise ContractMismatch("the live dataset has no such column", where=self.place(name), remedy=REMEDY)
        return plain(self.schema.field(place).type)

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
        for bound in (*bounds, *(self.when(when) for when in selection.when)):
            expression &= bound
        for spared in self._conditions((*selection.spared, *referred_to)):
            # A comparison with nothing is nothing, and a row that holds nothing is not spared.
            expression &= ~pc.coalesce(spared, pc.scalar(False))  # noqa: FBT003  # an Arrow literal
        return expression

    def _conditions(self, conditions: Sequence[Condition]) -> list[pc.Expression]:
        return [test for condition in conditions if (test := self._condition(condition)) is not None]

    def not_looking(self, look: Look) -> pc.Expression:
        """Rows that do not look as ``look`` says, but for old values in containers, which no filter looks into."""
        signs = [self._column(name).is_valid() for name in look.cleared]
        for name, value in look.holding.items():
            constant = self.array(name, [value])
            signs.append(~self._column(name).isin(constant) if len(constant) else pc.scalar(True))  # noqa: FBT003
        plain = {name: old for name, old in look.replaced.items() if not container_of(self.type(name))}
        signs += [self._column(name).isin(self.array(name, values)) for name, values in plain.items()]
        expression = pc.scalar(False)  # noqa: FBT003  # an Arrow literal
        for sign in signs:
            expression |= sign
        return expression

    def array(self, name: str, values: Any) -> pa.Array:  # noqa: ANN401  # any collection of key values
        """Values as the column can hold them; those it cannot hold are left out."""
        type_ = self.type(name)
        kept = [way for value in values for way in self.ways(name, value)]
        try:
            return pa.array(kept, type=type_)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            return pa.array([value for value in kept if _is_storable(value, type_)], type=type_)

    def fitted(self, name: str, value: object) -> object:
        """``value`` as the column would hold it, else :data:`NO_MATCH`."""
        type_ = self.type(name)
        fitted = fit(value, kind_of(type_), self._zone_of(name), _bits(type_))
        return fitted if fitted is NO_MATCH or _is_storable(fitted, type_) else NO_MATCH

    def ways(self, name: str, value: object) -> tuple[object, ...]:
        """Every way in which the column may hold what ``value`` says."""
        type_ = self.type(name)
        return fits(value, kind_of(type_), self._zone_of(name), _bits(type_))

    def when(self, when: When) -> pc.Expression:
        """Rows that fulfil a condition on another column."""
        type_, column = self.type(when.column), self._column(when.column)
        texts, zone = [text for text in when.values if text is not None], self._zone_of(when.column)
        ways = [way for text in texts for way in when_values(text, kind_of(type_), zone, _bits(type_))]
        kept = pa.array([way for way in ways if _is_storable(way, type_)], type=type_)
        holds = pc.coalesce(column.isin(kept), pc.scalar(False)) if len(kept) else pc.scalar(False)  # noqa: FBT003
        held = holds | ~column.is_valid() if None in when.values else holds
        return ~held if when.negated else held

    def _column(self, name: str) -> pc.Expression:
        type_ = self.type(name)
        encoded = self.schema.field(name).type
        return pc.field(name) if type_.equals(encoded) else pc.field(name).cast(type_)

    def _condition(self, condition: Condition) -> pc.Expression | None:
        found = self._holding(condition)
        for when in condition.when if found is not None else ():
            found &= self.when(when)
        return found

    def _holding(self, condition: Condition) -> pc.Expression | None:
        columns = [self._column(name) for name in condition.columns]
        if len(columns) == 1:
            keys = self.array(condition.columns[0], (key[0] for key in condition.keys))
            return columns[0].isin(keys) if len(keys) else None
        fitted = ([self.ways(n, v) for n, v in zip(condition.columns, key, strict=True)] for key in condition.keys)
        all_ways = {way for ways in fitted for way in product(*ways)}
        kept = [way for way in all_ways if all(map(_is_storable, way, map(self.type, condition.columns)))]
        if not kept:
            return None
        parts = zip(condition.columns, zip(*kept, strict=True), strict=True)
        keys = _joined([pa.array(values, type=self.type(name)) for name, values in parts], pa.scalar("|"))
        return _joined(columns, pc.scalar("|")).isin(keys)

    def _zone_of(self, name: str) -> ZoneInfo:
        """The zone of a column's moments, where they are stored without one."""
        declared = self._declared.get(name)
        return ZoneInfo(declared.zone) if declared is not None and declared.zone else self._zone

    def _cutoff(self, cutoff: Cutoff) -> pc.Expression:
        column, type_ = self._column(cutoff.column), self.type(cutoff.column)
        is_text = pa.types.is_string(type_) or pa.types.is_large_string(type_)
        if cutoff.unread:
            if is_text:
                return column.is_valid() & ~pc.match_substring_regex(column, _DAY)
            is_moment = pa.types.is_timestamp(type_) or pa.types.is_date(type_)
            return pc.scalar(value=False) if is_moment else column.is_valid()
        declared, zone = self._declared.get(cutoff.column), self._zone_of(cutoff.column)
        is_doubtful = declared is not None and declared.is_zoned and not declared.zone
        local = cutoff_local(cutoff.before, zone, is_doubtful=is_doubtful)
        if pa.types.is_timestamp(type_):
            over = column < pa.scalar(cutoff.before if type_.tz else local, type=pa.timestamp("us", tz=type_.tz))
        elif pa.types.is_date(type_):
            over = column < pa.scalar(local.date(), type=type_)
        elif is_text:
            # ISO 8601 text; anything else is no date, and what has no date is still held.
            over = pc.match_substring_regex(column, _DAY) & (
                pc.utf8_slice_codeunits(column, 0, 10) < local.date().isoformat()
            )
        else:
            over = pc.scalar(value=False)  # numbers are no dates: each of them is unread, and its row still held
        over &= column.is_valid()
        return over if cutoff.over else ~over


def selected_rows(table: pa.Table, where: pc.Expression, schema: pa.Schema) -> pa.ChunkedArray:
    """Whether each row is selected; columns that the file does not have count as empty."""
    for field in schema:
        if table.schema.get_field_index(field.name) < 0:
            table = table.append_column(field, pa.nulls(len(table), field.type))
    scanned = ds.dataset(table).scanner(columns={MATCH: where}, use_threads=False).to_table()
    return pc.fill_null(scanned.column(MATCH), fill_value=False)


def _bits(type_: pa.DataType) -> int:
    return int(type_.bit_width + pa.types.is_unsigned_integer(type_)) if pa.types.is_integer(type_) else 64


def kind_of(type_: pa.DataType) -> Kind:
    """What a column of an Arrow type can hold."""
    if pa.types.is_timestamp(type_):
        return Kind.INSTANT if type_.tz else Kind.LOCAL_TIME
    return next((kind for fits, kind in _KINDS if fits(type_)), Kind.TEXT)


def _is_storable(value: object, type_: pa.DataType) -> bool:
    try:
        pa.scalar(value, type=type_)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError, ValueError):
        return False
    return True


def _joined(columns: Sequence[Any], separator: Any) -> Any:  # noqa: ANN401  # arrays or expressions alike
    """The parts of composite keys as one text each, in which no part can be mistaken for another."""
    texts = []
    for column in columns:
        text = pc.replace_substring(column.cast(pa.string()), pattern="\\", replacement="\\\\")
        texts.append(pc.replace_substring(text, pattern="|", replacement="\\p"))
    return pc.binary_join_element_wise(*texts, separator)
