"""Other programs ask over HTTP before they use data, with a key of their own."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from data_contracts.case.permissions import Stance, StanceEntry
from flows.doors.permissions import LedgerGatekeeper
from flows.wiring.site import permissions_app
from tasks.case.subject_keys import subject_keys_of
from tasks.intake.api_keys import end_api_key, make_api_key
from tasks.services import services
from tests.flows.company import House

_ANA = {"kind": "email", "value": "ana@example.org"}


class Client:
    """A program that calls the API, without a socket in between."""

    def __init__(self, app: FastAPI) -> None:
        self._transport = httpx.ASGITransport(app)

    def call(self, method: str, path: str, **sent: Any) -> httpx.Response:
        """The answer to one call."""

        async def answer() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://api") as client:
                return await client.request(method, path, **sent)

        return asyncio.run(answer())


@pytest.fixture
def client(house: House) -> Client:
    """A program that calls the API of the house."""
    return Client(permissions_app(LedgerGatekeeper(house.installation)))


def ask(client: Client, path: str, key: str, **body: Any) -> tuple[int, Any]:
    """Status and body of an answer."""
    plain = {"purpose": "churn", "keys": [_ANA]}
    answer = client.call("POST", path, json=plain | body, headers={"Authorization": f"Bearer {key}"})
    return answer.status_code, answer.json()


def a_key(*scopes: str) -> str:
    """A key of a program."""
    return make_api_key("crm", scopes or ("may-process", "may-share"))


def test_each_key_is_answered_in_order(client: Client) -> None:
    """Yes or no, and why."""
    (key,) = subject_keys_of({"email": ["bob@example.org"]})
    services().register.add_stances([StanceEntry(key, "churn", "", Stance.OBJECTED, services().now(), "test")])

    status, told = ask(client, "/v1/may-process", a_key(), keys=[_ANA, {"kind": "email", "value": "Bob@example.org"}])

    assert status == 200
    assert told["answers"] == [{"may": True, "reason": "no_objection"}, {"may": False, "reason": "objected"}]


def test_sharing_is_asked_with_a_recipient(client: Client) -> None:
    """Who was never informed is not shared."""
    status, told = ask(client, "/v1/may-share", a_key(), recipient="energypart")

    assert (status, told["answers"][0]["reason"]) == (200, "not_informed")


def test_restricted_use_is_named(client: Client) -> None:
    """Art. 18(2)."""
    assert ask(client, "/v1/may-process", a_key(), restricted_use="claims")[0] == 200


@pytest.mark.parametrize("key", ["", "guessed"])
def test_unknown_key_is_refused(client: Client, key: str) -> None:
    """401, in our shape."""
    status, told = ask(client, "/v1/may-process", key)

    assert (status, told["error"]["kind"]) == (401, "Unknown")


def test_key_without_the_scope_is_refused(client: Client) -> None:
    """403."""
    status, told = ask(client, "/v1/may-share", a_key("may-process"), recipient="energypart")

    assert (status, told["error"]["where"]) == (403, "may-share")


def test_ended_key_is_refused(client: Client, house: House) -> None:
    """By a person, or by its day; a new one of the same name takes the place of the old."""
    ended, over = a_key(), make_api_key("shop", ["may-process"], valid_until=house.clock() + timedelta(days=1))
    end_api_key("crm")
    house.clock.advance(timedelta(days=2))

    assert [ask(client, "/v1/may-process", key)[0] for key in (ended, over, a_key())] == [401, 401, 200]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"purpose": "espionage"}, "purpose"),
        ({"keys": []}, "keys"),
        ({"keys": [_ANA] * 1001}, "keys"),
        ({"keys": [{"kind": "email", "value": ["secret@example.org"]}]}, "keys.0.value"),
        ({"keys": [{"kind": "shoe_size", "value": "43"}]}, "identity"),
        ({"surplus": "secret@example.org"}, "surplus"),
        ({"restricted_use": "curiosity"}, "restricted_use"),
    ],
)
def test_what_cannot_be_read_is_told_without_what_it_held(client: Client, body: dict[str, Any], where: str) -> None:
    """422, in our shape; no value is repeated (law 1)."""
    status, told = ask(client, "/v1/may-process", a_key(), **body)

    assert (status, told["error"]["where"]) == (422, where)
    assert "example.org" not in str(told)


def test_calls_are_described(client: Client) -> None:
    """OpenAPI, with the errors; nothing about a data subject stands in an address."""
    described = client.call("GET", "/openapi.json").json()

    assert set(described["paths"]) == {"/v1/may-process", "/v1/may-share"}
    assert {"401", "403", "422"} <= set(described["paths"]["/v1/may-share"]["post"]["responses"])


def test_key_is_kept_as_a_digest(house: House) -> None:
    """Who reads the register cannot ask in another's name."""
    key = a_key()

    assert key not in repr(house.installation.register.api_keys())
