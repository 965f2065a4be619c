"""One process carries a case at a time."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_contracts.errors import CaseBusy, CaseUnknown
from data_contracts.vocabulary import Right
from flows.rights.which import carry_on
from flows.runs import leases
from flows.runs.leases import carrying
from tests.flows.company import House


def _later() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def test_second_process_does_not_carry_the_case_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process lives, nothing of the case moves; the patience is shortened for the test alone."""
    monkeypatch.setattr(leases, "_PATIENCE_SECONDS", 0.1)
    case_id = house.open(Right.ACCESS)
    register = house.installation.register
    house.clock.moment = datetime.now(UTC)
    register.take_lease(case_id, f"{socket.gethostname()}:{os.getpid()}:other", _later())

    with pytest.raises(CaseBusy, match="another process carries the case on"):
        carry_on(register.case(case_id))

    assert house.states(case_id) == ["received"]


def test_lease_of_a_dead_process_is_taken_at_once(house: House) -> None:
    """A process that was killed on this machine keeps nobody waiting."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    case_id = house.open(Right.ACCESS)
    register = house.installation.register
    house.clock.moment = datetime.now(UTC)
    register.take_lease(case_id, f"{socket.gethostname()}:{dead.pid}:gone", _later())

    waiting = carry_on(register.case(case_id))

    assert waiting is not None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not tell which processes have ended")
def test_lease_of_a_process_whose_end_nobody_noticed_yet_is_taken_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine a parent may be late; the killed process carries nothing on."""
    monkeypatch.setattr(leases, "_PATIENCE_SECONDS", 0.1)
    case_id = house.open(Right.ACCESS)
    register = house.installation.register
    house.clock.moment = datetime.now(UTC)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as killed:
        register.take_lease(case_id, f"{socket.gethostname()}:{killed.pid}:gone", _later())
        with pytest.raises(CaseBusy):
            carry_on(register.case(case_id))
        killed.kill()
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays unnoticed

        assert carry_on(register.case(case_id)) is not None


def test_lease_that_nobody_renews_ends_by_itself(house: House) -> None:
    """A machine that is gone holds a case for a minute and no longer."""
    case_id = house.open(Right.ACCESS)
    register = house.installation.register
    house.clock.moment = datetime.now(UTC)
    register.take_lease(case_id, "elsewhere:1:gone", house.clock.moment - timedelta(seconds=1))

    assert register.take_lease(case_id, "here:2:me", _later()) == "here:2:me"


def test_lease_is_given_back_when_the_process_is_done(house: House) -> None:
    """The next process need not wait."""
    case_id = house.open(Right.ACCESS)
    with carrying(case_id):
        pass

    assert house.installation.register.take_lease(case_id, "here:2:me", _later()) == "here:2:me"


def test_lease_of_an_unknown_case_is_refused(house: House) -> None:
    """There is nothing to carry on."""
    with pytest.raises(CaseUnknown):
        house.installation.register.take_lease("C-NONE", "here:2:me", _later())
