"""Who the cases are about, as keyed digests: the same data subject's cases find each other, and nobody is named."""

from collections.abc import Iterable

import sqlalchemy as sa

from data_contracts.case.subjects import SubjectKey
from integrations.register.store import Store
from integrations.register.tables import tables

_K = tables.subject_keys.c


class SubjectStore(Store):
    """The part of the register that knows which cases are about the same data subject."""

    def put_subject_keys(self, case_id: str, keys: Iterable[SubjectKey]) -> None:
        """Note who a case is about; keys that are noted already stay."""
        rows = [{"case_id": case_id, "digest": key.digest, "kind": key.kind} for key in keys]
        if rows:
            with self._database.write() as connection:
                connection.execute(self._insert(tables.subject_keys).on_conflict_do_nothing(), rows)

    def subject_keys(self, case_id: str) -> list[SubjectKey]:
        """Who a case is about; empty when it was purged or identity was never verified."""
        wanted = sa.select(_K.kind, _K.digest).where(_K.case_id == case_id).order_by(_K.kind, _K.digest)
        with self._database.read() as connection:
            return [SubjectKey(*row) for row in connection.execute(wanted)]

    def cases_of(self, keys: Iterable[SubjectKey]) -> list[str]:
        """Cases that share a key with ``keys``, by name."""
        digests = sorted({key.digest for key in keys})
        wanted = sa.select(_K.case_id).where(_K.digest.in_(digests)).distinct().order_by(_K.case_id)
        with self._database.read() as connection:
            return list(connection.scalars(wanted)) if digests else []

    def forget_subject_keys(self, case_id: str) -> None:
        """Take away who a case was about; its evidence stays."""
        with self._database.write() as connection:
            connection.execute(sa.delete(tables.subject_keys).where(_K.case_id == case_id))
