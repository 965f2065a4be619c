"""Authorised agents (Data Rights Protocol): signed, for us, in time; each sees its own; the person still decides."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from data_contracts.case.outgoing import OutgoingKind
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Channel, Gate, Right
from flows.doors.public import public_site
from flows.watch.outbox import DELIVERERS, dispatch
from tasks.intake.agents import end_agent, put_agent
from tasks.intake.callbacks import call_back
from tests.browser import Browser, browsing
from tests.flows.company import House

_BUSINESS = "TELCO_EXAMPLE"
_PATH = "/drp/v1/data-rights-request"


class Agent:
    """An agent with its signing key, who knows what the protocol asks."""

    def __init__(self, browser: Browser, name: str) -> None:
        self.name = name
        self.key = Ed25519PrivateKey.generate()
        self.token = ""
        self._browser = browser

    def use(self, browser: Browser) -> None:
        """Call from somewhere else."""
        self._browser = browser

    @property
    def verify_key(self) -> str:
        """As in a directory."""
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode()

    def signed(self, **said: object) -> bytes:
        """A message as it goes over the wire."""
        message = json.dumps(said).encode()
        return base64.b64encode(self.key.sign(message) + message)

    def message(self, **changed: object) -> dict[str, object]:
        """What an exercise message says, unless changed."""
        now = datetime.now(UTC)
        usual: dict[str, object] = {
            "agent-id": self.name,
            "business-id": _BUSINESS,
            "issued-at": now.isoformat(),
            "expires-at": (now + timedelta(minutes=10)).isoformat(),
            "drp.version": "1.0",
            "exercise": "deletion",
            "regime": "gdpr",
            "name": "Ana Example",
            "email": "ana@example.org",
            "email_verified": True,
        }
        return usual | changed

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> httpx.Response:
        """The answer to one call with the agent's token."""
        known = {"Authorization": f"Bearer {self.token}", "Content-Type": "text/plain"} | headers
        return self._browser.call(method, path, content=body, headers=known)

    def set_up(self) -> httpx.Response:
        """The pair-wise key set-up."""
        body = self.signed(**{name: self.message()[name] for name in list(self.message())[:5]})
        answer = self.call("POST", f"/drp/v1/agent/{self.name}", body)
        if answer.is_success:
            self.token = answer.json()["token"]
        return answer

    def exercise(self, **changed: object) -> httpx.Response:
        """The answer to a request."""
        return self.call("POST", _PATH, self.signed(**self.message(**changed)))

    def revoke(self, request_id: str, /, **changed: object) -> httpx.Response:
        """The answer to taking a request back."""
        said = {name: self.message()[name] for name in list(self.message())[:5]} | changed
        return self.call("DELETE", f"{_PATH}/{request_id}", self.signed(**said))


@pytest.fixture
def browser(house: House) -> Iterator[Browser]:
    """The site of a house that the network knows."""
    house.installation.settings.drp_business_id = _BUSINESS
    with browsing(public_site(house.installation)) as made:
        yield made


@pytest.fixture
def agent(browser: Browser) -> Agent:
    """An agent that is entered and set up."""
    made = Agent(browser, "good-agent")
    put_agent(made.name, "Good Agent", made.verify_key)
    assert made.set_up().json()["agent-id"] == made.name
    return made


def test_request_is_a_case_that_the_person_must_prove(agent: Agent, house: House) -> None:
    """What the agent attests proves nothing; nobody is told whether the person is known."""
    answer = agent.exercise(**{"agent-request-id": "foo"})

    told = answer.json()
    (case,) = house.installation.register.cases()
    assert answer.status_code == 200
    assert (told["request_id"], told["status"], told["agent_request_id"]) == (case.case_id, "in_progress", "foo")
    assert told["expected_by"] == case.response_due.isoformat()
    assert (case.right, case.channel) == (Right.ERASURE, Channel.API)
    entry = house.run(case.case_id)
    assert entry is not None
    assert entry.gate is Gate.IDENTITY
    assert not {"name", "email"} & told.keys()


