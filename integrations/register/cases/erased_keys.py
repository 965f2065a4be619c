"""The list of erasures in the register: keyed digests, the case, the moment, and where a key was left."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from data_contracts.case.erased import ErasedKey
from data_contracts.case.subjects import SubjectKey
from integrations.register.store import Store
from integrations.register.tables import tables

_E = tables.erased_keys.c
_PAGE = 500
"""Digests in one statement."""
_BETWEEN = "\n"


class ErasedKeyStore(Store):
    """The part of the register that knows whose data were erased."""

    def put_erased_keys(self, keys: Iterable[ErasedKey]) -> None:
        """Keep keys; one of the same case that is kept already stays."""
        rows = [
            {
                "digest": one.key.digest,
                "case_id": one.case_id,
                "kind": one.key.kind,
                "erased_at": one.erased_at,
                "stays": _BETWEEN.join(one.stays),
            }
            for one in keys
        ]
        if rows:
            with self._database.write() as connection:
                connection.execute(self._insert(tables.erased_keys).on_conflict_do_nothing(), rows)

    def erased_keys(self) -> list[ErasedKey]:
        """Every key on the list, oldest first."""
        wanted = sa.select(_E.kind, _E.digest, _E.case_id, _E.erased_at, _E.stays).order_by(
            _E.erased_at, _E.case_id, _E.digest
        )
        with self._database.read() as connection:
            return [
                ErasedKey(SubjectKey(kind, digest), case_id, erased_at, tuple(filter(None, stays.split(_BETWEEN))))
                for kind, digest, case_id, erased_at, stays in connection.execute(wanted)
            ]

    def erased_cases(self, keys: Iterable[SubjectKey]) -> list[str]:
        """Cases that erased one of these keys, the latest first."""
        digests = sorted({key.digest for key in keys})
        found: dict[str, datetime] = {}
        with self._database.read() as connection:
            for start in range(0, len(digests), _PAGE):
                wanted = sa.select(_E.case_id, _E.erased_at).where(_E.digest.in_(digests[start : start + _PAGE]))
                found |= {row.case_id: row.erased_at for row in connection.execute(wanted)}
        return sorted(found, key=lambda case_id: (found[case_id], case_id), reverse=True)

    def put_stays(self, case_id: str, stays: Iterable[str], at: datetime) -> None:
        """Note where the keys of a case stand now that some of what was kept has gone, at that moment."""
        values = {"stays": _BETWEEN.join(stays), "erased_at": at}
        with self._database.write() as connection:
            connection.execute(sa.update(tables.erased_keys).where(_E.case_id == case_id).values(values))

    def forget_erased_keys(self, before: datetime, kept_before: datetime) -> int:
        """Forget those that were erased before a moment, those of which something stays before an earlier one."""
        over = sa.or_(sa.and_(_E.erased_at < before, _E.stays == ""), _E.erased_at < kept_before)
        with self._database.write() as connection:
            return connection.execute(sa.delete(tables.erased_keys).where(over)).rowcount

    def forget_erasure(self, case_id: str) -> int:
        """Forget the keys of one case; how many."""
        with self._database.write() as connection:
            return connection.execute(sa.delete(tables.erased_keys).where(_E.case_id == case_id)).rowcount
