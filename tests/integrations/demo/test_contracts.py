"""The demo company's contracts are without fault, and its systems are what they say."""

from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from data_contracts.company.contract import Contracts, SystemContract
from data_contracts.odcs.folder import check, load
from data_contracts.odcs.reading.company_files import load_organisation, load_policy
from data_contracts.vocabulary import Gate, Right
from integrations.demo import DemoCompany
from tasks.rules.people.gates import rule_for
from tests.integrations.demo.reading import FILES, SQL, parquet

FOLDER = Path(__file__).parents[3] / "data_contracts"
TYPES: dict[str, tuple[type, ...]] = {
    "string": (sa.String, sa.Text),
    "integer": (sa.Integer,),
    "number": (sa.Numeric,),
    "boolean": (sa.Boolean,),
    "date": (sa.Date,),
    "timestamp": (sa.DateTime,),
}
ARROW = {
    "string": pa.types.is_string,
    "integer": pa.types.is_integer,
    "boolean": pa.types.is_boolean,
    "timestamp": pa.types.is_timestamp,
}


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    """The contracts that are shipped."""
    return load(FOLDER)


def test_contracts_have_no_fault() -> None:
    """The checker finds nothing to say about what we ship."""
    assert check(FOLDER) == []


def test_systems_have_a_contract_each(contracts: Contracts, company: DemoCompany) -> None:
    """What is seeded is declared, table by table, and the other way round."""
    assert set(contracts.systems) == set(company.urls)
    assert {f"{table.system}.{table.name}" for table in contracts.tables()} == set(company.rows)


def test_every_label_is_in_each_language(contracts: Contracts) -> None:
    """A data subject reads of purposes, holds and identities in French, English or Dutch."""
    words = contracts.vocabulary
    labels = [one.label for one in words.purposes.values()]
    labels += [one.interest_label for one in words.purposes.values() if one.interest]
    labels += [one.automated_decision_label for one in words.purposes.values() if one.automated_decision]
    labels += [one.label for one in words.holds.values()]
    labels += [one.label for one in words.identities.values()]

    assert all(set(label) == {"fr", "en", "nl"} and all(label.values()) for label in labels)
    profile = load_organisation(FOLDER)
    assert [set(profile.in_country(code).court) for code in ("FR", "BE", "DE")] == [set(profile.languages)] * 3


def test_everything_held_has_words_in_each_language(contracts: Contracts) -> None:
    """A data subject reads in French, English or Dutch what all that is held is (Art. 12(1))."""
    told = [words for system in contracts.systems.values() for words in (system.labels, system.descriptions)]
    for table in contracts.tables():
        told += [table.labels, table.descriptions]
        told += [column.labels for column in table.columns]
        told += [period.labels for period in table.retentions]

    assert all(set(words) == {"fr", "en", "nl"} and all(words.values()) for words in told)


def test_every_gate_has_a_rule_and_erasure_four_eyes() -> None:
    """Each right has a rule for each gate; two different people approve an erasure, one an access."""
    policy = load_policy(FOLDER)

    assert [(right, gate) for right in Right for gate in Gate if policy.rule(right, gate) is None] == []
    assert [rule_for(policy, right, Gate.APPROVAL).people for right in (Right.ERASURE, Right.ACCESS)] == [2, 1]


def _live(contract: SystemContract, url: str) -> sa.MetaData:
    engine = sa.create_engine(url)
    live = sa.MetaData()
    live.reflect(engine, only=[table.name for table in contract.tables])
    engine.dispose()
    return live


@pytest.mark.parametrize("system", SQL)
def test_live_columns_are_the_contracts(system: str, contracts: Contracts, company: DemoCompany) -> None:
    """Names, order, types, NULL and primary keys of every table are what its contract says."""
    contract = contracts.systems[system]

    live = _live(contract, company.urls[system])

    for table in contract.tables:
        there = live.tables[table.name]
        assert [c.name for c in there.columns] == [c.name for c in table.columns]
        assert [c.nullable for c in there.columns] == [not c.required for c in table.columns]
        assert [c.name for c in there.primary_key] == list(table.primary_key)
        assert all(isinstance(there.c[c.name].type, TYPES[c.logical_type]) for c in table.columns)


@pytest.mark.parametrize("system", SQL)
def test_live_references_are_the_contracts(system: str, contracts: Contracts, company: DemoCompany) -> None:
    """Each reference inside a system is a foreign key, and there is no other."""
    contract = contracts.systems[system]
    declared = {
        (table.name, reference.columns, reference.to_table, reference.to_columns)
        for table in contract.tables
        for reference in table.references
        if reference.to_system == system
    }

    live = _live(contract, company.urls[system])

    keys = [key for table in live.tables.values() for key in table.foreign_key_constraints]
    assert declared == {
        (
            str(key.table.name),
            tuple(key.column_keys),
            key.referred_table.name,
            tuple(e.column.name for e in key.elements),
        )
        for key in keys
    }


@pytest.mark.parametrize("system", SQL)
def test_search_columns_have_an_index(system: str, contracts: Contracts, company: DemoCompany) -> None:
    """Identity and reference columns start an index or a key, so that a search need not read the table."""
    engine = sa.create_engine(company.urls[system])
    inspector = sa.inspect(engine)

    for table in contracts.systems[system].tables:
        indexed = {str(index["column_names"][0]) for index in inspector.get_indexes(table.name)}
        indexed |= {str(one["column_names"][0]) for one in inspector.get_unique_constraints(table.name)}
        wanted = {c.name for c in table.identities} | {reference.columns[0] for reference in table.references}
        assert wanted <= indexed | {table.primary_key[0]}
    engine.dispose()


@pytest.mark.parametrize(("system", "name"), [(system, name) for system, names in FILES.items() for name in names])
def test_parquet_columns_are_the_contracts(
    system: str, name: str, contracts: Contracts, company: DemoCompany, folder: Path
) -> None:
    """Parquet files have the columns of their contract, several files to a table."""
    table = contracts.table(system, name)

    live = parquet(folder, system, name)

    assert {f.name: f.nullable for f in live.schema} == {c.name: not c.required for c in table.columns}
    assert all(ARROW[c.logical_type](live.schema.field(c.name).type) for c in table.columns)
    assert live.num_rows == company.rows[f"{system}.{name}"]
    assert len(list((folder / system / name).iterdir())) > 5
