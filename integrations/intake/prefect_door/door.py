"""What the door in front of Prefect needs of the rest of the house; ``flows/doors/prefect.py`` gives it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from data_contracts.doors.prefect_door import DeployedFlow, GateForm, SuspendedRun


class PrefectDoor(Protocol):
    """The installation, as far as operators and workers reach it through the Prefect UI."""

    def roles(self, operator: str) -> Sequence[str]:
        """Roles of an operator."""

    def worker(self, api_key: str) -> str | None:
        """The worker whose key it is; None for any other key."""

    def form(self, run: SuspendedRun) -> GateForm:
        """The form of the gate that a flow run waits at.

        Raises:
            AnswerRefused: when nothing is asked there any more.
        """

    def answer(self, run: SuspendedRun, operator: str, typed: Mapping[str, Any]) -> None:
        """Check, record and sign what a signed-in operator typed at the gate that a flow run waits at.

        Raises:
            AnswerRefused: with the reason; the gate stays open.
        """

    def note(self, operator: str, what: str, where: str) -> None:
        """Remember what an operator did through the door."""

    def require_use(self, deployed: DeployedFlow, operator: str) -> None:
        """That an operator may start, cancel or retry runs of a deployment of ours.

        Raises:
            AnswerRefused: when the role does not, or the deployment is none of ours.
        """

    def checked(self, deployed: DeployedFlow, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Parameters that a flow takes, as our types have them.

        Raises:
            RequestInvalid: when the flow does not take them; the message quotes nothing.
        """

    def registered(self, deployed: DeployedFlow, parameters: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """The flow to start, and its parameters: a request that was typed into a form is a case from here on.

        Raises:
            RequestInvalid: when the form is not filled in rightly, or nobody can be found by it.
        """

    def run_name(self, deployed: DeployedFlow, parameters: Mapping[str, Any]) -> str:
        """What a run with these parameters is called; empty where it finds its name by itself."""
