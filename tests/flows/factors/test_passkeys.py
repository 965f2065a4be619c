"""Passkeys at the desk: added with a factor that is there, used to sign in, listed, removed, reset by somebody else."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.gates.passkeys import Touch
from data_contracts.vocabulary import Decision, Gate, OperatorRole, Right
from flows import wiring
from flows.cli import app
from flows.doors.desk import OperatorsDoor
from flows.doors.operators import operators_desk
from flows.doors.prefect import PrefectHouse
from flows.officer.operators import reset, set_mail
from flows.runs.gate_forms import description_of
from flows.wiring.prefect_door import Doors, PrefectServer, prefect_app
from integrations.passkeys.checking import passkey_check
from tasks.gates.factors.by_passkey import ask_to_sign_in, sign_in_by_touch
from tasks.gates.factors.enrolling import begin_passkey, end_passkey
from tasks.gates.gates import Answer, answer_gate
from tasks.gates.operators import password_digest, prove_person
from tests.authenticator import Authenticator
from tests.browser import Browser, browsing
from tests.flows.company import Always, House
from tests.flows.factors.conftest import DESK, DOOR, enrolled

_PASSWORD = "quiet-otters-42"


@pytest.fixture
def desk(keyed: House) -> Iterator[Browser]:
    """A browser at the desk; the DPO has a password."""
    known = keyed.installation.register.operator("claire")
    assert known is not None
    keyed.installation.register.put_operator(replace(known, password=password_digest("claire", _PASSWORD)))
    with browsing(operators_desk(keyed.installation)) as browser:
        yield browser


def by_password(desk: Browser, house: House) -> None:
    """Sign in as ever; the next code is another."""
    desk.send("/sign-in", name="claire", password=_PASSWORD, code=house.code("claire"))
    house.clock.advance(timedelta(seconds=30))


def options_in(page: httpx.Response) -> str:
    """What a page asks the browser for."""
    found = re.search(r'data-options="([^"]+)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


def hidden(page: httpx.Response) -> dict[str, str]:
    """What the page that asks for a touch sends with it."""
    return {
        name: unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    }


def touched(desk: Browser, page: httpx.Response, to: str, response: str) -> httpx.Response:
    """The page after the browser gave back what it was asked for."""
    return desk.post(to, **(hidden(page) | {"assertion": response}))


def add(desk: Browser, authenticator: Authenticator, **factor: str) -> httpx.Response:
    """The page after a passkey was added with a code, or with a touch of it itself where no code is given."""
    page = desk.send("/passkeys", "/passkeys/begin", label="blue key", **factor)
    return touched(desk, page, "/passkeys", authenticator.make(options_in(page)))


def sign_in(desk: Browser, authenticator: Authenticator) -> httpx.Response:
    """The page after signing in with a passkey."""
    page = desk.send("/sign-in", "/sign-in/passkey/begin")
    return touched(desk, page, "/sign-in/passkey", authenticator.use(options_in(page)))


def test_passkey_is_added_and_signs_in(desk: Browser, keyed: House) -> None:
    """With a code once; then without a name, password or code. The log says both."""
    by_password(desk, keyed)
    passkey = Authenticator()

    listed = add(desk, passkey, code=keyed.code("claire")).text
    desk.send("/", "/sign-out")
    page = sign_in(desk, passkey).text

    assert "blue key" in listed
    assert "Sign out" in page
    uses = [(one.operator, one.what, one.proof) for one in keyed.installation.register.uses()]
    assert uses[0] == ("claire", "sign in", "passkey")
    assert ("claire", "add a passkey", "totp") in uses
    assert ("claire", "have a passkey", "passkey") in uses


def test_page_that_asks_runs_our_script_alone(desk: Browser, keyed: House) -> None:
    """And no other page runs any."""
    by_password(desk, keyed)

    page = desk.send("/passkeys", "/passkeys/begin", label="blue key", code=keyed.code("claire"))

    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert "script-src" not in desk.get("/passkeys").headers["Content-Security-Policy"]


def test_passkey_needs_a_factor_that_is_there(desk: Browser, keyed: House) -> None:
    """A session alone, or a wrong code, adds none."""
    by_password(desk, keyed)

    for code in ("", "000000"):
        assert desk.send("/passkeys", "/passkeys/begin", label="blue key", code=code).status_code == 422

    assert not keyed.installation.register.passkeys("claire")


def test_second_passkey_is_added_with_the_first(desk: Browser, keyed: House) -> None:
    """A touch stands in the place of the code, for this name and no other."""
    first, second = enrolled(keyed, "claire"), Authenticator()
    sign_in(desk, first)
    page = desk.send("/passkeys", "/passkeys/begin", label="red key")
    response = first.use(options_in(page))

    other = desk.post("/passkeys/begin", **(hidden(page) | {"label": "another", "assertion": response}))
    page = desk.send("/passkeys", "/passkeys/begin", label="red key")
    making = touched(desk, page, "/passkeys/begin", first.use(options_in(page)))
    touched(desk, making, "/passkeys", second.make(options_in(making)))

    assert other.status_code == 422
    assert [one.label for one in keyed.installation.register.passkeys("claire")] == ["blue key", "red key"]


def test_passkey_of_another_challenge_or_place_is_not_kept(keyed: House) -> None:
    """Made elsewhere, for another visit, under another name, twice, without verification."""
    asked = begin_passkey("claire", "blue key", keyed.code("claire"), visit="visit")
    wrong = [Authenticator(origin="http://localhost:9999"), Authenticator(rp_id="evil.example"), Authenticator(flags=1)]
    with pytest.raises(AnswerRefused):
        end_passkey("claire", "blue key", Touch(Authenticator().make(asked.options), "another"))
    for one in wrong:
        with pytest.raises(AnswerRefused):
            end_passkey("claire", "blue key", Touch(one.make(asked.options), "visit"))
        keyed.clock.advance(timedelta(seconds=30))
        asked = begin_passkey("claire", "blue key", keyed.code("claire"), visit="visit")
    with pytest.raises(AnswerRefused):
        end_passkey("claire", "red key", Touch(Authenticator().make(asked.options), "visit"))
    with pytest.raises(AnswerRefused):
        end_passkey("marc", "blue key", Touch(Authenticator().make(asked.options), "visit"))

    assert not keyed.installation.register.passkeys("claire")
    keyed.clock.advance(timedelta(seconds=30))
    made = enrolled(keyed, "claire")
    with pytest.raises(AnswerRefused, match="known already"):
        enrolled(keyed, "marc", made)


@pytest.mark.parametrize("label", ["", "x" * 41, "a\x00b", "  "])
def test_passkey_has_a_name(keyed: House, label: str) -> None:
    """One that can be read in a list."""
    with pytest.raises(RequestInvalid):
        begin_passkey("claire", label, keyed.code("claire"), visit="visit")


def test_passkey_of_somebody_out_of_force_signs_nobody_in(keyed: House) -> None:
    """Nor one that was removed; each try is in the log under its owner's name."""
    passkey = enrolled(keyed, "claire")
    known = keyed.installation.register.operator("claire")
    assert known is not None
    keyed.installation.register.put_operator(replace(known, is_active=False))
    with pytest.raises(AnswerRefused):
        sign_in_by_touch(Touch(passkey.use(ask_to_sign_in("v").options), "v"))
    use = keyed.installation.register.uses()[0]
    keyed.installation.register.put_operator(known)
    keyed.installation.register.remove_passkeys("claire")
    with pytest.raises(AnswerRefused, match="not known"):
        sign_in_by_touch(Touch(passkey.use(ask_to_sign_in("v").options), "v"))

    assert (use.operator, use.is_accepted) == ("claire", False)


