"""A contracts folder read as a whole."""

import shutil
from copy import copy
from pathlib import Path

import pytest

from data_contracts.company.contract import Reference, in_language
from data_contracts.company.value_rules import ValueRules
from data_contracts.errors import ContractInvalid
from data_contracts.odcs.folder import check, digest_of, load
from data_contracts.odcs.reading.company_files import load_organisation, load_policy
from data_contracts.vocabulary import About, ColumnErasure, Follow, Gate, RetentionAction, Right, Sensitivity
from tests.data_contracts.folder import a_column, a_relationship, at, company, dsr, native, table, write

_CHECKOUT = Path(__file__).parents[3]
SHIPPED = [_CHECKOUT / "data_contracts", _CHECKOUT / "tests" / "chinook" / "contracts"]


@pytest.mark.parametrize("folder", SHIPPED, ids=["demo company", "chinook"])
def test_shipped_contracts_have_no_fault(folder: Path) -> None:
    """What we ship is valid ODCS and passes every rule."""
    faults = check(folder)

    assert [str(fault) for fault in faults] == []


def test_contracts_come_by_name_and_in_order(tmp_path: Path) -> None:
    """Systems are sorted by name, tables stand in the order of their file."""
    contracts = load(write(tmp_path))

    assert list(contracts.systems) == ["crm", "shop"]
    assert [t.name for t in contracts.tables()] == ["customer", "ticket", "household", "order"]


def test_defaults_come_from_the_level_above(tmp_path: Path) -> None:
    """A table takes controller and recipients from its contract, a personal column its purposes from the table."""
    ticket = load(write(tmp_path)).table("crm", "ticket")

    assert (ticket.controller, ticket.recipients) == ("acme", ("printer",))
    assert ticket.column("at").purposes == ("contract",)
    assert ticket.column("id").purposes == ()


def test_column_facts_are_resolved(tmp_path: Path) -> None:
    """Native ODCS facts and the dsr block become one column."""
    folder = write(tmp_path, native("crm.customer.name", classification="restricted"))

    name = load(folder).table("crm", "customer").column("name")

    assert (name.max_length, name.sensitivity, name.erase) == (80, Sensitivity.RESTRICTED, ColumnErasure.CLEAR)
    assert (name.hold, name.about, name.is_personal) == ("identity_5y", About.SUBJECT, True)


@pytest.mark.parametrize(
    ("physical", "option", "length"),
    [
        ("varchar(12)", None, 12),
        ("NVARCHAR(40)", 30, 30),
        ("character varying (20)", None, 20),
        ("VARCHAR2(9 CHAR)", 99, 9),
        ("text", None, None),
        ("numeric(10,2)", None, None),
        ("text", 7, 7),
    ],
)
def test_longest_text_is_known(tmp_path: Path, physical: str, option: int | None, length: int | None) -> None:
    """The shorter of what the physical type and the options say."""
    options = None if option is None else {"maxLength": option}
    folder = write(tmp_path, native("crm.customer.name", physicalType=physical, logicalTypeOptions=options))

    assert load(folder).table("crm", "customer").column("name").max_length == length


def test_rules_for_single_values_are_read(tmp_path: Path) -> None:
    """Options of the type, an enumeration, and quality checks that allow no invalid value; others are passed over."""
    invalid = {"type": "library", "metric": "invalidValues"}
    checks = [
        invalid | {"arguments": {"validValues": ["fr", "en", True], "pattern": "[a-z]+"}, "mustBe": 0},
        invalid | {"arguments": {"validValues": ["xx"]}, "mustBeLessThan": 5, "unit": "percent"},
        invalid | {"mustBe": 0},
        {"type": "library", "metric": "nullValues", "mustBe": 0},
    ]
    options = {"format": "email", "pattern": ".*", "minLength": 2}
    native_ = {"logicalTypeOptions": options, "enum": [{"value": "de"}, {"value": "fr"}], "quality": checks}
    folder = write(tmp_path, native("crm.customer.name", **native_))

    rules = load(folder).table("crm", "customer").column("name").rules

    assert rules == ValueRules("email", (".*", "[a-z]+"), ("de", "fr", "en", "true"), 2)


