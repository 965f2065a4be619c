"""The Prefect server behind the door, asked with the server's own secret, which no caller learns.

Answers to people are free of what says how and where a run is started (job variables, templates, pull steps: they may
hold credentials) and of requests that an operator has typed and that are not sealed yet.
"""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from data_contracts.errors import SystemUnavailable

_TIMEOUT: Final = httpx.Timeout(60, connect=5)
_LIMITS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=20)
_PASSED: Final = (
    "accept",
    "accept-encoding",
    "if-none-match",
    "if-modified-since",
    "x-prefect-api-version",
    "user-agent",
)
"""Headers of a caller that the server sees; cookies, credentials and everything else stay at the door."""
_OF_WORK: Final = ("content-type", "prefect-csrf-token", "prefect-csrf-client")
_SHOWN: Final = (
    "content-type",
    "content-encoding",
    "content-disposition",
    "etag",
    "last-modified",
    "location",
    "retry-after",
)
"""Headers of the server that a caller sees."""
_SEALED: Final[Mapping[str, Any]] = {
    "job_variables": {},
    "base_job_template": {},
    "pull_steps": None,
    "infra_overrides": {},
    "concurrency_options": None,
}
"""What is taken out of every answer to people, and what stands there instead."""


@dataclass(frozen=True, slots=True)
class PrefectServer:
    """Where the server is, and what it asks for.

    Attributes:
        api_url: ends with ``/api``.
        auth: ``name:password``, or empty.
        api_key: instead of it.
    """

    api_url: str
    auth: str = ""
    api_key: str = ""

    @property
    def root(self) -> str:
        """Where its pages are."""
        return self.api_url.rstrip("/").removesuffix("/api")

    @property
    def headers(self) -> dict[str, str]:
        """What opens it."""
        if self.api_key:
            return {"Authorization": f"Bearer {self.api_key}"}
        return {"Authorization": f"Basic {base64.b64encode(self.auth.encode()).decode()}"} if self.auth else {}


class Upstream:
    """Calls the server."""

    def __init__(self, server: PrefectServer) -> None:
        """Keep where it is; the connection is made when it is first needed."""
        self.server = server
        self._made: httpx.AsyncClient | None = None

    @property
    def _client(self) -> httpx.AsyncClient:
        if self._made is None:
            self._made = httpx.AsyncClient(
                headers=self.server.headers, timeout=_TIMEOUT, limits=_LIMITS, trust_env=False, follow_redirects=False
            )
        return self._made

    async def close(self) -> None:
        """Close what was opened."""
        if self._made is not None:
            await self._made.aclose()
            self._made = None

    async def ask(  # noqa: PLR0913  # each is a part of a call
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        sent: object = None,
        query: str = "",
        below: str = "/api",
    ) -> httpx.Response:
        """What the server answers, its API unless said otherwise; ``sent`` goes as JSON.

        Raises:
            SystemUnavailable: when it cannot be reached.
        """
        try:
            url = f"{self.server.root}{below}{path}{query}"
            return await self._client.request(method, url, headers=passed_on(headers or {}), json=sent)
        except httpx.HTTPError:
            raise _away() from None

    async def work(self, method: str, path: str, call: Request, content: bytes) -> Response:
        """What the API answers to a worker's call, as it is.

        Raises:
            SystemUnavailable: when it cannot be reached.
        """
        headers = passed_on(call.headers) | {name: call.headers[name] for name in _OF_WORK if name in call.headers}
        query = f"?{call.url.query}" if call.url.query else ""
        url = f"{self.server.root}/api{path}{query}"
        try:
            answer = await self._client.request(method, url, headers=headers, content=content)
        except httpx.HTTPError:
            raise _away() from None
        told = {name: value for name, value in shown(answer.headers).items() if name != "content-encoding"}
        return Response(answer.content, answer.status_code, told)

    async def stream(self, method: str, path: str, *, headers: Mapping[str, str]) -> Response:
        """The server's answer under an address, piece by piece.

        Raises:
            SystemUnavailable: when it cannot be reached.
        """
        asked = self._client.build_request(method, f"{self.server.root}{path}", headers=passed_on(headers))
        try:
            answer = await self._client.send(asked, stream=True)
        except httpx.HTTPError:
            raise _away() from None
        return StreamingResponse(_pieces(answer), answer.status_code, shown(answer.headers))


def passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers of a call that the server sees."""
    return {name: headers[name] for name in _PASSED if name in headers}


def shown(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers of an answer that the caller sees."""
    return {name: headers[name] for name in _SHOWN if name in headers}


def answered(answer: httpx.Response) -> Response:
    """An answer of the API for people, without what is sealed."""
    headers = {name: value for name, value in shown(answer.headers).items() if name != "content-encoding"}
    content = answer.content
    if answer.headers.get("content-type", "").startswith("application/json") and content:
        content = json.dumps(_unsealed(json.loads(content)), ensure_ascii=False, separators=(",", ":")).encode()
    return Response(content, answer.status_code, headers)


def _unsealed(value: Any) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(value, list):
        return [_unsealed(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: _SEALED[name] if name in _SEALED and one else _unsealed(one) for name, one in value.items()}
    typed = found.get("parameters")
    if isinstance(typed, dict) and typed.get("request"):
        found["parameters"] = {**typed, "request": {}}  # the flow seals it in its first step
    return found


async def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()


def _away() -> SystemUnavailable:
    return SystemUnavailable(
        "the Prefect server does not answer",
        where="Prefect",
        remedy="try again; an admin finds its log in logs/server.log",
    )
