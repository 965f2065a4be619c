"""A table of keys and values, end to end on each database: what each key means holds for its rows alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.case.request import FieldChange, Statement
from data_contracts.vocabulary import Gate, Right
from tests.whose.conftest import MakeTown
from tests.whose.packages import package_of
from tests.whose.town import Town, a_town, column, number, table

_ROWS = {
    1: (1, "billing_email", "ana.bills@example.org"),
    2: (1, "session_tokens", 'a:1:{s:3:"abc";}'),
    3: (1, "vat_number", "FR40303265045"),
    4: (1, "nickname", "yes"),
    5: (1, "Billing_Email", "not an address: another key in capitals"),
    6: (1, None, "no key at all  "),
    7: (1, "billing_email ", "the key has a blank"),
    8: (2, "billing_email", "ana.bills@example.org"),
    9: (2, "session_tokens", 'a:1:{s:3:"abc";}'),
    10: (2, "vat_number", "FR40303265045"),
    11: (2, "nickname", "yes"),
}
_SQL = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, mail VARCHAR(60))",
    "INSERT INTO users VALUES (1, 'ana@example.org'), (2, 'ben@example.org')",
    "CREATE TABLE usermeta (id INTEGER PRIMARY KEY, user_id INTEGER, meta_key VARCHAR(40), meta_value TEXT)",
    *(
        f"INSERT INTO usermeta VALUES ({no}, {user}, {'NULL' if key is None else repr(key)}, '{value}')"  # noqa: S608
        for no, (user, key, value) in _ROWS.items()
    ),
)
_CASES: list[dict[str, Any]] = [
    {"when": {"meta_key": ["billing_email"]}, "category": "user.contact.email", "source": "provided",
     "erase": "clear", "rectify": "declared", "label": {"en": "Billing address"}},
    {"when": {"meta_key": ["session_tokens"]}, "category": "user.authorization.credentials", "source": "derived",
     "erase": "delete", "access": "omit"},
    {"when": {"meta_key": ["vat_number"]}, "category": "user.government_id", "source": "provided",
     "erase": "keep", "hold": "tax"},
]  # fmt: skip


def _tables(*cases: dict[str, Any], **dsr: Any) -> list[dict[str, Any]]:
    mail = column("mail", identity="email", assertion="confirmed", erase="mask")
    plain: dict[str, Any] = {"category": "system.operations"}
    value = column("meta_value", cases=list(cases or _CASES), **(plain | dsr))
    owner = column("user_id", "integer", to=("users.id", {"follow": "from"}))
    meta = table("usermeta", number(), owner, column("meta_key", **plain), value, erase="columns")
    return [table("users", number(), mail, account="email", erase="columns"), meta]


def _made(town: MakeTown, *cases: dict[str, Any], **dsr: Any) -> Town:
    return town(_tables(*cases, **dsr), *_SQL)


def _left(town: Town) -> dict[int, tuple[Any, ...]]:
    return {no: tuple(rest) for no, *rest in town.ask("SELECT id, user_id, meta_key, meta_value FROM usermeta")}


def test_each_key_is_erased_as_its_case_says(town: MakeTown) -> None:
    """The address is cleared, the secret goes with its row, the number stays by law, nothing else is touched."""
    made = _made(town)
    case_id = made.open(Right.ERASURE, email="ana@example.org")

    asked = made.house.until(Gate.APPROVAL, case_id).description

    assert "meta_key: billing_email" in asked
    assert made.house.walk(case_id) == "granted_in_part"
    expected = _ROWS | {1: (1, "billing_email", None)}
    del expected[2]
    assert _left(made) == expected


def test_each_key_is_shown_as_its_case_says(town: MakeTown, tmp_path: Path) -> None:
    """The address and the number are told under their own names and categories; of the secret only that it is kept."""
    made = _made(town)
    case_id = made.open(Right.ACCESS, email="ana@example.org")

    asked = made.house.until(Gate.APPROVAL, case_id).description
    made.house.walk(case_id)

    assert "| leave out | 1 | sys.usermeta (meta_key: session_tokens) |" in asked
    packed = package_of(made, case_id, tmp_path / "p")
    assert packed["usermeta_case1"] == [
        {"id": 1, "user_id": 1, "meta_key": "billing_email", "meta_value": "ana.bills@example.org"}
    ]
    assert packed["usermeta_case2"] == [{"id": 2, "user_id": 1, "meta_key": "session_tokens"}]
    assert [row["meta_value"] for row in packed["usermeta_case3"]] == ["FR40303265045"]
    assert [row["id"] for row in packed["usermeta"]] == [4, 5, 6, 7]
    page = (tmp_path / "p" / "index.html").read_text()
    assert "Usermeta (Billing address)" in page
    assert "abc" not in page
    for told in ("Contact – Email", "Tax Act", "given by you", "Meta value"):
        assert told.lower() in page.lower(), told


def test_only_what_was_provided_is_portable(town: MakeTown, tmp_path: Path) -> None:
    """Of a table of keys and values the cases are portable whose values the data subject gave."""
    made = _made(town)
    case_id = made.open(Right.PORTABILITY, email="ana@example.org")

    made.house.walk(case_id)

    packed = package_of(made, case_id, tmp_path / "p")
    held = {name: [row["meta_value"] for row in rows if "meta_value" in row] for name, rows in packed.items()}
    assert held == {"users": [], "usermeta_case1": ["ana.bills@example.org"], "usermeta_case3": ["FR40303265045"]}


def _rectify(made: Town, field: str, value: str, was: str = "") -> str:
    statement = Statement(changes=[FieldChange(field=field, value=value, was=was)])
    return made.house.open(Right.RECTIFICATION, identity={"email": ["ana@example.org"]}, statement=statement)


def test_a_change_reaches_the_rows_of_its_case_alone(town: MakeTown) -> None:
    """A new billing address stands where the old one stood, and in no other row of hers or anybody's."""
    made = _made(town)

    assert made.house.walk(_rectify(made, "user.contact.email", "new@example.org")) == "granted"

    assert _left(made) == _ROWS | {1: (1, "billing_email", "new@example.org")}


