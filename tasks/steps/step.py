"""A step: the same retries and the same guard in a flow run and outside one; a Prefect task where people watch it.

A task run costs about a tenth of a second of processor time, here and at the server. So a task is what people want to
see on the time axis: who asks is verified, a system is searched, an act, a notice, a proof, an archive. Every other
step, and one that is done already when a flow starts again, is a plain call (docs/adr/0026).

Invariants:

1. Results are not persisted and not cached: the register's ledger decides what is done (law 2, law 3).
2. Only :class:`TransientError` is tried again, with exponential waits and jitter.
3. Nothing but our errors leaves a step. What nobody foresaw is sealed in the vault, and a :class:`StepFailed` without
   chained text takes its place, because Prefect stores exception texts (law 1).
"""

import sys
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from datetime import datetime
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from data_contracts.errors import RightsflowError, StepFailed, TransientError
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.remembering import remembering

if TYPE_CHECKING:
    from tasks.steps.task_runs import TaskRuns

P = ParamSpec("P")
R = TypeVar("R")
Watched = Callable[..., bool]
"""Whether a call of a step is shown as a task run; asked with the step's arguments."""

_MAX_WAIT_SECONDS = 60
_SIDE_BY_SIDE = 8
"""Systems that are asked at once."""


class NotAFailure(Exception):  # says what it is not
    """Tells something without anything having failed; the guard lets it pass."""


class Step(Generic[P, R]):
    """One step of a case; call it like the function it wraps. The first argument is the case id."""

    def __init__(self, function: Callable[P, R], name: str, *, watched: Watched | None = None) -> None:
        """Wrap ``function``.

        Args:
            function: what the step does.
            name: how the business calls the step.
            watched: which calls people see as task runs; None: none.
        """
        self.name = name
        self.watched = watched
        self._guarded = guarded(_reading_once(function), name)
        self.__doc__ = function.__doc__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Carry the step out now."""
        if self._is_watched(*args, **kwargs):
            return self._task_runs.task(services().retry)(*args, **kwargs)
        return self._plainly(*args, **kwargs)

    def for_each(
        self, case_id: str, systems: Iterable[str], *, in_order: bool = False
    ) -> dict[str, R | RightsflowError]:
        """Carry the step out for each system, side by side inside a flow run unless ``in_order``.

        Returns:
            By system: the result, or the error the step ended with. One system's error stops no other (law 6).
        """
        if in_order or not _is_in_flow_run():
            return {system: self._attempt(case_id, system) for system in systems}
        seen = {system: self._is_watched(case_id, system) for system in systems}  # type: ignore[call-arg, arg-type]  # P is (case, system) here
        task = self._task_runs.task(services().retry)
        with ThreadPoolExecutor(min(_SIDE_BY_SIDE, len(seen) or 1), "step") as threads:
            watched = {system: task.submit(case_id, system) for system, is_seen in seen.items() if is_seen}  # type: ignore[call-overload]  # as above
            plain = {
                system: threads.submit(copy_context().run, self._attempt, case_id, system)
                for system, is_seen in seen.items()
                if not is_seen
            }
            return {s: plain[s].result() if s in plain else self._task_runs.settled(watched[s]) for s in seen}

    def _attempt(self, case_id: str, system: str) -> R | RightsflowError:
        try:
            return self(case_id, system)  # type: ignore[call-arg, arg-type]  # P is (case, system) here
        except RightsflowError as error:
            return error

    def _is_watched(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Whether there is a flow run, and people see this call in it."""
        return self.watched is not None and _is_in_flow_run() and self.watched(*args, **kwargs)

    @cached_property
    def _task_runs(self) -> "TaskRuns[P, R]":
        """Its task runs, made where there are any: outside a flow run nothing of Prefect is imported."""
        from tasks.steps.task_runs import TaskRuns  # noqa: PLC0415  # imports Prefect

        return TaskRuns(self._guarded, self.name)

    def _plainly(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._retrying()(self._guarded, *args, **kwargs)

    @staticmethod
    def _retrying() -> Retrying:
        retry = services().retry
        return Retrying(
            stop=stop_after_attempt(retry.attempts),
            wait=wait_random_exponential(multiplier=retry.first_wait.total_seconds(), max=_MAX_WAIT_SECONDS),
            retry=retry_if_exception_type(TransientError),
            reraise=True,
        )


def _is_in_flow_run() -> bool:
    """Whether this is inside a flow run; where nobody has imported Prefect, it is not."""
    context = sys.modules.get("prefect.context")
    return context is not None and context.FlowRunContext.get() is not None


def always(*_: object, **__: object) -> bool:
    """Every call is seen."""
    return True


def until_done(receipt: str) -> Watched:
    """A call is seen unless the ledger has the step's receipt: then it has nothing to do but to say so.

    Args:
        receipt: the step's name in the ledger.
    """

    def is_new(case_id: str, *args: object, **_: object) -> bool:
        system = args[0] if args and isinstance(args[0], str) else ""
        return not is_done(case_id, receipt, system)

    return is_new


def step(name: str, *, watched: Watched | None = None) -> Callable[[Callable[P, R]], Step[P, R]]:
    """Make a step of a function whose first argument is the case id, and whose second, if any, is a system."""

    def make(function: Callable[P, R]) -> Step[P, R]:
        return Step(function, name, watched=watched)

    return make


def _reading_once(function: Callable[P, R]) -> Callable[P, R]:
    """``function``, which reads what it needs of its case once in each attempt."""

    @wraps(function)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> R:
        with remembering():
            return function(*args, **kwargs)

    return attempt


def guarded(function: Callable[P, R], name: str) -> Callable[P, R]:
    """``function``, out of which only our errors come, without chained texts."""

    @wraps(function)
    def guard(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except RightsflowError as error:
            _seal_detail(_place(name, args), error, args)
            raise error from None
        except NotAFailure as told:
            raise told from None
        except Exception as error:  # noqa: BLE001  # the guard's purpose: whatever it is, its text stays here
            case_id = str(args[0]) if args else ""
            raise _sealed_failure(case_id, name, _place(name, args), error) from None

    return guard


def _place(name: str, args: tuple[object, ...]) -> str:
    """``fault.step``, or ``fault.step.system``, where what broke is sealed; a name in the vault has no blanks."""
    name = name.replace(" ", "-")
    system = args[1] if len(args) > 1 and isinstance(args[1], str) and args[1].replace("_", "").isalnum() else ""
    return f"fault.{name}.{system}" if system else f"fault.{name}"


def _seal_detail(place: str, error: RightsflowError, args: tuple[object, ...]) -> None:
    """Seal what a driver said of a failure that we know, for ``rightsflow case CASE --faults``."""
    if not error.detail or not args:
        return
    text = f"{datetime.now().astimezone().isoformat()}\n{error}\n{error.detail}"
    with suppress(Exception), services().vault.write(str(args[0]), place) as blob:
        blob.write(text.encode(errors="backslashreplace"))


def _sealed_failure(case_id: str, name: str, place: str, error: Exception) -> StepFailed:
    """Seal what happened and name where it lies."""
    kind = type(error).__name__
    detail = "".join(traceback.format_exception(error))
    try:
        with services().vault.write(case_id, place) as blob:
            blob.write(f"{datetime.now().astimezone().isoformat()}\n{detail}".encode())
    except Exception:  # noqa: BLE001  # a broken vault must not hide the first failure
        place = "nowhere (the vault could not be written)"
    return StepFailed(
        f"step {name} broke ({kind}); details are sealed in {place}",
        where=case_id,
        remedy="read them with 'rightsflow case CASE --faults', mend the cause, then run the case again",
    )
