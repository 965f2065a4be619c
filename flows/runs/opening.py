"""How a flow run begins: services, the case, and nothing personal left in Prefect's database (law 1).

The order, for a run that was started with a filled-in form:

1. the request is registered and sealed, under a key made from the flow run: a second start makes no second case;
2. the run's parameters are replaced by the case id, whatever step 1 said;
3. the life of the case begins.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID

from prefect import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from pydantic import ValidationError

from data_contracts.errors import RequestInvalid, RightsflowError
from data_contracts.vocabulary import Channel, Right
from flows import wiring
from flows.embedded.forgetting import note_wiped
from flows.runs.case_artifacts import show_case_end
from flows.runs.case_runs import start_flow
from flows.runs.forms import RequestForm, form_for
from flows.runs.gates import forget_forms
from flows.runs.leases import carrying
from flows.runs.turns import wake_next
from tasks.intake.receive import TypedRequest, receipt_moment, register_request
from tasks.services import services
from tasks.steps.step import guarded


def case_flow(right: str, case_id: str, request: RequestForm | Mapping[str, Any], life: Callable[[str], str]) -> str:
    """Carry a case on, registering it first where the run was started with a form; returns how it ended."""
    with _services(typed=not case_id):
        ended = guarded(lambda case: _carried(_case(right, case, request), life), right)(case_id)
    forget_forms(_run().id)
    return ended


def receive_flow(right: str, request: RequestForm | Mapping[str, Any]) -> str:
    """Register a request and start the flow of its right; the case id."""

    def register(_: str) -> str:
        case_id = register_form(right, request)
        start_flow(services().register.case(case_id))
        return case_id

    with _services(typed=True):
        return guarded(register, "receive")("")


def register_form(right: str, request: RequestForm | Mapping[str, Any]) -> str:
    """Register and seal what was typed, wipe it from Prefect; the case id."""
    return settle_form(_run().id, right, request, is_case_flow=_is_case_flow())


def settle_form(run_id: UUID, right: str, request: RequestForm | Mapping[str, Any], *, is_case_flow: bool) -> str:
    """Register and seal what was typed for a run, and wipe it from Prefect also when it cannot be registered.

    Args:
        run_id: the flow run that was started with the form.
        right: which right is exercised.
        request: what was typed.
        is_case_flow: whether the run carries the case on; one that only receives it has a name of its own.

    Raises:
        RequestInvalid: when nobody can be found by what was typed; it is wiped all the same.
    """
    case_id = ""
    try:
        case_id = register_typed(right, request, f"flow-run:{run_id}")
    finally:
        wipe_form(run_id, case_id, is_case_flow=is_case_flow)
    return case_id


def register_typed(right: str, request: RequestForm | Mapping[str, Any], request_key: str) -> str:
    """Register and seal what was typed into the form of a request; the case id.

    Raises:
        RequestInvalid: when the form is not filled in rightly, or nobody can be found by it.
    """
    return register_request(_typed(right, request, request_key)).case_id


def wipe_form(run_id: UUID, case_id: str, *, is_case_flow: bool) -> None:
    """Replace a run's parameters; its name becomes the case id, so that operators find it."""
    kept = {"case_id": case_id, "request": {}} if is_case_flow else {"request": {}}
    name = (case_id if is_case_flow else f"receive {case_id}") if case_id else "not registered"
    with get_client(sync_client=True) as client:
        client.update_flow_run(run_id, parameters=kept, name=name)
    note_wiped()


@contextmanager
def _services(*, typed: bool) -> Iterator[None]:
    """The installation's services; where they cannot be opened, what was typed is wiped before the error goes out."""
    with ExitStack() as stack:
        try:
            guarded(lambda _: stack.enter_context(wiring.opened()), "open")("")
        except RightsflowError:
            if typed:
                wipe_form(_run().id, "", is_case_flow=_is_case_flow())
            raise
        yield


def _case(right: str, case_id: str, request: RequestForm | Mapping[str, Any]) -> str:
    if case_id:
        found = services().register.case(case_id)
        if found.right.value != right:
            raise RequestInvalid(
                f"this case is about {found.right.value}", where=case_id, remedy=f"start flow {found.right.value}"
            )
        return case_id
    return register_form(right, request)


def _carried(case_id: str, life: Callable[[str], str]) -> str:
    with carrying(case_id):
        ended = life(case_id)
    show_case_end(case_id)
    wake_next(case_id)
    return ended


def _typed(right: str, request: RequestForm | Mapping[str, Any], request_key: str) -> TypedRequest:
    provided = services()
    try:
        typed = request.model_dump() if isinstance(request, RequestForm) else request
        form = form_for(Right(right)).model_validate(typed)
    except ValidationError as invalid:
        fields = ", ".join(sorted({str(error["loc"][0]) for error in invalid.errors(include_input=False)}))
        raise RequestInvalid("the form is not filled in rightly", where=fields, remedy="correct these fields") from None
    now = provided.now()
    return TypedRequest(
        right=Right(right),
        channel=Channel(form.channel),
        language=form.language,
        received_at=receipt_moment(form.received, now, provided.organisation.time_zone),
        request_key=request_key,
        identity=form.identity(),
        name=form.name,
        reply_to="",
        postal_address=form.address.splitlines(),
        postal_country=form.country,
        details=form.details,
        statement=form.statement(),
    )


def _is_case_flow() -> bool:
    """Whether this flow carries a case on; its parameters as called, because what nobody typed is not in the run's."""
    context = FlowRunContext.get()
    return context is not None and "case_id" in (context.parameters or {})


def _run() -> FlowRun:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RequestInvalid("a form needs a flow run", remedy="use 'rightsflow open' outside Prefect")
    return context.flow_run