@pytest.mark.parametrize(
    ("action", "right"),
    [("access", Right.ACCESS), ("deletion", Right.ERASURE), ("sale:opt_out", Right.OBJECTION)],
)
def test_actions_are_rights(agent: Agent, house: House, action: str, right: Right) -> None:
    """As section 3.01 names them."""
    agent.exercise(exercise=action)

    assert [case.right for case in house.installation.register.cases()] == [right]


def test_statuses_follow_the_case(agent: Agent, house: House) -> None:
    """In progress, fulfilled, denied, revoked (section 3.02)."""
    identity = {"email": house.company.subject.email}
    done = agent.exercise(exercise="access", **identity).json()["request_id"]
    refused = agent.exercise(exercise="deletion", **identity).json()["request_id"]
    unknown = agent.exercise(exercise="access", email="nobody@example.net").json()["request_id"]
    house.walk(done)
    entry = house.until(Gate.IDENTITY, refused)
    house.answer(entry, next(o for o in entry.options if o.value == "refuse"), reason="Not the same person.")
    house.walk(refused)
    house.walk(unknown)

    told = [agent.call("GET", f"{_PATH}/{one}").json() for one in (done, refused, unknown)]

    assert [(one["status"], one.get("reason", "")) for one in told] == [
        ("fulfilled", ""),
        ("denied", "insuf_verification"),
        ("denied", "no_match"),
    ]


def test_agent_takes_its_request_back(agent: Agent, house: House) -> None:
    """As long as nobody was proven to have made it; the answer holds the new state."""
    request_id = agent.exercise().json()["request_id"]

    told = agent.revoke(request_id, reason="I changed my mind")

    assert told.json()["status"] in {"in_progress", "revoked"}
    house.run(request_id)
    assert agent.call("GET", f"{_PATH}/{request_id}").json()["status"] == "revoked"
    assert house.outcome(request_id) == "withdrawn"