def test_sign_in_counts_once_and_for_its_visit(desk: Browser, keyed: House) -> None:
    """A replayed answer signs nobody in, in the browser that began it or in another."""
    passkey = enrolled(keyed, "claire")
    page = desk.send("/sign-in", "/sign-in/passkey/begin")
    response = passkey.use(options_in(page))
    with browsing(operators_desk(keyed.installation)) as other:
        other_page = other.send("/sign-in", "/sign-in/passkey/begin")
        assert "could not be used" in touched(other, other_page, "/sign-in/passkey", response).text
    assert "Sign out" in touched(desk, page, "/sign-in/passkey", response).text
    desk.send("/", "/sign-out")

    page = desk.send("/sign-in", "/sign-in/passkey/begin")
    assert "could not be used" in touched(desk, page, "/sign-in/passkey", response).text


def test_gates_are_decided_at_the_desk_with_one_touch(desk: Browser, keyed: House) -> None:
    """Read, chosen, shown once more, signed; a second sending of the same decides nothing more."""
    passkey = enrolled(keyed, "claire")
    gate = keyed.until(Gate.IDENTITY, keyed.open(Right.ACCESS))
    sign_in(desk, passkey)
    page = desk.get(f"/decide?case={gate.case_id}").text
    (name,) = re.findall(r'name="decision:([^"]+)"', page)
    said = {f"decision:{name}": "approve", f"reference:{name}": "call_back"}

    asking = desk.send("/decide", **said)
    response = passkey.use(options_in(asking))
    changed = desk.post("/decide", **(hidden(asking) | {f"decision:{name}": "ask_more", "assertion": response}))
    asking = desk.send("/decide", **said)
    response = passkey.use(options_in(asking))
    done = touched(desk, asking, "/decide", response)
    again = touched(desk, asking, "/decide", response)

    assert "agreed" in asking.text
    assert (changed.status_code, again.status_code) == (422, 422)
    assert "1 decided" in done.text
    (answer,) = keyed.gate(gate.case_id, Gate.IDENTITY, gate.subject).answers
    assert (answer.operator, answer.decision, answer.proof) == ("claire", Decision.APPROVE, "passkey")
    assert keyed.installation.verify_case(gate.case_id).is_whole


