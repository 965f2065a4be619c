"""Ways of erasing and live types (Art. 17(1)): the table that `check`, plan and act share."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from data_contracts.company.contract import Column, Table
from data_contracts.connectors.connecting import Container, Holds, LiveColumn
from data_contracts.inside.paths import Inside
from data_contracts.vocabulary import ColumnErasure, TableErasure
from tasks.rules.values.replacing import fitted, form, masked_value, remedy, shaped, why_not

_MASK, _TOKEN, _CLEAR = ColumnErasure.MASK, ColumnErasure.TOKEN, ColumnErasure.CLEAR
_DIGEST = "0123456789abcdef" * 4


def _live(type_: str, holds: Holds = Holds.UNKNOWN, **facts: object) -> LiveColumn:
    return LiveColumn("c", type_, nullable=True, holds=holds, **facts)  # type: ignore[arg-type]


def _column(way: ColumnErasure | None, logical: str = "string", **facts: object) -> Column:
    return Column("c", logical, erase=way, **facts)  # type: ignore[arg-type]


def _fitted(column: Column, live: LiveColumn) -> Column:
    table = Table("s", "t", (column,), TableErasure.COLUMNS)
    return fitted(table, {"c": live}).column("c")


@pytest.mark.parametrize(
    ("live", "mask"),
    [
        (_live("TEXT", Holds.TEXT), "***"),
        (_live("VARCHAR(2)", Holds.TEXT, length=2), "**"),
        (_live("BIGINT", Holds.NUMBER), 0),
        (_live("BOOLEAN", Holds.BOOLEAN), False),
        (_live("DATE", Holds.MOMENT), "1900-01-01"),
        (_live("TIMESTAMP", Holds.MOMENT), "1900-01-01T00:00:00"),
        (_live("TIME"), "00:00:00"),
        (_live("UUID", Holds.UUID), "00000000-0000-0000-0000-000000000000"),
        (_live("INT4RANGE"), "empty"),
        (_live("JSONB", Holds.CONTAINER, container=Container.JSON), "{}"),
        (_live("TEXT[]", Holds.CONTAINER, container=Container.ARRAY), "[]"),
        (_live("XML", Holds.CONTAINER, container=Container.XML), "<x/>"),
        (_live("BYTEA", Holds.BYTES), b""),
        (_live("BINARY(3)", Holds.BYTES, length=3), b"\0\0\0"),
        (_live(""), "***"),
    ],
)
def test_mask_is_of_the_live_type(live: LiveColumn, mask: object) -> None:
    """One constant for many rows, of the type that the system has."""
    assert masked_value(_fitted(_column(_MASK), live)) == mask
    assert not why_not(_column(_MASK), live)


@pytest.mark.parametrize(("logical", "mask"), [("integer", 0), ("object", "***"), ("date", "1900-01-01")])
def test_mask_without_a_live_type_is_of_the_contracts(logical: str, mask: object) -> None:
    """Where nothing is known of the live column, the contract's type says it."""
    column = _column(_MASK, logical)

    assert masked_value(column) == mask
    assert fitted(Table("s", "t", (column,), TableErasure.COLUMNS), {}).column("c") == column


def test_declared_replacement_goes_before() -> None:
    """What the contract declares is written, whatever the type; too long or none of the labels, it is refused."""
    declared = _column(_MASK, replacement="none")

    assert masked_value(_fitted(declared, _live("TEXT", Holds.TEXT))) == "none"
    assert "more than the 3 signs" in why_not(declared, _live("VARCHAR(3)", Holds.TEXT, length=3))
    assert "declared replacement" in why_not(declared, _live("ENUM", Holds.TEXT, labels=("f", "m")))
    assert not why_not(_column(_MASK, replacement="m"), _live("ENUM", Holds.TEXT, labels=("f", "m")))
    assert "`erase: mask`" in why_not(_column(_MASK), _live("ENUM", Holds.TEXT, labels=("f", "m")))


