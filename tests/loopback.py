"""Real HTTP servers on this machine, for who shall be called; a test says what they answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class Answering(BaseHTTPRequestHandler):
    """Answers calls without writing of them; who derives says what."""

    def answer(self) -> None:
        """Answer a call that came."""
        raise NotImplementedError

    def do_GET(self) -> None:
        """As the test says."""
        self.answer()

    def do_POST(self) -> None:
        """As the test says."""
        self.answer()

    def body(self) -> bytes:
        """What was sent."""
        return self.rfile.read(int(self.headers["Content-Length"]))

    def say(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer; a dash in a header's name is written as underscore."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def listening(answering: type[Answering]) -> Iterator[str]:
    """A server until the block ends; its address, without a path."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), answering)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