def test_bounds_are_read(tmp_path: Path) -> None:
    """As text, in the column's type; a date's format is for people."""
    options = {"minimum": "1900-01-01", "exclusiveMaximum": "2030-01-01", "format": "yyyy-MM-dd"}
    folder = write(tmp_path, native("crm.customer.ended_on", logicalTypeOptions=options))

    rules = load(folder).table("crm", "customer").column("ended_on").rules

    assert rules == ValueRules(minimum="1900-01-01", below="2030-01-01")


def test_bare_key_column_is_not_personal(tmp_path: Path) -> None:
    """A column that is only a key needs no dsr block."""
    column = load(write(tmp_path)).table("crm", "ticket").column("customer_id")

    assert (column.is_personal, column.category) == (False, "")


def test_words_for_data_subjects_are_read_at_every_level(tmp_path: Path) -> None:
    """Labels come by language, also in one that the profile does not offer; blanks around them do not."""
    label = {"fr": "Nom", "mt": " Isem "}
    places = ("crm", "crm.customer", "crm.customer.name")

    crm = load(write(tmp_path, *(at(place, label=label) for place in places))).systems["crm"]

    customer = crm.table("customer")
    named = (crm, customer, customer.column("name"))
    assert [one.labels for one in named] == [{"fr": "Nom", "mt": "Isem"}] * len(places)
    assert (crm.descriptions, customer.column("id").labels) == ({}, {})


def test_key_with_a_label_alone_is_not_personal(tmp_path: Path) -> None:
    """A key can be named without saying more of it."""
    folder = write(tmp_path, native("crm.ticket.customer_id", customProperties=dsr(label={"fr": "Client"})))

    column = load(folder).table("crm", "ticket").column("customer_id")

    assert (column.is_personal, column.labels) == (False, {"fr": "Client"})


@pytest.mark.parametrize(("language", "said"), [("fr", "Facture"), ("de", "Invoice"), ("en", "Invoice")])
def test_words_fall_back_to_english(language: str, said: str) -> None:
    """A language that has no words gets the English ones, and nothing where there are none either."""
    assert in_language({"fr": "Facture", "en": "Invoice"}, language) == said
    assert in_language({"mt": "Fattura"}, language) == ""


def test_references_are_resolved_across_systems(tmp_path: Path) -> None:
    """A reference to another document names its system, table and column; and the direction that it says."""
    order = load(write(tmp_path)).table("shop", "order")

    assert order.references == (Reference(("customer_id",), "crm", "customer", ("id",), frozenset({Follow.FROM})),)


def test_shared_reference_is_followed_as_declared(tmp_path: Path) -> None:
    """Direction and sharing come from the relationship's own dsr block."""
    customer = load(write(tmp_path)).table("crm", "customer")

    assert customer.references == (
        Reference(("household_id",), "crm", "household", ("id",), frozenset({Follow.TO}), shared=True),
    )


@pytest.mark.parametrize(
    ("follow", "expected"),
    [("both", set(Follow)), ("none", set()), ("from", {Follow.FROM}), (["to"], {Follow.TO})],
)
def test_follow_has_short_forms(tmp_path: Path, follow: object, expected: set[Follow]) -> None:
    """One word or a list."""
    relation = {"to": "customer.id", "customProperties": [{"property": "dsr", "value": {"follow": follow}}]}
    new = a_column("other_id", "integer", facts=None, relationships=[relation])
    folder = write(tmp_path, lambda content: table(content, "crm", "ticket")["properties"].append(new))

    assert load(folder).table("crm", "ticket").references[1].follow == expected


def test_composite_reference_stands_at_the_table(tmp_path: Path) -> None:
    """A relationship written at the table joins several columns; each of them is a key."""
    new = a_column("email", facts=None)
    ends = {"from": ["ticket.customer_id", "ticket.email"], "to": ["customer.id", "customer.email"]}
    relation = {**a_relationship("", follow="none"), **ends}

    def change(content: dict[str, object]) -> None:
        ticket = table(content, "crm", "ticket")
        ticket["properties"].append(new)
        ticket["relationships"] = [
            relation,
            {"from": "ticket.email", **a_relationship("customer.email", follow="none")},
        ]

    references = load(write(tmp_path, change)).table("crm", "ticket").references

    assert [(r.columns, r.to_columns) for r in references[1:]] == [
        (("customer_id", "email"), ("id", "email")),
        (("email",), ("email",)),
    ]