@pytest.mark.parametrize(
    ("live", "token"),
    [
        (_live("TEXT", Holds.TEXT), _DIGEST[:16]),
        (_live("VARCHAR(9)", Holds.TEXT, length=9), _DIGEST[:9]),
        (_live("CITEXT"), _DIGEST[:16]),
        (_live("UUID", Holds.UUID), "01234567-89ab-8def-8123-456789abcdef"),
        (_live("INET"), "2001:db8:0123:4567:89ab:cdef:0123:4567"),
        (_live("CIDR"), "2001:db8:0123:4567:89ab:cdef:0123:4567/128"),
        (_live("MACADDR"), "02:01:23:45:67:89"),
        (_live("JSONB", Holds.CONTAINER, container=Container.JSON), '"0123456789abcdef"'),
        (_live("XML", Holds.CONTAINER, container=Container.XML), "<x>0123456789abcdef</x>"),
        (_live("BYTEA", Holds.BYTES), bytes.fromhex(_DIGEST[:32])),
        (_live("BINARY(2)", Holds.BYTES, length=2), bytes.fromhex(_DIGEST[12:16])),
        (_live("VARCHAR(3)", Holds.TEXT, length=3), "f80"),
        (_live("SMALLINT", Holds.NUMBER), str(int(_DIGEST[:16], 16) % 32_766 + 1)),
        (_live("NUMERIC(4, 2)", Holds.NUMBER), f"{int(_DIGEST[:16], 16) % 10**4 / 100:.2f}"),
        (_live("NUMERIC(3, 3)", Holds.NUMBER), f"{int(_DIGEST[:16], 16) % 10**3 / 1000:.3f}"),
        (_live("DATE", Holds.MOMENT), str(date(1000, 1, 1) + timedelta(int(_DIGEST[:16], 16) % 292_194))),
        (_live("TEXT[]", Holds.CONTAINER, container=Container.ARRAY), f'["{_DIGEST[:16]}"]'),
        (_live("BIGINT", Holds.NUMBER), str(int(_DIGEST[:16], 16) % 10**9)),
    ],
)
def test_pseudonym_has_the_form_of_the_live_type(live: LiveColumn, token: object) -> None:
    """It tells people apart in a type that is no text, too."""
    assert shaped(_fitted(_column(_TOKEN), live), _DIGEST) == token
    assert not why_not(_column(_TOKEN), live)


def test_uuid_of_a_pseudonym_is_one() -> None:
    """It is a UUID of our own making (RFC 9562, version 8)."""
    made = UUID(str(shaped(_fitted(_column(_TOKEN), _live("UUID", Holds.UUID)), _DIGEST)))

    assert (made.version, made.variant) == (8, "specified in RFC 4122")


def test_keyed_hash_is_longer() -> None:
    """Of a keyed hash all 64 signs are kept, where the column takes them."""
    assert shaped(_column(ColumnErasure.HMAC), _DIGEST) == _DIGEST
    assert shaped(_column(ColumnErasure.HMAC, max_length=40), _DIGEST) == _DIGEST[:40]


@pytest.mark.parametrize(
    "live",
    [
        _live("BOOLEAN", Holds.BOOLEAN),
        _live("INT4MULTIRANGE"),
        _live("BOOLEAN[]", Holds.CONTAINER, container=Container.ARRAY),
        _live("ENUM", Holds.TEXT, labels=("f", "m")),
    ],
)
def test_type_without_a_form_for_pseudonyms_is_named(live: LiveColumn) -> None:
    """What cannot tell people apart is refused, with the way that there is."""
    assert why_not(_column(_TOKEN), live)
    assert "`replacement`" in remedy(_column(_TOKEN), live)


def test_computed_column_is_never_written() -> None:
    """It is refused in every way but its own."""
    live = _live("TEXT", Holds.TEXT, is_computed=True)

    assert all(why_not(_column(way), live) for way in (_CLEAR, _MASK, _TOKEN, ColumnErasure.HMAC))
    assert not any(why_not(_column(way), live) for way in (None, ColumnErasure.KEEP, ColumnErasure.COMPUTED))
    assert "`erase: computed`" in remedy(_column(_CLEAR), live)


def test_what_is_not_erased_as_a_whole_fits_every_type() -> None:
    """A column of which one member is taken out, and one that stays, are left as the contract has them."""
    inside = _column(_MASK, inside=Inside("json", "$.email"))

    assert not why_not(inside, _live("BYTEA", Holds.BYTES))
    assert _fitted(inside, _live("BYTEA", Holds.BYTES)) == inside
    assert _fitted(_column(ColumnErasure.KEEP), _live("BYTEA", Holds.BYTES)) == _column(ColumnErasure.KEEP)
    assert not why_not(_column(_CLEAR), _live("BYTEA", Holds.BYTES))


def test_money_has_no_constant() -> None:
    """Each server writes it in its own way; a declared one is left to the system to judge."""
    assert why_not(_column(_MASK), _live("MONEY"))
    assert not why_not(_column(_MASK, replacement=0), _live("MONEY"))


