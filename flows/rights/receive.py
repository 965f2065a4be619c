"""Receive (Art. 12): register a request that came by letter, e-mail or telephone, and start the flow of its right."""

from typing import Annotated

from prefect import flow
from pydantic import Field

from data_contracts.vocabulary import Right
from flows.runs.forms import AnyForm
from flows.runs.opening import receive_flow

_Right = Annotated[str, Field(json_schema_extra={"enum": [right.value for right in Right]})]


@flow(name="receive", validate_parameters=False, persist_result=False)
def receive(right: _Right = "access", request: AnyForm = AnyForm()) -> str:  # noqa: B008  # the form's defaults
    """Register a request and start its flow; the case id.

    What is typed is sealed in the vault and wiped from Prefect before anything else happens.

    Args:
        right: Which right the data subject exercises.
        request: What came by letter, e-mail or telephone. It is sealed, then wiped from Prefect.
    """
    return receive_flow(right, request)
