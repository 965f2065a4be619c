"""One planted mistake at a time: what is wrong in one document, and where it is told."""

from pathlib import Path

import pytest

from data_contracts.odcs.folder import check
from tests.data_contracts.folder import Change, Files, a_column, at, column, dsr, native, sla, table, write


def _drop_dsr(path: str) -> Change:
    return native(path, customProperties=None)


def _drop_all_but_label(content: Files) -> None:
    column(content, "crm", "customer", "email")["customProperties"] = dsr(label={"fr": "Courriel"})


def _two_blocks(content: Files) -> None:
    column(content, "crm", "customer", "email")["customProperties"] *= 2


def _references(to: object, **facts: object) -> Change:
    """The ticket's reference to its customer, written otherwise."""
    relation = {"to": to, **({"customProperties": dsr(**facts)} if facts else {})}
    return native("crm.ticket.customer_id", relationships=[relation])


def _by_table(from_: object, to: object) -> Change:
    def change(content: Files) -> None:
        column(content, "crm", "ticket", "customer_id").pop("relationships")
        table(content, "crm", "ticket")["relationships"] = [{"from": from_, "to": to}]

    return change


def _retention_dsr(**facts: object) -> Change:
    def change(content: Files) -> None:
        content["crm"]["slaProperties"][0]["customProperties"] = dsr(**facts) if facts else []

    return change


MISTAKES = [
    # ODCS itself
    ("no logical type", native("crm.customer.email", logicalType=None), "customer.email", "has no `logicalType`"),
    (
        "unknown logical type",
        native("crm.customer.email", logicalType="text"),
        "customer.email",
        "not one of its values",
    ),
    ("misspelt key", native("crm.customer.id", primarykey=True), "customer.id", "`primarykey` is no ODCS key"),
    ("strange key", native("crm.customer.id", zzz=True), "customer.id", "`zzz` is no ODCS key"),
    ("misspelt key of a table", native("crm.customer", propertys=[]), "customer", "`propertys` is no ODCS key"),
    ("misspelt key at the top", native("crm", servrs=[]), "", "`servrs` is no ODCS key"),
    ("wrong kind", native("crm.customer.id", required="very"), "customer.id", "`required` is of the wrong kind"),
    ("no version", native("crm", version=None), "", "`version` is missing"),
    ("bad id", native("crm.customer.email", id="e mail"), "customer.email", "not written as ODCS wants it"),
    ("server type", native("crm", servers=[{"server": "a", "type": "sqlite"}]), "", "servers.0.type"),
    ("key of a team", native("crm", team={"name": "x", "membrs": []}), "", "breaks the ODCS rule `oneOf`"),
    ("key of a retention item", sla("crm", vallue=5), "keep_name", "`vallue` is no ODCS key"),
    (
        "server key",
        native(
            "crm", servers=[{"server": "a", "type": "mysql", "host": "h", "port": 1, "database": "d", "location": "x"}]
        ),
        "",
        "`location` is no ODCS key",
    ),
    # dsr
    ("contract without dsr", _drop_dsr("crm"), "", "has no `dsr` block"),
    ("contract without controller", at("crm", controller=None), "", "`controller` is missing"),
    ("table without dsr", _drop_dsr("crm.ticket"), "ticket", "the table has no `dsr` block"),
    ("column without dsr", _drop_dsr("crm.customer.email"), "customer.email", "the column has no `dsr` block"),
    ("two dsr blocks", _two_blocks, "customer.email", "two `dsr` blocks"),
    ("misspelt dsr key", at("crm.customer.email", identiti="email"), "customer.email", "`identiti` is no key"),
    ("strange dsr key", at("crm.customer.email", TODO="guess"), "customer.email", "`TODO` is no key"),
    ("unknown strategy", at("crm.customer.email", erase="wipe"), "customer.email", "`erase` is not one of its values"),
    ("yes as text", at("crm.customer.email", normalised="yes"), "customer.email", "`normalised` is wrong"),
    (
        "dsr is a text",
        native("crm.customer.email", customProperties=[{"property": "dsr", "value": "email"}]),
        "customer.email",
        "is wrong",
    ),
    ("label without a text", at("crm.customer.email", label={"fr": " "}), "customer.email", "has no text"),
    ("label of a table", at("crm.customer", label={"fr": ""}), "customer", "has no text"),
    ("label is one text", at("crm", label="Clients"), "", "`label` is wrong"),
    ("language written in full", at("crm", label={"french": "x"}), "", "two or three small letters"),
    ("label of a column without more", _drop_all_but_label, "customer.email", "has no category"),
    ("marker", at("crm.customer.email", marker="art22"), "customer.email", "`marker` is not one of its values"),
    ("no source", at("crm.customer.email", source=None), "customer.email", "where its values come from"),
    ("classification", native("crm.customer.email", classification="secret"), "customer.email", "`classification`"),
    ("column renamed", native("crm.customer.email", physicalName="mail"), "customer.email", "`physicalName`"),
    (
        "nested",
        native("crm.customer.email", logicalType="object", properties=[a_column("x", facts={})]),
        "customer.email",
        "inside the column",
    ),
    (
        "credentials",
        native("crm", servers=[{"server": "a", "type": "custom", "location": "mysql://u:p@h/d"}]),
        "",
        "carries a user or a password",
    ),
    # references
    ("unknown table", _references("client.id"), "ticket.customer_id", "refers to table `client`"),
    ("unknown column", _references("customer.key"), "ticket.customer_id", "refers to column `customer.key`"),
    (
        "unknown file",
        _references("hr.odcs.yaml#/schema/a/properties/b"),
        "ticket.customer_id",
        "refers to `hr.odcs.yaml`",
    ),
    ("nested end", _references("customer.name.first"), "ticket.customer_id", "is not understood"),
    ("follow", _references("customer.id", follow="backwards"), "ticket.customer_id", "`dsr`: `0` is not one"),
    (
        "starts elsewhere",
        _by_table("household.id", "customer.id"),
        "ticket",
        "starts from another table",
    ),
    (
        "key of a relationship",
        native("crm.ticket.customer_id", relationships=[{"to": "customer.id", "folow": "to"}]),
        "ticket.customer_id",
        "`folow` is no ODCS key",
    ),
    ("column without name", native("crm.ticket.customer_id", name=None), "ticket.properties[1]", "`name` is missing"),
    ("table without name", native("crm.household", name=None), "schema[2]", "`name` is missing"),
    ("two ends", _references(["customer.id", "customer.email"]), "ticket.customer_id", "as many columns on both ends"),
    (
        "two tables",
        _by_table(["ticket.customer_id", "ticket.id"], ["customer.id", "household.id"]),
        "ticket",
        "each end in one table",
    ),
    # retention
    ("no element", sla("crm", element=None), "keep_name", "does not name the column"),
    ("element is a table", sla("crm", element="customer"), "keep_name", "does not name the column"),
    ("element of no table", sla("crm", element="client.ended_on"), "keep_name", "no table `client` is declared"),
    ("minutes or months", sla("crm", unit="m"), "keep_name", "`unit` is not"),
    ("no number", sla("crm", value="five"), "keep_name", "`value` is not a positive whole number"),
    ("nothing kept", sla("crm", value=0), "keep_name", "`value` is not a positive whole number"),
    ("no id", sla("crm", id=None), "retention", "has no `id`"),
    ("no dsr", _retention_dsr(), "keep_name", "has no `dsr` block"),
    ("no then", _retention_dsr(hold="identity_5y"), "keep_name", "`then` is missing"),
]


