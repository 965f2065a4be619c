"""Rules of retention that a person let erase for the first time."""

from collections.abc import Iterable
from dataclasses import asdict

import sqlalchemy as sa

from data_contracts.officer.retaining import ApprovedRule
from integrations.register.store import Store
from integrations.register.tables.officer import approved_rules


class RetentionStore(Store):
    """The part of the register that knows which rules of retention erase without asking first."""

    def approve_rules(self, rules: Iterable[ApprovedRule]) -> None:
        """Keep that rules were approved; one that was before stays as it is."""
        rows = [asdict(rule) for rule in rules]
        if rows:
            with self._database.write() as connection:
                connection.execute(self._insert(approved_rules).on_conflict_do_nothing(), rows)

    def approved_rules(self) -> dict[str, ApprovedRule]:
        """Rules that were approved, by digest."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(approved_rules).order_by(approved_rules.c.place)).all()
        return {row.digest: ApprovedRule(**row._mapping) for row in rows}  # noqa: SLF001  # SQLAlchemy's name for it