def test_revocation_that_the_agent_did_not_sign_is_refused(agent: Agent, browser: Browser, house: House) -> None:
    """Unsigned, signed by another key, or changed on the way: the request goes on."""
    request_id = agent.exercise().json()["request_id"]
    thief = Agent(browser, agent.name)
    thief.token = agent.token

    answers = [
        agent.call("DELETE", f"{_PATH}/{request_id}"),
        agent.call("DELETE", f"{_PATH}/{request_id}", json.dumps(agent.message()).encode()),
        thief.revoke(request_id),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert "withdrawn" not in house.states(request_id)


@pytest.mark.parametrize(
    "changed",
    [
        {"business-id": "ANOTHER"},
        {"agent-id": "other"},
        {"issued-at": "2020-01-01T00:00:00+00:00", "expires-at": "2020-01-01T00:05:00+00:00"},
        {"expires-at": "2099-01-01T00:00:00Z"},
        {"drp.version": "2.0"},
        {"exercise": "deletion"},
        {"request_id": "C-AAAA-AAAA"},
    ],
    ids=["for somebody else", "by somebody else", "over", "for ever", "another protocol", "recorded", "of another"],
)
def test_revocation_is_checked_like_a_request(agent: Agent, house: House, changed: dict[str, object]) -> None:
    """For us, in time, and a revocation: no recorded request takes itself back."""
    request_id = agent.exercise().json()["request_id"]

    answer = agent.revoke(request_id, **changed)

    assert (answer.status_code, answer.json()["fatal"]) == (400, True)
    assert "withdrawn" not in house.states(request_id)


def test_unsigned_calls_do_not_shut_the_agent_out(agent: Agent, browser: Browser) -> None:
    """Whoever floods in an agent's name, with its token even, is told to wait; the agent is not."""
    answers = [agent.call("POST", f"/drp/v1/agent/{agent.name}", b"junk").status_code for _ in range(650)]
    answers += [agent.call("POST", _PATH, b"junk").status_code for _ in range(650)]

    assert answers[-1] == 429
    with browsing(browser.app, client="198.51.100.9") as elsewhere:
        agent.use(elsewhere)
        assert agent.set_up().is_success
        assert agent.exercise().is_success


def test_same_message_is_the_same_request(agent: Agent, house: House) -> None:
    """Sent again, or recorded and replayed, it opens nothing new."""
    body = agent.signed(**agent.message())

    first, second = (agent.call("POST", _PATH, body).json()["request_id"] for _ in range(2))

    assert first == second
    assert len(house.installation.register.cases()) == 1


def test_agent_sees_its_own_requests_alone(agent: Agent, browser: Browser, house: House) -> None:
    """Another's, and those of people, are forbidden alike."""
    other = Agent(browser, "other-agent")
    put_agent(other.name, "Other", other.verify_key)
    other.set_up()
    strange, peoples = other.exercise().json()["request_id"], house.open(Right.ACCESS)

    answers = [agent.call("GET", f"{_PATH}/{one}").status_code for one in (strange, peoples, "C-AAAA-AAAA")]
    answers.append(agent.revoke(strange).status_code)

    assert answers == [403] * 4


_LATE = datetime(2020, 1, 1, tzinfo=UTC)
_WRONG: dict[str, dict[str, Any]] = {
    "for somebody else": {"business-id": "ANOTHER"},
    "by somebody else": {"agent-id": "other"},
    "over": {"issued-at": _LATE.isoformat(), "expires-at": (_LATE + timedelta(minutes=5)).isoformat()},
    "valid for ever": {"expires-at": "2099-01-01T00:00:00Z"},
    "no time": {"issued-at": "yesterday"},
    "another protocol": {"drp.version": "2.0"},
    "no such action": {"exercise": "sale:opt_in"},
    "nobody": {"email": ""},
    "our own network": {"status_callback": "https://127.0.0.1/status"},
}


@pytest.mark.parametrize("changed", _WRONG.values(), ids=_WRONG)
def test_wrong_message_is_refused_for_good(agent: Agent, house: House, changed: dict[str, Any]) -> None:
    """With a code, and nothing registered."""
    answer = agent.exercise(**changed)

    assert (answer.status_code, answer.json()["fatal"]) == (400, True)
    assert "ana" not in answer.text
    assert house.installation.register.cases() == []


def test_what_is_not_signed_by_the_agent_is_forbidden(agent: Agent, browser: Browser, house: House) -> None:
    """Another key, a changed word, no signature, no token; without a word of why."""
    thief = Agent(browser, agent.name)
    thief.token = agent.token
    signed = base64.b64decode(agent.signed(**agent.message()))
    changed = base64.b64encode(signed.replace(b"ana@", b"bob@"))

    answers = [
        thief.exercise(),
        agent.call("POST", _PATH, changed),
        agent.call("POST", _PATH, b"not base64!"),
        agent.call("POST", _PATH, b""),
        thief.set_up(),
    ]

    assert [(answer.status_code, answer.text) for answer in answers] == [(403, "")] * 5
    assert agent.call("POST", _PATH, signed, Authorization="Bearer nothing").status_code == 401
    assert house.installation.register.cases() == []


def test_ended_agent_is_not_let_in(agent: Agent) -> None:
    """Neither with its token nor with its key."""
    assert agent.call("GET", f"/drp/v1/agent/{agent.name}").json() == {}
    end_agent(agent.name)

    assert agent.call("GET", f"/drp/v1/agent/{agent.name}").status_code == 401
    assert agent.set_up().status_code == 403


@pytest.mark.usefixtures("house")
def test_key_that_is_none_is_refused() -> None:
    """With the remedy."""
    with pytest.raises(RequestInvalid, match="Ed25519"):
        put_agent("a", "A", "no key")


def test_agent_is_called_back_at_each_move(agent: Agent, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the exercise status; again until it took it in."""
    monkeypatch.setattr("integrations.intake.calling.SafeCaller.check", lambda *_: "198.51.100.7")
    request_id = agent.exercise(status_callback="https://agent.example.com/status").json()["request_id"]
    house.run(request_id)
    calls: list[tuple[str, dict[str, str]]] = []
    answers = iter([500, 200, 200, 200, 200, 200])

    def post(url: str, body: bytes, _headers: object) -> int:
        calls.append((url, json.loads(body)))
        return next(answers)

    told = {**DELIVERERS, OutgoingKind.CALLBACK: lambda row: call_back(row, post)}
    for _ in range(4):
        dispatch(told)
        house.clock.advance(timedelta(minutes=1))

    assert {url for url, _ in calls} == {"https://agent.example.com/status"}
    assert calls[0][1]["request_id"] == request_id
    assert len(calls) == 1 + len(house.states(request_id))