@pytest.mark.parametrize(("change", "place", "what"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_mistake_is_told_where_it_is(tmp_path: Path, change: Change, place: str, what: str) -> None:
    """A planted mistake is named with file, place, line and remedy."""
    folder = write(tmp_path, change)

    faults = check(folder)

    told = [f for f in faults if what in f"{f.field} {f.what}"]
    assert place in [".".join(p for p in (f.table, f.field) if p) for f in told] or (not place and told)
    assert all(f.file == "crm.odcs.yaml" and f.remedy and f.line for f in told)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """Faults of different kinds and files come together, in reading order, each once."""
    folder = write(
        tmp_path,
        native("crm.customer.id", primarykey=True),
        at("crm.customer.email", erase="wipe"),
        at("shop.order", hold="litigation"),
        lambda content: content["policy"]["gates"]["erasure"].pop("mismatch"),
        lambda content: content["organisation"].update(country="XX"),
    )

    faults = check(folder)

    assert [f.file for f in faults] == [
        "crm.odcs.yaml",
        "crm.odcs.yaml",
        "organisation.yaml",
        "policy.yaml",
        "shop.odcs.yaml",
    ]


def test_unreadable_document_hides_no_other_fault(tmp_path: Path) -> None:
    """A file that is not YAML is one fault; what others refer to in it is not judged."""
    folder = write(tmp_path, at("shop.order", purposes=["resale"]))
    (folder / "systems" / "crm.odcs.yaml").write_text("id: [crm\n")

    faults = check(folder)

    assert [(f.file, f.table) for f in faults] == [("crm.odcs.yaml", ""), ("shop.odcs.yaml", "order")]


@pytest.mark.parametrize("text", ["- a list\n", "just text\n", "schema: [1]\nid: 1\n"])
def test_document_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    """YAML that is no ODCS document is told, whatever it is."""
    folder = write(tmp_path)
    (folder / "systems" / "extra.odcs.yaml").write_text(text)

    faults = check(folder)

    assert faults
    assert {f.file for f in faults} == {"extra.odcs.yaml"}


def test_file_that_would_not_be_read_is_told(tmp_path: Path) -> None:
    """A YAML file of another name in the systems folder does not pass in silence."""
    folder = write(tmp_path)
    (folder / "systems" / "hr.yaml").write_text("id: hr\n")

    faults = check(folder)

    assert [str(f) for f in faults] == [
        "hr.yaml: is not read. Remedy: name it `<system>.odcs.yaml`, or move it out of the folder."
    ]


def test_folder_without_contracts_is_refused(tmp_path: Path) -> None:
    """An empty folder is not a set of contracts without fault: every missing file is told."""
    faults = check(tmp_path)

    assert [f.file for f in faults] == ["organisation.yaml", "policy.yaml", "systems", "vocabulary.yaml"]


def test_yaml_trap_in_a_contract_is_told_at_its_column(tmp_path: Path) -> None:
    """A word that YAML turns into something else is told once, at the column where it stands."""
    folder = write(tmp_path)
    path = folder / "systems" / "crm.odcs.yaml"
    path.write_text(path.read_text().replace("primaryKey: true", "primaryKey: yes", 1))

    faults = check(folder)

    assert [(f.table, f.field, f.what) for f in faults] == [
        ("customer", "id", "`yes` is read by YAML as yes or no, not as text")
    ]
