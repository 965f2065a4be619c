"""A company of two small systems: what it holds of one data subject and of others, and what contracts can say of it.

``shop`` has members, their notes, orders (emptied column by column) and invoices (kept by law); ``news`` has
subscribers. Both are SQLite files, read here by plain SQL.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from tests.whose.town import KINDS, column, kept, number, table, write_contracts
from tests.yaml_text import read_yaml, write_yaml

ANA: Final = "ana@example.org"
Place = tuple[str, str]
"""System and table."""
State = Mapping[Place, Mapping[int, tuple[Any, ...]]]
"""Every row of every table, by its number."""

_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "shop": (
        "CREATE TABLE members (id INTEGER PRIMARY KEY, mail VARCHAR(90), words VARCHAR(90))",
        """CREATE TABLE notes (id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES members (id),
           text VARCHAR(90))""",
        """CREATE TABLE orders (id INTEGER PRIMARY KEY, member INTEGER REFERENCES members (id), mail VARCHAR(90),
           city VARCHAR(90) NOT NULL, total NUMERIC(9, 2))""",
        "CREATE TABLE invoices (id INTEGER PRIMARY KEY, mail VARCHAR(90), day DATE)",
    ),
    "news": ("CREATE TABLE subscribers (id INTEGER PRIMARY KEY, mail VARCHAR(90), topic VARCHAR(90), day DATE)",),
}
_ROWS: Final[Mapping[Place, tuple[tuple[Any, ...], ...]]] = {
    ("shop", "members"): ((1, ANA, "hello"), (2, "ben@example.org", None), (3, "eve@example.org", "hello")),
    ("shop", "notes"): ((1, 1, "one"), (2, 1, None), (3, 2, "three")),
    ("shop", "orders"): ((1, 1, ANA, "Lyon", 12.5), (2, 2, "ben@example.org", "Nice", 1)),
    ("shop", "invoices"): ((1, ANA, "2025-06-01"), (2, "eve@example.org", "2025-06-01")),
    ("news", "subscribers"): ((1, ANA, "bread", "2025-06-01"), (2, "ben@example.org", "bread", "2025-06-01")),
}
COLUMNS: Final[Mapping[Place, tuple[str, ...]]] = {
    ("shop", "members"): ("id", "mail", "words"),
    ("shop", "notes"): ("id", "member", "text"),
    ("shop", "orders"): ("id", "member", "mail", "city", "total"),
    ("shop", "invoices"): ("id", "mail", "day"),
    ("news", "subscribers"): ("id", "mail", "topic", "day"),
}
HERS: Final[Mapping[Place, frozenset[int]]] = {
    ("shop", "members"): frozenset({1}),
    ("shop", "notes"): frozenset({1, 2}),
    ("shop", "orders"): frozenset({1}),
    ("shop", "invoices"): frozenset({1}),
    ("news", "subscribers"): frozenset({1}),
}
"""Numbers of the data subject's rows."""
MORE: Final[Mapping[Place, str]] = {
    ("shop", "notes"): "INSERT INTO notes SELECT ?, 1, 'more' FROM members WHERE id = 1",
    ("shop", "orders"): "INSERT INTO orders VALUES (?, NULL, 'ana@example.org', 'Metz', 3)",
    ("news", "subscribers"): "INSERT INTO subscribers VALUES (?, 'ana@example.org', 'cake', '2025-08-01')",
}
"""How the company's own people write one more row of the data subject, of that number."""


WRITTEN_BACK: Final[Place] = ("shop", "orders")
"""Where an import writes the data subject's town back into the first row, which an erasure has masked."""
TOWN: Final = "Lyon"


def make_systems(folder: Path) -> None:
    """Both databases, with their rows."""
    folder.mkdir(parents=True)
    for system, statements in _TABLES.items():
        with closing(sqlite3.connect(folder / f"{system}.db")) as connection, connection:
            for statement in statements:
                connection.execute(statement)
            for (owner, name), rows in _ROWS.items():
                if owner == system:
                    connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608  # our own words


def state_of(folder: Path) -> State:
    """What both databases hold."""
    found: dict[Place, dict[int, tuple[Any, ...]]] = {}
    for system in _TABLES:
        with closing(sqlite3.connect(folder / f"{system}.db")) as connection:
            for owner, name in _ROWS:
                if owner == system:
                    rows = connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608  # our own words
                    found[owner, name] = {row[0]: row for row in rows}
    return found


def write_row(folder: Path, place: Place, number_of_row: int) -> None:
    """Write one more row of the data subject."""
    with closing(sqlite3.connect(folder / f"{place[0]}.db")) as connection, connection:
        connection.execute(MORE[place], (number_of_row,))


