"""Keys that lead to a data subject's rows, and the questions and orders a connector is given.

A *condition* is "these columns hold one of these keys"; the conditions of a selection are joined by OR. Key values
are personal data: the shapes here redact their ``repr``, are never logged, and travel only in memory or sealed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from data_contracts.inside.paths import Inside

KeyValue: TypeAlias = object
"""A value as the database driver takes and gives it: str, int, date, UUID, bytes, Decimal."""

Key: TypeAlias = tuple[KeyValue, ...]
"""One key; as long as the columns it is compared with."""


@dataclass(frozen=True, slots=True, order=True)
class When:
    """What another column of the same row must hold: ``subject_type: customer``.

    Attributes:
        values: brought to the column's type and compared by bytes; at least one. None: the column is NULL.
        negated: it must hold none of them; a column that is NULL holds no text.
    """

    column: str
    values: tuple[str | None, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """Rows whose ``columns`` hold one of ``keys``, and that fulfil every ``when``.

    Attributes:
        normalise: how both sides are brought to one form before comparing; see
            :attr:`data_contracts.company.company.IdentityKind.normalise`. ``verbatim`` compares as stored, so that
            an index serves. Only single columns are normalised.
        as_database: text is compared as the database's own equality does (a collation that ignores case), for
            references that a live foreign key makes so. Else by bytes.
    """

    columns: tuple[str, ...]
    keys: frozenset[Key] = field(repr=False)
    normalise: Literal["verbatim", "email", "phone"] = "verbatim"
    when: tuple[When, ...] = ()
    as_database: bool = False


@dataclass(frozen=True, slots=True)
class Spelling:
    """Identity keys to look for in a column that may hold them in any spelling (law 8).

    A connector answers with conditions on what is stored
    (:meth:`data_contracts.connectors.connecting.Connector.resolve`), so that one function,
    :func:`data_contracts.text.normal_form.normal_forms`, decides for every kind of system.

    Attributes:
        column: the column that holds keys of the kind.
        rule: how both sides are brought to one form.
        keys: normal forms of the keys looked for.
        region: ISO 3166-1 country of a telephone number without its country code, where the row does not say.
        country: the column of the same row that says it; empty: none does.
        when: rows that do not fulfil it hold no key.
        inside: where in the column's value keys lie; None: they are the value.
        key: columns of the primary key, by which rows with a key inside are told.
    """

    column: str
    rule: Literal["verbatim", "email", "phone"]
    keys: frozenset[str] = field(repr=False)
    region: str
    country: str = ""
    when: tuple[When, ...] = ()
    inside: Inside | None = None
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cutoff:
    """A bound on a date or time column, to tell rows whose retention is over from rows still held.

    Attributes:
        before: aware instant, exclusive: local midnight after the last day that is over. A connector turns it
            into what the column stores: a date, an aware time, or a local time without zone.
        over: True selects rows before it; False those on or after it *or without a date* (the event that
            starts the period has not come).
    """

    column: str
    before: datetime
    over: bool
    unread: bool = False
    """True selects rows whose column holds something that is no date, whatever ``before``: those are held, and told."""


@dataclass(frozen=True, slots=True)
class Referrer:
    """Rows of ``table`` (of the same system) refer to rows of a selection: ``columns`` hold its ``to_columns``."""

    table: str
    columns: tuple[str, ...]
    to_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of one table: any of ``conditions``, all of ``cutoffs`` and ``when``, none of ``spared``, no ``referrers``.

    Invariants, kept by the type:

    1. no conditions select nothing, never everything;
    2. but with ``dangerously_every_row`` they select whoever's rows the cutoffs leave, for what is over its retention
       period (Art. 5(1)(e)): that takes a cutoff of what is over, and no conditions;
    3. with ``reads_every_row`` they select all, and nothing but reading can be done with it (Art. 33, 34).
    """

    table: str
    conditions: tuple[Condition, ...]
    cutoffs: tuple[Cutoff, ...] = ()
    spared: tuple[Condition, ...] = ()
    """Rows that hold one of these keys are not selected."""
    referrers: tuple[Referrer, ...] = ()
    """A row that a row of any of these refers to is not selected."""
    when: tuple[When, ...] = ()
    """A row that does not fulfil all of these is not selected."""
    dangerously_every_row: bool = False
    reads_every_row: bool = False
    """Selects every row of the table, to find out whom an incident affects; no order can be made of it."""

    def __post_init__(self) -> None:
        """Refuse to select every row of a table, but for reading."""
        if self.reads_every_row and (self.conditions or self.cutoffs or self.dangerously_every_row):
            message = "reading every row takes no condition"
            raise ValueError(message)
        if self.dangerously_every_row and (self.conditions or not any(cutoff.over for cutoff in self.cutoffs)):
            message = "every row is selected by a cutoff of what is over, and by no conditions"
            raise ValueError(message)

    @property
    def is_empty(self) -> bool:
        """Whether it can select nothing, so that no system needs to be asked."""
        return not self.conditions and not self.takes_every_row

    @property
    def takes_every_row(self) -> bool:
        """Whether it has no conditions that a row must fit."""
        return self.dangerously_every_row or self.reads_every_row


def _only_read(selection: Selection) -> None:
    if selection.reads_every_row:
        message = "a selection of every row is for reading alone"
        raise ValueError(message)
    if any(cutoff.unread for cutoff in selection.cutoffs):
        message = "what has no date that can be read is held"
        raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Look:
    """What changed columns look like, to count rows that do not look so (law 7).

    Attributes:
        cleared: columns that must be NULL.
        holding: column to the one value it must hold.
        replaced: column to the old values, none of which may remain.
    """

    cleared: tuple[str, ...] = ()
    holding: Mapping[str, KeyValue] = field(default_factory=dict, repr=False)
    replaced: Mapping[str, frozenset[Any]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class DeleteRows:
    """Delete the selected rows (Art. 17)."""

    selection: Selection

    def __post_init__(self) -> None:
        """Refuse what is for reading alone."""
        _only_read(self.selection)


@dataclass(frozen=True, slots=True)
class ChangeColumns:
    """Change values of the selected rows: erase them (Art. 17), put them right (Art. 16), mark them (Art. 18, 21).

    Attributes:
        clear: columns set to NULL.
        set_to: column to the one value it is set to; text where the column's type has no other form in JSON.
        replace: column to a map from each old value, as text or bytes, to its replacement; other values stay.
    """

    selection: Selection
    clear: tuple[str, ...] = ()
    set_to: Mapping[str, KeyValue] = field(default_factory=dict, repr=False)
    replace: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Refuse what is for reading alone."""
        _only_read(self.selection)


@dataclass(frozen=True, slots=True)
class MoveKeys:
    """Replace keys in all columns that hold them, at once: references hold before and afterwards (Art. 17).

    Attributes:
        selection: rows of the table whose key it is.
        places: table and column of each, the key's own first; in each every row that holds an old value is changed.
        replace: each old value, as text or bytes, to its replacement.
    """

    selection: Selection
    places: tuple[tuple[str, str], ...]
    replace: Mapping[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def changes(self) -> tuple[ChangeColumns, ...]:
        """The same, place by place, for a system in which nothing keeps references."""
        keys = frozenset((value,) for value in self.replace)
        return tuple(
            ChangeColumns(Selection(table, (Condition((name,), keys),)), replace={name: self.replace})
            for table, name in self.places
        )


Order: TypeAlias = DeleteRows | ChangeColumns | MoveKeys


def each_of(order: Order) -> tuple[DeleteRows | ChangeColumns, ...]:
    """The order, table by table."""
    return order.changes if isinstance(order, MoveKeys) else (order,)