def test_what_a_case_does_not_let_change_stays(town: MakeTown) -> None:
    """The number has no `rectify`: it stays, whatever its neighbours allow, and she is told."""
    made = _made(town)

    assert made.house.walk(_rectify(made, "user.government_id", "FR1", was="FR40303265045")) == "refused"

    assert _left(made) == _ROWS


def test_an_identity_under_a_condition_lies_beside_other_cases(town: MakeTown) -> None:
    """The billing address is searched by and put right; the number beside it is put right without being a key."""
    number_case = {**_CASES[2], "rectify": "declared"}
    cases = [_CASES[0], _CASES[1], number_case]
    held = {"identity": "email", "assertion": "self_asserted", "when": {"meta_key": ["billing_email"]}}
    made = _made(town, *cases, **held)

    assert made.house.walk(_rectify(made, "user.government_id", "FR99")) == "granted"

    assert _left(made) == _ROWS | {3: (1, "vat_number", "FR99")}


def test_a_restriction_counts_each_row_once(town: MakeTown) -> None:
    """What is told of the table counts each of her rows under one case."""
    made = _made(town)
    case_id = made.open(Right.RESTRICTION, email="ana@example.org")

    made.house.walk(case_id)

    lines = made.house.installation.register.step(case_id, "plan").receipt["plan"]["lines"]  # type: ignore[union-attr,index]
    assert sum(line["rows"] for line in lines if line["table"] == "usermeta") == len(
        [row for row in _ROWS.values() if row[0] == 1]
    )
    assert _left(made) == _ROWS


@pytest.mark.parametrize(("erase", "of_other"), [("token", "mask"), ("mask", "token")])
def test_each_case_replaces_its_own_rows(town: MakeTown, erase: str, of_other: str) -> None:
    """Two cases erase one column in two ways, each in its own rows, though they hold the same value."""
    cases = [{**_CASES[0], "erase": erase}, {**_CASES[2], "erase": of_other, "hold": ""}]
    made = _made(town, *cases)
    made.ask_to("UPDATE usermeta SET meta_value = 'same' WHERE id IN (1, 3, 4, 8, 10)")
    before = _left(made)

    assert made.house.walk(made.open(Right.ERASURE, email="ana@example.org")) == "granted"

    after = _left(made)
    changed = {no: row[2] for no, row in after.items() if row != before[no]}
    assert changed.keys() == {1, 3}
    by_way = {erase: changed[1], of_other: changed[3]}
    assert by_way["mask"] == "***"
    assert len(by_way["token"]) == 16


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """The same tables as datasets of Parquet."""
    url = f"file://{tmp_path / 'lake'}"
    monkeypatch.setenv("RIGHTSFLOW_SYSTEM_SYS_URL", url)
    users = {"id": [1, 2], "mail": ["ana@example.org", "ben@example.org"]}
    owners, keys, values = zip(*_ROWS.values(), strict=True)
    meta = {"id": list(_ROWS), "user_id": owners, "meta_key": keys, "meta_value": values}
    for name, rows in (("users", users), ("usermeta", meta)):
        (tmp_path / "lake" / name).mkdir(parents=True)
        pq.write_table(pa.table(rows), tmp_path / "lake" / name / "part-0.parquet")
    with a_town(tmp_path, url, _tables()) as made:
        yield made


def _in_files(tmp_path: Path) -> dict[int, tuple[Any, ...]]:
    rows = pq.read_table(tmp_path / "lake" / "usermeta").to_pylist()
    return {row["id"]: (row["user_id"], row["meta_key"], row["meta_value"]) for row in rows}


def test_cases_hold_in_parquet(files: Town, tmp_path: Path) -> None:
    """Rows of files are put right, shown and erased as rows of a database are."""
    assert files.house.walk(_rectify(files, "user.contact.email", "new@example.org")) == "granted"
    assert _in_files(tmp_path) == _ROWS | {1: (1, "billing_email", "new@example.org")}

    case_id = files.open(Right.ACCESS, email="ana@example.org")
    files.house.walk(case_id)
    assert package_of(files, case_id, tmp_path / "p")["usermeta_case2"] == [
        {"id": 2, "user_id": 1, "meta_key": "session_tokens"}
    ]

    assert files.house.walk(files.open(Right.ERASURE, email="ana@example.org")) == "granted_in_part"
    expected = _ROWS | {1: (1, "billing_email", None)}
    del expected[2]
    assert _in_files(tmp_path) == expected
