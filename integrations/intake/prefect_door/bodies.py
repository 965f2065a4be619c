"""What callers may send through the door: each body as a model that refuses what it does not know."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_Filter = dict[str, Any] | None


class Body(BaseModel):
    """A body; what is not asked for is refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Reading(Body):
    """A question to one of Prefect's lists: filters, an order, a page."""

    sort: str | None = Field(default=None, max_length=60)
    limit: int | None = Field(default=None, ge=0, le=200)
    offset: int | None = Field(default=None, ge=0)
    page: int | None = Field(default=None, ge=0)
    flows: _Filter = None
    flow_runs: _Filter = None
    task_runs: _Filter = None
    deployments: _Filter = None
    work_pools: _Filter = None
    work_pool_queues: _Filter = None
    work_queues: _Filter = None
    workers: _Filter = None
    artifacts: _Filter = None
    logs: _Filter = None


class History(Reading):
    """A question to one of Prefect's histories."""

    history_start: datetime
    history_end: datetime
    history_interval: float | None = None
    history_interval_seconds: float | None = None


class Points(Reading):
    """A question to the list that the UI draws as points."""

    limit: int | None = Field(default=None, ge=0, le=1000)


class Events(Body):
    """A question to Prefect's events."""

    filter: _Filter = None
    limit: int | None = Field(default=None, ge=0, le=200)
    time_unit: str | None = Field(default=None, max_length=20)
    time_interval: float | None = None


class ByIds(Body):
    """A question about things by their ids."""

    flow_run_ids: list[str] | None = Field(default=None, max_length=200)
    flow_ids: list[str] | None = Field(default=None, max_length=200)
    work_pool_id: str | None = None


def _empty(value: object) -> object:
    if not _is_hollow(value):
        raise ValueError
    return None


def _is_hollow(value: object) -> bool:
    return all(_is_hollow(one) for one in value.values()) if isinstance(value, dict) else not value


_Empty = Annotated[None, BeforeValidator(_empty)]
"""What the UI sends empty, and nobody may fill in: how and where a run is started is no matter of who starts it."""


class _At(Body):
    scheduled_time: datetime | None = None
    cache_expiration: _Empty = None
    deferred: _Empty = None
    pause_reschedule: _Empty = None
    untrackable_result: _Empty = None


class _Scheduled(Body):
    type: Literal["SCHEDULED", "scheduled"]
    name: str | None = Field(default=None, max_length=100)
    message: str | None = Field(default=None, max_length=1000)
    state_details: _At | None = None


class Order(Body):
    """An order to start a deployed flow.

    The UI sends a name, a message and tags of its own; they are read and dropped: the door writes them.
    """

    parameters: dict[str, Any] = Field(default_factory=dict)
    state: _Scheduled | None = None
    name: str | None = Field(default=None, max_length=200)
    tags: list[str] | None = Field(default=None, max_length=50)
    work_queue_name: str | None = Field(default=None, max_length=100)
    enforce_parameter_schema: Literal[True] | None = None
    job_variables: _Empty = None
    empirical_policy: _Empty = None
    idempotency_key: _Empty = None
    labels: _Empty = None

    @property
    def scheduled_time(self) -> str | None:
        """When it shall start; None: now."""
        at = self.state.state_details.scheduled_time if self.state and self.state.state_details else None
        return None if at is None else at.isoformat()


class _NewState(Body):
    type: Literal["CANCELLING", "cancelling", "SCHEDULED", "scheduled"]
    name: Literal["Cancelling", "CANCELLING", "AwaitingRetry"] | None = None
    message: str | None = Field(default=None, max_length=1000)
    state_details: _Empty = None

    @property
    def is_retry(self) -> bool:
        """Whether the run shall be tried again; else it shall be cancelled."""
        return self.type.upper() == "SCHEDULED"


class Change(Body):
    """A wish to cancel a flow run, or to try it again; no other state is anybody's to set."""

    state: _NewState
    force: bool | None = None


class Answered(Body):
    """What somebody typed into the form of a gate."""

    run_input: dict[str, Any]
