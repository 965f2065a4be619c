"""What SQLite says of what hides data: whether the file can be written, and what its triggers do.

Source: SQLite documentation, "The Schema Table", "CREATE TRIGGER".
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy.engine import Connection

from data_contracts.connectors.hiding import Hides, Hiding
from integrations.systems.sql.live.trigger_bodies import Place, Reader

Name: TypeAlias = Callable[[Place], str]

_MAIN: Final = "main"
_HEAD: Final = re.compile(r"\bcreate\b.*?\bbegin\b", re.IGNORECASE | re.DOTALL)
_ON_DELETE: Final = re.compile(r"\bdelete\s+on\b", re.IGNORECASE)


def in_sqlite(connection: Connection, places: Sequence[Place], name: Name) -> Iterator[Hiding]:
    """What hides data of the tables at ``places``.

    Args:
        connection: to the database.
        places: live tables that the contract declares.
        name: what a live table is called: as the contract does, where one declares it.
    """
    path = connection.engine.url.database or ""
    if Path(path).is_file() and not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        yield Hiding(Hides.READ_ONLY, about="the file of the database cannot be written")
    rows = connection.exec_driver_sql(
        "SELECT type, tbl_name, sql FROM sqlite_master WHERE type IN ('table', 'trigger')"
    )
    known = [(kind, table, sql) for kind, table, sql in rows]
    reader = Reader({(_MAIN, table) for kind, table, _ in known if kind == "table"})
    wanted = {live.casefold(): (schema, live) for schema, live in places}
    for kind, live, sql in known:
        if kind == "trigger" and (place := wanted.get(live.casefold())):
            yield from _of_trigger(reader, sql, name(place), live, name)


def _of_trigger(reader: Reader, sql: str, table: str, live: str, name: Name) -> Iterator[Hiding]:
    head = _HEAD.match(sql.strip())
    written = reader.read(sql.strip()[head.end() :] if head else sql, _MAIN)
    own = live.casefold()
    yield from (Hiding(Hides.TRIGGER_WRITES, table, "", name(p)) for p in written.writes if p[1].casefold() != own)
    if head and _ON_DELETE.search(head[0]):
        yield from (
            Hiding(Hides.TRIGGER_DELETES, table, "", name(p)) for p in written.deletes if p[1].casefold() != own
        )
