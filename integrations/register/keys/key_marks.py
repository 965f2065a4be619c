"""Marks of the keys that the register was made with, and of the time."""

import base64
import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from data_contracts.ports.clocks import ClockMarks
from data_contracts.ports.key_marks import KeyKind, KeyMark
from data_contracts.ports.restores import Newest
from integrations.register.keys.sealed_rows import SEALED
from integrations.register.store import Store, put_once
from integrations.register.tables import tables
from integrations.register.tables.log import log_leaves, log_origin
from integrations.register.tables.marks import key_marks

_C: Final = key_marks.c
_SOME: Final = 500
"""Names in one statement."""
_ORIGIN: Final = sa.select(log_origin.c.origin)
_L: Final = log_leaves.c
_KNOWS: Final = sa.select(_L.leaf_id).where(
    _L.case_id == sa.bindparam("c"),
    _L.seq == sa.bindparam("s"),
    _L.record == sa.bindparam("r"),
    sa.exists().where(log_origin.c.origin == sa.bindparam("o")),
)
"""Asked at each record of evidence, so that it is one statement, made once."""
_PUT: Final = put_once(key_marks, "kind", "digest", "sealed", "made_at")


class KeyMarkStore(Store):
    """The part of the register that knows its keys (port ``KeyMarks``) and the time (port ``Clocks``)."""

    def clock_marks(self) -> ClockMarks:
        """What the register knows of the time."""
        (newest,) = self.lately_signed(1) or (None,)
        database = None
        if self._database.dialect == "postgresql":
            with self._database.read() as connection:
                database = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return ClockMarks(_time_of(newest), database)

    def newest_record(self) -> Newest | None:
        """The newest record; None before the first."""
        leaf = log_leaves.c
        wanted = sa.select(leaf.case_id, leaf.seq, leaf.record).order_by(leaf.leaf_id.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
            return None if row is None else Newest(connection.execute(_ORIGIN).scalar_one(), *row)

    def records_of(self, names: Collection[str]) -> dict[str, int]:
        """How many records of evidence each of these cases has; those that the register does not know are left out."""
        case, counted, wanted = tables.cases.c, dict[str, int](), sorted(names)
        for some in (wanted[start : start + _SOME] for start in range(0, len(wanted), _SOME)):
            with self._database.read() as connection:
                rows = connection.execute(sa.select(case.case_id, case.records).where(case.case_id.in_(some)))
                counted |= {row.case_id: row.records for row in rows}
        return counted

    def knows_record(self, newest: Newest) -> bool:
        """Whether that very record is in the register's log."""
        wanted = {"o": newest.origin, "c": newest.case, "s": newest.seq, "r": newest.record}
        with self._database.read() as connection:
            return connection.execute(_KNOWS, wanted).first() is not None

    def key_marks(self) -> list[KeyMark]:
        """All, also of retired keys, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(key_marks).order_by(_C.made_at, _C.kind, _C.digest)).all()
        return [KeyMark(KeyKind(row.kind), row.digest, bytes(row.sealed), row.made_at, row.retired_at) for row in rows]

    def put_key_mark(self, mark: KeyMark) -> None:
        """Keep a mark, unless that very key has one."""
        row = {"kind": mark.kind.value, "digest": mark.digest, "sealed": mark.sealed, "made_at": mark.made_at}
        with self._database.write() as connection:
            connection.execute(_PUT, row)

    def retire_key_marks(self, kind: KeyKind, *, kept: str) -> None:
        """Retire the marks of that kind, but of the key with this digest."""
        others = sa.and_(_C.kind == kind.value, _C.digest != kept, _C.retired_at.is_(None))
        with self._database.write() as connection:
            connection.execute(sa.update(key_marks).where(others).values(retired_at=self._now()))

    def remove_key_marks(self, kind: KeyKind) -> None:
        """Forget the marks of keys that are lost."""
        with self._database.write() as connection:
            connection.execute(sa.delete(key_marks).where(_C.kind == kind.value))

    def kinds_in_use(self) -> frozenset[KeyKind]:
        """Keys without which rows of the register cannot be opened or trusted."""
        rows = [_has_sealed(column) for column in SEALED if column.table is not key_marks]
        sealed = sa.or_(sa.exists(tables.data_keys.select()), *rows)
        with self._database.read() as connection:
            found = connection.execute(sa.select(sealed, sa.exists(tables.evidence.select()))).one()
        kinds = (KeyKind.MASTER, KeyKind.SIGNING)
        return frozenset(kind for kind, is_used in zip(kinds, found, strict=True) if is_used)

    def lately_wrapped(self, most: int) -> Sequence[tuple[str, bytes]]:
        """Case and wrapped data key of some cases, newest first."""
        keys, cases = tables.data_keys.c, tables.cases.c
        wanted = sa.select(keys.case_id, keys.wrapped).where(keys.destroyed_at.is_(None))
        newest = wanted.outerjoin_from(tables.data_keys, tables.cases, cases.case_id == keys.case_id)
        with self._database.read() as connection:
            rows = connection.execute(newest.order_by(cases.opened_at.desc()).limit(most)).all()
        return [(case_id, bytes(wrapped)) for case_id, wrapped in rows]

    def lately_signed(self, most: int) -> Sequence[object]:
        """Envelopes of some records, newest first."""
        kept, leaf = tables.evidence.c, log_leaves.c
        is_same = sa.and_(kept.case_id == leaf.case_id, kept.seq == leaf.seq)
        wanted = sa.select(kept.envelope).join_from(tables.evidence, log_leaves, is_same).order_by(leaf.leaf_id.desc())
        with self._database.read() as connection:
            return [_read(text) for text in connection.scalars(wanted.limit(most))]


def _has_sealed(column: sa.Column[bytes]) -> sa.Exists:
    return sa.exists(sa.select(column).where(sa.func.length(column) > 0))


def _time_of(envelope: Any) -> datetime | None:  # noqa: ANN401  # a DSSE envelope as JSON
    """When a record was written; None where it cannot be read."""
    try:
        return datetime.fromisoformat(json.loads(base64.b64decode(envelope["payload"]))["predicate"]["at"])
    except (TypeError, KeyError, ValueError):
        return None


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
