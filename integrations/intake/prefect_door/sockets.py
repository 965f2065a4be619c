"""The one websocket that is let through: events of a worker elsewhere, which shows its key as it connects.

Neither version of the UI opens a websocket (Prefect 3.8.8): it asks for logs and events again and again.
"""

import asyncio
import json
from typing import Any, Final

from fastapi import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from integrations.intake.prefect_door.calls import Calls
from integrations.intake.prefect_door.upstream import PrefectServer

EVENTS_IN: Final = "/api/events/in"
_PREFECT: Final = Subprotocol("prefect")
_POLICY, _AWAY, _DONE = 1008, 1013, 1000
_GREETING_SECONDS: Final = 20
_LARGEST: Final = 512 * 1024


async def take_events(socket: WebSocket, calls: Calls, server: PrefectServer) -> None:
    """Pass a worker's events on to the server, and what it says of them back."""
    worker = await calls.worker(socket.headers.get("authorization", ""))
    if worker is None or "origin" in socket.headers:  # a browser is no worker
        await socket.close(_POLICY)
        return
    await socket.accept(subprotocol=_PREFECT)
    url = f"{server.root.replace('http', 'ws', 1)}{EVENTS_IN}"
    try:
        async with connect(url, subprotocols=[_PREFECT], additional_headers=server.headers, max_size=_LARGEST) as there:
            await _greet(socket, there, server)
            await _relay(socket, there)
        await socket.close(_DONE)
    except WebSocketDisconnect:
        return
    except (WebSocketException, OSError, TimeoutError, ValueError):
        await socket.close(_AWAY)


async def _greet(socket: WebSocket, there: ClientConnection, server: PrefectServer) -> None:
    """The door's own greeting to the server, in place of the worker's."""
    await asyncio.wait_for(socket.receive_text(), _GREETING_SECONDS)
    await there.send(json.dumps({"type": "auth", "token": server.auth or server.api_key}))
    said: dict[str, Any] = json.loads(await asyncio.wait_for(there.recv(), _GREETING_SECONDS))
    await socket.send_text(json.dumps({"type": said.get("type", "auth_failure")}))


async def _relay(socket: WebSocket, there: ClientConnection) -> None:
    """Both ways, until either side ends."""

    async def on() -> None:
        while True:
            await there.send(await socket.receive_text())

    async def back() -> None:
        async for said in there:
            await socket.send_text(said if isinstance(said, str) else said.decode())

    ways = [asyncio.create_task(on()), asyncio.create_task(back())]
    done, pending = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in pending:
        way.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for way in done:
        way.result()
