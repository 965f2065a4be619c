"""A process that can die at any effect of a case, told by kind and number; once dead, it changes nothing more.

Watched as :mod:`tests.flows.kill` watches, in this process: the effect is not made, or made and not told.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from data_contracts.errors import SystemUnavailable
from flows.wiring import Installation
from tasks.services import Services
from tests.flows.kill.watched import WatchedSystems, watched

When = Literal["before", "after"]
KINDS: Final = ("", "complete", "carry_out", "deliver", "hand_over", "write", "remove", "destroy", "put_", "reopen")
"""Beginnings of the names of effects; the first is any."""


class Died(BaseException):  # the process ends, and nothing in it may catch that
    """The process ends here."""


@dataclass
class Mortal:
    """Counts effects of a kind, and dies at one; stands where the kill tests have their moments.

    Attributes:
        kind: how the name of the effect begins at which to die.
        countdown: how many of them are lived through; negative: all.
        when: whether the effect is made before the process dies.
        away: systems that break off when they are to act.
    """

    kind: str = ""
    countdown: int = -1
    when: When = "before"
    is_dead: bool = False
    away: set[str] = field(default_factory=set)

    def arm(self, kind: str, number: int, when: When) -> None:
        """Die at the effect of that kind and number, counted from now."""
        self.kind, self.countdown, self.when = kind, number, when

    def disarm(self) -> None:
        """Live."""
        self.countdown = -1

    @contextmanager
    def effect(self, name: str) -> Iterator[None]:
        """An effect lasts as long as the block."""
        if self.is_dead:
            raise Died
        called, _, what = name.partition("(")
        if called == "carry_out" and what.rstrip(")") in self.away:
            raise SystemUnavailable("went away", where=what.rstrip(")"), remedy="try again")
        is_now = self.countdown == 0 and name.startswith(self.kind)
        if self.countdown > 0 and name.startswith(self.kind):
            self.countdown -= 1
        if is_now and self.when == "before":
            self._die()
        yield
        if is_now:
            self._die()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What happens in the block is no effect."""
        yield

    def _die(self) -> None:
        self.is_dead, self.countdown = True, -1
        raise Died


def mortal_services(made: Installation, moments: Mortal) -> Services:
    """The services of an installation, each effect watched, also under contracts that were kept."""
    standing: Any = moments

    @contextmanager
    def under(provided: Services, files: Mapping[str, str]) -> Iterator[Services]:
        with made.services.under(provided, files) as kept:
            yield replace(kept, systems=WatchedSystems(kept.systems, standing))

    return replace(watched(made, standing), under=under)
