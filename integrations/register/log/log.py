"""The log of all cases: leaves are written with their records, and get their places when a checkpoint is made.

A place is given by one statement while the log's row is locked, so that two processes at once come one after the
other. Of the tree, the complete parts of 256, 65,536 and 16,777,216 leaves are kept: a root or a proof reads a few
hundred rows at most, however many leaves there are, and 256 leaves cost one row more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.evidence.log import LogEntry, LogLeaf, LogState
from data_contracts.evidence.merkle import Roof, Span
from integrations.register.store import Store
from integrations.register.tables import tables
from integrations.register.tables.log import log_checkpoints, log_leaves, log_origin, log_parts

_LEVELS: Final = (24, 16, 8)
"""Levels of the tree whose complete parts are kept, largest first."""
_PAGE: Final = 5_000

_L = log_leaves.c
_P = log_parts.c
_LEAF = (_L.case_id, _L.seq, _L.record)
_LOCK = sa.select(log_origin.c.origin).with_for_update()
_SIZE = sa.select(sa.func.coalesce(sa.func.max(_L.position), -1) + 1)
_PLACE = sa.text(
    "UPDATE log_leaf SET position = :size + waiting.place FROM ("
    "SELECT leaf_id, row_number() OVER (ORDER BY leaf_id) - 1 AS place FROM log_leaf WHERE position IS NULL"
    " ORDER BY leaf_id LIMIT :page) AS waiting WHERE log_leaf.leaf_id = waiting.leaf_id"
)


class LogStore(Store):
    """The part of the register that keeps the log."""

    def extend_log(self) -> LogState:
        """Give every leaf that has none a place in the tree; how far it has grown then.

        A page at a time, each in a transaction of its own: the first time, an older register's whole evidence gets its
        places, and other writers wait for no more than a page of it.
        """
        while True:
            with self._database.write() as connection:
                origin = connection.execute(_LOCK).scalar_one()
                size = connection.execute(_SIZE).scalar_one()
                roof = _roof(connection, 0, size)
                connection.execute(_PLACE, {"size": size, "page": _PAGE})
                _grow(connection, roof)
            if roof.size < size + _PAGE:
                return LogState(origin, roof.size, roof.root())

    def log_state(self, size: int | None = None) -> LogState:
        """The tree as it is, or as it was at that size.

        Raises:
            ValueError: when the tree was never that large.
        """
        with self._database.read() as connection:
            grown = connection.execute(_SIZE).scalar_one()
            origin = connection.execute(sa.select(log_origin.c.origin)).scalar_one()
            wanted = grown if size is None else size
            return LogState(origin, wanted, _roof(connection, 0, wanted).root())

    @contextmanager
    def log_span(self) -> Iterator[Span]:
        """The tree's hashes, to make proofs of."""
        with self._database.read() as connection:
            yield lambda start, end: _roof(connection, start, end).root()

    def log_entries(self) -> Iterator[LogEntry]:
        """Every leaf with its record, by place in the tree; then those without a place, in the order written."""
        kept = tables.evidence.c
        is_same = sa.and_(kept.case_id == _L.case_id, kept.seq == _L.seq)
        wanted = (
            sa.select(_L.leaf_id, _L.position, *_LEAF, kept.envelope)
            .select_from(log_leaves.outerjoin(tables.evidence, is_same))
            .limit(_PAGE)
        )
        with self._database.read() as connection:
            placed = wanted.where(_L.position > sa.bindparam("after")).order_by(_L.position)
            yield from _paged(connection, placed, 1, -1)
            waiting = wanted.where(_L.position.is_(None), _L.leaf_id > sa.bindparam("after")).order_by(_L.leaf_id)
            yield from _paged(connection, waiting, 0, 0)

    def log_leaves(self, case_id: str) -> list[tuple[int | None, LogLeaf]]:
        """The leaves of a case by number, each with its place in the tree."""
        wanted = sa.select(_L.position, *_LEAF).where(_L.case_id == case_id).order_by(_L.seq)
        with self._database.read() as connection:
            return [(position, LogLeaf(*leaf)) for position, *leaf in connection.execute(wanted)]

    def unlogged(self) -> list[tuple[str, int]]:
        """Records that no leaf names, by case and number."""
        kept = tables.evidence.c
        is_named = sa.exists().where(_L.case_id == kept.case_id, _L.seq == kept.seq)
        wanted = sa.select(kept.case_id, kept.seq).where(~is_named).order_by(kept.case_id, kept.seq)
        with self._database.read() as connection:
            return [(case_id, seq) for case_id, seq in connection.execute(wanted)]

    def put_checkpoint(self, size: int, note: str, at: datetime) -> None:
        """Keep a signed checkpoint; where there is one of that size, it stays."""
        row = {"size": size, "note": note, "made_at": at}
        with self._database.write() as connection:
            connection.execute(self._insert(log_checkpoints).values(row).on_conflict_do_nothing())

    def checkpoints(self) -> list[str]:
        """Signed checkpoints, by size."""
        kept = log_checkpoints.c
        with self._database.read() as connection:
            return list(connection.scalars(sa.select(kept.note).order_by(kept.size)))


def _roof(connection: Connection, start: int, end: int) -> Roof:
    """The complete parts of the leaves ``[start, end)``, where ``start`` is a cut that a proof makes."""
    roof = Roof(start)
    for level in _LEVELS:
        reached = start + roof.size
        first, last = reached >> level, end >> level
        if first << level == reached and first < last:
            wanted = sa.select(_P.hash).where(_P.level == level, _P.place >= first, _P.place < last)
            for part in connection.scalars(wanted.order_by(_P.place)):
                roof.add(bytes.fromhex(part), level)
    wanted_leaves = sa.select(*_LEAF).where(_L.position >= start + roof.size, _L.position < end)
    for row in connection.execute(wanted_leaves.order_by(_L.position)):
        roof.add(LogLeaf(*row).hash())
    if roof.size != end - start:
        raise ValueError("the log has no such leaves")
    return roof


def _grow(connection: Connection, roof: Roof) -> None:
    """Add the leaves that have a place by now to the roof, and keep the parts that they complete."""
    wanted = sa.select(*_LEAF).where(_L.position >= roof.size).order_by(_L.position)
    parts = [part for row in connection.execute(wanted).all() for part in roof.add(LogLeaf(*row).hash())]
    rows = [
        {"level": part.level, "place": part.place, "hash": part.hash.hex()} for part in parts if part.level in _LEVELS
    ]
    if rows:
        connection.execute(sa.insert(log_parts), rows)


def _paged(connection: Connection, wanted: sa.Select[tuple[object, ...]], key: int, after: int) -> Iterator[LogEntry]:
    while rows := connection.execute(wanted, {"after": after}).all():
        for _, position, case_id, seq, record, envelope in rows:
            yield LogEntry(position, LogLeaf(case_id, seq, record), envelope)
        after = rows[-1][key]
