"""The ledger of actual disclosures: who received what about whom, kept under keyed digests (CJEU C-154/21)."""

from collections.abc import Iterable

import sqlalchemy as sa

from data_contracts.case.disclosures import Disclosed, Received
from data_contracts.case.subjects import SubjectKey
from integrations.register.store import Store
from integrations.register.tables import tables

_D = tables.disclosures.c


class DisclosureStore(Store):
    """The part of the register that knows who received data."""

    def note_disclosures(self, entries: Iterable[Disclosed]) -> int:
        """Note them in one transaction; how many were new. What is noted already stays as it is."""
        rows = {entry.entry_key: _row(entry) for entry in entries}
        if not rows:
            return 0
        known = sa.select(_D.entry_key).where(_D.entry_key.in_(list(rows)))
        with self._database.write() as connection:
            new = rows.keys() - set(connection.scalars(known))
            if new:
                added = [row for key, row in rows.items() if key in new]
                # Another process may note the same at the same time; then its line stays.
                connection.execute(self._insert(tables.disclosures).on_conflict_do_nothing(), added)
        return len(new)

    def disclosures_of(self, keys: Iterable[SubjectKey]) -> list[Received]:
        """What was disclosed about whoever has one of ``keys``, each disclosure once, oldest first."""
        digests = sorted({key.digest for key in keys})
        wanted = (
            sa.select(_D.at, _D.recipient, _D.purpose, _D.places, _D.source)
            .where(_D.digest.in_(digests))
            .order_by(_D.at, _D.seq)
        )
        with self._database.read() as connection:
            rows = connection.execute(wanted).all() if digests else []
        # A disclosure is noted under each key of the data subject that was known.
        return list(dict.fromkeys(Received(at, to, why, tuple(places), source) for at, to, why, places, source in rows))


def _row(entry: Disclosed) -> dict[str, object]:
    return {
        "at": entry.received.at,
        "digest": entry.key.digest,
        "kind": entry.key.kind,
        "recipient": entry.received.recipient,
        "purpose": entry.received.purpose,
        "places": list(entry.received.places),
        "source": entry.received.source,
        "entry_key": entry.entry_key,
    }
