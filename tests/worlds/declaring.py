"""The contracts that say of a world's tables what the world knows of them."""

from data_contracts.company.contract import Column, Contracts, Reference, Table
from data_contracts.connectors.keys import When
from data_contracts.vocabulary import (
    Assertion,
    ColumnErasure,
    DataSource,
    Follow,
    Rectification,
    SharedTreatment,
    TableErasure,
)
from tests.tasks.rules.examples import contracts_of
from tests.worlds.worlds import Field, Link, Sheet, World

TEXT = "user.content"
"""The category of the column ``text``, which tells the rows of a world apart."""
_PLAIN = (Column("code", "integer", is_personal=False), Column("sort", "string", is_personal=False))
_FOLLOW = {"from": Follow.FROM, "to": Follow.TO}


def contracts_for(world: World) -> Contracts:
    """The contracts of a world."""
    return contracts_of(*(_table(world, sheet) for sheet in world.sheets.values()))


def _table(world: World, sheet: Sheet) -> Table:
    keys = {one.name: one for one in sheet.fields}
    columns = [Column("id", "integer", primary_key=True, is_personal=False), *_PLAIN]
    columns.append(
        Column(
            "text",
            "string",
            category=TEXT,
            source=DataSource.PROVIDED,
            rectify=Rectification.DECLARED,
            shared=SharedTreatment.INCLUDE,
            erase=ColumnErasure.CLEAR,
        )
    )
    columns += [_key(keys[name]) if name in keys else Column(name, "integer") for name in sheet.columns[4:]]
    return Table(
        system=sheet.system,
        name=sheet.name,
        columns=tuple(columns),
        erase=TableErasure(sheet.erase),
        references=tuple(_reference(world, link) for link in sheet.links),
        account="customer_no" if sheet.is_account else "",
    )


def _key(one: Field) -> Column:
    return Column(
        one.name,
        "string",
        identity=one.kind,
        assertion=Assertion.CONFIRMED if one.vouched else Assertion.SELF_ASSERTED,
        when=_when(one.only),
        normalised=one.normalised,
    )


def _reference(world: World, link: Link) -> Reference:
    return Reference(
        (link.name,),
        world.sheets[link.to].system,
        link.to,
        (link.by,),
        follow=frozenset(_FOLLOW[word] for word in link.follow),
        shared=link.always_shared,
        assertion=Assertion.ASSIGNED if link.vouched else Assertion.SELF_ASSERTED,
        when=_when(link.only),
    )


def _when(only: str) -> tuple[When, ...]:
    return (When("sort", (only,)),) if only else ()
