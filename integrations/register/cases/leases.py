"""Leases: one process carries a case at a time, and a lease that nobody renews ends by itself."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import exc

from integrations.register.store import Store, unknown_case
from integrations.register.tables import tables

_L = tables.leases.c
_ONE_LEASE = sa.select(_L.holder, _L.until).where(_L.case_id == sa.bindparam("wanted"))


class LeaseStore(Store):
    """The part of the register that keeps leases."""

    def take_lease(self, case_id: str, holder: str, until: datetime, *, instead_of: str = "") -> str:
        """Take or renew the lease of a case; the holder who has it afterwards.

        Args:
            case_id: the case.
            holder: who wants to carry it on.
            until: when the lease ends unless it is renewed.
            instead_of: a holder known to be gone, whose lease is taken although it has not ended.

        Raises:
            CaseUnknown: when there is no such case.
        """
        free = sa.or_(_L.holder.in_([holder, instead_of]), _L.until <= self._now())
        insert = self._insert(tables.leases).values(case_id=case_id, holder=holder, until=until)
        changed = {"holder": holder, "until": until}
        take = insert.on_conflict_do_update(index_elements=[_L.case_id], set_=changed, where=free)
        with self._database.write() as connection:
            try:
                connection.execute(take)
            except exc.IntegrityError:
                raise unknown_case(case_id) from None
            return str(connection.execute(_ONE_LEASE, {"wanted": case_id}).one().holder)

    def end_lease(self, case_id: str, holder: str) -> None:
        """Give the lease back; nothing happens when somebody else has it by now."""
        mine = sa.and_(_L.case_id == case_id, _L.holder == holder)
        with self._database.write() as connection:
            connection.execute(sa.delete(tables.leases).where(mine))
