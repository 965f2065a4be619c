"""How a flow run begins: services, the case, and nothing personal left in Prefect's database (law 1).

The order, for a run that was started with a filled-in form:

1. the request is registered and sealed, under a key made from the flow run: a second start makes no second case;
2. the run's parameters are replaced by the case id, whatever step 1 said;
3. the life of the case begins.
"""

from collections.abc import Callable, Mapping
from typing import Any

from prefect import get_client
from prefect.context import FlowRunContext
from pydantic import ValidationError

from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Channel, Right
from flows import wiring
from flows.forms import RequestForm
from tasks.receive_request import TypedRequest, receipt_moment, register_request
from tasks.services import services
from tasks.step import guarded


def case_flow(right: str, case_id: str, request: RequestForm | Mapping[str, Any], life: Callable[[str], str]) -> str:
    """Carry a case on, registering it first where the run was started with a form; returns how it ended."""
    with wiring.opened():
        return guarded(lambda case: life(_case(right, case, request)), right)(case_id)


def register_form(right: str, request: RequestForm | Mapping[str, Any]) -> str:
    """Register and seal what was typed, wipe it from Prefect; the case id."""
    try:
        case_id = register_request(_typed(right, request)).case_id
    except Exception:
        _wipe("")
        raise
    _wipe(case_id)
    return case_id


def _case(right: str, case_id: str, request: RequestForm | Mapping[str, Any]) -> str:
    if case_id:
        found = services().register.case(case_id)
        if found.right.value != right:
            raise RequestInvalid(
                f"this case is about {found.right.value}", where=case_id, remedy=f"start flow {found.right.value}"
            )
        return case_id
    return register_form(right, request)


def _typed(right: str, request: RequestForm | Mapping[str, Any]) -> TypedRequest:
    provided = services()
    try:
        form = request if isinstance(request, RequestForm) else RequestForm.model_validate(request)
    except ValidationError as invalid:
        fields = ", ".join(sorted({str(error["loc"][0]) for error in invalid.errors(include_input=False)}))
        raise RequestInvalid("the form is not filled in rightly", where=fields, remedy="correct these fields") from None
    now = provided.now()
    return TypedRequest(
        right=Right(right),
        channel=Channel(form.channel),
        language=form.language,
        received_at=receipt_moment(form.received, now, provided.organisation.time_zone),
        request_key=f"flow-run:{_flow_run_id()}",
        identity=form.identity(),
        name=form.name,
        reply_to="",
        details=form.details,
    )


def _flow_run_id() -> str:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RequestInvalid("a form needs a flow run", remedy="use 'rightsflow open' outside Prefect")
    return str(context.flow_run.id)


def _wipe(case_id: str) -> None:
    """Replace the run's parameters; its name becomes the case id, so that operators find it."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return
    kept = {"case_id": case_id, "request": {}} if "case_id" in (context.parameters or {}) else {"request": {}}
    with get_client(sync_client=True) as client:
        client.update_flow_run(context.flow_run.id, parameters=kept, name=case_id or "not registered")
