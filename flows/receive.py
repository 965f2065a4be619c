"""Receive (Art. 12): register a request that came by letter, e-mail or telephone, and start the flow of its right."""

from typing import Literal

from prefect import flow

from flows import wiring
from flows.forms import RequestForm
from flows.opening import register_form
from flows.starting import start_flow
from tasks.services import services
from tasks.step import guarded


@flow(name="receive", validate_parameters=False, persist_result=False)
def receive(right: Literal["access", "erasure"] = "access", request: RequestForm = RequestForm()) -> str:  # noqa: B008  # the form's defaults
    """Register a request and start its flow; the case id.

    What is typed is sealed in the vault and wiped from Prefect before anything else happens.

    Args:
        right: Which right the data subject exercises.
        request: What came by letter, e-mail or telephone. It is sealed, then wiped from Prefect.
    """
    with wiring.opened():
        return guarded(lambda _: _register(right, request), "receive")("")


def _register(right: str, request: RequestForm) -> str:
    case_id = register_form(right, request)
    start_flow(services().register.case(case_id))
    return case_id
