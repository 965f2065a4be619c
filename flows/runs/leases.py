"""One process carries a case at a time (law 3).

The register keeps a lease per case. Who carries the case renews it; a lease that nobody renews ends by itself, and one
whose process is known to be dead on this machine is taken at once. A second process waits a while, then gives up: the
case is in good hands.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from data_contracts.errors import CaseBusy, RightsflowError
from data_contracts.ports.register import Register
from tasks.life.restored import require_free
from tasks.services import services

LEASE = timedelta(seconds=60)
_RENEW_SECONDS = 15.0
_PATIENCE_SECONDS = 10.0
_LOOK_SECONDS = 0.5


@contextmanager
def carrying(case_id: str) -> Iterator[None]:
    """Hold the lease of a case while the block runs.

    Raises:
        CaseBusy: when another process carries the case on and does not stop in time.
    """
    register = services().register
    holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    _take(register, case_id, holder)
    ended = threading.Event()
    keeper = threading.Thread(target=_renew, args=(register, case_id, holder, ended), daemon=True)
    keeper.start()
    try:
        require_free(case_id)
        yield
    finally:
        ended.set()
        keeper.join()
        register.end_lease(case_id, holder)


def _take(register: Register, case_id: str, holder: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        found = register.take_lease(case_id, holder, _until())
        if found != holder and _is_dead(found):
            found = register.take_lease(case_id, holder, _until(), instead_of=found)
        if found == holder:
            return
        if time.monotonic() >= deadline:
            raise CaseBusy(
                "another process carries the case on",
                where=case_id,
                remedy="wait until it has stopped, then run it again",
            )
        time.sleep(_LOOK_SECONDS)


def _renew(register: Register, case_id: str, holder: str, ended: threading.Event) -> None:
    while not ended.wait(_RENEW_SECONDS):
        try:
            register.take_lease(case_id, holder, _until())
        except RightsflowError:
            continue  # the register is away for a moment; the steps that need it say so


def _until() -> datetime:
    return datetime.now(UTC) + LEASE


def _is_dead(holder: str) -> bool:
    """Whether the holder was a process of this machine that is gone, or waits for nothing but its parent's notice."""
    host, _, rest = holder.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    try:
        told = Path("/proc", rest, "stat").read_text("ascii", errors="replace")
    except OSError:
        return False  # this system does not tell
    return told.rpartition(")")[2].split()[:1] == ["Z"]
