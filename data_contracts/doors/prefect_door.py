"""What passes between the door in front of Prefect and the house."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

PREFECT_WORKER: Final = "prefect-worker"
"""Scope of the key of a worker elsewhere."""


@dataclass(frozen=True, slots=True)
class SuspendedRun:
    """A flow run that waits for people, as Prefect has it.

    Attributes:
        name: of the flow run; it ends with the case or the run that it carries out.
        form: the name that Prefect keeps the run's form under, without its last part.
    """

    name: str
    form: str


@dataclass(frozen=True, slots=True)
class GateForm:
    """The form of an open gate, as the register has it now.

    Attributes:
        schema: JSON Schema of its fields.
        description: Markdown without personal data.
    """

    schema: Mapping[str, Any]
    description: str


@dataclass(frozen=True, slots=True)
class DeployedFlow:
    """A deployment, as Prefect has it."""

    flow: str
    name: str
    entrypoint: str
    pool: str
