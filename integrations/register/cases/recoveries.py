"""Recovery copies in the register: whose case, and until which day."""

from dataclasses import asdict

import sqlalchemy as sa

from data_contracts.connectors.recovering import RecoveryCopy
from integrations.register.store import Store
from integrations.register.tables import tables

_R = tables.recoveries.c


class RecoveryStore(Store):
    """The part of the register that knows which recovery copies there are."""

    def put_recovery(self, copy: RecoveryCopy) -> None:
        """Note a copy; one of the same case that is noted already stays."""
        with self._database.write() as connection:
            connection.execute(self._insert(tables.recoveries).on_conflict_do_nothing(), [asdict(copy)])

    def recovery(self, case_id: str) -> RecoveryCopy | None:
        """The copy of a case; None where there is none, or its key was destroyed."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(tables.recoveries).where(_R.case_id == case_id)).one_or_none()
        return None if row is None else RecoveryCopy(*row)

    def recoveries(self) -> list[RecoveryCopy]:
        """Every copy, the one that ends first on top."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(tables.recoveries).order_by(_R.until, _R.case_id)).all()
        return [RecoveryCopy(*row) for row in rows]

    def forget_recovery(self, case_id: str) -> None:
        """Forget a copy once it is destroyed; nothing happens when there is none."""
        with self._database.write() as connection:
            connection.execute(sa.delete(tables.recoveries).where(_R.case_id == case_id))