def test_questions_of_other_roles_are_not_shown(desk: Browser, keyed: House) -> None:
    """Nor decided."""
    keyed.hire("root", OperatorRole.ADMIN)
    passkey = enrolled(keyed, "root")
    keyed.until(Gate.IDENTITY, keyed.open(Right.ACCESS))
    sign_in(desk, passkey)

    assert "Nothing waits for you" in desk.get("/decide").text


def test_codes_are_ended_for_who_has_passkeys_alone(desk: Browser, keyed: House) -> None:
    """The secret is destroyed; a code is refused everywhere, and the last passkey stays."""
    passkey = enrolled(keyed, "claire")
    sign_in(desk, passkey)
    page = desk.send("/passkeys", "/passkeys/end-codes")
    touched(desk, page, "/passkeys/end-codes", passkey.use(options_in(page)))

    known = keyed.installation.register.operator("claire")
    assert known is not None
    assert known.secret == b""
    with pytest.raises(AnswerRefused, match="no code of claire is accepted"):
        prove_person("claire", keyed.code("claire"), roles=[OperatorRole.DPO], where="gate")
    answer = desk.send("/sign-in", name="claire", password=_PASSWORD, code=keyed.code("claire"))
    assert answer.status_code == 422
    page = desk.send(
        "/passkeys", "/passkeys/remove", credential=keyed.installation.register.passkeys("claire")[0].credential
    )
    last = touched(desk, page, "/passkeys/remove", passkey.use(options_in(page)))
    assert "it is the last one" in last.text
    assert keyed.installation.register.passkeys("claire")


def test_codes_are_not_ended_by_a_code(desk: Browser, keyed: House) -> None:
    """Only who shows that a passkey works loses the codes."""
    by_password(desk, keyed)
    add(desk, Authenticator(), code=keyed.code("claire"))
    keyed.clock.advance(timedelta(seconds=30))

    desk.send("/passkeys", "/passkeys/end-codes", code=keyed.code("claire"))

    known = keyed.installation.register.operator("claire")
    assert known is not None
    assert known.secret


def test_mail_is_set_aside_with_a_touch(desk: Browser, keyed: House) -> None:
    """Every form of the desk that takes a code takes a touch in its place, bound to what was typed."""
    from tasks.intake.arrivals import take_in  # noqa: PLC0415  # only here

    arrival = take_in(b"From: a@example.org\r\nSubject: x\r\n\r\nhello\r\n", keyed.clock()).incoming_id
    passkey = enrolled(keyed, "claire")
    sign_in(desk, passkey)
    page = desk.send(f"/arrivals/{arrival}", what="set_aside", reason="spam")
    response = passkey.use(options_in(page))

    other = desk.post(f"/arrivals/{arrival}", **(hidden(page) | {"reason": "other", "assertion": response}))
    assert other.status_code == 422
    page = desk.send(f"/arrivals/{arrival}", what="set_aside", reason="spam")
    touched(desk, page, f"/arrivals/{arrival}", passkey.use(options_in(page)))

    assert keyed.installation.register.incomings(waiting_only=True) == []


def test_wrong_codes_of_others_do_not_stop_a_passkey(keyed: House) -> None:
    """Who is locked out of gates by somebody's wrong codes signs in with a passkey, which ends the lock."""
    passkey = enrolled(keyed, "claire")
    for _ in range(6):
        with pytest.raises(AnswerRefused):
            prove_person("claire", "000000", roles=[OperatorRole.DPO], where="gate")

    sign_in_by_touch(Touch(passkey.use(ask_to_sign_in("v").options), "v"))

    assert prove_person("claire", keyed.code("claire"), roles=[OperatorRole.DPO], where="gate") == "claire"


