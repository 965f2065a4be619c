"""Lets every Python process of the tried system note where it connects to.

Python imports a module of this name by itself when its folder is on the path. The audit events are those of the
interpreter (https://docs.python.org/3/library/audit_events.html), so that no library can connect unseen. Without the
environment variable nothing happens.
"""

import os
import sys

_NOTES = os.environ.get("RIGHTSFLOW_TEST_CONNECTIONS", "")
_EVENTS = {"socket.connect": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0, "socket.sendto": 1}
"""Which argument of an event is the place."""


def _listen(file: str) -> None:
    sink = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event in _EVENTS:
            os.write(sink, f"{os.getpid()} {event} {arguments[_EVENTS[event]]!r}\n".encode())

    sys.addaudithook(note)


if _NOTES:
    _listen(_NOTES)
