"""Answer packages: what a person reads, what programs read, and what never gets in."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, cast

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.case.plan import TablePath
from data_contracts.company.company import Organisation
from data_contracts.company.contract import Contracts, SystemContract, Table
from data_contracts.errors import ContractInvalid, ContractMismatch, SystemUnavailable
from data_contracts.told.notices import LeftOut, PackageContent
from data_contracts.vocabulary import TableErasure
from integrations.channels.package.package import AnswerPackage, unpack
from integrations.channels.templating import LANGUAGES
from tests.integrations.channels.company import CALL, CONTRACTS, CUSTOMER, VOCABULARY, YEARS, a_column

OpenTable = Callable[[TablePath], AbstractContextManager[Iterator[pa.RecordBatch]]]

PEOPLE = pa.table(
    {"name": ["Éloïse <b>", None], "since": [date(2020, 2, 29), None], "note": ["=1+1", "ok"], "pin": [7, 8]}
)
ORDERS = pa.table({"no": ["7", "8"], "at": ["x", "y"], "raw_text": ["a", "b"]})
CALLS = pa.table({"at": pa.array([datetime(2026, 1, 1, 12, tzinfo=UTC)], pa.timestamp("us", "Europe/Paris"))})
EVERYTHING: tuple[Any, ...] = (
    (CUSTOMER, ("name", "since", "note"), frozenset({"pin"})),
    (CALL, ("at",), frozenset()),
)
CONTENT = PackageContent("RF-7", "en", datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "access", EVERYTHING, ())


def opening(tables: Mapping[TablePath, pa.Table], *, rows_each: int = 1) -> OpenTable:
    """Tables that can be opened any number of times, in small batches."""

    @contextmanager
    def open_table(path: TablePath) -> Iterator[Iterator[pa.RecordBatch]]:
        table = tables[path]
        yield iter(table.to_batches(max_chunksize=rows_each) or [pa.RecordBatch.from_pylist([], schema=table.schema)])

    return open_table


class Pipe(io.RawIOBase):
    """A sink that can neither seek nor tell, as an encrypting stream."""

    def __init__(self) -> None:
        super().__init__()
        self.content = bytearray()

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any, /) -> int:
        """Take bytes."""
        self.content += data
        return len(data)


Written = tuple[zipfile.ZipFile, Mapping[str, Any]]
Write = Callable[..., Written]


@pytest.fixture
def write(organisation: Organisation) -> Write:
    """Write a package, and open it."""

    def make(
        content: PackageContent = CONTENT, tables: Mapping[TablePath, pa.Table] | None = None, in_memory: int = 10**6
    ) -> Written:
        pipe = Pipe()
        package = AnswerPackage(CONTRACTS, organisation, in_memory=in_memory)
        manifest = package.write(cast("BinaryIO", pipe), content, opening(tables or {CUSTOMER: PEOPLE, CALL: CALLS}))
        return zipfile.ZipFile(io.BytesIO(pipe.content)), manifest

    return make


NOTHING = {CUSTOMER: PEOPLE.slice(0, 0), CALL: CALLS.slice(0, 0)}


def test_manifest_is_true(write: Write) -> None:
    """The manifest lists every other file with its true size and digest, and counts rows."""
    package, manifest = write()

    for name, facts in manifest["files"].items():
        content = package.read(name)
        assert facts == {"size": len(content), "sha256": sha256(content).hexdigest()}
    assert {*manifest["files"], "manifest.json"} == set(package.namelist())
    assert json.loads(package.read("manifest.json")) == manifest
    assert manifest["rows"] == {"crm.customer": 2, "crm.call": 1}


@pytest.mark.parametrize("in_memory", [10**6, 0], ids=["read once", "read for each format"])
def test_json_is_faithful(write: Write, in_memory: int) -> None:
    """JSON holds values as stored, dates as ISO, aware times in UTC, and nothing of a masked column."""
    package, _ = write(in_memory=in_memory)

    people = json.loads(package.read("data/crm/customer.json"))
    assert people[0] == {"name": "Éloïse <b>", "since": "2020-02-29", "note": "=1+1", "pin": None}
    assert json.loads(package.read("data/crm/call.json")) == [{"at": "2026-01-01T12:00:00.000000Z"}]


@pytest.mark.parametrize("in_memory", [10**6, 0], ids=["read once", "read for each format"])
def test_csv_does_not_run(write: Write, in_memory: int) -> None:
    """CSV has a header, is UTF-8, and holds no text that a spreadsheet would run as a formula."""
    package, _ = write(in_memory=in_memory)

    rows = list(csv.DictReader(io.StringIO(package.read("data/crm/customer.csv").decode())))
    assert rows[0] == {"name": "Éloïse <b>", "since": "2020-02-29", "note": "'=1+1", "pin": ""}


@pytest.mark.parametrize("in_memory", [10**6, 0], ids=["read once", "read for each format"])
def test_parquet_is_typed(write: Write, in_memory: int) -> None:
    """Parquet keeps types; a masked number is null."""
    package, _ = write(in_memory=in_memory)

    table = pq.read_table(io.BytesIO(package.read("data/crm/customer.parquet")))
    assert table.select(["name", "since", "note"]).equals(PEOPLE.select(["name", "since", "note"]))
    assert table["pin"].to_pylist() == [None, None]
    assert table.schema.field("pin").type == pa.int64()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("\uff1d1", "'\uff1d1"),
        ("+33 6 12 34 56 78", "+33 6 12 34 56 78"),
        ("-12.50", "-12.50"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("times", [1, 1500], ids=["few", "many"])
def test_formulas(write: Write, text: str, said: str, times: int) -> None:
    """A text that a spreadsheet would run gets an apostrophe; numbers and telephone numbers stay as they are."""
    notes = pa.table({"name": ["x"] * times, "since": [None] * times, "note": [text] * times})

    package, _ = write(tables={CUSTOMER: notes, CALL: CALLS})

    content = package.read("data/crm/customer.csv").decode()
    assert {row["note"] for row in csv.DictReader(io.StringIO(content, newline=""))} == {said}


def test_masked_text(write: Write) -> None:
    """A masked text is three dots in every form, also where there was none to mask, and the value is nowhere."""
    content = replace(CONTENT, tables=((CUSTOMER, ("since",), frozenset({"note", "pin"})),))
    secret = PEOPLE.set_column(2, "note", pa.array(["s3cret", None]))

    package, _ = write(content, {CUSTOMER: secret})

    assert [row["note"] for row in json.loads(package.read("data/crm/customer.json"))] == ["•••", "•••"]
    assert "•••" in package.read("index.html").decode()
    assert not [name for name in package.namelist() if b"s3cret" in package.read(name)]


def test_columns_not_disclosed_stay_out(write: Write) -> None:
    """A column that the reader gave but the content does not name gets into no file."""
    content = replace(CONTENT, tables=((CUSTOMER, ("since",), frozenset()),))

    package, _ = write(content)

    assert not [name for name in package.namelist() if "Éloïse".encode() in package.read(name)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tables", [None, NOTHING], ids=["found", "nothing found"])
def test_all_of_article_15(write: Write, language: str, tables: Mapping[TablePath, pa.Table] | None) -> None:
    """Each of Art. 15(1)(a) to (h) is there, found or not, and the page names its language."""
    package, _ = write(replace(CONTENT, language=language), tables)

    page = package.read("index.html").decode()
    assert [letter for letter in "abcdefgh" if f'id="art15-{letter}"' not in page] == []
    assert f'<html lang="{language}">' in page
    assert "CNIL" in page


def test_what_article_15_says(write: Write) -> None:
    """The page tells purposes, bases, recipients with safeguard, periods, sources and decisions from the contracts."""
    page = write()[0].read("index.html").decode()

    for said in (
        "Manage",
        "a contract with you",
        "our interest: fewer cancellations",
        "MailHouse Inc.",
        "United States",
        "standard contractual clauses",
        "5 years from “Since”",
        "Accounts, C. com. L123-22",
        "given by you",
        "A score decides on offers.",
        "contest the decision (Article 22(3) GDPR)",
    ):
        assert said in page


def test_article_15_speaks_the_data_subjects_language(write: Write) -> None:
    """An interest and an automated decision are told in the package's language where the vocabulary has it."""
    page = write(replace(CONTENT, language="fr"))[0].read("index.html").decode()

    assert [said for said in ("moins de départs", "Une note décide des offres.") if said not in page] == []
    assert "fewer cancellations" not in page