def write_back(folder: Path) -> None:
    """Write the town of the data subject's first order as it was."""
    with closing(sqlite3.connect(folder / "shop.db")) as connection, connection:
        connection.execute("UPDATE orders SET city = ? WHERE id = 1", (TOWN,))


# --- contracts -------------------------------------------------------------------------------------------------------

_FOLLOWED: Final = ("members.id", {"follow": "from", "assertion": "assigned"})


def _mail(**said: Any) -> dict[str, Any]:
    return column("mail", identity="email", assertion="confirmed", **said)


def _day() -> dict[str, Any]:
    return column("day", "date", category="system.operations")


def _shop(*, is_total_kept: bool = False, has_invoices_held: bool = True) -> Iterator[dict[str, Any]]:
    held: dict[str, Any] = {"erase": "keep", "hold": "books"}
    total = column("total", "number", key=False, **(held if is_total_kept else {"erase": "clear"}))
    yield table("members", number(), _mail(), column("words", rectify="declared"), account="email")
    yield table("notes", number(), column("member", "integer", to=_FOLLOWED), column("text"))
    yield table(
        "orders",
        number(),
        column("member", "integer", to=_FOLLOWED, erase="clear"),
        _mail(erase="token"),
        column("city", erase="mask"),
        total,
        erase="columns",
    )
    yield _held(has_invoices_held, "invoices", number(), _mail(), _day())


def _subscribers(*, is_held: bool = False) -> dict[str, Any]:
    return _held(is_held, "subscribers", number(), _mail(), column("topic"), _day(), purposes=["letters"])


def _held(is_held: bool, name: str, *columns: dict[str, Any], **said: Any) -> dict[str, Any]:  # noqa: FBT001  # stands first, as in words
    """A table whose rows are kept for ten years, or deleted."""
    if not is_held:
        return table(name, *columns, **said)
    return kept(table(name, *columns, erase="keep", hold="books", **said), "day", 10, hold="books", then="delete")


def _comment(folder: Path) -> None:
    for file in folder.rglob("*.yaml"):
        file.write_text("# A comment that says nothing.\n\n" + file.read_text("utf-8"), "utf-8")


def _nothing(_: Path) -> None:
    return


VARIANTS: Final[Mapping[str, tuple[Mapping[str, bool], Mapping[str, bool] | None, Callable[[Path], None]]]] = {
    "as it was": ({}, {}, _nothing),
    "a comment": ({}, {}, _comment),
    "subscribers held": ({}, {"is_held": True}, _nothing),
    "total kept": ({"is_total_kept": True}, {}, _nothing),
    "invoices free": ({"has_invoices_held": False}, {}, _nothing),
    "news taken out": ({}, None, _nothing),
}
"""What contracts can say: of the shop, of ``news`` where it is in them, and what is done to their files."""


def contracts_of(folder: Path, variant: str, recovery_days: int) -> Path:
    """A folder of contracts that say this; made where it is not there yet."""
    place = folder / f"{variant.replace(' ', '-')}.{recovery_days}"
    if place.exists():
        return place
    of_shop, of_news, change = VARIANTS[variant]
    write_contracts(place, list(_shop(**of_shop)), {"email": dict(KINDS["email"])}, "FR", recovery_days=recovery_days)
    file = place / "systems" / "sys.odcs.yaml"
    own = read_yaml(file)
    file.unlink()
    write_yaml(file.with_name("shop.odcs.yaml"), own | {"id": "shop", "name": "shop"})
    if of_news is not None:
        made = _subscribers(**of_news)
        periods = made.pop("slaProperties", [])
        said = {"id": "news", "name": "news", "schema": [made], "slaProperties": periods}
        write_yaml(file.with_name("news.odcs.yaml"), own | said)
    words = read_yaml(place / "vocabulary.yaml")
    letters = {"use": "marketing.communications.email", "basis": "A6-1-a", "direct_marketing": True}
    books = {"art17_3": "b", "law": "Tax Act", "note": "ten years", "label": {"fr": "Livres", "en": "Books"}}
    words["holds"] = {"books": books}
    letters["label"] = {"fr": "Lettre", "en": "Letter"}
    words["purposes"]["letters"] = letters
    write_yaml(place / "vocabulary.yaml", words)
    policy = read_yaml(place / "policy.yaml")
    policy["gates"]["erasure"]["approval"] = {"roles": ["legal", "dpo"], "people": 2}
    write_yaml(place / "policy.yaml", policy)
    change(place)
    return place
