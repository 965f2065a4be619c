"""Passkeys of operators, challenges that wait for one, and where operators get mail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from data_contracts.evidence.records import Facts
from data_contracts.gates.passkeys import Passkey
from integrations.register.store import Store
from integrations.register.tables import passkeys, tables

_P = passkeys.passkeys.c
_C = passkeys.challenges.c
_M = passkeys.operator_mails.c
_O = tables.operators.c


class PasskeyStore(Store):
    """The part of the register that holds passkeys."""

    def add_passkey(self, passkey: Passkey) -> bool:
        """Keep a passkey; False, and nothing is changed, where its id is known already."""
        row = {column.name: getattr(passkey, column.name) for column in _P}
        insert = self._insert(passkeys.passkeys).values(row)
        with self._database.write() as connection:
            # Rows that such a statement counts are not told alike by every driver.
            return connection.execute(insert.on_conflict_do_nothing().returning(_P.credential)).first() is not None

    def passkey(self, credential: str) -> Passkey | None:
        """The passkey of that id."""
        wanted = sa.select(passkeys.passkeys).where(_P.credential == credential)
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else Passkey(*row)

    def passkeys(self, operator: str) -> list[Passkey]:
        """Those of an operator, oldest first."""
        wanted = sa.select(passkeys.passkeys).where(_P.operator == operator).order_by(_P.added_at, _P.credential)
        with self._database.read() as connection:
            return [Passkey(*row) for row in connection.execute(wanted)]

    def use_passkey(self, credential: str, count: int, at: datetime) -> bool:
        """Take in a use; False where the authenticator has counted that far before, or the passkey is gone.

        One statement: of two uses with one count, one is taken in. An authenticator that does not count says 0 always.
        """
        has_grown = sa.or_(_P.count < count, sa.and_(_P.count == 0, sa.literal(count) == 0))
        use = sa.update(passkeys.passkeys).where(_P.credential == credential, has_grown)
        with self._database.write() as connection:
            return connection.execute(use.values(count=count, used_at=at)).rowcount == 1

    def remove_passkeys(self, operator: str, credential: str = "") -> int:
        """Remove one, or all, of an operator; how many."""
        gone = sa.delete(passkeys.passkeys).where(_P.operator == operator)
        if credential:
            gone = gone.where(_P.credential == credential)
        with self._database.write() as connection:
            return connection.execute(gone).rowcount

    def put_challenge(self, challenge: bytes, said: Facts, *, visit: str, until: datetime, at: datetime) -> None:
        """Keep a challenge with its statement; those that are over are forgotten."""
        row = {"challenge": challenge.hex(), "statement": dict(said), "visit": visit, "until": until}
        with self._database.write() as connection:
            connection.execute(sa.delete(passkeys.challenges).where(_C.until <= at))
            connection.execute(sa.insert(passkeys.challenges), row)

    def take_challenge(self, challenge: bytes, *, visit: str, at: datetime) -> Mapping[str, Any] | None:
        """The statement of a challenge of that visit that is not over; it is taken away, and given once."""
        this = sa.and_(_C.challenge == challenge.hex(), _C.visit == visit, _C.until > at)
        take = sa.delete(passkeys.challenges).where(this).returning(_C.statement)
        with self._database.write() as connection:
            row = connection.execute(take).one_or_none()
        return None if row is None else dict(row.statement)

    def put_operator_mail(self, operator: str, address: str) -> None:
        """Keep where an operator gets mail."""
        insert = self._insert(passkeys.operator_mails).values(operator=operator, address=address)
        with self._database.write() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=[_M.operator], set_={"address": address}))

    def operator_mail(self, operator: str) -> str:
        """Where an operator gets mail; empty where nobody said."""
        with self._database.read() as connection:
            return connection.execute(sa.select(_M.address).where(_M.operator == operator)).scalar() or ""

    def end_lock(self, operator: str) -> None:
        """End a lock after wrong codes."""
        end = sa.update(tables.operators).where(_O.name == operator)
        with self._database.write() as connection:
            connection.execute(end.values(failures=0, locked_until=None))

    def drop_secret(self, operator: str) -> None:
        """Destroy an operator's TOTP secret: no code is theirs any more."""
        drop = sa.update(tables.operators).where(_O.name == operator)
        with self._database.write() as connection:
            connection.execute(drop.values(secret=b""))
