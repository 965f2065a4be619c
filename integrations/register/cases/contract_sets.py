"""Sets of contracts in the register: kept once for all cases that were planned under them."""

from collections.abc import Mapping

import sqlalchemy as sa

from integrations.register.store import Store
from integrations.register.tables.tables import UtcTime, metadata

contract_sets = sa.Table(
    "contract_set",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("files", sa.JSON, nullable=False),
    sa.Column("noted_at", UtcTime, nullable=False),
)
"""Contracts that plans were made under, by the digest of what they say: text by path; see migration 0015."""
_C = contract_sets.c


class ContractSetStore(Store):
    """The part of the register that keeps sets of contracts."""

    def put_contract_set(self, name: str, files: Mapping[str, str]) -> None:
        """Keep a set; one of that name that is kept already stays."""
        with self._database.read() as connection:
            if connection.execute(sa.select(_C.name).where(_C.name == name)).one_or_none() is not None:
                return
        row = {"name": name, "files": dict(files), "noted_at": self._now()}
        with self._database.write() as connection:
            connection.execute(self._insert(contract_sets).on_conflict_do_nothing(), [row])

    def contract_set(self, name: str) -> Mapping[str, str] | None:
        """Files of the set of that name; None where none is kept."""
        with self._database.read() as connection:
            found = connection.execute(sa.select(_C.files).where(_C.name == name)).scalar_one_or_none()
        return None if found is None else dict(found)
