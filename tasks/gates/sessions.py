"""Sessions of operators at the desk: each bears a number, and counting one more ends all before."""

from datetime import timedelta
from typing import Final

from tasks.services import services

_FOR_EVER: Final = timedelta(days=36_500)


def session_of(name: str) -> int:
    """The number of an operator's sessions that are not ended."""
    return services().register.calls(_session_key(name), _FOR_EVER, services().now())


def end_sessions(name: str) -> None:
    """End every session of an operator: the next one has another number."""
    services().register.count_call(_session_key(name), _FOR_EVER, services().now())


def _session_key(name: str) -> str:
    return f"desk-session:{name}"