def test_keyed_hash_needs_a_type_that_tells_people_apart() -> None:
    """It is the same for the same value for ever, so that no other can be taken where two people get the same."""
    hash_, live = _column(ColumnErasure.HMAC), _live("SMALLINT", Holds.NUMBER)

    assert why_not(hash_, live) == "`erase: hmac` has 32766 different values in smallint, too few to tell people apart"
    assert not why_not(hash_, _live("BIGINT", Holds.NUMBER))


@pytest.mark.parametrize("type_", ["CHAR(2)", "SMALLINT", "DATE", "TIME", "NUMERIC(3, 1)", "BIT(4)", "INT4RANGE"])
def test_next_turn_is_another_value(type_: str) -> None:
    """What a live row holds already is passed over, until every value that there is was tried."""
    live = _live(type_, Holds.TEXT if "CHAR" in type_ else Holds.UNKNOWN, length=2 if "CHAR" in type_ else None)
    column = _fitted(_column(_TOKEN), live)
    space = form(column).space

    made = {shaped(column, _DIGEST, turn) for turn in range(min(space, 3_000))}

    assert len(made) == min(space, 3_000)
    assert shaped(column, _DIGEST, space) == shaped(column, _DIGEST)


def test_clear_is_a_way_out_where_null_is_taken() -> None:
    """The remedy names NULL where the live column takes it, and nowhere else."""
    nullable, never = _live("BYTEA", Holds.BYTES), LiveColumn("c", "BYTEA", nullable=False, holds=Holds.BYTES)

    assert "`erase: clear`" in remedy(_column(_TOKEN), nullable)
    assert "`erase: clear`" not in remedy(_column(_TOKEN), never)
    assert "one of f, m" in remedy(_column(_MASK), _live("ENUM", labels=("f", "m")))


_CONTAINERS = {"jsonb": Container.JSON, "xml": Container.XML, "hstore": Container.ENTRIES, "text[]": Container.ARRAY}
_HOLDS = {
    **dict.fromkeys(("varchar(3)", "enum", "set"), Holds.TEXT),
    **dict.fromkeys(("bigint", "smallint", "numeric(5,2)", "real"), Holds.NUMBER),
    **dict.fromkeys(("bytea", "binary(2)"), Holds.BYTES),
    **dict.fromkeys(("date", "timestamp"), Holds.MOMENT),
    **dict.fromkeys(_CONTAINERS, Holds.CONTAINER),
    "uuid": Holds.UUID,
    "boolean": Holds.BOOLEAN,
}
_LOGICAL = {
    **dict.fromkeys(("bigint", "smallint"), "integer"),
    **dict.fromkeys(("numeric(5,2)", "real"), "number"),
    **{name: name for name in ("boolean", "date", "time", "timestamp")},
}
_SIZES = {"varchar(3)": 3, "binary(2)": 2}


def _rows_of_the_docs() -> Iterator[tuple[str, str, str]]:
    text = (Path(__file__).parents[4] / "docs" / "connect" / "contracts.md").read_text("utf-8")
    section = text.partition("### Ways of erasing and live types")[2].partition("###")[0]
    for line in section.splitlines():
        if line.startswith("| ") and "---" not in line and "live type" not in line:
            kind, mask, token = (cell.strip() for cell in line.strip("|").split(" | "))
            yield kind.strip("`"), mask, token


def _written(kind: str, way: ColumnErasure) -> str:
    live = _live(
        kind,
        _HOLDS.get(kind, Holds.UNKNOWN),
        container=_CONTAINERS.get(kind, Container.NONE),
        length=_SIZES.get(kind),
        labels=("f", "m") if kind in {"enum", "set"} else (),
        is_computed=kind == "a generated column",
    )
    column = _column(way, _LOGICAL.get(kind, "string"))
    if why_not(column, live):
        return "no way"
    made = _fitted(column, live)
    value = masked_value(made) if way is _MASK else shaped(made, _DIGEST)
    return f"`0x{value.hex()}`" if isinstance(value, bytes) else f"`{value}`"


def test_the_documentation_says_what_is_written() -> None:
    """The table of types and ways in `docs/connect/contracts.md` is what the code does."""
    rows = list(_rows_of_the_docs())

    assert len(rows) >= 28
    assert rows == [(kind, _written(kind, _MASK), _written(kind, _TOKEN)) for kind, _, _ in rows]
