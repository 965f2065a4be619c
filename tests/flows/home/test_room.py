"""No more flow runs wait than the machine will soon take; the other requests wait in the register, receipted."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Self

import httpx
import pytest

from data_contracts.case.outgoing import OutgoingKind
from data_contracts.errors import SystemUnavailable
from data_contracts.vocabulary import Right
from flows.runs import case_runs
from flows.settings import settings
from flows.watch import outbox
from tests.flows.company import House

_AT_ONCE = 3


class _Server:
    """The one call that is asked of Prefect's server here."""

    def __init__(self, answer: Callable[[], int]) -> None:
        self._answer = answer
        self.asked: list[Any] = []

    def request(self, _method: str, path: str, **told: Any) -> httpx.Response:
        """How many runs wait."""
        assert path == "/flow_runs/count"
        self.asked.append(told["json"])
        return httpx.Response(200, text=json.dumps(self._answer()))

    def __enter__(self) -> Self:
        """As Prefect's client."""
        return self

    def __exit__(self, *_: object) -> None:
        """As Prefect's client."""


@pytest.fixture(autouse=True)
def three_at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which three flow runs work at once, with a server."""
    monkeypatch.setenv("RIGHTSFLOW_FLOW_RUNS", str(_AT_ONCE))
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.parametrize(("waiting", "left"), [(0, 12), (5, 7), (12, 0), (400, 0)])
def test_four_wait_for_each_that_works(waiting: int, left: int) -> None:
    """And no more, whatever came in."""
    server = _Server(lambda: waiting)

    assert case_runs.room(server) == left  # type: ignore[arg-type]  # what is asked of a client
    assert server.asked[0]["flow_runs"]["state"]["type"]["any_"] == ["SCHEDULED", "PENDING"]


def test_requests_beyond_the_room_wait_in_the_register(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pass starts as many as there is room for, and nobody is started twice or lost."""
    cases = {house.open(Right.ACCESS) for _ in range(20)}
    started: list[str] = []
    taken = 0

    def start(row: Any) -> None:
        started.append(row.case_id)

    monkeypatch.setattr(outbox, "get_client", lambda **_: _Server(lambda: len(started) - taken))
    outbox.dispatch({OutgoingKind.START: start})
    assert len(started) == 4 * _AT_ONCE
    assert outbox.dispatch({OutgoingKind.START: start}) == 0, "nobody works, so there is no room"

    while len(started) < len(cases):
        taken += 3
        outbox.dispatch({OutgoingKind.START: start})

    assert sorted(started) == sorted(cases)


def test_server_is_asked_nothing_while_nobody_asks(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass comes each second, and nearly all have nothing to start."""
    server = _Server(lambda: 0)
    monkeypatch.setattr(outbox, "get_client", lambda **_: server)

    assert outbox.dispatch({OutgoingKind.START: lambda _: None}) == 0
    assert server.asked == []

    house.open(Right.ACCESS)
    assert outbox.dispatch({OutgoingKind.START: lambda _: None}) == 1
    assert len(server.asked) == 1


def test_nothing_is_tried_while_the_server_is_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The requests wait, and the first pass after that starts them."""
    house.open(Right.ACCESS)

    def away() -> int:
        raise httpx.ConnectError("away")

    monkeypatch.setattr(outbox, "get_client", lambda **_: _Server(away))
    started: list[Any] = []

    assert outbox.dispatch({OutgoingKind.START: started.append}) == 0
    assert started == []
    with pytest.raises(SystemUnavailable):
        case_runs.room(_Server(away))  # type: ignore[arg-type]  # as above

    monkeypatch.setattr(outbox, "get_client", lambda **_: _Server(lambda: 0))
    assert outbox.dispatch({OutgoingKind.START: started.append}) == 1
