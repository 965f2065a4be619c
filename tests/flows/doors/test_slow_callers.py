"""500 connections of one byte a second against every door of ours, as it is served: in nobody's way, and they end."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

import flows.home.secrets
import flows.wiring.addresses
from flows.doors.engine import prefect_door
from flows.doors.operators import operators_desk
from flows.doors.public import public_site
from flows.doors.serving import serving
from flows.server.machine import free_port
from flows.settings import Settings
from integrations.intake.web.connections import MOST, BoundedConnections

_SLOW = 500
_DOORS: dict[str, tuple[Callable[..., Any], str, tuple[int, ...], bytes]] = {
    "site": (public_site, "/status", (200,), b"GET /status HTTP/1.1\r\nHost: x\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaa"),
    "body": (public_site, "/status", (200,), b""),
    "api": (public_site, "/api/v1/requests", (401,), b"POST /api/v1/requests HTTP/1.1\r\nHost: x\r\nX-A: aaaaaaaa"),
    "desk": (operators_desk, "/sign-in", (200,), b"GET / HTTP/1.1\r\nHost: x\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    "prefect": (prefect_door, "/sign-in", (200,), b"GET / HTTP/1.1\r\nHost: x\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
}
_FORM = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 900\r\n\r\n"
_HEAD = b"POST /status HTTP/1.1\r\nHost: x\r\n" + _FORM


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[int]:
    """A door as it is served, whose callers have 6 seconds for a request."""
    monkeypatch.setattr(BoundedConnections, "seconds", 6.0)
    monkeypatch.setattr(
        flows.wiring.addresses, "secret_block", lambda _name: ""
    )  # no Prefect server is there to be asked
    monkeypatch.setattr(flows.home.secrets, "secret_block", lambda _name: "")
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    chosen = free_port()
    with serving(_DOORS[request.param][0], chosen, Settings(home=tmp_path, judge="plain")):
        _until(lambda: _answers(chosen, "/"))
        yield chosen


def _answers(port: int, path: str) -> int:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=10).status_code
    except httpx.TransportError:
        return 0


def _until(what: Callable[[], Any], seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends
        time.sleep(0.1)


def _is_over(one: socket.socket) -> bool:
    one.setblocking(False)  # noqa: FBT003  # its only argument
    try:
        return one.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize(("port", "name"), [(name, name) for name in _DOORS], indirect=["port"])
def test_five_hundred_slow_callers_are_in_nobodys_way(port: int, name: str) -> None:
    """Others are answered as ever; no more than so many stay open, and in the end none of them."""
    _, path, wanted, said = _DOORS[name]
    with ExitStack() as stack:
        slow = []
        for _ in range(_SLOW):
            slow.append(stack.enter_context(socket.create_connection(("127.0.0.1", port), 10)))
            slow[-1].sendall(_HEAD if name == "body" else b"")
        for turn in range(4):
            _drip(slow, (said or b"a" * 10)[turn : turn + 1])
            begun = time.monotonic()
            assert _answers(port, path) in wanted
            assert time.monotonic() - begun < 5
            time.sleep(1)
        assert sum(not _is_over(one) for one in slow) <= MOST
        _until(lambda: all(map(_is_over, _drip(slow, b"a"))))


def _drip(slow: list[socket.socket], sign: bytes) -> list[socket.socket]:
    for one in slow:
        with suppress(OSError):  # it was cut
            one.send(sign)
    return slow


@pytest.mark.parametrize("port", ["site"], indirect=True)
def test_who_sends_steadily_is_not_cut_off(port: int) -> None:
    """A body that takes longer than the bare limit is read where it keeps coming."""
    body = b"a" * 60_000
    with socket.create_connection(("127.0.0.1", port), 30) as one:
        one.sendall(_HEAD.replace(b"900", b"%d" % len(body)))
        for start in range(0, len(body), 6_000):
            one.sendall(body[start : start + 6_000])
            time.sleep(1)
        assert one.recv(4096).startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize("port", ["site"], indirect=True)
def test_connection_that_is_kept_is_not_awaited_for_ever(port: int) -> None:
    """A second request on it has the same time as the first."""
    with socket.create_connection(("127.0.0.1", port), 30) as one:
        one.sendall(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n")
        assert one.recv(65536).startswith(b"HTTP/1.1 ")
        one.sendall(b"G")
        begun = time.monotonic()
        while one.recv(65536):
            pass
        assert time.monotonic() - begun < 12
