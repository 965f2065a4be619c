"""The one way to call others: bounded in time and bytes, straight to the address, and only to who proves who it is."""

import ast
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from integrations.http import MOST_BYTES, Answer, Call, NoAnswer, call, is_encrypted
from tests.integrations.transfers.servers import NAMED, web_server

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


def test_plain_http_goes_through_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data go where the entry says, and nobody in between reads them."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with _answering(_says(b"HTTP/1.1 204 No Content\r\n\r\n")) as url:
        answer = call(Call(url=url))

    assert isinstance(answer, Answer)
    assert answer.status == 204


class Proxy:
    """A proxy on loopback that tunnels every call to one port of this machine, or refuses."""

    def __init__(self, port: int, *, status: bytes = b"200 OK") -> None:
        self.heads: list[bytes] = []
        self._port, self._status = port, status

    def serve(self, line: socket.socket, head: bytes) -> None:
        """Answer a call that begins so, and pass on what follows."""
        self.heads.append(head)
        line.sendall(b"HTTP/1.1 " + self._status + b"\r\n\r\n")
        if not self._status.startswith(b"2"):
            return
        with socket.create_connection(("127.0.0.1", self._port)) as far:
            back = threading.Thread(target=_pass_on, args=(far, line), daemon=True)
            back.start()
            _pass_on(line, far)
            back.join(10)


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            sink.sendall(block)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def _proxy(proxy: Proxy) -> Iterator[int]:
    """Its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    line, _ = listening.accept()
                    with line:
                        proxy.serve(line, line.recv(65536))

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


def test_named_party_is_reached_through_the_companys_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As a tunnel: the proxy learns the name, and the other side proves to us who it is."""
    with web_server(tmp_path) as server:
        proxy = Proxy(server.port)
        with _proxy(proxy) as port:
            monkeypatch.setenv("HTTPS_PROXY", f"http://ann:p%40ss@127.0.0.1:{port}")
            trusted = ssl.create_default_context(cafile=server.ca_file)
            asked = Call(url=f"https://{NAMED}/import", body=[b"abc"], headers={"X-Secret": "s"}, trusted=trusted)
            answer = call(asked)
            untrusted = call(Call(url=asked.url, body=[b"abc"]))

    assert isinstance(answer, Answer)
    assert answer.status == 201
    assert [body for _, body in server.calls] == [b"abc"]
    assert proxy.heads[0].startswith(f"CONNECT {NAMED}:443 HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic YW5uOnBAc3M=\r\n" in proxy.heads[0]
    assert b"X-Secret" not in proxy.heads[0]
    assert untrusted is NoAnswer.CERTIFICATE


@pytest.mark.parametrize("excepted", [NAMED, "*"])
def test_name_that_is_excepted_goes_through_no_proxy(monkeypatch: pytest.MonkeyPatch, excepted: str) -> None:
    """``NO_PROXY`` names it; there is no such machine, so it is not reached."""
    proxy = Proxy(1)
    with _proxy(proxy) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("NO_PROXY", excepted)
        assert call(Call(url=f"https://{NAMED}/")) is NoAnswer.UNREACHABLE

    assert proxy.heads == []


def test_address_that_was_checked_is_called_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stranger's address was looked up and judged: a proxy would look it up again."""
    with web_server(tmp_path) as server:
        proxy = Proxy(server.port)
        with _proxy(proxy) as port:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
            trusted = ssl.create_default_context(cafile=server.ca_file)
            url = f"https://{NAMED}:{server.port}/import"
            answer = call(Call(url=url, body=[b"abc"], address="127.0.0.1", trusted=trusted))

    assert isinstance(answer, Answer)
    assert proxy.heads == []


@pytest.mark.parametrize(
    "named",
    ["http://127.0.0.1:{refusing}", "http://127.0.0.1:1", "https://127.0.0.1:{refusing}", "socks5://a:1", "http://"],
)
def test_proxy_that_lets_nobody_through(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    """Nothing is sent another way."""
    with _proxy(Proxy(1, status=b"407 Who are you")) as port:
        monkeypatch.setenv("HTTPS_PROXY", named.format(refusing=port))

        assert call(Call(url=f"https://{NAMED}/", body=b"{}")) is NoAnswer.UNREACHABLE


def test_proxy_that_answers_drop_by_drop_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """As every other side is."""

    def drop(line: socket.socket) -> None:
        for _ in range(100):
            line.sendall(b"H")
            time.sleep(0.2)

    with _answering(drop) as url:
        monkeypatch.setenv("HTTPS_PROXY", url.partition("/in")[0])
        began = time.monotonic()

        assert call(Call(url=f"https://{NAMED}/", body=b"{}", seconds=0.6)) is NoAnswer.UNREACHABLE
        assert time.monotonic() - began < 5


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
