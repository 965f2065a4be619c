"""A schema as a person wrote it down: tables, columns, rows that are made up, and what a contract would say of it.

One file holds one schema. A line without indentation is a table and the number of its rows, an indented one a column::

    customer 60
      id      int   pk seq
      email   text  !  email  *
      town_id int      >town.id

``pk`` is part of the primary key, ``!`` NOT NULL, ``!!`` NOT NULL and unique; ``*``: a person declared it personal;
``>`` is a foreign key, ``~`` a reference that no database declares. The other word says what the values are.
"""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

SCHEMAS: Final = Path(__file__).parent / "schemas"
_TYPES: Final = {
    "int": "INTEGER", "text": "VARCHAR(120)", "long": "TEXT", "code": "VARCHAR(24)", "date": "DATE",
    "time": "TIMESTAMP", "num": "NUMERIC(10,2)", "bool": "BOOLEAN",
}  # fmt: skip
_WORDS: Final = {
    "first": "Ana Ben Chloé Dirk Emma Farid Greta Hugo Inès Jan Karim Léa Mehdi Nora Otto Petra Quentin Rosa Sami Tom",
    "last": "Aubert Bakker Claes Dubois Evrard Fontaine Girard Huber Ivanov Jansen Keller Lambert Moreau Nagy Olsen",
    "town": "Arlon Bastogne Colmar Dinan Épinal Fougères Genk Hasselt Ixelles Jodoigne Kortrijk Lille Mons Namur",
    "land": "Belgium France Germany Italy Spain Portugal Austria Denmark Norway Poland",
    "thing": "Blue Lamp Round Table Oak Chair Steel Kettle Wool Blanket Glass Vase Paper Tray Clay Pot Green Bench",
    "street": "rue-des-Lilas avenue-du-Parc place-Verte chemin-du-Moulin Kerkstraat Bahnhofstrasse",
}
_FIRST, _LAST, _TOWNS, _LANDS, _THINGS, _STREETS = (words.split() for words in _WORDS.values())
_SENTENCES: Final = (
    "Called about the last delivery and asked for a new date.",
    "Wants to be rung back in the evening about the open amount.",
    "Very pleased with the service, would come again with friends.",
    "Arrived late because of the weather, was told to wait outside.",
)


@dataclass(frozen=True, slots=True)
class WrittenColumn:
    """A column; ``refers_to`` is ``table.column`` or empty."""

    name: str
    type: str
    maker: str = ""
    key: bool = False
    required: bool = False
    unique: bool = False
    personal: bool = False
    refers_to: str = ""
    declared: bool = False


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """A table with the number of rows that are made up for it."""

    name: str
    rows: int
    columns: list[WrittenColumn] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Written:
    """A schema as a person wrote it down."""

    name: str
    tables: tuple[WrittenTable, ...]

    @classmethod
    def read(cls, name: str) -> Self:
        """The schema of that name in this folder."""
        tables: list[WrittenTable] = []
        for line in (SCHEMAS / f"{name}.txt").read_text("utf-8").splitlines():
            words = line.split("#")[0].split()
            if words and not line.startswith(" "):
                tables.append(WrittenTable(words[0], int(words[1])))
            elif words:
                tables[-1].columns.append(_column(words))
        return cls(name, tuple(tables))

    @property
    def personal(self) -> set[tuple[str, str]]:
        """Columns that a person declared personal, as table and column."""
        return {(t.name, c.name) for t in self.tables for c in t.columns if c.personal}

    @property
    def references(self) -> set[tuple[str, str, str]]:
        """References as table, column and ``table.column`` pointed at."""
        return {(t.name, c.name, c.refers_to) for t in self.tables for c in t.columns if c.refers_to}

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return sum(len(table.columns) for table in self.tables)

    def statements(self) -> Iterator[str]:
        """The schema as SQL that SQLite and PostgreSQL take."""
        for table in self.tables:
            parts = [_definition(column) for column in table.columns]
            keys = ", ".join(f'"{column.name}"' for column in table.columns if column.key)
            parts += [f"PRIMARY KEY ({keys})"]
            for column in table.columns:
                if column.declared:
                    there, _, to = column.refers_to.rpartition(".")
                    parts.append(f'FOREIGN KEY ("{column.name}") REFERENCES "{there}" ("{to}")')
            yield f'CREATE TABLE "{table.name}" ({", ".join(parts)})'

    def rows(self) -> Iterator[tuple[str, tuple[str, ...], list[tuple[object, ...]]]]:
        """Table, its columns and its rows, which are the same each time."""
        held: dict[str, list[object]] = {}
        for table in self.tables:
            made = {c.name: list(_values(c, table.rows, held, seed=f"{table.name}.{c.name}")) for c in table.columns}
            keys = [c.name for c in table.columns if c.key]
            seen: set[tuple[object, ...]] = set()
            rows = []
            for row in zip(*made.values(), strict=True):
                key = tuple(value for name, value in zip(made, row, strict=True) if name in keys)
                if not keys or key not in seen:
                    seen.add(key)
                    rows.append(row)
            for place, name in enumerate(made):
                held[f"{table.name}.{name}"] = [row[place] for row in rows]
            yield table.name, tuple(made), rows

    def fill_sqlite(self, path: Path) -> str:
        """The schema with its rows as a SQLite file; its URL."""
        with closing(sqlite3.connect(path)) as connection:
            for statement in self.statements():
                connection.execute(statement)
            for table, columns, rows in self.rows():
                marks = ", ".join("?" * len(columns))
                connection.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)  # noqa: S608  # our own names
            connection.commit()
        return f"sqlite:///{path}"


