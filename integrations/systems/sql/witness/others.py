"""Databases for which nobody has said how text is compared there: each relation is named, none is looked at."""

from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.witnessing import NotLooked, PlaceKind
from integrations.systems.sql.witness.relations import Catalogue, Relation
from integrations.systems.witness.looking import Question


def survey(connection: Connection, _question: Question) -> Catalogue:
    """Every table and view of every schema, unread."""
    inspector = sa.inspect(connection)
    default = inspector.default_schema_name or ""
    found: list[Relation] = []
    for schema in inspector.get_schema_names():
        for kind, names in (
            (PlaceKind.TABLE, inspector.get_table_names(schema)),
            (PlaceKind.VIEW, inspector.get_view_names(schema)),
        ):
            for name in names:
                known = (name, f"{schema}.{name}") if schema == default else (f"{schema}.{name}",)
                found.append(_unread(Relation(schema, name, kind, sa.table(name), belongs_to=known)))
    return Catalogue(tuple(found))


def _unread(relation: Relation) -> Relation:
    return replace(relation, why=NotLooked.UNREADABLE, is_readable=False)
