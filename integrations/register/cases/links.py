"""Links by their digests, and how often things were tried."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Row

from data_contracts.case.links import Link, LinkPurpose
from integrations.register.store import Store, put_once
from integrations.register.tables import tables

_L = tables.links.c
_N = tables.call_counts.c


_FIRST_CALL = put_once(tables.call_counts, "key", "window_start", "window_end", "calls", returning="calls")
_ONE_MORE = (
    sa.update(tables.call_counts)
    .where(_N.key == sa.bindparam("wanted"), _N.window_start == sa.bindparam("began"))
    .values(calls=_N.calls + 1)
    .returning(_N.calls)
)


class LinkStore(Store):
    """The part of the register that knows links, and counts tries."""

    def put_link(self, link: Link) -> None:
        """Keep a link; one of that digest stays as it is."""
        row = {
            "digest": link.digest,
            "case_id": link.case_id,
            "purpose": link.purpose.value,
            "created_at": link.created_at,
            "expires_at": link.expires_at,
            "used_at": link.used_at,
        }
        with self._database.write() as connection:
            connection.execute(self._insert(tables.links).values(row).on_conflict_do_nothing())

    def link(self, digest: str) -> Link | None:
        """The link; None when there is none."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(tables.links).where(_L.digest == digest)).one_or_none()
        return None if row is None else _link(row)

    def use_link(self, digest: str, at: datetime) -> bool:
        """Use a link up; False when it was used, ended or expired before: one of several callers at once gets True."""
        use = sa.update(tables.links).where(_L.digest == digest, _L.used_at.is_(None), _L.expires_at > at)
        with self._database.write() as connection:
            return connection.execute(use.values(used_at=at)).rowcount == 1

    def end_links(self, case_id: str, purpose: LinkPurpose, at: datetime) -> int:
        """Use up all links of a case that open one thing; how many were in force."""
        own = sa.update(tables.links).where(_L.case_id == case_id, _L.purpose == purpose.value, _L.used_at.is_(None))
        with self._database.write() as connection:
            return connection.execute(own.values(used_at=at)).rowcount

    def count_call(self, key: str, window: timedelta, at: datetime) -> int:
        """Count one try; how many there are now in the window that ``at`` lies in, this one included."""
        start = _start(window, at)
        row = {"key": key, "window_start": start, "window_end": start + window, "calls": 1}
        with self._database.write() as connection:
            if connection.execute(_FIRST_CALL, row).scalar() is not None:
                return 1
            return int(connection.execute(_ONE_MORE, {"wanted": key, "began": start}).scalar_one())

    def uncount_call(self, key: str, window: timedelta, at: datetime) -> None:
        """Give back a try that was counted in the window that ``at`` lies in; never below none."""
        began = _N.window_start == _start(window, at)
        one_less = sa.update(tables.call_counts).where(_N.key == key, began, _N.calls > 0).values(calls=_N.calls - 1)
        with self._database.write() as connection:
            connection.execute(one_less)

    def calls(self, key: str, window: timedelta, at: datetime) -> int:
        """How many tries there are in the window that ``at`` lies in."""
        found = sa.select(_N.calls).where(_N.key == key, _N.window_start == _start(window, at))
        with self._database.read() as connection:
            return connection.scalar(found) or 0

    def forget_calls(self, before: datetime) -> int:
        """Forget windows that ended before then; how many."""
        with self._database.write() as connection:
            return connection.execute(sa.delete(tables.call_counts).where(_N.window_end < before)).rowcount


def _start(window: timedelta, at: datetime) -> datetime:
    """The beginning of the window that a moment lies in, counted from 1970."""
    seconds = int(at.timestamp()) // int(window.total_seconds()) * int(window.total_seconds())
    return datetime.fromtimestamp(seconds, UTC)


def _link(row: "Row[tuple[object, ...]]") -> Link:
    digest, case_id, purpose, created_at, expires_at, used_at = row
    return Link(digest, case_id, LinkPurpose(purpose), created_at, expires_at, used_at)
