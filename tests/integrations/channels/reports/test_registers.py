"""Registers and the record of processing in words: every language has every word, and no entry is passed over."""

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from pypdf import PdfReader

import data_contracts
from data_contracts.company.company import Organisation
from data_contracts.company.contract import Contracts
from data_contracts.odcs.folder import load
from data_contracts.odcs.reading.company_files import load_organisation
from data_contracts.officer.entries import Entry, RegisterName
from data_contracts.officer.processing import Activity, Place, ProcessingRecord, RegisterShown
from data_contracts.officer.registers import fact_names
from data_contracts.officer.reports import Paragraph
from integrations.channels.reports import registers
from integrations.channels.reports.pdf import ReportPages
from integrations.channels.reports.registers import RegisterPages

_AT = datetime(2026, 3, 31, 9, 30, tzinfo=UTC)
_FOLDER = Path(data_contracts.__file__).parent
_WORDS = Path(registers.__file__).parents[1] / "templates" / "registers"


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    """Those of the demo company."""
    return load(_FOLDER)


@pytest.fixture
def pages(contracts: Contracts) -> RegisterPages:
    """Pages of the demo company."""
    return RegisterPages(contracts, load_organisation(_FOLDER))


def an_entry(register: RegisterName, key: str, *, is_removed: bool = False, **facts: str) -> Entry:
    """A row of Claire's."""
    return Entry(register, key, facts, _AT, "claire", is_removed)


def shown(*entries: Entry, history: tuple[Entry, ...] | None = None) -> RegisterShown:
    """A register whose entries are all in force."""
    return RegisterShown(entries[0].register, entries, {entry.key: "in_force" for entry in entries}, history)


def said(pages: RegisterPages, register: RegisterShown, language: str = "en") -> str:
    """The text of the printed register."""
    pdf = ReportPages(pages.organisation).pdf(pages.register(register, _AT, language))
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


@pytest.mark.parametrize("language", ["fr", "en", "nl"])
def test_every_language_has_every_word(language: str, contracts: Contracts) -> None:
    """The same keys in each; every register, every fact, and whoever the contracts are about."""
    words, english = (yaml.safe_load((_WORDS / f"{one}.yaml").read_text("utf-8")) for one in (language, "en"))

    assert _keys(words) == _keys(english)
    assert set(words["registers"]) == {name.value for name in RegisterName}
    assert set(words["facts"]) >= {fact for name in RegisterName for fact in fact_names(name)}
    assert set(words["subjects"]) >= {one for system in contracts.systems.values() for one in system.subjects}


def test_register_is_told_in_words(pages: RegisterPages) -> None:
    """Parties, systems and purposes by their names, days in words, and who entered it when."""
    dpia = an_entry(RegisterName.DPIAS, "billing/credit_check", reference="D-1", done_on="2026-01-01", risk="low")

    told = said(pages, shown(dpia), "fr")

    assert "Facturation – Décider si un nouveau contrat demande un dépôt de garantie" in told.replace("- ", "")
    assert "1er janvier 2026" in told
    assert "faible" in told
    assert "claire, 2026-03-31" in told


def test_what_the_contracts_no_longer_name_is_told_by_its_key(pages: RegisterPages) -> None:
    """An entry outlives the party or system it is about."""
    party = an_entry(RegisterName.PROCESSORS, "gone/dpa", kind="dpa", reference="D-1", valid_from="2026-01-01")
    system = an_entry(RegisterName.DPIAS, "old", reference="D-1", done_on="2026-01-01", risk="high")

    assert "gone dpa D-1" in said(pages, shown(party))
    assert "old D-1" in said(pages, shown(system))


def test_history_tells_before_and_after(pages: RegisterPages) -> None:
    """Each change beside what stood there; what was taken out is said to be."""
    first = an_entry(RegisterName.TRAINING, "ana", course="GDPR", done_on="2026-01-01")
    rows = (first, an_entry(RegisterName.TRAINING, "ana", is_removed=True), first)

    told = said(pages, shown(first, history=rows))

    assert told.count("Course: GDPR; Done on: 1 January 2026") == 3
    assert told.count("taken out") == 2


