"""Wrapped data keys: one per case, and a mark that stays when it was destroyed.

What *destroyed* means here: the wrapped key's bytes are overwritten in the row, SQLite's freed pages are overwritten
(``secure_delete``) and its journal is cut. PostgreSQL keeps the old row until it is vacuumed, which is asked for at
once; its archived journals, and backups of either, keep the wrapped key as long as they are kept: set their
retention accordingly, or rotate the master key, after which an old wrapped key opens nothing.
"""

import sqlalchemy as sa

from data_contracts.errors import SystemUnavailable, VaultSealed
from integrations.register.store import Store, put_once
from integrations.register.tables import tables

_K = tables.data_keys.c
_PUT_KEY = put_once(tables.data_keys, "case_id", "wrapped")
_ONE_KEY = sa.select(_K.wrapped, _K.destroyed_at).where(_K.case_id == sa.bindparam("wanted"))


class KeyStore(Store):
    """The part of the register that keeps wrapped data keys (port ``DataKeys``)."""

    def get_key(self, case_id: str) -> bytes | None:
        """The wrapped key; None when there is none, or it was destroyed."""
        with self._database.read() as connection:
            row = connection.execute(_ONE_KEY, {"wanted": case_id}).one_or_none()
        return None if row is None or row.destroyed_at is not None else bytes(row.wrapped)

    def put_key(self, case_id: str, wrapped: bytes) -> bytes:
        """Keep a wrapped key unless there is one; returns the one that is kept.

        Raises:
            VaultSealed: when the case's key was destroyed: no new one is ever made.
        """
        with self._database.write() as connection:
            connection.execute(_PUT_KEY, {"case_id": case_id, "wrapped": wrapped})
            row = connection.execute(_ONE_KEY, {"wanted": case_id}).one()
        if row.destroyed_at is None:
            return bytes(row.wrapped)
        what = "the case's data key was destroyed, so nothing can be sealed for it"
        raise VaultSealed(what, where=case_id, remedy="open a new case for a new request")

    def replace_key(self, case_id: str, old: bytes, new: bytes) -> bool:
        """Exchange a wrapped key if it still is ``old``."""
        same = sa.and_(_K.case_id == case_id, _K.wrapped == old, _K.destroyed_at.is_(None))
        with self._database.write() as connection:
            return connection.execute(sa.update(tables.data_keys).where(same).values(wrapped=new)).rowcount == 1

    def destroy_key(self, case_id: str) -> None:
        """Overwrite the wrapped key and remember that it was destroyed; a case without key never gets one then."""
        with self._database.write() as connection:
            row = connection.execute(_ONE_KEY.with_for_update(), {"wanted": case_id}).one_or_none()
            if row is not None and row.destroyed_at is not None:
                return
            gone = {"wrapped": bytes(0 if row is None else len(row.wrapped)), "destroyed_at": self._now()}
            insert = self._insert(tables.data_keys).values(gone | {"case_id": case_id})
            connection.execute(insert.on_conflict_do_update(index_elements=[_K.case_id], set_=gone))
        self._drop_traces()

    def keyed_cases(self) -> list[str]:
        """Cases that have a key, by name."""
        with self._database.read() as connection:
            return sorted(connection.scalars(sa.select(_K.case_id).where(_K.destroyed_at.is_(None))))

    def _drop_traces(self) -> None:
        is_sqlite = self._database.dialect == "sqlite"
        statement = "PRAGMA wal_checkpoint(TRUNCATE)" if is_sqlite else f"VACUUM {tables.data_keys.name}"
        try:
            with self._database.outside() as connection:
                connection.exec_driver_sql(statement)
        except SystemUnavailable:
            # A reader is in the way: the key is overwritten for everyone, and the next one cuts the journal.
            return
