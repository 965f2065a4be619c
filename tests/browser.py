"""A visitor of a web application of ours, without a socket between: keeps cookies, follows redirects, fills forms."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import httpx

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Browser:
    """One visitor; ``client`` is the address that calls come from."""

    def __init__(self, app: Any, *, client: str = "203.0.113.7", **headers: str) -> None:
        self.app = app
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(client, 40000)),
            base_url="http://localhost",
            follow_redirects=True,
            headers={"Accept-Language": "en", **{name.replace("_", "-"): value for name, value in headers.items()}},
        )

    def call(self, method: str, path: str, **sent: Any) -> httpx.Response:
        """The answer to one call."""
        return self._runner.run(self._client.request(method, path, **sent))

    def get(self, path: str, **sent: Any) -> httpx.Response:
        """The page under an address."""
        return self.call("GET", path, **sent)

    def post(self, path: str, *, files: Any = None, **fields: Any) -> httpx.Response:
        """The answer to a form, exactly as given."""
        return self.call("POST", path, data=fields, files=files)

    def send(self, page: str, to: str = "", *, files: Any = None, **fields: Any) -> httpx.Response:
        """Open a page, fill in its form beside what is hidden in it, and send it; elsewhere if an address is given."""
        return self.post(to or page, files=files, **(self.hidden(page) | fields))

    def hidden(self, page: str) -> dict[str, str]:
        """What is hidden in the form of a page."""
        return {name: unescape(value) for name, value in _HIDDEN.findall(self.get(page).text)}

    @property
    def cookies(self) -> httpx.Cookies:
        """What the browser keeps."""
        return self._client.cookies

    def close(self) -> None:
        """Leave."""
        self._runner.run(self._client.aclose())
        self._runner.close()


@contextmanager
def browsing(app: Any, **headers: str) -> Iterator[Browser]:
    """A visitor for the block."""
    browser = Browser(app, **headers)
    try:
        yield browser
    finally:
        browser.close()
