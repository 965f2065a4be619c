"""Everything that an operator's browser ever sent, recorded and sent again: no decision of theirs comes of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from data_contracts.gates.gates import GateEntry
from flows.doors.operators import operators_desk
from flows.runs.gate_forms import question_mark
from tests.authenticator import Authenticator
from tests.browser import Browser, browsing
from tests.flows.company import House
from tests.flows.factors.conftest import enrolled
from tests.flows.factors.test_passkeys import by_password, hidden, options_in, sign_in
from tests.flows.factors.test_passkeys import desk as _desk

desk = _desk
_FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Recording:
    """What went over a line: each call with its cookie and bytes."""

    calls: list[tuple[str, str, str, bytes]] = field(default_factory=list)

    async def keep(self, request: httpx.Request) -> None:
        """Keep a call."""
        cookie, path = request.headers.get("cookie", ""), request.url.raw_path.decode()
        self.calls.append((request.method, path, cookie, request.content))


@pytest.fixture
def recording(desk: Browser) -> Recording:
    """Whatever the browser sends from now on."""
    kept = Recording()
    desk._client.event_hooks["request"].append(kept.keep)
    return kept


def key(entry: GateEntry) -> str:
    """What a question is called in a form."""
    return f"{entry.case_id}/{entry.gate.value}/{question_mark(entry)}"


def replayed(house: House, recording: Recording, gates: Sequence[GateEntry], extra: Sequence[str] = ()) -> None:
    """Send everything again: as it was, about the other question, with every cookie, each touch in each form."""
    first, second = (key(one) for one in gates)
    cookies = sorted({cookie for _, _, cookie, _ in recording.calls if cookie})
    with browsing(operators_desk(house.installation)) as attacker:
        for method, path, cookie, content in list(recording.calls):
            for body in _bodies(content, first, second, extra):
                for one in (cookie, *cookies):
                    _send(attacker, method, path, one, body)


def _bodies(content: bytes, first: str, second: str, extra: Sequence[str]) -> Iterator[bytes]:
    yield content
    fields = dict(parse_qsl(content.decode(), keep_blank_values=True))
    if any(first in name for name in fields):
        for changed in ({name.replace(first, second): value for name, value in fields.items()}, fields):
            yield urlencode(changed).encode()
            for touch in extra:
                yield urlencode(changed | {"assertion": touch}).encode()


def _send(attacker: Browser, method: str, path: str, cookie: str, body: bytes) -> None:
    attacker.cookies.clear()
    answer = attacker.call(
        method, path, content=body, headers={**(_FORM if body else {}), "cookie": cookie}, follow_redirects=False
    )
    assert answer.status_code < 500


def answers(house: House, gates: Sequence[GateEntry]) -> list[int]:
    """How many people answered each gate."""
    return [len(house.gate(one.case_id, one.gate, one.subject).answers) for one in gates]


def decision(entry: GateEntry) -> dict[str, str]:
    """What is typed to say that identity was checked by calling back."""
    return {f"decision:{key(entry)}": "approve", f"reference:{key(entry)}": "call_back"}


def test_replay_of_an_operator_with_a_passkey_decides_nothing(
    desk: Browser, keyed: House, gates: list[GateEntry], recording: Recording
) -> None:
    """On the same and on the next question, before the touch was used and after, signed in and signed out."""
    passkey = enrolled(keyed, "claire")
    keyed.installation.register.drop_secret("claire")
    sign_in(desk, passkey)
    asking = desk.send("/decide", **decision(gates[0]))
    touch = passkey.use(options_in(asking))
    fields = hidden(asking) | {"assertion": touch}

    # Before use: on the next question, with every cookie there is. Her own page is what the touch is for.
    second = {name.replace(key(gates[0]), key(gates[1])): value for name, value in fields.items()}
    recording_before = Recording([*recording.calls])
    with browsing(operators_desk(keyed.installation)) as attacker:
        for cookie in sorted({cookie for _, _, cookie, _ in recording_before.calls if cookie}):
            both = fields | second
            for body in (second, both):
                _send(attacker, "POST", "/decide", cookie, urlencode(body).encode())
    replayed(keyed, recording_before, gates)
    assert answers(keyed, gates) == [0, 0]

    asking = desk.send("/decide", **decision(gates[0]))
    touch = passkey.use(options_in(asking))
    desk.post("/decide", **(hidden(asking) | {"assertion": touch}))
    assert answers(keyed, gates) == [1, 0]

    replayed(keyed, recording, gates, [touch])
    assert answers(keyed, gates) == [1, 0]
    desk.send("/", "/sign-out")
    replayed(keyed, recording, gates, [touch])
    assert answers(keyed, gates) == [1, 0]
    assert len(keyed.installation.register.passkeys("claire")) == 1


def test_replay_of_an_operator_with_codes_decides_nothing(
    desk: Browser, keyed: House, gates: list[GateEntry], recording: Recording
) -> None:
    """Sign-in, a passkey added, a gate decided with a code: all of it again, after use, on both questions."""
    by_password(desk, keyed)
    making: Any = desk.send("/passkeys", "/passkeys/begin", label="blue key", code=keyed.code("claire"))
    desk.post("/passkeys", **(hidden(making) | {"assertion": Authenticator().make(options_in(making))}))
    keyed.clock.advance(timedelta(seconds=30))
    desk.send("/decide", code=keyed.code("claire"), **decision(gates[0]))
    assert answers(keyed, gates) == [1, 0]

    replayed(keyed, recording, gates)
    assert answers(keyed, gates) == [1, 0]
    assert len(keyed.installation.register.passkeys("claire")) == 1
    desk.send("/", "/sign-out")
    replayed(keyed, recording, gates)

    assert answers(keyed, gates) == [1, 0]
