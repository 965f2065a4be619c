"""A crowd at the intake site: many people hand requests in at once, over real connections to a real process."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import httpx

CODE = Path(__file__).parents[1]
_HIDDEN = re.compile(r'name="(token|key)" value="([^"]+)"')
_RECEIPT = re.compile(r"/receipt/(C-[0-9A-Z-]+)")
_LENGTH = re.compile(r"content-length: (\d+)", re.IGNORECASE)
_PATIENCE_SECONDS = 60
_SET = {"RIGHTSFLOW_JUDGE": "plain", "RIGHTSFLOW_TRUSTED_PROXIES": "127.0.0.1"}
_CONNECTIONS = 60


@dataclass
class Site:
    """A site in a process of its own, without Prefect."""

    environment: Mapping[str, str]
    port: int
    processes: int = 1
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = [sys.executable, "-m", "flows.cli", "serve-site", "--port", str(self.port)]
        words += ["--processes", str(self.processes)]
        self.process = subprocess.Popen(words, cwd=CODE, env=dict(self.environment), start_new_session=True)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                httpx.get(f"{self.url}/status", timeout=2)
            except httpx.HTTPError:
                assert time.monotonic() < deadline, "the site did not come up"
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """Kill it, and every process that it started, at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def a_site(home: Path, port: int, *, processes: int = 1) -> Iterator[Site]:
    """A site over a home, until the block ends."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "RIGHTSFLOW"))}
    site = Site({**known, "RIGHTSFLOW_HOME": str(home), **_SET}, port, processes)
    site.start()
    try:
        yield site
    finally:
        site.kill()


@dataclass
class Crowd:
    """What became of everybody who handed a request in.

    Attributes:
        receipts: the case that each receipt names, by person.
        tries: how often each person had to send the form.
        seconds: how long each waited for the receipt, from the first try on.
    """

    receipts: dict[int, str] = field(default_factory=dict)
    tries: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)


def hand_in(site: Site, people: int, *, per_second: float) -> Crowd:
    """So many people hand a request in, evenly spread over time; who gets no answer sends the same form again."""
    crowd = Crowd()
    asyncio.run(_all(site, people, per_second, crowd))
    return crowd


async def _all(site: Site, people: int, per_second: float, crowd: Crowd) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        page = await client.get(f"{site.url}/request/access")
    hidden = dict(_HIDDEN.findall(page.text))
    assert hidden.keys() == {"token", "key"}
    # One visit sends one form many times, each with other words; a proxy tells where each comes from.
    visit = _Visit(hidden, page.headers["set-cookie"].partition(";")[0], site.port)
    waiting: asyncio.Queue[tuple[int, float]] = asyncio.Queue()
    lines = [asyncio.create_task(_line(visit, waiting, crowd)) for _ in range(_CONNECTIONS)]
    began = time.monotonic()
    for number in range(people):
        if (early := began + number / per_second - time.monotonic()) > 0:
            await asyncio.sleep(early)
        waiting.put_nowait((number, time.monotonic()))
    await waiting.join()
    for line in lines:
        line.cancel()
    await asyncio.gather(*lines, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Visit:
    hidden: Mapping[str, str]
    cookie: str
    port: int

    def call(self, number: int) -> bytes:
        """The form of a person, as a browser sends it through a proxy."""
        person = {"name": f"Person {number}", "identity_email": f"person{number}@example.org"}
        body = urlencode({**self.hidden, **person})
        head = [
            "POST /request/access HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Cookie: {self.cookie}",
            f"X-Forwarded-For: 198.18.{number // 250 % 250}.{number % 250}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
        ]
        return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


async def _line(visit: _Visit, waiting: "asyncio.Queue[tuple[int, float]]", crowd: Crowd) -> None:
    """One connection after the other, each for many people."""
    streams = None
    try:
        while True:
            number, came = await waiting.get()
            while number not in crowd.receipts:
                crowd.tries[number] = crowd.tries.get(number, 0) + 1
                assert time.monotonic() < came + _PATIENCE_SECONDS, f"person {number} got no receipt"
                try:
                    streams = streams or await asyncio.open_connection("127.0.0.1", visit.port)
                    answer = await asyncio.wait_for(_sent(*streams, visit.call(number)), 10)
                except (OSError, EOFError, TimeoutError):
                    await _hung_up(streams)
                    streams, answer = None, ""
                receipt = _RECEIPT.search(answer)
                if receipt is None:
                    await asyncio.sleep(0.5)
                else:
                    crowd.receipts[number] = receipt[1]
            crowd.seconds.append(time.monotonic() - came)
            waiting.task_done()
    finally:
        await _hung_up(streams)


async def _hung_up(streams: "tuple[asyncio.StreamReader, asyncio.StreamWriter] | None") -> None:
    if streams is not None:
        streams[1].close()
        with suppress(OSError):
            await streams[1].wait_closed()


async def _sent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, call: bytes) -> str:
    """The head of the answer to a call; its body is read too."""
    writer.write(call)
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = _LENGTH.search(head)
    if length is not None:
        await reader.readexactly(int(length[1]))
    return head
