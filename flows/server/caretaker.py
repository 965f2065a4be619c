"""Looks after the processes of ``rightsflow up``: what has died, or answers nobody any more, is started again.

Nothing is lost by it: cases are in the register, and the sweep carries on what a run left.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from data_contracts.errors import RightsflowError, SystemUnavailable
from flows.server.machine import RunningSystem

__all__ = ["Caretaker"]

_LOOK_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 10.0
_JAM_SECONDS: Final = 120.0
"""A server that has answered nobody for so long stands still."""
_RESTARTS: Final = 5
_WITHIN_SECONDS: Final = 900.0


class Caretaker:
    """Keeps one running system going.

    Attributes:
        system: what runs.
        tell: told what was done, in a sentence.
        clock: monotonic seconds.
    """

    def __init__(
        self, system: RunningSystem, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with a server that has just answered."""
        self._system, self._tell, self._clock = system, tell, clock
        self._answered = self._asked = clock()
        self._restarts: deque[float] = deque(maxlen=_RESTARTS)

    def look(self) -> None:
        """Start again what has ended; call it often.

        Raises:
            SystemUnavailable: when the server has had to be started too often: something is wrong that no start mends.
        """
        self._keep_database()
        failed = self._system.failed()
        if failed == "server":
            self._restart("the Prefect server has ended")
        elif failed == "worker":
            self._tell("the worker has ended; another is started")
            self._system.start_worker()
        elif failed == "forking":
            self._system.start_forking()
        elif self._clock() - self._asked >= _LOOK_SECONDS:
            self._ask()

    def _keep_database(self) -> None:
        try:
            if self._system.keep_database():
                self._tell("the embedded database had ended; it runs again")
        except RightsflowError as error:
            self._tell(str(error))

    def _ask(self) -> None:
        if self._system.answers(_ANSWER_SECONDS):
            self._answered = self._clock()
        elif self._clock() - self._answered >= _JAM_SECONDS:
            self._restart(f"the Prefect server has answered nobody for {_JAM_SECONDS:.0f} seconds")
        self._asked = self._clock()

    def _restart(self, why: str) -> None:
        now = self._clock()
        if len(self._restarts) == _RESTARTS and now - self._restarts[0] < _WITHIN_SECONDS:
            raise SystemUnavailable(
                f"{why}, for the {_RESTARTS + 1}th time in {_WITHIN_SECONDS / 60:.0f} minutes",
                where="rightsflow up",
                remedy=f"read {self._system.settings.state / 'logs' / 'server.log'}, then start again",
            )
        self._restarts.append(now)
        self._tell(f"{why}; it is started again, and cases go on")
        self._system.restart_server()
        self._answered = self._clock()
