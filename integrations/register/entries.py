"""The DPO's registers: rows that are added, the newest of a key in force."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from data_contracts.entries import Entry, RegisterName
from integrations.register.dpo_tables import register_entries
from integrations.register.store import Store

_E = register_entries.c
_COLUMNS = (_E.register, _E.key, _E.facts, _E.at, _E.actor, _E.is_removed)
_NEWEST = sa.select(sa.func.max(_E.seq)).where(_E.register == sa.bindparam("wanted")).group_by(_E.key)


class EntryStore(Store):
    """The part of our database that holds the registers."""

    def put_entry(self, register: RegisterName, key: str, facts: Mapping[str, object], *, actor: str) -> Entry:
        """Add a row that is in force from now on; nothing is added where the same facts are in force."""
        return self._add(register, key, dict(facts), actor=actor, is_removed=False)

    def remove_entry(self, register: RegisterName, key: str, *, actor: str) -> None:
        """Add a row that says that the key is out of force; nothing happens where it is."""
        self._add(register, key, {}, actor=actor, is_removed=True)

    def entries(self, register: RegisterName) -> list[Entry]:
        """What is in force, by key."""
        wanted = sa.select(*_COLUMNS).where(_E.seq.in_(_NEWEST), _E.is_removed.is_(False)).order_by(_E.key)
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(wanted, {"wanted": register.value})]

    def entry_history(self, register: RegisterName, key: str = "") -> list[Entry]:
        """Every row, oldest first; of one key where it is given."""
        wanted = sa.select(*_COLUMNS).where(_E.register == register.value).order_by(_E.seq)
        if key:
            wanted = wanted.where(_E.key == key)
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(wanted)]

    def _add(
        self, register: RegisterName, key: str, facts: Mapping[str, object], *, actor: str, is_removed: bool
    ) -> Entry:
        row = {"register": register.value, "key": key, "facts": dict(facts), "actor": actor, "is_removed": is_removed}
        with self._database.write() as connection:
            newest = _newest(connection, register, key)
            was = (newest.facts, newest.is_removed) if newest else ({}, True)
            if was == (facts, is_removed):
                return newest or Entry(register, key, {}, self._now(), actor, is_removed=True)
            connection.execute(sa.insert(register_entries).values(row | {"at": self._now()}))
            added = _newest(connection, register, key)
        assert added is not None  # noqa: S101  # written in this transaction
        return added


def _newest(connection: Connection, register: RegisterName, key: str) -> Entry | None:
    wanted = sa.select(*_COLUMNS).where(_E.register == register.value, _E.key == key)
    row = connection.execute(wanted.order_by(_E.seq.desc()).limit(1)).one_or_none()
    return None if row is None else _entry(row)


def _entry(row: Row[Any]) -> Entry:
    register, key, facts, at, actor, is_removed = row
    return Entry(RegisterName(register), key, facts, at, actor, is_removed)