def test_page_is_safe(write: Write) -> None:
    """Values are escaped, and the page runs no script and asks for nothing over the network."""
    page = write()[0].read("index.html").decode()

    assert "Éloïse &lt;b&gt;" in page
    assert "Full &lt;name&gt;" in page
    assert not [tag for tag in ("<script", "<img", "<link", "url(", "@import", "<iframe") if tag in page]


def test_left_out_and_by_hand(write: Write) -> None:
    """What was left out is told with its reason, and systems handled by hand with their reference."""
    left = (LeftOut("crm", "customer", "agent", "about_employee", 3), LeftOut("crm", "call", "", "shared", 1))
    content = replace(CONTENT, left_out=left, by_hand=(("paper", "ARCH-77"),))

    page = write(content)[0].read("index.html").decode()

    for said in (
        "Agent (3 entries)",
        "one of our employees",
        "whole entries",
        "not, or may not be, about you alone",
        "ARCH-77",
    ):
        assert said in page


def test_long_tables_are_cut_on_the_page(write: Write) -> None:
    """A page shows the first rows of a long table and says where all of them are."""
    many = pa.table({"at": pa.array([datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(60)])})

    package, manifest = write(tables={CUSTOMER: PEOPLE, CALL: many})

    page = package.read("index.html").decode()
    assert "The first 50 of 60 entries" in page
    assert page.count("UTC</td>") == 50
    assert manifest["rows"]["crm.call"] == len(json.loads(package.read("data/crm/call.json"))) == 60


