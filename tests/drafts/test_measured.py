"""Drafts measured against what a person declared of the same schemas before the code was written."""

import sys
from pathlib import Path

import pytest

from data_contracts.odcs.drafts.drafting import draft_document
from data_contracts.odcs.drafts.text import marks_in
from data_contracts.odcs.folder import check
from integrations.systems.drafting import look_at
from tests.data_contracts import folder
from tests.drafts.confirmed import alone
from tests.drafts.measured import Measure
from tests.drafts.written import Written

SHARE_FOUND, SHARE_FALSE, COLUMNS_PER_MARK = 0.9, 0.1, 3


def _measured(name: str, tmp_path: Path) -> Measure:
    written = Written.read(name)
    url = written.fill_sqlite(tmp_path / f"{name}.db")
    return Measure.of(draft_document(look_at(url)), written)


@pytest.mark.parametrize("name", ["music", "parcels", "rental", "traders"])
def test_draft_saves_most_of_the_work(name: str, tmp_path: Path) -> None:
    """Nine of ten personal columns and references are found, one of ten is false, one mark stands in three columns."""
    measure = _measured(name, tmp_path)

    sys.stdout.write(f"{name}: {measure}\n  false: {measure.false}\n  missed: {measure.missed}\n")
    assert measure.personal_found >= SHARE_FOUND * measure.personal
    assert measure.references_found >= SHARE_FOUND * measure.references
    assert len(measure.false) <= SHARE_FALSE * measure.proposed
    assert measure.marks * COLUMNS_PER_MARK <= measure.columns


def test_id_that_nothing_names_is_left_to_a_person(tmp_path: Path) -> None:
    """``object_id`` may lead anywhere, and no name leads from a session to its visitor: no draft knows more."""
    measure = _measured("blog", tmp_path)

    assert measure.missed == ("wp_term_relationships object_id wp_posts.ID",)
    assert len(measure.false) <= SHARE_FALSE * measure.proposed
    assert measure.marks * COLUMNS_PER_MARK <= measure.columns


@pytest.mark.parametrize("name", ["music", "parcels", "rental", "traders"])
def test_confirmed_draft_has_no_fault(name: str, tmp_path: Path) -> None:
    """Whoever finds each proposal right and answers each TODO has a contract: no second round of faults."""
    document = draft_document(look_at(Written.read(name).fill_sqlite(tmp_path / f"{name}.db")))

    faults = check(folder.write(tmp_path / "contracts", alone(document)))

    assert [str(fault) for fault in faults] == []


def test_first_contract_of_fifteen_tables_asks_fifteen_questions(tmp_path: Path) -> None:
    """Not more than one mark a table, on an engine without foreign keys."""
    measure = _measured("parcels", tmp_path)

    assert (len(Written.read("parcels").tables), measure.marks <= 15) == (15, True)


def test_faults_behind_marks_are_told_with_the_marks(tmp_path: Path) -> None:
    """What is wrong in a table whose mark still stands, and in a column beside one, needs no second round."""
    document = draft_document(look_at(Written.read("parcels").fill_sqlite(tmp_path / "parcels.db")))
    tables = {table["name"]: table for table in document["schema"]}
    clients = {column["name"]: column for column in tables["clients"]["properties"]}
    folder.facts_of(clients["nom"])["category"] = "user.nmae"
    folder.facts_of(clients["statut"]).pop("erase")
    folder.facts_of(tables["commandes"])["hold"] = "litigation"

    faults = check(folder.write(tmp_path / "contracts", lambda content: content.update(parcels=document)))

    told = [(f.table, f.field, f.what) for f in faults if f.file == "parcels.odcs.yaml"]
    behind = [what for *_, what in told if "not confirmed" not in what and "still TODO" not in what]
    assert len(told) - len(behind) == sum(marks_in(document).values())
    assert {(table, field) for table, field, what in told if what in behind} == {
        ("clients", ""), ("clients", "nom"), ("clients", "statut"), ("commandes", ""), ("clients", "telephone"),
    }  # fmt: skip


def test_schema_that_was_not_seen_while_drafting_was_written(tmp_path: Path) -> None:
    """A school's administration, measured once: 52 of 53 columns, 28 of 29 references, 1 of 81 false, 20 marks."""
    measure = _measured("school", tmp_path)

    assert measure.personal_found >= SHARE_FOUND * measure.personal
    assert measure.references_found >= SHARE_FOUND * measure.references
    assert len(measure.false) <= SHARE_FALSE * measure.proposed
    assert measure.marks * COLUMNS_PER_MARK <= measure.columns