def test_retention_belongs_to_its_table(tmp_path: Path) -> None:
    """A retention item names the table and the start column; other service levels are passed over."""
    other = {"id": "fresh", "property": "latency", "value": 4, "unit": "h"}
    folder = write(tmp_path, lambda content: content["crm"]["slaProperties"].append(other))

    (item,) = load(folder).table("crm", "customer").retentions

    assert (item.id, item.column, item.value, item.unit) == ("keep_name", "ended_on", 5, "y")
    assert (item.then, item.hold) == (RetentionAction.COLUMNS, "identity_5y")


def test_physical_name_of_a_table_is_kept(tmp_path: Path) -> None:
    """The live name is known where it differs."""
    folder = write(
        tmp_path,
        native("crm.customer", physicalName="dbo.customer"),
        native("crm.ticket", physicalName="ticket"),
    )

    contracts = load(folder)

    assert [contracts.table("crm", t).physical_name for t in ("customer", "ticket")] == ["dbo.customer", ""]


def test_information_notice_of_a_table_is_its_own_or_its_contracts(tmp_path: Path) -> None:
    """Art. 13, 14: a table names where data subjects were informed, else its contract does, else nobody."""
    notice = {"type": "privacyNotice", "url": "https://acme.example/privacy#tickets"}
    other = {"type": "businessDefinition", "url": "https://acme.example/ticket"}

    contracts = load(write(tmp_path, native("crm.ticket", authoritativeDefinitions=[other, notice])))

    assert contracts.table("crm", "ticket").notice == notice["url"]
    assert contracts.table("crm", "customer").notice == ""
    shipped = load(SHIPPED[0])
    assert shipped.table("crm", "household").notice == "https://www.telco.example/privacy#contract"


def test_key_columns_stand_in_key_order(tmp_path: Path) -> None:
    """A composite key has the order of its positions."""
    second = a_column("part", "integer", facts=None, primaryKey=True, primaryKeyPosition=1)
    folder = write(
        tmp_path,
        native("crm.ticket.id", primaryKeyPosition=2),
        lambda content: table(content, "crm", "ticket")["properties"].append(second),
    )

    assert load(folder).table("crm", "ticket").primary_key == ("part", "id")


def test_name_that_no_contract_has_is_an_error(tmp_path: Path) -> None:
    """Asking for what is not declared never gives nothing in silence."""
    contracts = load(write(tmp_path))

    with pytest.raises(KeyError):
        contracts.table("crm", "client")
    with pytest.raises(KeyError):
        contracts.table("crm", "customer").column("mail")


def test_digest_changes_with_any_file(tmp_path: Path) -> None:
    """A changed comment or a renamed file is another set of contracts; a copy is the same."""
    folder = write(tmp_path / "a")
    before = load(folder).digest
    copy = shutil.copytree(folder, tmp_path / "b")

    with (folder / "policy.yaml").open("a") as file:
        file.write("# checked\n")
    (copy / "systems" / "extra.txt").write_text("not read")

    assert digest_of(folder) != before
    assert digest_of(copy) == before


def test_invalid_set_is_not_loaded(tmp_path: Path) -> None:
    """The error carries every fault and survives pickling."""
    folder = write(tmp_path, at("crm.customer.email", erase=None), at("shop.order", hold=None))

    with pytest.raises(ContractInvalid) as caught:
        load(folder)

    error = copy(caught.value)  # by the protocol that pickling uses
    assert list(error.faults) == check(folder)
    assert str(error).startswith("the contracts have 2 faults. Remedy: correct each line below")
    assert "- crm.odcs.yaml:" in str(error)


def test_organisation_and_policy_are_loaded_alone(tmp_path: Path) -> None:
    """Profile and policy do not need the rest of the folder to be without fault."""
    folder = write(tmp_path, at("crm.customer.email", erase=None))

    organisation, policy = load_organisation(folder), load_policy(folder)

    assert organisation.time_zone == "Europe/Paris"
    assert Gate.MISMATCH in policy.gates[Right.ERASURE]


def test_wrong_policy_is_not_loaded(tmp_path: Path) -> None:
    """A misspelt key of the policy is told with its line, and one fault is one."""
    folder = write(tmp_path, company("policy", lockout_failure=3))

    with pytest.raises(ContractInvalid, match=r"have 1 fault\.") as caught:
        load_policy(folder)

    assert [(f.field, f.remedy) for f in caught.value.faults] == [("lockout_failure", "write `lockout_failures`")]
