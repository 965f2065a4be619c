"""Programs that make requests for people: a key each, their own cases alone, and calls that tell of changes."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from data_contracts.case.outgoing import OutgoingKind
from data_contracts.vocabulary import Right
from flows.doors.public import public_site
from flows.watch.outbox import dispatch, tell_of_move
from tasks.intake.api_keys import make_api_key
from tasks.intake.webhooks import deliver, put_webhook, signature
from tasks.services import services
from tests.browser import Browser, browsing
from tests.flows.company import House

_SCOPES = ("requests:open", "requests:read", "requests:withdraw", "webhooks")
_ANA = {"right": "access", "identity": {"email": ["ana@example.org"]}, "name": "Ana"}


class Program:
    """A program with a key."""

    def __init__(self, browser: Browser, key: str) -> None:
        self._browser = browser
        self._headers = {"Authorization": f"Bearer {key}"}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """The answer to one call."""
        return self._browser.call(method, f"/api/v1{path}", json=body, headers=self._headers | headers)

    def open(self, key: str = "k-1", **changed: Any) -> httpx.Response:
        """The answer to a new request."""
        return self.call("POST", "/requests", _ANA | changed, **{"Idempotency-Key": key})


@pytest.fixture
def program(house: House) -> Iterator[Program]:
    """A program that may do everything."""
    with browsing(public_site(house.installation)) as browser:
        yield Program(browser, make_api_key("crm", _SCOPES))


def test_request_is_opened_once_by_its_key(program: Program, house: House) -> None:
    """Sent again it is the same; with another body the key is refused."""
    first, again, other = program.open(), program.open(), program.open(name="Bob")

    assert [answer.status_code for answer in (first, again, other)] == [201, 200, 409]
    assert first.json()["case_id"] == again.json()["case_id"]
    assert len(house.installation.register.cases()) == 1


def test_program_sees_its_own_cases_alone(program: Program, house: House) -> None:
    """Somebody else's is answered like one that is not there."""
    own, strange = program.open().json()["case_id"], house.open(Right.ACCESS)

    assert program.call("GET", f"/requests/{own}").json()["state"] == "received"
    answers = [program.call("GET", f"/requests/{case}") for case in (strange, "C-NONE-NONE")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert [one["case_id"] for one in program.call("GET", "/requests").json()["requests"]] == [own]


def test_key_needs_the_scope(program: Program, house: House) -> None:
    """And a call without a key in force is answered in the same shape."""
    del house
    weak = Program(program._browser, make_api_key("weak", ["requests:read"]))

    assert weak.open().status_code == 403
    assert Program(program._browser, "no such key").open().status_code == 401


def test_request_is_withdrawn(program: Program) -> None:
    """As long as nobody was proven to have made it; the second time it is too late."""
    case = program.open().json()["case_id"]

    answers = [program.call("POST", f"/requests/{case}/withdrawal") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[0].json()["state"] == "withdrawn"


def test_error_does_not_repeat_what_was_sent(program: Program) -> None:
    """Which field is wrong is told, what it held is not."""
    answer = program.open(identity={"email": ["secret-value"]})

    assert answer.status_code == 422
    assert "secret-value" not in answer.text


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/x", "https://[::1]/", "http://example.org/", "https://user:pw@example.org/"]
)
def test_address_inside_is_never_subscribed(program: Program, url: str) -> None:
    """Nobody gets us to call ourselves (SSRF)."""
    assert program.call("PUT", "/webhooks/hook", {"url": url}).status_code == 422


def test_subscriber_is_called_signed_and_once_a_move(program: Program) -> None:
    """With the same id at each attempt, and nothing personal."""
    secret = put_webhook("crm", "hook", "https://hooks.example.org/", [])
    case = program.open().json()["case_id"]
    dispatch({OutgoingKind.MOVED: tell_of_move})
    (row,) = services().register.outgoing_due([OutgoingKind.WEBHOOK], services().now())
    sent: list[tuple[str, bytes, Any]] = []

    def post(url: str, body: bytes, headers: Any) -> int:
        sent.append((url, body, headers))
        return 204

    for _ in range(2):
        deliver(row, post)

    (_, body, headers), again = sent
    assert json.loads(body) == {"type": "case.received", "case_id": case, **row.facts}
    at = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == signature(secret.encode(), headers["webhook-id"], at, body)
    assert again[2]["webhook-id"] == headers["webhook-id"]


def test_subscription_of_another_program_hears_nothing(program: Program) -> None:
    """A program hears of its own cases alone."""
    put_webhook("other", "theirs", "https://hooks.example.org/", [])
    program.open()

    dispatch({OutgoingKind.MOVED: tell_of_move})

    assert services().register.outgoing_due([OutgoingKind.WEBHOOK], services().now()) == []