@pytest.mark.parametrize("tables", [None, NOTHING], ids=["found", "nothing found"])
def test_schema_is_true(write: Write, tables: Mapping[TablePath, pa.Table] | None) -> None:
    """Each JSON file is what schema.json says it is, and masked columns are listed."""
    package, _ = write(tables=tables)

    schema = json.loads(package.read("schema.json"))["properties"]
    for name in ("customer", "call"):
        jsonschema.validate(json.loads(package.read(f"data/crm/{name}.json")), schema[f"crm.{name}"])
    assert schema["crm.customer"]["x-masked"] == ["pin"]
    assert schema["crm.customer"]["items"]["properties"]["name"]["title"] == "Full <name>"


LABELLED = Table(
    "shop",
    "order_line",
    (
        a_column("no", description="Kept.", labels={"fr": "Numéro", "en": "Number"}),
        a_column("at", labels={"en": "Day <1>"}),
        a_column("raw_text"),
    ),
    TableErasure.DELETE,
    retentions=(replace(YEARS, column="no", labels={"fr": "Commandes"}),),
    labels={"fr": "Lignes de commande", "en": "Order lines"},
    descriptions={"fr": "Ce que vous avez commandé."},
    description="What was ordered.",
)
SHOP = Contracts(
    {"shop": SystemContract("shop", "Shop", "1", "telco", (LABELLED,), labels={"fr": "Boutique"})}, VOCABULARY
)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "fr",
            (
                "Boutique – Lignes de commande",
                "Ce que vous avez commandé.",
                "commande : Numéro (1 entrée)",
                "Commandes : 5 ans",
            ),
        ),
        ("en", ("Shop – Order lines", "What was ordered.", "lines: Number (1 entry)", "5 years from “Number”")),
    ],
)
def test_page_speaks_the_data_subjects_language(language: str, said: tuple[str, ...]) -> None:
    """What a contract calls things by language is on the page, else the English label, else what ODCS says."""
    left = (LeftOut("shop", "order_line", "no", "review", 1), LeftOut("shop", "", "", "by_hand", 0))

    page = " ".join(written(SHOP, ORDERS, language, left).read("index.html").decode().split())

    assert [one for one in (*said, "Day &lt;1&gt;", "Raw text") if one not in page] == []


def test_schema_has_labels_in_every_language() -> None:
    """``schema.json`` is titled in the package's language and lists all labels."""
    schema = json.loads(written(SHOP, ORDERS, "fr").read("schema.json"))["properties"]["shop.order_line"]

    assert (schema["title"], schema["x-labels"]) == (
        "Lignes de commande",
        {"fr": "Lignes de commande", "en": "Order lines"},
    )
    number, day, raw = schema["items"]["properties"].values()
    assert (number["title"], number["x-labels"]) == ("Numéro", {"fr": "Numéro", "en": "Number"})
    assert (day["title"], raw["title"], raw["x-labels"]) == ("Day <1>", "Raw text", {})


def test_every_type() -> None:
    """Values of every kind that systems give come out in JSON and CSV without loss."""
    odd = {
        "decimal": (Decimal("12345678901234567890.10"), "12345678901234567890.10"),
        "infinite": (float("inf"), "inf"),
        "binary": (b"\x00\xff", "AP8="),
        "time": (time(23, 59), "23:59:00.000000"),
        "naive": (datetime(2026, 1, 2, 3), "2026-01-02T03:00:00.000000"),  # noqa: DTZ001  # stored without a zone
        "span": (timedelta(days=1), "1 day, 0:00:00"),
        "nested": ([{"at": date(2026, 1, 2)}], [{"at": "2026-01-02"}]),
        "yes": (True, True),
        "none": (None, None),
    }
    table = Table("odd", "odd", tuple(a_column(name) for name in odd), TableErasure.DELETE)
    contracts = Contracts({"odd": SystemContract("odd", "Odd", "1", "telco", (table,))}, VOCABULARY)
    stored = pa.table({name: [value] for name, (value, _) in odd.items()})

    package = written(contracts, stored)

    assert json.loads(package.read("data/odd/odd.json")) == [{name: said for name, (_, said) in odd.items()}]
    assert next(csv.DictReader(io.StringIO(package.read("data/odd/odd.csv").decode())))["nested"].startswith("[{")


