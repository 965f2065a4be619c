"""Where a live schema is not what the contract says."""

from dataclasses import replace

import pytest

from data_contracts.contract import Column, Reference, SystemContract, Table
from data_contracts.ports import LiveColumn, LiveReference, LiveSchema
from data_contracts.vocabulary import ColumnErasure, Follow, TableErasure
from tasks.rules.drift import Effect, drift, forbids


def _contract(erase: TableErasure = TableErasure.COLUMNS) -> SystemContract:
    columns = (
        Column("id", "integer", primary_key=True, required=True, is_personal=False),
        Column("email", "string", erase=ColumnErasure.CLEAR),
        Column("name", "string", required=True, erase=ColumnErasure.TOKEN),
    )
    product = Table("crm", "product", (Column("id", "integer", is_personal=False),), TableErasure.NONE)
    return SystemContract("crm", "CRM", "1", "acme", (Table("crm", "customer", columns, erase), product))


def _live(**changes: LiveColumn | None) -> LiveSchema:
    """The live schema of :func:`_contract`, with columns of ``customer`` changed, added or (None) taken away."""
    columns = {
        "id": LiveColumn("id", "INTEGER", nullable=False),
        "email": LiveColumn("email", "TEXT", nullable=True),
        "name": LiveColumn("name", "TEXT", nullable=False),
    }
    wanted = {name: column for name, column in {**columns, **changes}.items() if column is not None}
    return LiveSchema({"customer": wanted, "product": {"id": columns["id"]}}, primary_keys={"customer": ("id",)})


def test_schema_as_declared_has_no_drift() -> None:
    """Nothing is found when all is as the contract says."""
    assert drift(_contract(), _live()) == []


def test_missing_table_forbids_searching() -> None:
    """Law 6: a table that is not there is no table in which nothing was found."""
    found = drift(_contract(), replace(_live(), tables={"product": _live().tables["product"]}))

    assert [(f.table, f.column, f.effect) for f in found] == [("customer", "", Effect.FORBIDS_SEARCHING)]
    assert str(found[0]).startswith("crm.customer: the table is not in the live system. Remedy: create")


@pytest.mark.parametrize(
    ("name", "live", "effect"),
    [
        ("email", None, Effect.FORBIDS_SEARCHING),
        ("email", LiveColumn("email", "TEXT", nullable=False), Effect.FORBIDS_ERASING),
        ("name", LiveColumn("name", "TEXT", nullable=True), Effect.WARNING),
        ("phone", LiveColumn("phone", "TEXT", nullable=True), Effect.WARNING),
    ],
    ids=["missing column", "clear on NOT NULL", "required but nullable", "undeclared column"],
)
def test_column_drift_has_its_effect(name: str, live: LiveColumn | None, effect: Effect) -> None:
    """What a column's drift forbids depends on what the contract would do with it."""
    found = drift(_contract(), _live(**{name: live}))

    assert [(f.column, f.effect) for f in found] == [(name, effect)]


def test_nullable_key_is_no_drift() -> None:
    """SQLite says of a primary key that it takes NULL; nobody is harmed."""
    assert drift(_contract(), _live(id=LiveColumn("id", "INTEGER", nullable=True))) == []


@pytest.mark.parametrize(
    ("erase", "effect"), [(TableErasure.COLUMNS, Effect.FORBIDS_ERASING), (TableErasure.DELETE, Effect.WARNING)]
)
def test_other_primary_key_forbids_what_needs_it(erase: TableErasure, effect: Effect) -> None:
    """Law 7: rows that stay are told apart by their key when an erasure is proven."""
    found = drift(_contract(erase), replace(_live(), primary_keys={"customer": ("id", "name")}))

    assert [f.effect for f in found] == [effect]


def test_unknown_primary_key_is_not_judged() -> None:
    """A system that cannot tell its keys (Parquet) does not drift by it."""
    assert drift(_contract(), replace(_live(), primary_keys={})) == []


@pytest.mark.parametrize(
    ("target", "effects"),
    [("customer", [Effect.FORBIDS_ERASING]), ("product", [Effect.WARNING]), ("order", [])],
)
def test_undeclared_referrer_forbids_erasing(target: str, effects: list[Effect]) -> None:
    """Rows that refer to a person's row may be that person's; what refers to things only is told."""
    reference = LiveReference("loan", ("x",), target, ("id",))

    found = drift(_contract(), replace(_live(), references=(reference,)))

    assert [f.effect for f in found] == effects


def test_declared_referrer_is_no_drift() -> None:
    """A foreign key between declared tables is what the contract knows."""
    reference = LiveReference("product", ("id",), "customer", ("id",))

    assert drift(_contract(), replace(_live(), references=(reference,))) == []


@pytest.mark.parametrize(
    ("change", "forbidden"),
    [
        ({"email": None}, [Effect.FORBIDS_SEARCHING, Effect.FORBIDS_ERASING]),
        ({"email": LiveColumn("email", "TEXT", nullable=False)}, [Effect.FORBIDS_ERASING]),
        ({"phone": LiveColumn("phone", "TEXT", nullable=True)}, []),
    ],
)
def test_what_cannot_be_searched_cannot_be_erased(
    change: dict[str, LiveColumn | None], forbidden: list[Effect]
) -> None:
    """Erasing needs everything that searching needs, and more."""
    found = drift(_contract(), _live(**change))

    acts = (Effect.FORBIDS_SEARCHING, Effect.FORBIDS_ERASING)
    assert [effect for effect in acts if forbids(found, effect)] == forbidden


@pytest.mark.parametrize(
    ("follow", "erase_child", "on_delete", "forbidden"),
    [
        (Follow.FROM, TableErasure.DELETE, "CASCADE", False),
        (None, TableErasure.DELETE, "CASCADE", True),
        (Follow.FROM, TableErasure.KEEP, "CASCADE", True),
        (None, TableErasure.DELETE, "SET NULL", False),
    ],
    ids=["the subject's own", "somebody else's", "kept by a hold", "no cascade"],
)
def test_cascade_that_takes_other_rows_forbids_erasing(
    follow: Follow | None, erase_child: TableErasure, on_delete: str, *, forbidden: bool
) -> None:
    """Law 8: the database must not delete by itself what nobody said is the data subject's."""
    to_customer = Reference(("id",), "crm", "customer", ("id",), frozenset({follow} if follow else ()))
    child = replace(_contract().tables[1], erase=erase_child, references=(to_customer,))
    contract = replace(_contract(TableErasure.DELETE), tables=(_contract(TableErasure.DELETE).tables[0], child))
    live = replace(_live(), references=(LiveReference("product", ("id",), "customer", ("id",), on_delete),))

    found = drift(contract, live)

    assert (Effect.FORBIDS_ERASING in {f.effect for f in found}) is forbidden
