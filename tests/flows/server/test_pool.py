"""What the work pool is told: how many runs may work at once, and no more than that where somebody else made it."""

import json
from typing import Any

import httpx
import pytest

from flows.server.deploying import make_pool
from flows.settings import Settings


def _told(*, there: bool, **asked: Any) -> list[tuple[str, dict[str, Any]]]:
    """Method and body of each call."""
    calls: list[tuple[str, dict[str, Any]]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append((request.method, json.loads(request.content)))
        return httpx.Response(409 if there and request.method == "POST" else 200, json={})

    with httpx.Client(base_url="http://prefect.example/api", transport=httpx.MockTransport(answer)) as api:
        make_pool(api, **asked)
    return calls


@pytest.mark.parametrize("there", [False, True])
def test_own_pool_has_the_limit(*, there: bool) -> None:
    """Also one that is there already, of a version without a limit."""
    *_, (_, body) = _told(there=there, forked=True, at_once=4)
    assert body["concurrency_limit"] == 4


def test_pool_of_others_keeps_its_limit() -> None:
    """Whoever runs workers says how many runs they take."""
    assert [body.get("concurrency_limit", "not told") for _, body in _told(there=True)] == ["not told", "not told"]


@pytest.mark.parametrize(("cores", "chosen", "runs"), [(1, 0, 4), (2, 0, 4), (8, 0, 16), (8, 3, 3)])
def test_runs_at_once(monkeypatch: pytest.MonkeyPatch, cores: int, chosen: int, runs: int) -> None:
    """Two a core and at least four, unless somebody chose."""
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert Settings(flow_runs=chosen).runs_at_once == runs
