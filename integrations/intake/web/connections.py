"""Open connections, bounded: a caller who sends a byte now and then holds nobody's place.

1. A request has :data:`SECONDS`, and one second more for each :data:`BYTES_A_SECOND` that came. Who is slower is cut.
2. At most :data:`MOST` connections are open in a process. When one more comes, the one goes whose request has been
   awaited longest; what is being answered stays. Where all are being answered, the new one goes.

So slow callers push each other out, whoever they say they are and from however many addresses they come.
"""

from asyncio import Transport, get_running_loop
from typing import Any, Final

from uvicorn.protocols.http.auto import AutoHTTPProtocol

MOST: Final = 400
"""Well below the 1,024 open files that a process has by default; the door opens another connection for each."""
SECONDS: Final = 20.0
BYTES_A_SECOND: Final = 2_000
_AGAIN: Final = 1.0


class BoundedConnections(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # whichever of its two uvicorn has
    """One connection of a server that bounds them."""

    most = MOST
    seconds = SECONDS

    def connection_made(self, transport: Transport) -> None:
        """Make room for it, and await its first request."""
        super().connection_made(transport)
        self._since: float | None = None
        self._received = 0
        self._await_request()
        if len(self.connections) > self.most:
            waiting = [one for one in self.connections if one.awaited_since is not None and one is not self]
            min(waiting, key=lambda one: one.awaited_since or 0, default=self).cut()

    @property
    def awaited_since(self) -> float | None:
        """Since when the rest of a request is awaited; None while one is answered."""
        return self._since

    def cut(self) -> None:
        """End the connection now."""
        self._since = None
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Count what arrives; a request that is whole is awaited no longer."""
        if self._since is None:
            self._await_request()
        self._received += len(data)
        super().data_received(data)
        cycle: Any = self.cycle
        if cycle is not None and not cycle.more_body and not cycle.response_complete:
            self._since = None

    def handle_websocket_upgrade(self, *event: Any) -> None:  # noqa: ANN401  # an event, or nothing, by uvicorn's kind
        """A websocket is another protocol's from now on."""
        self._since = None
        super().handle_websocket_upgrade(*event)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._since = None
        super().connection_lost(exc)

    def _await_request(self) -> None:
        self._since, self._received = get_running_loop().time(), 0
        get_running_loop().call_later(self.seconds, self._look, self._since)

    def _look(self, since: float) -> None:
        """Cut it off where the request of that time is still awaited, and came too slowly."""
        if self._since != since:
            return
        left = since + self.seconds + self._received / BYTES_A_SECOND - get_running_loop().time()
        if left > 0:
            get_running_loop().call_later(max(left, _AGAIN), self._look, since)
        else:
            self.cut()
