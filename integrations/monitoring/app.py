"""``/metrics``: what Prometheus scrapes; counted at most once in ten seconds, so that it never loads the database."""

import hmac
import threading
import time
from collections.abc import Callable
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

from data_contracts.errors import RightsflowError
from data_contracts.officer.figures import Figures
from integrations.monitoring.exposition import CONTENT_TYPE, metrics_text

__all__ = ["metrics_app"]

_KEPT_SECONDS: Final = 10.0


def metrics_app(read: Callable[[], Figures], *, token: str, clock: Callable[[], float] = time.monotonic) -> FastAPI:
    """The application.

    Args:
        read: gives the figures of now.
        token: that a scrape must show (RFC 6750); empty: none is asked for.
        clock: in seconds.
    """
    app = FastAPI(title="Rightsflow: metrics", docs_url=None, redoc_url=None, openapi_url=None)
    kept = _Kept(read, clock)

    @app.get("/metrics")
    def scrape(call: Request) -> Response:
        """Everything that is counted, or 503 where it cannot be counted now: never a half of it."""
        if token and not hmac.compare_digest(call.headers.get("authorization", ""), f"Bearer {token}"):
            return PlainTextResponse("a token is asked for\n", 401, {"WWW-Authenticate": "Bearer"})
        try:
            return Response(kept.text(), media_type=CONTENT_TYPE)
        except RightsflowError:
            return PlainTextResponse("the figures cannot be read now\n", 503)

    return app


class _Kept:
    """The last answer, and when it was made."""

    def __init__(self, read: Callable[[], Figures], clock: Callable[[], float]) -> None:
        self._read, self._clock = read, clock
        self._turn = threading.Lock()
        self._text, self._made = b"", float("-inf")

    def text(self) -> bytes:
        """An answer that is not too old."""
        with self._turn:
            if self._clock() - self._made >= _KEPT_SECONDS:
                self._text, self._made = metrics_text(self._read()), self._clock()
            return self._text
