"""A crowd at the intake site: many people hand requests in at once, over real connections to a real process."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

CODE = Path(__file__).parents[1]
_TOKEN = re.compile(r'name="token" value="([^"]+)"')
_RECEIPT = re.compile(r"/receipt/(C-[0-9A-Z-]+)")
_PATIENCE_SECONDS = 60


@dataclass
class Site:
    """A site in a process of its own, without Prefect."""

    environment: Mapping[str, str]
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = [sys.executable, "-m", "flows.cli", "serve-site", "--port", str(self.port)]
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
def a_site(home: Path, port: int) -> Iterator[Site]:
    """A site over a home, until the block ends."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "RIGHTSFLOW"))}
    site = Site({**known, "RIGHTSFLOW_HOME": str(home), "RIGHTSFLOW_JUDGE": "plain"}, port)
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
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    async with httpx.AsyncClient(base_url=site.url, timeout=10, limits=limits, trust_env=False) as client:
        page = await client.get("/request/access")
        found = _TOKEN.search(page.text)
        assert found is not None
        # One visit fills in many forms, each with a key of its own; a proxy tells where each comes from.
        cookie = page.headers["set-cookie"].partition(";")[0]
        client.cookies.clear()
        began, asked = time.monotonic(), []
        for number in range(people):
            await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
            asked.append(asyncio.create_task(_one(client, number, {"token": found[1], "cookie": cookie}, crowd)))
        await asyncio.gather(*asked)


async def _one(client: httpx.AsyncClient, number: int, visit: Mapping[str, str], crowd: Crowd) -> None:
    fields = {
        "token": visit["token"],
        "key": f"load-{number}",
        "name": f"Person {number}",
        "identity_email": f"person{number}@example.org",
    }
    headers = {"Cookie": visit["cookie"], "X-Forwarded-For": f"198.18.{number // 250 % 250}.{number % 250}"}
    began = time.monotonic()
    while number not in crowd.receipts:
        crowd.tries[number] = crowd.tries.get(number, 0) + 1
        assert time.monotonic() < began + _PATIENCE_SECONDS, f"person {number} got no receipt"
        try:
            answer = await client.post("/request/access", data=fields, headers=headers, follow_redirects=False)
        except httpx.HTTPError:
            await asyncio.sleep(0.5)
            continue
        receipt = _RECEIPT.search(answer.headers.get("location", ""))
        if receipt is not None:
            crowd.receipts[number] = receipt[1]
        else:
            await asyncio.sleep(0.5)
    crowd.seconds.append(time.monotonic() - began)
