"""Many people at once, Prefect down, the site killed in the middle: every receipt has its case, and nobody has two."""

import threading
import time
from pathlib import Path

from data_contracts.case.outgoing import OutgoingKind
from flows.server.machine import free_port
from flows.settings import Settings
from flows.wiring import Installation
from tests.crowd import Crowd, a_site, hand_in

_PEOPLE = 120


def test_every_receipt_has_its_case(tmp_path: Path) -> None:
    """Sealed, once, and to be started when Prefect is back."""
    told: list[Crowd] = []
    with a_site(tmp_path, free_port()) as site:
        crowd = threading.Thread(target=lambda: told.append(hand_in(site, _PEOPLE, per_second=30)))
        crowd.start()
        time.sleep(1.5)
        site.kill()
        site.start()
        crowd.join()

    (seen,) = told
    made = Installation(Settings(home=tmp_path, judge="plain"))
    try:
        cases = {case.case_id for case in made.register.cases()}
        assert len(seen.receipts) == len(set(seen.receipts.values())) == _PEOPLE
        assert cases == set(seen.receipts.values())
        assert all(made.services.vault.has(case_id, "request") for case_id in cases)
        rows = made.register.outgoing_due([OutgoingKind.START], made.now(), limit=1000)
        assert {row.case_id for row in rows} == cases
    finally:
        made.close()
    assert max(seen.tries.values()) > 1, "the site was not killed while people handed in"
