"""Acts: steps that change systems, disclose data, or tell what was done; they take what an approval makes (law 14).

The last argument of an act is a :class:`Confirmed`. Before its first effect an act claims its step with it, and the
register asks in the transaction of the claim that the case may act: out of order, an act raises and changes nothing.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from data_contracts.case.confirmed import Confirmed
from tasks.steps.step import Step, Watched, always

P = ParamSpec("P")
R = TypeVar("R")


class Act(Step[P, R]):
    """One act of a case; call it like the function it wraps. People see every act."""

    def __init__(self, function: Callable[P, R], name: str, *, watched: Watched | None = always) -> None:
        """Wrap ``function``; see :class:`tasks.steps.step.Step`."""
        super().__init__(function, name, watched=watched)

    def under(self: "Act[[str, str, Confirmed], R]", confirmed: Confirmed) -> Step[[str, str], R]:
        """The act for each system, or each recipient, under one confirmation."""
        function = self._guarded

        def acting(case_id: str, system: str) -> R:
            return function(case_id, system, confirmed)

        return Step(acting, self.name, watched=always)


def act(name: str) -> Callable[[Callable[P, R]], Act[P, R]]:
    """Make an act of a function whose first argument is the case id, and whose last is what was confirmed."""

    def make(function: Callable[P, R]) -> Act[P, R]:
        return Act(function, name)

    return make
