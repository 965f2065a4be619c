"""What protects every answer of our pages: headers, and a limit of what is read.

No script runs on any page: the policy forbids all of them, but on pages that ask a browser for a passkey one file of
ours (:func:`with_our_script`). Addresses may hold secrets (links that people
receive), so no address is told to another site, and nothing but style sheets is kept by a browser or a proxy.

Source: OWASP Secure Headers; Content Security Policy Level 3; RFC 6797 (HSTS); RFC 9110 section 15.5.14 (413).
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
_HSTS = "max-age=63072000; includeSubDomains"
_TOO_LARGE = "This is more than we can take in one go. / C’est plus que ce que nous pouvons recevoir en une fois."


_CSP_WITH_OUR_SCRIPT = _CSP.replace("default-src 'none';", "default-src 'none'; script-src 'self';")


def with_our_script(page: Response) -> Response:
    """A page that may run the script that asks for a passkey; it is served by us as a file, and nothing else is."""
    page.headers["Content-Security-Policy"] = _CSP_WITH_OUR_SCRIPT
    return page


class Protected:
    """An application whose every answer carries our headers, and that reads no more than it must.

    A page may set a header of its own before; it stays as the page set it.
    """

    def __init__(
        self, app: App, *, largest_body: int, is_https: bool, larger: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """Wrap an application.

        Args:
            app: what answers.
            largest_body: bytes that a call may send; more is answered with 413 and read no further.
            larger: by path, where calls may send more.
            is_https: whether browsers shall use https alone from now on.
        """
        self._app = app
        self._largest = largest_body
        self._larger = larger
        self._headers = _HEADERS | ({"Strict-Transport-Security": _HSTS} if is_https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = self._larger.get(scope["path"], self._largest)
        if _announced(scope) > largest:
            await PlainTextResponse(_TOO_LARGE, status_code=413)(scope, receive, self._with_headers(send))
            return
        await self._app(scope, _limited(receive, largest), self._with_headers(send))

    def _with_headers(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        return sent


def _limited(receive: Receive, largest: int) -> Receive:
    """Reads no more than that, whatever was announced; the application answers with 413 as with any refusal."""
    left = largest

    async def received() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413)
        return message

    return received


def _announced(scope: Scope) -> int:
    """The size that a call announces; 0 where it says none or nothing that is one."""
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0
