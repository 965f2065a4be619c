"""The house behind the door in front of Prefect: gates are answered here, and flows started as their types say."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import Any, Final
from uuid import uuid4

import yaml
from prefect import Flow
from prefect.exceptions import PrefectException
from pydantic import ValidationError

from data_contracts.doors.prefect_door import PREFECT_WORKER, DeployedFlow, GateForm, SuspendedRun
from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import OperatorRole, Right
from flows.runs.gate_forms import description_of, form_of, question_name, typed_answer
from flows.runs.opening import register_typed
from flows.server.deploying import POOL
from flows.server.places import DEPLOYMENTS
from flows.wiring import Installation
from tasks.gates.gates import answer_gate
from tasks.gates.operators import note_use
from tasks.intake.api_keys import key_in_force
from tasks.rules.people.gates import check_in_force
from tasks.services import use

_FORMS: Final = "suspended-"
_RIGHTS: Final = frozenset(right.value for right in Right)
_ON_CASES: Final = frozenset({*_RIGHTS, "receive", "extend", "lift"})
"""Flows that work on one case; every other one is a duty of the controller's."""
_BESIDE: Final = frozenset({"extend", "lift"})
"""Flows whose runs do something beside the case's own."""
_OF_CASES: Final = (OperatorRole.AGENT, OperatorRole.LEGAL, OperatorRole.DPO)
_OF_DUTIES: Final = (OperatorRole.DPO, OperatorRole.ADMIN)
_TEMPLATED: Final = "__prefect_kind"
"""What makes the server fill a parameter in by itself: from a variable, or a template that it runs."""
_SESSION: Final = "session"


class PrefectHouse:
    """An installation as operators and workers reach it through Prefect, in whichever thread a call comes."""

    def __init__(self, installation: Installation) -> None:
        """Keep the installation; its services are made now, once for all threads."""
        self._services = installation.services

    def roles(self, operator: str) -> Sequence[str]:
        """Roles of an operator."""
        known = self._services.register.operator(operator)
        return () if known is None else tuple(known.roles)

    def worker(self, api_key: str) -> str | None:
        """The worker whose key it is."""
        with use(self._services):
            key = key_in_force(api_key)
        return key.name if key is not None and PREFECT_WORKER in key.scopes else None

    def form(self, run: SuspendedRun) -> GateForm:
        """The form of the gate that a flow run waits at, as the register has it now."""
        with use(self._services):
            entry = self._asked(run)
            form = form_of(entry)
            return GateForm(form.model_json_schema(), description_of(entry))

    def answer(self, run: SuspendedRun, operator: str, typed: Mapping[str, Any]) -> None:
        """Check, record and sign an answer."""
        with use(self._services):
            entry = self._asked(run)
            answer_gate(entry, typed_answer(entry, typed, operator))

    def note(self, operator: str, what: str, where: str) -> None:
        """Remember what an operator did."""
        with use(self._services):
            note_use(operator, what, where, _SESSION)

    def require_use(self, deployed: DeployedFlow, operator: str) -> None:
        """That an operator may start, cancel or retry runs of a deployment of ours."""
        self._require_ours(deployed)
        roles = _OF_CASES if deployed.name in _ON_CASES else _OF_DUTIES
        known = self._services.register.operator(operator)
        check_in_force(known, roles=roles, where=deployed.name, now=self._services.now())

    def checked(self, deployed: DeployedFlow, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Parameters that a flow takes, as our types have them."""
        self._require_ours(deployed)
        if _is_templated(parameters):
            raise RequestInvalid(
                "a parameter would be filled in by the server", where=deployed.name, remedy="write its value"
            )
        module = deployed.entrypoint.partition(".py:")[0].replace("/", ".")
        flow: Flow[..., Any] = getattr(import_module(module), deployed.name)
        try:
            flow.validate_parameters(dict(parameters))
        except (PrefectException, ValidationError, TypeError, ValueError):
            what, remedy = "the flow does not take these parameters", "fill in its form"
            raise RequestInvalid(what, where=deployed.name, remedy=remedy) from None
        return parameters

    def registered(self, deployed: DeployedFlow, parameters: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """Register a request that was typed into a form: Prefect hears of the case alone (law 1)."""
        typed = parameters.get("request")
        if not typed or parameters.get("case_id") or deployed.name not in {*_RIGHTS, "receive"}:
            return deployed.name, parameters
        right = str(parameters.get("right") or "access") if deployed.name == "receive" else deployed.name
        with use(self._services):
            case_id = register_typed(right, typed, f"door:{uuid4()}")
        return right, {"case_id": case_id, "request": {}}

    def run_name(self, deployed: DeployedFlow, parameters: Mapping[str, Any]) -> str:
        """What a run is called that goes on with a case or a duty, by which an answer finds it; else empty."""
        matter = str(parameters.get("case_id") or parameters.get("run_id") or "")
        return f"{deployed.name} {matter}" if matter and deployed.name in _BESIDE else matter

    @cached_property
    def _deployments(self) -> Mapping[str, str]:
        """Entry points of our deployments by name."""
        told = yaml.safe_load(DEPLOYMENTS.read_text("utf-8"))
        return {one["name"]: one["entrypoint"] for one in told["deployments"]}

    def _require_ours(self, deployed: DeployedFlow) -> None:
        ours = self._deployments.get(deployed.name)
        if ours is None or (deployed.flow, deployed.entrypoint, deployed.pool) != (deployed.name, ours, POOL):
            raise AnswerRefused(
                "this is no deployment of ours", where="deployment", remedy="deploy with 'rightsflow deploy'"
            )

    def _asked(self, run: SuspendedRun) -> GateEntry:
        """The gate that a run waits at. The run's name tells which case or duty it carries out."""
        matter = run.name.rpartition(" ")[2]
        for entry in self._services.register.gates(matter, open_only=True):
            if run.form.startswith(f"{_FORMS}{question_name(entry)}-"):
                return entry
        raise AnswerRefused(
            "this question is not asked any more", where=matter, remedy="load the page again; the run goes on by itself"
        )


def _is_templated(value: object) -> bool:
    if isinstance(value, Mapping):
        return _TEMPLATED in value or any(_is_templated(one) for one in value.values())
    return isinstance(value, list) and any(_is_templated(one) for one in value)
