"""Runs of the controller's duties, kept beside cases: the same ledger, the same evidence (docs/adr/0006)."""

import secrets
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from data_contracts.case.runs import Run
from data_contracts.evidence.records import NO_RECORD, digest
from data_contracts.vocabulary import CaseState, Channel, Duty
from integrations.register.cases.cases import ALPHABET
from integrations.register.store import Store, unknown_case
from integrations.register.tables import tables

_C = tables.cases.c
_COLUMNS = (_C.case_id, _C.right, _C.outcome, _C.opened_at)
_BY_KEY = sa.select(*_COLUMNS).where(_C.request_digest == sa.bindparam("wanted"))


class RunStore(Store):
    """The part of the register that holds runs."""

    def open_run(self, duty: Duty, key: str) -> Run:
        """Register a run; the same ``key`` gives the same run."""
        wanted = digest(f"run:{duty.value}:{key}".encode())
        now = self._now()
        row = {
            "right": duty.value,
            "channel": Channel.API.value,
            "language": "en",
            "state": CaseState.ACTING.value,
            "outcome": "",
            "received_at": now,
            "response_due": now.date(),
            "opened_at": now,
            "request_digest": wanted,
            "moves": 0,
            "records": 0,
            "last_record": NO_RECORD,
            "is_extended": False,
            "linked_to": "",
        }
        with self._database.write() as connection:
            while (found := connection.execute(_BY_KEY, {"wanted": wanted}).one_or_none()) is None:
                name = f"R-{now:%Y%m%d}-{''.join(secrets.choice(ALPHABET) for _ in range(4))}"
                # Nothing is inserted when another process was first, or the name is taken.
                connection.execute(self._insert(tables.cases).values(row | {"case_id": name}).on_conflict_do_nothing())
            return _run(found)

    def run(self, run_id: str) -> Run:
        """The run.

        Raises:
            CaseUnknown: when there is none of that name.
        """
        wanted = sa.select(*_COLUMNS).where(_C.case_id == run_id, _C.right.in_([duty.value for duty in Duty]))
        with self._database.read() as connection:
            found = connection.execute(wanted).one_or_none()
        if found is None:
            raise unknown_case(run_id)
        return _run(found)

    def runs(self, duty: Duty) -> list[Run]:
        """Runs of a duty, newest first."""
        wanted = sa.select(*_COLUMNS).where(_C.right == duty.value).order_by(_C.opened_at.desc(), _C.case_id)
        with self._database.read() as connection:
            return [_run(row) for row in connection.execute(wanted)]


def _run(row: Sequence[Any]) -> Run:
    run_id, duty, outcome, opened_at = row
    return Run(run_id, Duty(duty), outcome, opened_at)
