"""The ledger of consents and objections, and the list of restrictions.

Questions about many people are one statement: their digests travel as one JSON array (SQLite) or one array
(PostgreSQL) and are joined, so that the number of statements does not depend on the number of people (law 12).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from data_contracts.case.permissions import Restriction, Stance, StanceEntry
from data_contracts.case.subjects import SubjectKey
from data_contracts.vocabulary import RestrictionGround
from integrations.register.store import Store
from integrations.register.tables import tables

_S = tables.stances.c
_R = tables.restrictions.c
_ROWS_AT_ONCE = 5000

_STANCES = sa.select(_S.kind, _S.digest, _S.purpose, _S.recipient, _S.stance, _S.at, _S.source, _S.notice_version)
_RESTRICTIONS = sa.select(_R.case_id, _R.kind, _R.digest, _R.ground, _R.purposes, _R.since, _R.lifted_at)


class PermissionStore(Store):
    """The part of the register that knows what people said about what may be done with their data."""

    def add_stances(self, entries: Iterable[StanceEntry]) -> int:
        """Add to the ledger what it does not have yet; the number of new rows."""
        add = self._insert(tables.stances).on_conflict_do_nothing(index_elements=["entry_key"]).returning(_S.seq)
        remaining, added = iter(entries), 0
        with self._database.write() as connection:
            while rows := [_stance_row(entry) for entry in islice(remaining, _ROWS_AT_ONCE)]:
                added += len(connection.execute(add, rows).all())
        return added

    def stances_of(self, digests: Sequence[str], purposes: Sequence[str] | None = None) -> list[StanceEntry]:
        """Everything said by these data subjects, oldest first."""
        wanted = _STANCES.join_from(tables.stances, given := self._given(), _S.digest == given.c.value)
        if purposes is not None:
            wanted = wanted.where(_S.purpose.in_(sorted(purposes)))
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(_S.at, _S.seq), self._bound(digests)).all()
        return [
            StanceEntry(SubjectKey(kind, digest), purpose, recipient, Stance(stance), at, source, version)
            for kind, digest, purpose, recipient, stance, at, source, version in rows
        ]

    def restrict(self, restrictions: Iterable[Restriction]) -> None:
        """Put restrictions on the list; those that are there already stay as they are."""
        rows = [_restriction_row(one) for one in restrictions]
        if rows:
            with self._database.write() as connection:
                connection.execute(self._insert(tables.restrictions).on_conflict_do_nothing(), rows)

    def restrictions_of(self, digests: Sequence[str]) -> list[Restriction]:
        """Restrictions of these data subjects that are in force."""
        wanted = _RESTRICTIONS.join_from(tables.restrictions, given := self._given(), _R.digest == given.c.value)
        with self._database.read() as connection:
            rows = connection.execute(
                wanted.where(_R.lifted_at.is_(None)).order_by(_R.since, _R.case_id, _R.digest), self._bound(digests)
            ).all()
        return [_restriction(row) for row in rows]

    def restricted_cases(self) -> list[str]:
        """Cases whose restriction is in force, by name."""
        wanted = sa.select(_R.case_id).where(_R.lifted_at.is_(None)).distinct().order_by(_R.case_id)
        with self._database.read() as connection:
            return list(connection.scalars(wanted))

    def restrictions_by(self, case_id: str) -> list[Restriction]:
        """What a case put on the list, lifted or not."""
        wanted = _RESTRICTIONS.where(_R.case_id == case_id).order_by(_R.kind, _R.digest)
        with self._database.read() as connection:
            return [_restriction(row) for row in connection.execute(wanted)]

    def lift_restriction(self, case_id: str) -> None:
        """End what a case put on the list."""
        lift = sa.update(tables.restrictions).where(_R.case_id == case_id, _R.lifted_at.is_(None))
        with self._database.write() as connection:
            connection.execute(lift.values(lifted_at=self._now()))

    def _given(self) -> sa.TableValuedAlias:
        """The digests asked about, as a table of one column."""
        if self._database.dialect == "sqlite":
            return sa.func.json_each(sa.bindparam("digests", type_=sa.Text)).table_valued("value")
        texts = postgresql.ARRAY(sa.Text)
        return sa.func.unnest(sa.bindparam("digests", type_=texts)).table_valued("value").render_derived()

    def _bound(self, digests: Sequence[str]) -> Mapping[str, Any]:
        each = list(dict.fromkeys(digests))
        return {"digests": json.dumps(each) if self._database.dialect == "sqlite" else each}


def _stance_row(entry: StanceEntry) -> dict[str, object]:
    return {
        "at": entry.at,
        "digest": entry.key.digest,
        "kind": entry.key.kind,
        "purpose": entry.purpose,
        "recipient": entry.recipient,
        "stance": entry.stance.value,
        "source": entry.source,
        "notice_version": entry.notice_version,
        "entry_key": entry.entry_key,
    }


def _restriction_row(one: Restriction) -> dict[str, object]:
    return {
        "case_id": one.case_id,
        "digest": one.key.digest,
        "kind": one.key.kind,
        "ground": one.ground.value,
        "purposes": list(one.purposes),
        "since": one.since,
        "lifted_at": one.lifted_at,
    }


def _restriction(row: sa.Row[Any]) -> Restriction:
    case_id, kind, digest, ground, purposes, since, lifted_at = row
    return Restriction(case_id, SubjectKey(kind, digest), RestrictionGround(ground), tuple(purposes), since, lifted_at)
