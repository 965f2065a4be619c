"""A house whose operators can have passkeys, and authenticators in software."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from data_contracts.gates.gates import GateEntry
from data_contracts.gates.passkeys import Touch
from data_contracts.vocabulary import Gate, Right
from integrations.passkeys.checking import passkey_check
from tasks.gates.factors.enrolling import begin_passkey, end_passkey
from tasks.services import services, use
from tests.authenticator import Authenticator
from tests.flows.company import House

DESK, DOOR = "http://localhost:4500", "http://localhost:4200"


@pytest.fixture
def keyed(house: House) -> Iterator[House]:
    """The house, its desk and door at addresses where browsers have passkeys."""
    check = passkey_check("Shop", "", DESK, DOOR)
    made = replace(house.installation.services, passkeys=check, desk_url=DESK)
    vars(house.installation)["services"] = made
    with use(replace(services(), passkeys=check, desk_url=DESK)):
        yield house


@pytest.fixture
def claire(keyed: House) -> Authenticator:
    """The DPO's passkey, added with a code."""
    return enrolled(keyed, "claire")


def enrolled(house: House, name: str, authenticator: Authenticator | None = None) -> Authenticator:
    """A passkey of an operator, added with a code; the clock goes on, so that the next code is another."""
    made = authenticator or Authenticator()
    asked = begin_passkey(name, "blue key", house.code(name), visit="visit")
    end_passkey(name, "blue key", Touch(made.make(asked.options), "visit"))
    house.clock.advance(timedelta(seconds=30))
    return made


@pytest.fixture
def gates(keyed: House) -> list[GateEntry]:
    """The identity gates of two cases."""
    query = "SELECT email FROM customer WHERE email <> '' LIMIT 2"
    cases = [keyed.open(Right.ACCESS, identity={"email": [str(email)]}) for (email,) in keyed.ask("crm", query)]
    return [keyed.until(Gate.IDENTITY, case_id) for case_id in cases]
