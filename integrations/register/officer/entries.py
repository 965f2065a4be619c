"""The DPO's registers: rows that are added, the newest of a key in force."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from data_contracts.officer.entries import Entry, RegisterName, Trained
from integrations.register.store import Store
from integrations.register.tables import tables
from integrations.register.tables.officer import register_entries

_E = register_entries.c
_NAMES = ("register", "key", "facts", "at", "actor", "is_removed")
_COLUMNS = tuple(_E[name] for name in _NAMES)
_NEWEST = sa.select(sa.func.max(_E.seq)).where(_E.register == sa.bindparam("wanted")).group_by(_E.key)


class EntryStore(Store):
    """The part of our database that holds the registers."""

    def put_entry(self, register: RegisterName, key: str, facts: Mapping[str, object], *, actor: str) -> Entry:
        """Add a row that is in force from now on; nothing is added where the same facts are in force."""
        with self._database.write() as connection:
            return self._add(connection, Entry(register, key, dict(facts), self._now(), actor))[0]

    def put_trainings(self, trained: Iterable[Trained], *, actor: str) -> int:
        """Enter trainings, all or none, and move until when each person who is an operator may decide; rows added."""
        added = 0
        with self._database.write() as connection:
            for person, facts, until in trained:
                row = Entry(RegisterName.TRAINING, person, dict(facts), self._now(), actor)
                added += self._add(connection, row)[1]
                _may_decide_until(connection, person, until)
        return added

    def remove_entry(self, register: RegisterName, key: str, *, actor: str) -> None:
        """Add a row that says that the key is out of force; nothing happens where it is."""
        now = self._now()
        with self._database.write() as connection:
            _, is_added = self._add(connection, Entry(register, key, {}, now, actor, is_removed=True))
            if is_added and register is RegisterName.TRAINING:
                _may_decide_until(connection, key, now)

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

    def _add(self, connection: Connection, row: Entry) -> tuple[Entry, bool]:
        """The row in force for its key, and whether it was added now."""
        newest = _newest(connection, row.register, row.key)
        was = (newest.facts, newest.is_removed) if newest else ({}, True)
        if was == (row.facts, row.is_removed):
            return newest or row, False
        connection.execute(sa.insert(register_entries).values({name: getattr(row, name) for name in _NAMES}))
        added = _newest(connection, row.register, row.key)
        assert added is not None  # noqa: S101  # written in this transaction
        return added, True


def _may_decide_until(connection: Connection, person: str, until: datetime | None) -> None:
    """Charter 3.3: nothing happens where the person is no operator."""
    operators = tables.operators
    connection.execute(sa.update(operators).where(operators.c.name == person).values(training_until=until))


def _newest(connection: Connection, register: RegisterName, key: str) -> Entry | None:
    wanted = sa.select(*_COLUMNS).where(_E.register == register.value, _E.key == key)
    row = connection.execute(wanted.order_by(_E.seq.desc()).limit(1)).one_or_none()
    return None if row is None else _entry(row)


def _entry(row: Row[Any]) -> Entry:
    register, key, facts, at, actor, is_removed = row
    return Entry(RegisterName(register), key, facts, at, actor, is_removed)
