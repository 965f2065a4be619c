"""A step as a Prefect task, for the calls that people watch; imported inside a flow run alone."""

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.runtime import task_run
from prefect.tasks import Task, exponential_backoff

from data_contracts.errors import RightsflowError, SystemUnavailable, TransientError
from tasks.services import Retry

__all__ = ["TaskRuns"]

P = ParamSpec("P")
R = TypeVar("R")


class TaskRuns(Generic[P, R]):
    """The Prefect tasks of one step, by how often they try again."""

    def __init__(self, function: Callable[P, R], name: str) -> None:
        """Keep the guarded function of the step, and what the step is called."""
        self._function = function
        self._name = name
        self._tasks: dict[Retry, Task[P, R]] = {}

    def task(self, retry: Retry) -> Task[P, R]:
        """The task with these retries; made once, because making one reads its source."""
        if retry not in self._tasks:
            self._tasks[retry] = Task(
                fn=self._function,
                name=self._name,
                task_run_name=self._run_name,
                cache_policy=NO_CACHE,
                persist_result=False,
                retry_condition_fn=_is_transient,
                log_prints=False,
                retries=retry.attempts - 1,
                retry_delay_seconds=exponential_backoff(retry.first_wait.total_seconds()),
                retry_jitter_factor=0.5,
            )
        return self._tasks[retry]

    @staticmethod
    def settled(future: PrefectFuture[R]) -> R | RightsflowError:
        """What a task run gave, or the error that it ended with."""
        outcome = future.result(raise_on_failure=False)
        if isinstance(outcome, RightsflowError):
            return outcome
        if isinstance(outcome, BaseException):
            return SystemUnavailable("a task was stopped before it ended", remedy="run the case again")
        return outcome

    def _run_name(self) -> str:
        """Task runs are called ``step system``; parameters other than case and system never show."""
        system = task_run.parameters.get("system")
        return f"{self._name} {system}" if system else self._name


def _is_transient(_task: object, _run: object, state: object) -> bool:
    """Prefect asks this after each failed attempt."""
    try:
        state.result()  # type: ignore[attr-defined]  # a prefect State
    except TransientError:
        return True
    except Exception:  # noqa: BLE001  # anything else is not tried again
        return False
    return False
