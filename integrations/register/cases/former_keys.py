"""Keys under which somebody was known before they were put right, by keyed digests, their values sealed."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Row

from data_contracts.case.former_keys import FormerKey
from data_contracts.case.subjects import SubjectKey
from integrations.register.store import Store
from integrations.register.tables import tables

_F = tables.former_keys.c


class FormerKeyStore(Store):
    """The part of the register that knows former keys."""

    def put_former_keys(self, keys: Iterable[FormerKey]) -> None:
        """Keep former keys; one of the same account and digest is kept with its later moment."""
        with self._database.write() as connection:
            for one in sorted(keys, key=lambda key: key.until):
                same = sa.and_(_F.account == one.account.digest, _F.digest == one.key.digest)
                connection.execute(sa.delete(tables.former_keys).where(same, _F.until <= one.until))
                connection.execute(self._insert(tables.former_keys).values(_row(one)).on_conflict_do_nothing())

    def former_keys(self, accounts: Iterable[SubjectKey]) -> list[FormerKey]:
        """Former keys of these accounts, oldest first."""
        digests = sorted({account.digest for account in accounts})
        return self._found(_F.account.in_(digests)) if digests else []

    def former_owners(self, key: SubjectKey) -> list[FormerKey]:
        """Accounts that a key belonged to, oldest first."""
        return self._found(sa.and_(_F.kind == key.kind, _F.digest == key.digest))

    def forget_former_key(self, account: SubjectKey, key: SubjectKey) -> None:
        """Forget one: the account has it again, or its data were erased."""
        same = sa.and_(_F.account == account.digest, _F.digest == key.digest)
        with self._database.write() as connection:
            connection.execute(sa.delete(tables.former_keys).where(same))

    def forget_former_keys(self, before: datetime) -> int:
        """Forget those that were put right before a moment; how many."""
        with self._database.write() as connection:
            return connection.execute(sa.delete(tables.former_keys).where(_F.until < before)).rowcount

    def _found(self, which: sa.ColumnElement[bool]) -> list[FormerKey]:
        wanted = sa.select(tables.former_keys).where(which).order_by(_F.until, _F.account, _F.digest)
        with self._database.read() as connection:
            return [_former_key(row) for row in connection.execute(wanted)]


def _row(one: FormerKey) -> dict[str, object]:
    return {
        "account": one.account.digest,
        "account_kind": one.account.kind,
        "digest": one.key.digest,
        "kind": one.key.kind,
        "sealed": one.sealed,
        "until": one.until,
    }


def _former_key(row: Row[tuple[str, str, str, str, bytes, datetime]]) -> FormerKey:
    account, account_kind, digest, kind, sealed, until = row
    return FormerKey(SubjectKey(account_kind, account), SubjectKey(kind, digest), sealed, until)