def written(
    contracts: Contracts, stored: pa.Table, language: str = "en", left_out: tuple[LeftOut, ...] = ()
) -> zipfile.ZipFile:
    """The package of the one table of the contracts."""
    (table,) = contracts.tables()
    path = (table.system, table.name)
    tables = ((path, tuple(stored.column_names), frozenset[str]()),)
    content = replace(CONTENT, language=language, tables=tables, left_out=left_out)
    pipe = io.BytesIO()
    profile = Organisation.model_validate(ORGANISATION)
    AnswerPackage(contracts, profile).write(pipe, content, opening({path: stored}))
    return zipfile.ZipFile(pipe)


_CONTACT = {"name": "Somebody", "address": {"lines": ["Somewhere"], "country": "FR"}}
ORGANISATION = {
    "name": "Telco",
    "country": "FR",
    "requests": _CONTACT,
    "dpo": _CONTACT,
    "authority": _CONTACT,
    "sender": "a@telco.example",
}


@pytest.mark.parametrize(("country", "authority"), [("BE", "GBA"), ("FR", "CNIL"), ("", "CNIL")])
def test_page_names_the_authority_of_the_country(organisation: Organisation, country: str, authority: str) -> None:
    """A page in Dutch tells who lives in Belgium whom to complain to there, also after one for somebody else."""
    package = AnswerPackage(CONTRACTS, organisation)
    pages = {}
    for code in ("FR", country):
        pipe = io.BytesIO()
        package.write(pipe, replace(CONTENT, language="nl", country=code), opening({CUSTOMER: PEOPLE, CALL: CALLS}))
        pages[code] = zipfile.ZipFile(pipe).read("index.html").decode()

    assert '<html lang="nl">' in pages[country]
    assert "Wat wij over u bewaren" in pages[country]
    assert {name for name in ("GBA", "CNIL") if f"<strong>{name}</strong>" in pages[country]} == {authority}


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "..", "C:\\x"])
def test_names_cannot_leave_the_folder(name: str, tmp_path: Path) -> None:
    """A table's name, whatever it is, makes a plain file inside the package."""
    table = Table("odd", name, (a_column("x"),), TableErasure.DELETE)
    contracts = Contracts({"odd": SystemContract("odd", "Odd", "1", "telco", (table,))}, VOCABULARY)

    package = written(contracts, pa.table({"x": ["1"]}))

    files = unpack(cast("BinaryIO", package.fp), tmp_path)
    assert all(file.is_relative_to(tmp_path) for file in files)


def test_a_column_that_was_not_read(write: Write) -> None:
    """A disclosed column that the reader does not give is an error, never an empty column (law 6)."""
    with pytest.raises(ContractMismatch, match="note"):
        write(tables={CUSTOMER: PEOPLE.drop_columns(["note"]), CALL: CALLS})


def test_a_table_no_contract_has(write: Write) -> None:
    """Content that names an unknown table is an error."""
    with pytest.raises(ContractInvalid):
        write(replace(CONTENT, tables=((("crm", "gone"), (), frozenset()),)))


def test_a_table_that_changes_meanwhile(organisation: Organisation) -> None:
    """Files of one package never disagree: rows that appear between two readings are an error to try again."""
    readings = count(1)

    @contextmanager
    def growing(_path: TablePath) -> Iterator[Iterator[pa.RecordBatch]]:
        yield iter(CALLS.to_batches() * (2 + next(readings)))

    sink = io.BytesIO()
    with pytest.raises(SystemUnavailable):
        AnswerPackage(CONTRACTS, organisation, in_memory=0).write(
            sink, replace(CONTENT, tables=EVERYTHING[1:]), growing
        )

    assert not zipfile.is_zipfile(sink)


def test_memory_stays_flat(organisation: Organisation) -> None:
    """A large table streams: memory never holds as much as half of it, whatever is made of it."""
    batch = pa.record_batch({"at": pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 20_000)})
    held: list[int] = []

    def stream() -> Iterator[pa.RecordBatch]:
        for _ in range(40):
            held.append(pa.total_allocated_bytes())
            yield batch.take(pa.array(range(batch.num_rows)))

    @contextmanager
    def large(_path: TablePath) -> Iterator[Iterator[pa.RecordBatch]]:
        yield stream()

    content = replace(CONTENT, tables=EVERYTHING[1:])
    manifest = AnswerPackage(CONTRACTS, organisation, in_memory=0).write(cast("BinaryIO", Pipe()), content, large)

    assert manifest["rows"] == {"crm.call": 800_000}
    assert max(held) - held[0] < 20 * batch.nbytes