def _column(words: list[str]) -> WrittenColumn:
    name, type_, *rest = words
    facts: dict[str, Any] = {"name": name, "type": type_}
    for word in rest:
        match word[0], word:
            case _, "pk":
                facts["key"] = True
            case _, "*":
                facts["personal"] = True
            case "!", _:
                facts |= {"required": True, "unique": word == "!!"}
            case (">" | "~") as sign, _:
                facts |= {"refers_to": word[1:], "declared": sign == ">"}
            case _:
                facts["maker"] = word
    return WrittenColumn(**facts)


def _definition(column: WrittenColumn) -> str:
    facts = f"{' NOT NULL' * (column.required or column.key)}{' UNIQUE' * column.unique}"
    return f'"{column.name}" {_TYPES[column.type]}{facts}'


def _values(column: WrittenColumn, count: int, held: dict[str, list[object]], *, seed: str) -> Iterator[object]:
    dice = random.Random(seed)  # rows that are made up
    there = held.get(column.refers_to, [])
    maker, _, said = column.maker.partition(":")
    make = _MAKERS[maker or "none"]
    for place in range(count):
        if column.refers_to and said == "few":
            yield there[dice.randrange(min(len(there), 3))]
        elif column.refers_to:
            is_empty = not there or (not column.required and not column.key and dice.random() < 0.1)
            yield None if is_empty else there[place % len(there)] if column.unique else dice.choice(there)
        else:
            yield make(dice, place, said)


def _pick(words: list[str], dice: random.Random, _place: int, _said: str) -> str:
    return dice.choice(words)


def _day(dice: random.Random) -> date:
    return date(2021, 1, 1) + timedelta(days=dice.randrange(1400))


def _mail(dice: random.Random, place: int, _said: str) -> str:
    return f"{dice.choice(_FIRST).lower()}.{dice.choice(_LAST).lower()}{place}@example.org".replace("é", "e").replace(
        "è", "e"
    )


def _iban(_dice: random.Random, place: int, _said: str) -> str:
    account = f"{place:012d}"
    bban = f"{account[:10]}{int(account[:10]) % 97 or 97:02d}"
    return f"BE{98 - int(f'{bban}111400') % 97:02d}{bban}"


def _card(dice: random.Random, _place: int, _said: str) -> str:
    digits = [4, *(dice.randrange(10) for _ in range(14))]
    total = sum(d if n % 2 else (d * 2 - 9 if d * 2 > 9 else d * 2) for n, d in enumerate(digits))
    return "".join(map(str, digits)) + str(-total % 10)


def _uuid(dice: random.Random, _place: int, _said: str) -> str:
    return str(UUID(int=dice.getrandbits(128), version=4))


_MAKERS: Final[dict[str, Callable[[random.Random, int, str], object]]] = {
    "none": lambda _d, _p, _s: None,
    "seq": lambda _d, place, _s: place + 1,
    "code": lambda _d, place, said: f"{said or 'C'}-{10000 + place * 7}",
    "first": partial(_pick, _FIRST),
    "last": partial(_pick, _LAST),
    "full": lambda d, _p, _s: f"{d.choice(_FIRST)} {d.choice(_LAST)}",
    "email": _mail,
    "desk": lambda _d, place, _s: f"{('info', 'contact', 'sales', 'office')[place % 4]}@branch{place}.example",
    "phone": lambda d, _p, _s: f"+3247{d.randrange(10**7):07d}",
    "street": lambda d, _p, _s: f"{d.randrange(1, 90)} {d.choice(_STREETS).replace('-', ' ')}",
    "town": lambda d, place, said: _TOWNS[place % len(_TOWNS)] if said == "each" else d.choice(_TOWNS),
    "land": lambda d, place, said: _LANDS[place % len(_LANDS)] if said == "each" else d.choice(_LANDS),
    "iso": lambda d, place, said: _LANDS[place % 10 if said else d.randrange(10)][:2].upper(),
    "zip": lambda d, _p, _s: str(d.randrange(1000, 9999)),
    "thing": lambda d, place, _s: f"{_THINGS[place % 18]} {d.choice(_THINGS)}",
    "firm": lambda d, _p, _s: f"{d.choice(_LAST)} {d.choice(['SA', 'BV', 'GmbH', 'Ltd'])}",
    "prose": lambda d, _p, _s: d.choice(_SENTENCES),
    "date": lambda d, _p, _s: _day(d).isoformat(),
    "birth": lambda d, _p, _s: date(1940 + d.randrange(60), d.randrange(1, 13), d.randrange(1, 28)).isoformat(),
    "time": lambda d, _p, _s: f"{_day(d).isoformat()} {d.randrange(24):02d}:{d.randrange(60):02d}:00",
    "money": lambda d, _p, _s: round(d.random() * 500, 2),
    "count": lambda d, _p, said: d.randrange(1, int(said or 9)),
    "one": lambda _d, place, said: said.split("|")[place * 7 // 2 % len(said.split("|"))],
    "yes": lambda d, _p, _s: d.random() < 0.5,
    "ip": lambda d, _p, _s: f"10.{d.randrange(256)}.{d.randrange(256)}.{d.randrange(256)}",
    "iban": _iban,
    "card": _card,
    "hash": lambda d, _p, _s: f"$2b$12${d.getrandbits(240):060x}"[:60],
    "token": lambda d, _p, _s: f"{d.getrandbits(160):040x}",
    "url": lambda d, _p, _s: f"/{d.choice(_THINGS).lower()}/{d.randrange(900)}.html",
    "uuid": _uuid,
    "agent": lambda d, _p, _s: d.choice(["Mozilla/5.0 (X11; Linux)", "Mozilla/5.0 (Macintosh)", "curl/8.1"]),
    "login": lambda d, place, _s: f"{d.choice(_FIRST).lower()}{place}",
    "coord": lambda d, _p, _s: round(48 + d.random() * 4, 6),
}  # fmt: skip
