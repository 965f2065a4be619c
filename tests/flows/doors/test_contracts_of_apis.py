"""What our APIs say of themselves is true: no answer that is not described, never a fault of ours (schemathesis)."""

from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from flows.doors.api import ProgramsDoor
from flows.doors.permissions import permission_api
from flows.wiring.calling import SafeCaller
from flows.wiring.site import requests_api
from tasks.intake.api_keys import make_api_key
from tests.flows.company import House

_CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
_SCOPES = ("requests:open", "requests:read", "requests:withdraw", "webhooks", "may-process", "may-share")
_EXAMPLES = hypothesis.settings(
    max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(hypothesis.HealthCheck)
)


@pytest.fixture
def key(house: House) -> str:
    """A key that may do everything; nothing is called outside."""
    del house
    return make_api_key("fuzzer", _SCOPES)


def _tried(app: Any, key: str) -> int:
    """How many operations were tried with made-up calls, each answered as it is described."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    for operation in operations:

        @hypothesis.given(case=operation.as_strategy())
        @_EXAMPLES
        def answers_as_described(case: Any) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=_CHECKS)

        answers_as_described()
    return len(operations)


def test_requests_api_is_as_it_is_described(house: House, key: str) -> None:
    """Every operation, with calls that nobody would think of."""
    door = ProgramsDoor(house.installation, SafeCaller(resolve=lambda _name, _port: ["93.184.216.34"]))

    assert _tried(requests_api(door), key) == 6


def test_permissions_api_is_as_it_is_described(house: House, key: str) -> None:
    """The one that is asked before data are used."""
    assert _tried(permission_api(house.installation), key) == 2
