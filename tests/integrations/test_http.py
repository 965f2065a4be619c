"""The one way to call others: bounded in time and bytes, straight to the address, and only to who proves who it is."""

import ast
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from integrations.http import MOST_BYTES, Answer, Call, NoAnswer, call, is_encrypted

_ROOT: Final = Path(__file__).parents[2]
_OTHERS: Final = {
    "integrations/intake/web/sign_in.py": "the client of OpenID Connect is a library's",
    "integrations/intake/prefect_door/calls.py": "passes on what a browser asks of our own server",
    "integrations/intake/prefect_door/upstream.py": "passes on what a browser asks of our own server",
}
"""Modules of adapters that call in another way; the list may only shrink."""
_CLIENTS: Final = {"httpx", "requests", "http.client", "urllib.request", "aiohttp"}


@contextmanager
def _answering(respond: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server on loopback that reads a call and answers it so."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def _serve() -> None:
            with suppress(OSError):
                while True:
                    line, _ = listening.accept()
                    with line, suppress(OSError):
                        line.recv(65536)
                        respond(line)

        threading.Thread(target=_serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/in?x=1"


def _says(text: bytes) -> Callable[[socket.socket], None]:
    return lambda line: line.sendall(text)


def test_answer_is_read() -> None:
    """Its status, headers and body."""
    with _answering(_says(b'HTTP/1.1 201 Created\r\nX-Said: yes\r\nContent-Length: 15\r\n\r\n{"reference":1}')) as url:
        answer = call(Call(url=url, body=b"{}"))

    assert isinstance(answer, Answer)
    assert (answer.status, answer.is_good, answer.headers["x-said"]) == (201, True, "yes")
    assert answer.object() == {"reference": 1}


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data go where the entry says, and nobody in between reads them."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with _answering(_says(b"HTTP/1.1 204 No Content\r\n\r\n")) as url:
        answer = call(Call(url=url))

    assert isinstance(answer, Answer)
    assert answer.status == 204


def test_redirection_is_not_followed() -> None:
    """It would lead the data elsewhere."""
    moved = b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
    with _answering(_says(moved)) as url:
        answer = call(Call(url=url))

    assert isinstance(answer, Answer)
    assert (answer.status, answer.is_good) == (307, False)


def test_no_more_than_a_part_is_read() -> None:
    """However much is sent; and a part of JSON is no JSON."""
    long = MOST_BYTES * 4
    with _answering(_says(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n[" % long + b"1" * (long - 1))) as url:
        answer = call(Call(url=url))

    assert isinstance(answer, Answer)
    assert (len(answer.content), answer.is_too_large, answer.object()) == (MOST_BYTES, True, {})


@pytest.mark.parametrize("sent", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"])
def test_who_answers_drop_by_drop_is_cut_off(sent: bytes) -> None:
    """In the head as in the body: the seconds are for the whole of it."""

    def _drip(line: socket.socket) -> None:
        line.sendall(sent)
        for _ in range(60):
            time.sleep(0.1)
            line.sendall(b"x")

    began = time.monotonic()
    with _answering(_drip) as url:
        answer = call(Call(url=url, seconds=0.5))

    assert answer is NoAnswer.UNREACHABLE
    assert time.monotonic() - began < 4


def test_answer_that_breaks_off_is_none() -> None:
    """Half an answer looks like another one."""
    with _answering(_says(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf")) as url:
        assert call(Call(url=url)) is NoAnswer.UNREACHABLE


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://127.0.0.1:99999/", "http:///x", "nonsense"])
def test_address_that_leads_nowhere(url: str) -> None:
    """It is told, not raised."""
    assert call(Call(url=url, seconds=1)) is NoAnswer.UNREACHABLE


@pytest.mark.parametrize(
    ("url", "is_so"),
    [
        ("https://partner.example/in", True),
        ("http://partner.example/in", False),
        ("http://127.0.0.1:80/in", True),
        ("http://[::1]/in", True),
        ("http://localhost.partner.example/in", False),
        ("http://127.0.0.2/in", False),
        ("ftp://localhost/in", False),
    ],
)
def test_plain_http_is_for_this_machine(url: str, *, is_so: bool) -> None:
    """Everybody else is called over TLS."""
    assert is_encrypted(url) is is_so


def test_adapters_call_in_no_other_way() -> None:
    """Whoever needs to call others uses this module."""
    found = {
        str(path.relative_to(_ROOT))
        for path in (_ROOT / "integrations").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
        if name in _CLIENTS
    }  # fmt: skip

    assert found == {*_OTHERS, "integrations/http.py"}
