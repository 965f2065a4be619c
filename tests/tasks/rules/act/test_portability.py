"""Art. 20(1): what is portable, and why the rest is not."""

from dataclasses import replace

import pytest

from data_contracts.company.company import Party, Purpose, Vocabulary
from data_contracts.company.contract import Column, Contracts, Table
from data_contracts.told.notices import LeftOut
from data_contracts.vocabulary import About, AccessTreatment, DataSource, LegalBasis, PartyRole, SharedTreatment
from tasks.rules.act.portability import Portability, is_portable
from tasks.rules.act.redaction import Disclosure, Reviewed
from tests.tasks.rules.examples import a_column, a_key, a_reference, a_table, contracts_of

_PURPOSES = {
    basis.name.lower(): Purpose(use="essential.service", basis=basis, interest="ours") for basis in LegalBasis
} | {"health": Purpose(use="essential.service", basis=LegalBasis.LEGITIMATE_INTEREST, special="A9-2-a")}
_PARTNER = Party(role=PartyRole.CONTROLLER, name="Partner", country="FR")


def given_value(name: str = "value", **facts: object) -> Column:
    """A value that the subject gave for a contract."""
    return a_column(name, **{"source": DataSource.PROVIDED, "purposes": ("contract",), **facts})


def _contracts(*tables: Table) -> Contracts:
    plain = contracts_of(*tables)
    changed: dict[str, object] = {"purposes": _PURPOSES, "parties": {"partner": _PARTNER}}
    return replace(plain, vocabulary=plain.vocabulary.model_copy(update=changed))


def _vocabulary() -> Vocabulary:
    return _contracts(a_table("t")).vocabulary


def _shown(table: Table, *others: Table, rows: int = 2) -> Disclosure:
    return Portability(_contracts(table, *others)).own(table, rows)


def _why(shown: Disclosure) -> dict[str, str]:
    return {item.column: item.why for item in shown.left_out}


@pytest.mark.parametrize("source", list(DataSource))
def test_source(source: DataSource) -> None:
    """Provided and observed values are portable; derived, inferred and received ones never."""
    is_ported = is_portable(given_value(source=source), _vocabulary())

    assert is_ported is (source in {DataSource.PROVIDED, DataSource.OBSERVED})


@pytest.mark.parametrize(
    ("purposes", "expected"),
    [
        (("consent",), True),
        (("contract",), True),
        (("health",), True),
        (("legal_obligation",), False),
        (("legitimate_interest", "vital_interest", "public_task"), False),
        (("legal_obligation", "contract"), True),
        (("unknown",), False),
        ((), False),
    ],
)
def test_basis(purposes: tuple[str, ...], expected: bool) -> None:  # noqa: FBT001  # a table of cases
    """One purpose that rests on consent, explicit consent or a contract is enough, whatever others it serves."""
    assert is_portable(given_value(purposes=purposes), _vocabulary()) is expected


def test_values_about_others_and_bare_keys_are_not_portable() -> None:
    """Art. 20(1): data concerning the data subject."""
    assert not is_portable(given_value(about=About.THIRD_PARTY), _vocabulary())
    assert not is_portable(given_value(is_personal=False), _vocabulary())


def test_each_column_has_its_reason() -> None:
    """What is left out of a portable table is named, with the number of rows."""
    table = a_table(
        "t",
        given_value("name"),
        given_value("score", source=DataSource.INFERRED),
        given_value("called", about=About.THIRD_PARTY, access=AccessTreatment.MASK),
        given_value("iban", access=AccessTreatment.MASK),
        given_value("note", access=AccessTreatment.REVIEW),
        a_column("etl_run", is_personal=False),
    )

    shown = _shown(table)

    assert (shown.columns, shown.masked) == (("name",), frozenset())
    assert _why(shown) == {
        "score": "not_portable",
        "called": "about_third_party",
        "iban": "protected",
        "note": "review",
        "etl_run": "omitted",
    }


def test_texts_that_a_person_released_are_portable() -> None:
    """Free text goes along as far as it was released; the rest is told by count."""
    table = a_table("t", given_value("name"), given_value("note", access=AccessTreatment.REVIEW))

    shown = Portability(_contracts(table)).own(table, 3, {"note": Reviewed(released=1, redacted=1, withheld=1)})

    assert shown.columns == ("name", "note")
    assert [(item.why, item.rows) for item in shown.left_out] == [("redacted", 1), ("withheld", 1)]


def test_keys_that_join_portable_tables_stay() -> None:
    """The primary key, and what refers from one portable table to another, at both ends."""
    person = a_table("person", a_key(), a_column("no", source=DataSource.DERIVED), given_value("name"))
    order = a_table(
        "order",
        a_key(),
        a_column("person_no", is_personal=False),
        a_column("log_id", is_personal=False),
        given_value("what"),
        references=(a_reference("person_no", "person", to_columns=("no",)), a_reference("log_id", "log")),
    )
    log = a_table("log", a_key(), given_value("line", purposes=("legitimate_interest",)))

    assert _shown(person, order, log).columns == ("id", "no", "name")
    assert _shown(order, person, log).columns == ("id", "person_no", "what")


def test_a_key_about_somebody_else_does_not_stay() -> None:
    """Art. 20(4): a reference to the employee who served the subject joins nothing of the subject's."""
    table = a_table(
        "t", a_key("agent", about=About.EMPLOYEE), a_key("hidden", access=AccessTreatment.OMIT), given_value()
    )

    assert _shown(table).columns == ("value",)


@pytest.mark.parametrize("rows", [0, 2])
def test_a_table_without_anything_portable_is_left_out_whole(rows: int) -> None:
    """One line says so, where there are rows."""
    table = a_table("log", a_key(), given_value(purposes=("legitimate_interest",)))

    shown = _shown(table, rows=rows)

    assert shown.columns == ()
    assert shown.left_out == ((LeftOut("crm", "log", "", "not_portable", rows),) if rows else ())


def test_another_controllers_table_is_not_ours_to_port() -> None:
    """Charter P2: the subject asks the partner."""
    assert _why(_shown(a_table("t", given_value(), controller="partner"))) == {"": "other_controller"}


def test_paper_is_not_portable() -> None:
    """Art. 20(1)(b): a system without automated means."""
    contracts = _contracts(a_table("t", given_value()))
    paper = replace(contracts.systems["crm"], automated=False)

    shown = Portability(replace(contracts, systems={"crm": paper})).own(paper.tables[0], 1)

    assert _why(shown) == {"": "not_automated"}


def test_of_shared_rows_what_is_harmless_and_the_subjects() -> None:
    """Art. 20(4): the street of a household goes along, its inhabitants do not."""
    street = given_value("street", shared=SharedTreatment.INCLUDE)
    marked = given_value("flat", shared=SharedTreatment.MASK)
    table = a_table("household", a_key(), street, marked, given_value("inhabitants"))

    shown = Portability(_contracts(table)).showing.shared(table, 1)

    assert (shown.columns, shown.masked) == (("street",), frozenset())
    assert _why(shown) == {"id": "shared", "flat": "shared", "inhabitants": "shared"}


def test_shared_rows_without_anything_harmless_are_left_out_whole() -> None:
    """Law 8, and another controller's shared rows are named as such."""
    ours = a_table("household", given_value())
    theirs = a_table("household", given_value("street", shared=SharedTreatment.INCLUDE), controller="partner")

    assert _why(Portability(_contracts(ours)).shared(ours, 1)) == {"": "shared"}
    assert _why(Portability(_contracts(theirs)).shared(theirs, 1)) == {"": "other_controller"}