def test_lost_passkeys_are_reset_by_somebody_else(desk: Browser, keyed: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, with the sessions; in the log, and told to the person by mail. Nobody resets their own."""
    monkeypatch.setattr(wiring, "_current", Always(keyed))
    keyed.hire("root", OperatorRole.ADMIN)
    passkey = enrolled(keyed, "claire")
    set_mail("claire", "claire@example.org")
    sign_in(desk, passkey)
    with pytest.raises(AnswerRefused, match="nobody resets their own"):
        reset("claire", operator="claire", code=keyed.code("claire"))

    told = CliRunner().invoke(
        app, ["operator", "reset-passkeys", "claire", "--as", "root", "--code", keyed.code("root"), "--json"]
    )

    facts: dict[str, Any] = json.loads(told.output)
    assert (facts["removed"], facts["mailed"], facts["codes"]) == (1, True, True)
    assert not keyed.installation.register.passkeys("claire")
    assert "Sign in" in desk.get("/").text
    assert any("root removed your 1 passkeys" in mail for mail in keyed.mails())
    uses = keyed.installation.register.uses()
    assert [(one.operator, one.what) for one in uses[:2]] == [("claire", "lose passkeys"), ("root", "reset passkeys")]


def test_agent_resets_nobody(keyed: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An admin or the DPO does."""
    monkeypatch.setattr(wiring, "_current", Always(keyed))
    enrolled(keyed, "claire")

    with pytest.raises(AnswerRefused, match="role"):
        reset("claire", operator="zoe", code=keyed.code("zoe"))

    assert keyed.installation.register.passkeys("claire")


@pytest.mark.parametrize(
    ("domain", "addresses", "place"),
    [
        ("", ("https://desk.example", "https://prefect.example"), ("desk.example", ("https://desk.example",))),
        (
            "example.org",
            ("https://desk.example.org", "https://prefect.example.org:8443"),
            ("example.org", ("https://desk.example.org", "https://prefect.example.org:8443")),
        ),
        ("", ("http://localhost:4500", ""), ("localhost", ("http://localhost:4500",))),
        ("", ("http://desk.example", ""), None),
        ("", ("", ""), None),
        ("example.org", ("https://notexample.org", ""), None),
    ],
)
def test_place_is_that_of_the_settings(
    domain: str, addresses: tuple[str, str], place: tuple[str, tuple[str, ...]] | None
) -> None:
    """Pages of another domain, or that come in clear from elsewhere, have no passkeys."""
    check = passkey_check("Shop", domain, *addresses)

    assert (check and (check.rp_id, check.origins)) == place


def test_gates_are_decided_at_the_door_in_front_of_prefect(keyed: House) -> None:
    """The dialog of a gate leads to the same page; the door has it too, with the same sign-in, at its own address."""
    doors = Doors(OperatorsDoor(keyed.installation), PrefectHouse(keyed.installation))
    server, key = PrefectServer("http://127.0.0.1:9/api", "", ""), keyed.installation.services.door_key()
    gate = keyed.until(Gate.IDENTITY, keyed.open(Right.ACCESS))
    passkey = enrolled(keyed, "claire", Authenticator(origin=DOOR))
    with browsing(prefect_app(doors, server, key=key, address=DOOR)) as browser:
        sign_in(browser, passkey)
        page = browser.get(f"/decide?case={gate.case_id}").text
        (name,) = re.findall(r'name="decision:([^"]+)"', page)
        asking = browser.send("/decide", **{f"decision:{name}": "approve", f"reference:{name}": "call_back"})
        assert "1 decided" in touched(browser, asking, "/decide", passkey.use(options_in(asking))).text

    assert f"{DESK}/decide?case={gate.case_id}" in description_of(gate)
    assert keyed.gate(gate.case_id, Gate.IDENTITY, gate.subject).outcome is Decision.APPROVE


def test_code_of_who_has_passkeys_alone_is_refused_in_the_dialog(keyed: House) -> None:
    """With the way that is open."""
    enrolled(keyed, "claire")
    keyed.installation.register.drop_secret("claire")
    gate = keyed.until(Gate.IDENTITY, keyed.open(Right.ACCESS))

    with pytest.raises(AnswerRefused, match="use a passkey"):
        answer_gate(gate, Answer("claire", Decision.APPROVE, keyed.code("claire"), reference="call_back"))
