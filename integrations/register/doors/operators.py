"""Operators: who may answer gates, the proofs they used up, and all they did."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from data_contracts.doors.operator_log import OperatorUse
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import OperatorRole
from integrations.register.store import Store
from integrations.register.tables import tables
from integrations.register.tables.marks import used_codes

_O = tables.operators.c
_U = tables.operator_uses.c
_USES = sa.select(_U.at, _U.operator, _U.what, _U.where, _U.proof, _U.is_accepted, _U.note)


class OperatorStore(Store):
    """The part of the register that holds operators."""

    def put_operator(self, operator: Operator) -> None:
        """Add or change an operator. The last time step used never goes back, so no used code serves again."""
        insert = self._insert(tables.operators).values(_row(operator))
        given = insert.excluded
        changed: dict[str, object] = {column.name: given[column.name] for column in _O if column.name != "name"}
        changed["last_step"] = sa.case((_O.last_step > given.last_step, _O.last_step), else_=given.last_step)
        with self._database.write() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=[_O.name], set_=changed))

    def operator(self, name: str) -> Operator | None:
        """The operator of that name, exactly as it is written."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(tables.operators).where(_O.name == name)).one_or_none()
        return None if row is None else _operator(row)

    def operators(self) -> list[Operator]:
        """All operators by name."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(tables.operators)).all()
        return sorted((_operator(row) for row in rows), key=lambda operator: operator.name)

    def use_code(self, name: str, step: int, *, newest: int | None = None) -> bool:
        """Take a TOTP time step for an operator, and clear failures; False when it or a later one was used before.

        Args:
            name: of the operator.
            step: whose code was typed.
            newest: the last step that can be now. A later one was used when the clock was ahead: it bars itself alone,
                or nobody could decide until the day that the clock showed. None: every later one bars.

        Source: RFC 6238 section 5.2, a code is accepted once.
        """
        is_ahead = sa.false() if newest is None else _O.last_step > newest
        until_now = sa.true() if newest is None else used_codes.c.step <= newest
        used = sa.select(used_codes.c.step).where(used_codes.c.operator == name, used_codes.c.step >= step)
        is_barred = sa.exists(used.where(sa.or_(used_codes.c.step == step, until_now)))
        take = sa.update(tables.operators).where(_O.name == name, sa.or_(_O.last_step < step, is_ahead), ~is_barred)
        with self._database.write() as connection:
            taken = connection.execute(take.values(last_step=step, failures=0, locked_until=None)).rowcount == 1
            if taken:
                connection.execute(sa.insert(used_codes), {"operator": name, "step": step})
            return taken

    def take_try(self, name: str, most: int, *, locked_until: datetime, at: datetime) -> bool:
        """Count a try of a code before it is compared, and lock the operator out at the last of ``most``.

        False, and nothing is counted, while the operator is locked out. One statement: of many at once each sees what
        the one before it counted.
        """
        tries = sa.case((_O.locked_until.is_not(None), 1), else_=_O.failures + 1)  # a lock that is over counts anew
        # A lock that ends later than one that begins now was set when the clock was ahead: it is none.
        is_free = sa.or_(_O.locked_until.is_(None), _O.locked_until <= at, _O.locked_until > locked_until)
        take = sa.update(tables.operators).where(_O.name == name, is_free)
        until = sa.case((tries >= most, sa.literal(locked_until, _O.locked_until.type)), else_=None)
        with self._database.write() as connection:
            return connection.execute(take.values(failures=tries, locked_until=until)).rowcount == 1

    def give_back_try(self, name: str) -> None:
        """Give back a try that proved nothing and guessed nothing."""
        give = sa.update(tables.operators).where(_O.name == name, _O.failures > 0)
        with self._database.write() as connection:
            connection.execute(give.values(failures=_O.failures - 1, locked_until=None))

    def note_use(self, use: OperatorUse) -> None:
        """Remember a use."""
        row = {name: getattr(use, name) for name in ("at", "operator", "what", "where", "proof", "is_accepted", "note")}
        with self._database.write() as connection:
            connection.execute(sa.insert(tables.operator_uses), row)

    def uses(self, *, operator: str = "", since: datetime | None = None, limit: int = 1000) -> list[OperatorUse]:
        """Uses, newest first."""
        wanted = _USES.order_by(_U.seq.desc()).limit(limit)
        if operator:
            wanted = wanted.where(_U.operator == operator)
        if since is not None:
            wanted = wanted.where(_U.at >= since)
        with self._database.read() as connection:
            return [OperatorUse(*row) for row in connection.execute(wanted)]


def _row(operator: Operator) -> dict[str, object]:
    return {
        "name": operator.name,
        "roles": [role.value for role in operator.roles],
        "valid_until": operator.valid_until,
        "training_until": operator.training_until,
        "is_active": operator.is_active,
        "failures": operator.failures,
        "locked_until": operator.locked_until,
        "last_step": operator.last_step,
        "secret": operator.secret,
        "password": operator.password,
        "oidc_subject": operator.oidc_subject,
    }


def _operator(row: Row[Any]) -> Operator:
    return Operator(
        name=row.name,
        roles=tuple(OperatorRole(role) for role in row.roles),
        valid_until=row.valid_until,
        training_until=row.training_until,
        is_active=row.is_active,
        failures=row.failures,
        locked_until=row.locked_until,
        last_step=row.last_step,
        secret=bytes(row.secret),
        password=row.password,
        oidc_subject=row.oidc_subject,
    )
