"""Law 7 over three worlds of reproduced faults: what nobody wrote down of them is seen by the witness.

A table of comments on anything, a shop whose orders have a table of keys and values, mails with addresses inside, and a
lake of files; one at a time a table, a file, an identity, a reference and a value of a condition is taken out.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from data_contracts.vocabulary import Right
from integrations.demo import DemoCompany
from tests.blind.judging import DRAWN, Ended, Fate, Rows, World, a_world, report, told_of, walked
from tests.flows.company import a_house
from tests.sampling import is_all
from tests.whose.town import KINDS, NOBODY, column, number, table, write_contracts

_ANA: Final = "ana@example.org"
_SURE: Final[dict[str, Any]] = {"identity": "email", "assertion": "confirmed"}
_TYPED: Final[dict[str, Any]] = {"identity": "email", "assertion": "self_asserted"}
_PLAIN: Final[dict[str, Any]] = {"category": "system.operations"}
_USERS: Final = table("users", number(), column("mail", **_SURE), account="email")
_MADE: Final = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, mail VARCHAR(60))",
    "INSERT INTO users VALUES (1, 'ana@example.org'), (2, 'ben@example.org')",
)


@dataclass(frozen=True)
class Shape:
    """A world: its tables as the whole contract says, its statements or files, and how many of its mutants are real."""

    tables: list[dict[str, Any]]
    statements: tuple[str, ...] = ()
    files: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    least: int = 1


def _comments() -> Shape:
    """Comments on users and products, whose reference holds for some types alone."""
    owner = [
        ("users.id", {"follow": "from", "when": {"owner_type": ["User", "Member"]}}),
        ("products.id", {"follow": "none", "when": {"owner_type": "Product"}}),
    ]
    first = column("owner_id", "integer", to=owner[0])
    first["relationships"] += column("owner_id", "integer", to=owner[1])["relationships"]
    return Shape(
        [
            _USERS,
            table("products", number(), column("name", **_PLAIN), erase="none"),
            table("comments", number(), column("owner_type", **_PLAIN), first, column("body")),
            table("likes", number(), column("user_id", "integer", to=("users.id", {"follow": "from"})), column("what")),
        ],
        (
            *_MADE,
            "CREATE TABLE products (id INTEGER PRIMARY KEY, name VARCHAR(60))",
            "INSERT INTO products VALUES (1, 'lamp')",
            "CREATE TABLE comments (id INTEGER PRIMARY KEY, owner_type VARCHAR(20), owner_id INTEGER, body TEXT)",
            (
                "INSERT INTO comments VALUES (1, 'User', 1, 'write to ana@example.org'), (2, 'Product', 1, 'by Ben'),"
                " (3, 'Member', 1, 'hello'), (4, 'User', 2, 'hello')"
            ),
            (
                "CREATE TABLE likes (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id),"
                " what VARCHAR(60))"
            ),
            "INSERT INTO likes VALUES (1, 1, 'tea'), (2, 2, 'tea')",
        ),
        least=3,
    )


def _shop() -> Shape:
    """Orders of customers and of guests; who a guest is stands in a table of keys and values."""
    keys = ["_billing_email", "_reply_to"]
    order = column("order_id", "integer", to=("orders.id", {"follow": ["from", "to"]}))
    value = column("meta_value", **_TYPED, when={"meta_key": keys})
    owner = column("user_id", "integer", to=("users.id", {"follow": "from"}))
    return Shape(
        [
            _USERS,
            table("orders", number(), owner, column("title")),
            table("ordermeta", number(), order, column("meta_key", **_PLAIN), value),
            table("carts", number(), column("mail", **_TYPED), column("first_mail", **_TYPED), column("content")),
        ],
        (
            *_MADE,
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), title VARCHAR(60))",
            "INSERT INTO orders VALUES (1, 1, 'of Ana'), (2, 2, 'of Ben'), (3, NULL, 'a guest'), (4, NULL, 'a guest')",
            ("CREATE TABLE ordermeta (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id),"
            " meta_key VARCHAR(30), meta_value VARCHAR(60))"),
            ("INSERT INTO ordermeta VALUES (1, 1, '_paid', 'yes'), (2, 2, '_paid', 'yes'),"
            " (3, 3, '_billing_email', 'ana@example.org'), (4, 4, '_reply_to', 'Ana@Example.org'),"
            " (5, 4, '_paid', 'yes')"),
            "CREATE TABLE carts (id INTEGER PRIMARY KEY, mail VARCHAR(60), first_mail VARCHAR(60), content VARCHAR(9))",
            ("INSERT INTO carts VALUES (1, 'ana@example.org', NULL, 'tea'), (2, NULL, 'ana@example.org', 'tea'),"
            " (3, 'ben@example.org', NULL, 'tea')"),
        ),
        least=6,
    )  # fmt: skip


def _mails() -> Shape:
    """Mails with addresses inside of documents and of lists."""
    doc = column("doc", **_TYPED, inside={"json": "$.to[*].mail"}, shared="include")
    listed = column("copies", **_TYPED, inside={"items": ","})
    return Shape(
        [
            _USERS,
            table("mails", number(), column("sender", **_TYPED), doc),
            table("lists", number(), column("owner", **_TYPED), listed),
        ],
        (
            *_MADE,
            "CREATE TABLE mails (id INTEGER PRIMARY KEY, sender VARCHAR(60), doc TEXT)",
            """INSERT INTO mails VALUES (1, 'ana@example.org', '{"to": [{"mail": "cas@example.org"}]}'),
              (2, NULL, '{"to": [{"mail": "ana@example.org"}]}'), (3, NULL, '{"to": [{"mail": "ben@example.org"}]}')""",
            "CREATE TABLE lists (id INTEGER PRIMARY KEY, owner VARCHAR(60), copies TEXT)",
            (
                "INSERT INTO lists VALUES (1, 'ana@example.org', NULL), (2, NULL, 'ana@example.org'),"
                " (3, NULL, 'ben@example.org')"
            ),
        ),
        least=6,
    )


def _lake() -> Shape:
    """A lake: accounts, visits of theirs, and forms that somebody filled in."""
    rows = [{"id": 1, "mail": _ANA}, {"id": 2, "mail": "ben@example.org"}]
    return Shape(
        [
            _USERS,
            table("visits", number(), column("user_mail", **_TYPED), column("page")),
            table("forms", number(), column("mail", **_TYPED), column("reply_to", **_TYPED), column("words")),
        ],
        files={
            "users": rows,
            "visits": [{"id": n, "user_mail": row["mail"], "page": "home"} for n, row in enumerate(rows)],
            "forms": [
                {"id": 1, "mail": _ANA, "reply_to": None, "words": "hello"},
                {"id": 2, "mail": None, "reply_to": _ANA, "words": "hello"},
                {"id": 3, "mail": "ben@example.org", "reply_to": None, "words": "hello"},
            ],
        },
        least=4,
    )


_SHAPES: Final[Mapping[str, Callable[[], Shape]]] = {"comments": _comments, "shop": _shop, "mails": _mails}


# --- over each of them ------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgres_database", "mariadb_account"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """A maker of empty databases of each kind."""
    if request.param == "sqlite":
        numbers = iter(range(1_000))
        return lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"
    made: Callable[[], str] = request.getfixturevalue(request.param)
    return made


def _make(url: str, shape: Shape) -> str:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in shape.statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
    return url


def _rows_of(url: str, shape: Shape) -> Rows:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        tables = [sa.table(one["name"], sa.column("*", is_literal=True)) for one in shape.tables]
        found = {f"sys.{one.name}": Counter(map(tuple, connection.execute(sa.select(one)))) for one in tables}
    engine.dispose()
    return found


def _write(folder: Path, shape: Shape) -> str:
    for name, rows in shape.files.items():
        (folder / name).mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows), folder / name / "part-0.parquet")
    return folder.as_uri()


def _rows_in(folder: Path, shape: Shape) -> Rows:
    return {
        f"sys.{name}": Counter(
            tuple(row.values())
            for file in sorted((folder / name).rglob("*.parquet"))
            for row in pq.ParquetFile(file).read().to_pylist()
        )
        for name in shape.files
    }


def _over(
    home: Path, shape: Shape, make: Callable[[], tuple[str, Callable[[], Rows]]], monkeypatch: pytest.MonkeyPatch
) -> World:
    """The world of a shape, made anew for each walk."""
    company = DemoCompany(urls={}, subject=NOBODY, relative=NOBODY, rows={})
    write_contracts(home / "contracts", shape.tables, {"email": dict(KINDS["email"])}, "FR")

    def walk(contracts: Path, own: Path) -> Ended:
        url, rows = make()
        monkeypatch.setenv("RIGHTSFLOW_SYSTEM_SYS_URL", url)
        with contextmanager(a_house)(own, company, contracts) as (house, _):
            return walked(house, house.open(Right.ERASURE, identity={"email": [_ANA]}), rows)

    _, rows = make()
    return a_world(home / "contracts", home / "whole", walk, rows(), (_ANA,))


def _judge(world: World, shape: Shape, home: Path, lakes: frozenset[str] = frozenset()) -> None:
    fates = told_of(world, home, lakes)
    of = Counter(one.fate for one in fates)

    assert not [str(one) for one in fates if one.fate is Fate.SURVIVED], report(fates)
    assert of[Fate.NAMED] >= (shape.least if is_all() else min(shape.least, DRAWN)), report(fates)


@pytest.mark.parametrize("name", _SHAPES)
def test_what_nobody_wrote_down_is_seen(
    name: str, new_url: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever rows of hers stay, the verdict is not *proven* and names them; the contract's own look was content."""
    shape = _SHAPES[name]()

    def make() -> tuple[str, Callable[[], Rows]]:
        url = _make(new_url(), shape)
        return url, lambda: _rows_of(url, shape)

    _judge(_over(tmp_path, shape, make, monkeypatch), shape, tmp_path / "mutants")


def test_what_nobody_wrote_down_of_files_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of a lake, file by file."""
    shape, numbers = _lake(), iter(range(1_000))

    def make() -> tuple[str, Callable[[], Rows]]:
        folder = tmp_path / "lakes" / str(next(numbers))
        return _write(folder, shape), lambda: _rows_in(folder, shape)

    _judge(_over(tmp_path, shape, make, monkeypatch), shape, tmp_path / "mutants", frozenset({"sys"}))