def test_empty_register_says_so(pages: RegisterPages) -> None:
    """An empty page would look as if something had gone wrong."""
    assert "Nothing is entered." in said(pages, RegisterShown(RegisterName.TRAINING, (), history=()))


def test_activity_tells_what_article_30_asks(pages: RegisterPages) -> None:
    """Basis with its law, subjects, categories, recipients, third countries, periods, impact assessments."""
    places = (Place("billing", "invoice", ("amount", "invoice_no")),)
    activity = Activity("accounting", "telco", subjects=("customer", "pen_friend"), places=places, assessments=("D-1",))

    told = pages.activity(activity, "en")

    assert told["basis"] == ["legal obligation (Article 6(1)(c))", "law: C. com. L123-22"]
    assert told["subjects"] == ["customers", "Pen friend"]
    assert told["recipients"][0] == "PrintCo SARL (processor, France)"
    assert told["transfers"] == ["none outside the European Economic Area"]
    assert "10 years from the end of the financial year" in told["retention"][0]
    assert "C. com. L123-22" in told["retention"][0]
    assert told["assessments"] == ["D-1"]


def test_who_decides_with_us_receives_the_data(pages: RegisterPages) -> None:
    """A joint controller is told as one, as a recipient, and with the safeguard of its country (Art. 26, 30(1)(e))."""
    places = (Place("adtech", "cookie", ("cookie_id",)),)

    told = pages.activity(Activity("audience", "telco", joint=("adnet",), places=places), "en")

    assert told["joint"] == ["AdNet Exchange Ltd, United Kingdom, privacy@adnet.example"]
    assert told["recipients"] == ["AdNet Exchange Ltd (joint controller, United Kingdom)"]
    assert told["transfers"] == ["United Kingdom, AdNet Exchange Ltd: adequacy decision (Article 45)"]


def test_activity_without_a_system_says_so(pages: RegisterPages) -> None:
    """Nothing is passed over in silence."""
    told = pages.activity(Activity("churn", "telco"), "en")

    assert told["systems"] == ["no system serves this purpose"]
    assert told["recipients"] == ["nobody outside the company"]
    assert "interest: to notice dissatisfied customers before they leave" in told["basis"]
    assert "profiling" in told["basis"]


def test_measures_are_told_in_a_language_that_has_them(pages: RegisterPages) -> None:
    """The language's, else the first of the organisation's; where there are none a person is told to write them."""
    record = ProcessingRecord((Activity("churn", "telco"),), ())
    french = _with_measures(pages, {"fr": ["Chiffrement"]})

    assert Paragraph("• Chiffrement") in french.processing(record, _AT, "en").blocks
    bare = _with_measures(pages, {}).processing(record, _AT, "en").blocks
    assert [one.text for one in bare if isinstance(one, Paragraph) and one.is_strong] == [
        "Not described yet: add security_measures to organisation.yaml."
    ]


def test_record_for_other_controllers_names_them(pages: RegisterPages) -> None:
    """Art. 30(2)(a), in print and as a row."""
    record = ProcessingRecord((), (Activity("energy", "energypart"),))

    columns, rows = pages.processing_rows(record, "en")
    pdf = ReportPages(pages.organisation).pdf(pages.processing(record, _AT, "en"))

    assert columns[:2] == ["Purpose", "Controller"]
    assert [row[1] for row in rows] == ["Energy Partner SAS"]
    text = " ".join(PdfReader(BytesIO(pdf)).pages[0].extract_text().split())
    assert "Activities for other controllers (Article 30(2))" in text
    assert "Energy Partner SAS, France, dpo@energypartner.example" in text


def _with_measures(pages: RegisterPages, measures: dict[str, list[str]]) -> RegisterPages:
    organisation: Organisation = pages.organisation.model_copy(update={"security_measures": measures})
    return replace(pages, organisation=organisation)


def _keys(words: Any) -> Any:
    return {key: _keys(value) for key, value in words.items()} if isinstance(words, dict) else None
