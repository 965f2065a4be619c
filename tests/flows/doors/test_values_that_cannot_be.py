"""NUL, half a character and control signs are refused at every door, with the field's name and nothing of the value."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from typer.testing import CliRunner

from data_contracts.case.incoming import IncomingState
from data_contracts.case.request import FieldChange, Statement
from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.officer.incidents import IncidentFacts, IncidentKind, IncidentWords
from data_contracts.vocabulary import Decision, Gate, Right
from flows.cli import app
from flows.doors.public import public_site
from flows.runs import opening
from tasks.case.sealed import subject_request
from tasks.gates.unsealing import Looker
from tasks.intake.agents import put_agent
from tasks.intake.api_keys import make_api_key
from tasks.intake.arrivals import Reading, assign, read_arrival, take_in
from tasks.intake.letters import check_terms
from tasks.officer.incidents import open_incident
from tasks.officer.permissions import ask_about, ask_about_each, use_of
from tests.browser import Browser, browsing
from tests.flows.company import House
from tests.flows.doors.test_api import Program
from tests.flows.doors.test_drp import Agent
from tests.flows.doors.test_opendsr import Controller, certificate_of, pem_of
from tests.flows.operator.test_arrivals import mail

_SIGNS = ["\0", "\x07", "\x1b", "\x85", "\u2028"]
_BROKEN = [*_SIGNS, "\ud800"]
_CLEAR = "I exercise my right of access (Article 15 GDPR). Please send me a copy of everything."


def spoilt(sign: str) -> str:
    """An address with the sign in it, whose other signs must show up nowhere."""
    return f"sec{sign}ret@example.org"


def tells(text: str, field: str) -> None:
    """It names the field, and nothing of the value."""
    assert field in text
    assert "sec" not in text.replace("second", "").replace("section", "")
    assert "ret@" not in text


def nothing_is_registered(house: House) -> None:
    """No case, and nothing sealed."""
    assert house.installation.register.cases() == []


@pytest.fixture
def browser(house: House) -> Iterator[Browser]:
    """A visitor of the site."""
    house.installation.settings.drp_business_id = "TELCO_EXAMPLE"
    with browsing(public_site(house.installation)) as made:
        yield made


@pytest.mark.parametrize("field", ["identity", "name", "reply_to", "address", "details", "supplement", "key"])
@pytest.mark.parametrize("sign", ["\0", "\ud800"])
def test_every_field_of_a_request_is_looked_at(house: House, field: str, sign: str) -> None:
    """Every door ends here: nothing is registered, so nothing that cannot be is sealed or searched."""
    value = spoilt(sign)
    typed: dict[str, dict[str, Any]] = {
        "identity": {"identity": {"email": [value]}},
        "name": {"name": value},
        "reply_to": {"reply_to": value},
        "address": {"postal_address": [value]},
        "details": {"details": value},
        "supplement": {"statement": Statement.model_construct(supplement=value)},
        "key": {"request_key": value},
    }

    with pytest.raises(RequestInvalid) as caught:
        house.open(Right.ACCESS, **typed[field])

    tells(str(caught.value), field)
    nothing_is_registered(house)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("sign", [*_SIGNS[1:], os.fsdecode(b"\xff")])
def test_command_line(sign: str) -> None:
    """``rightsflow open``; a byte that is no UTF-8 comes as half a character."""
    told = CliRunner().invoke(app, ["open", "access", "--identity", f"email={spoilt(sign)}"])

    assert told.exit_code != 0
    tells(told.output, "identity.email")


@pytest.mark.parametrize(
    "text", ['letter: "sec\\0ret@"', 'letter: "sec\\ud800ret@"', "letter: 'sec\0ret@'"], ids=["NUL", "half", "raw"]
)
def test_details_file(home: Path, text: str) -> None:
    """In YAML, also by its escapes."""
    file = home / "details.yaml"
    file.write_text(f"{text}\n")

    told = CliRunner().invoke(app, ["open", "access", "--identity", "email=a@b.example", "--details", str(file)])

    assert told.exit_code != 0
    tells(told.output.replace("\n", ""), "details")


@pytest.mark.parametrize("sign", _BROKEN)
def test_form_in_prefect(house: House, sign: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused after it was wiped; the error is what Prefect keeps."""
    wiped: list[str] = []

    def wipe(_run: object, case_id: str, **_: object) -> None:
        wiped.append(case_id)

    monkeypatch.setattr(opening, "wipe_form", wipe)  # asks a server

    with pytest.raises(RequestInvalid) as caught:
        opening.settle_form(uuid4(), "access", {"email": spoilt(sign), "received": ""}, is_case_flow=True)

    tells(str(caught.value), "email")
    assert wiped == [""]
    nothing_is_registered(house)


@pytest.mark.parametrize("field", ["identity_email", "name", "details"])
def test_site(house: House, browser: Browser, field: str) -> None:
    """The form comes back with the field that is wrong."""
    answer = browser.send(
        "/request/access", **({"identity_email": "a@b.example", "name": "Ana"} | {field: spoilt("\0")})
    )

    assert answer.status_code == 422
    assert "signs that cannot be seen" in answer.text
    nothing_is_registered(house)


@pytest.mark.parametrize("sign", _SIGNS)
def test_api_of_programs(house: House, browser: Browser, sign: str) -> None:
    """422 with the field."""
    program = Program(browser, make_api_key("crm", ("requests:open",)))

    answer = program.open(identity={"email": [spoilt(sign)]})

    assert (answer.status_code, answer.json()["error"]["where"]) == (422, "identity.email")
    tells(answer.text, "identity.email")
    nothing_is_registered(house)


def test_half_a_character_over_the_api(house: House, browser: Browser) -> None:
    """As JSON escapes it; the reader of JSON or the rule refuses it."""
    key = make_api_key("crm", ("requests:open",))
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "k", "Content-Type": "application/json"}
    body = json.dumps({"right": "access", "identity": {"email": [spoilt("\ud800")]}, "name": "Ana"})

    answer = browser.call("POST", "/api/v1/requests", content=body, headers=headers)

    assert answer.status_code == 422
    tells(answer.json()["error"]["where"], "identity")
    nothing_is_registered(house)


@pytest.mark.parametrize("sign", _SIGNS)
def test_api_of_those_who_ask_before_use(house: House, sign: str) -> None:
    """One who asks about several keys is told no for the one that cannot be."""
    del house
    with pytest.raises(RequestInvalid) as caught:
        ask_about(use_of("churn"), {"email": [spoilt(sign)]})
    (answers,) = ask_about_each(use_of("churn"), [[("email", spoilt(sign)), ("email", "a@b.example")]])

    tells(str(caught.value), "identity.email")
    assert [one.reason for one in answers] == ["key_invalid", "no_objection"]


@pytest.mark.parametrize("sign", _BROKEN)
@pytest.mark.parametrize("field", ["email", "name", "agent-request-id"])
def test_authorised_agents(house: House, browser: Browser, sign: str, field: str) -> None:
    """400 with the field; a line break in a name is a space to this protocol."""
    agent = Agent(browser, "good-agent")
    put_agent(agent.name, "Good Agent", agent.verify_key)
    agent.set_up()

    answer = agent.exercise(**{field: spoilt(sign)})

    if sign in "\x85\u2028":  # white space, of which this door makes one space
        assert answer.status_code in {200, 400}
        return
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    tells(answer.text, field)
    nothing_is_registered(house)


@pytest.mark.parametrize("sign", _BROKEN)
def test_controllers(house: House, tmp_path: Path, sign: str) -> None:
    """OpenDSR: 400, signed, with the field."""
    key = rsa.generate_private_key(65537, 2048)
    (tmp_path / "key.pem").write_bytes(pem_of(key))
    (tmp_path / "certificate.pem").write_bytes(certificate_of(key))
    house.installation.settings.opendsr_key_file = tmp_path / "key.pem"
    house.installation.settings.opendsr_certificate_file = tmp_path / "certificate.pem"
    identities = [{"identity_type": "email", "identity_value": spoilt(sign), "identity_format": "raw"}]

    with browsing(public_site(house.installation)) as browser:
        controller = Controller(browser, make_api_key("acme", ("requests:open",)))
        answer = controller.hand_on(subject_identities=identities)

    assert answer.status_code == 400
    tells(answer.json()["error"]["message"], "identit")
    nothing_is_registered(house)


@pytest.mark.parametrize("sign", ["\0", "\x07", "\udcff"])
def test_mail_is_never_lost(house: House, sign: str) -> None:
    """What cannot be is left out of name and text; the case is opened, and other mails too."""
    text = mail(f"{_CLEAR} @@", sender="An@@a <ana@example.org>", subject="My@@ data")
    raw = text.replace(b"@@", os.fsencode(sign))

    arrival = take_in(raw, house.clock())

    assert arrival.state is IncomingState.ASSIGNED
    request = subject_request(arrival.note)
    json.dumps(request.model_dump(), ensure_ascii=False).encode()
    assert sign not in request.name
    assert sign == "\x07" or sign not in request.details  # a letter is kept as it came, but for what breaks


def test_mail_whose_address_cannot_be_waits_for_a_person(house: House) -> None:
    """And is read by one; nobody is written to at such an address."""
    arrival = take_in(mail(_CLEAR, sender="Ana <an\x07a@example.org>"), house.clock())

    assert arrival.state is IncomingState.WAITING
    assert read_arrival(arrival.incoming_id, Looker("claire")).sender == ""


def test_mail_that_no_case_can_be_made_of_holds_nobody_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong with it, it waits for a person, and the mails behind it are taken in."""
    from tasks.intake import arrivals  # noqa: PLC0415  # the module that is patched

    def refuse(*_: object) -> None:
        raise RequestInvalid("no case", where="test")

    monkeypatch.setattr(arrivals, "register_request", refuse)  # stands for a rule that is added later

    assert take_in(mail(_CLEAR), house.clock()).state is IncomingState.WAITING


def test_person_cannot_assign_such_a_key(house: House) -> None:
    """The desk is told which one."""
    arrival = take_in(mail("Hello?"), house.clock())
    reading = Reading(Right.ACCESS, {"customer_no": "sec\0ret@"})

    with pytest.raises(RequestInvalid) as caught:
        assign(arrival.incoming_id, reading, operator="claire", code=house.code("claire"))

    tells(str(caught.value), "identity.customer_no")


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("sign", ["\0", "\x07"])
def test_terms_of_a_letter(sign: str) -> None:
    """``rightsflow statement``: a value that cannot be is put nowhere."""
    terms = Statement(changes=[FieldChange(field="user.contact.email", value=spoilt(sign))])

    with pytest.raises(RequestInvalid) as caught:
        check_terms(terms)

    tells(str(caught.value), "changes.value")


@pytest.mark.parametrize(
    ("said", "field"), [({"reason": "sec\0ret@"}, "reason"), ({"reference": "sec\nret@"}, "reference")]
)
def test_answers_at_gates(house: House, said: dict[str, str], field: str) -> None:
    """The gate stays open, and says which field."""
    entry = house.until(Gate.APPROVAL, house.open(Right.ACCESS))

    with pytest.raises(AnswerRefused) as caught:
        house.answer(entry, Decision.REFUSE, **said)

    tells(str(caught.value), field)
    assert house.gate(entry.case_id, Gate.APPROVAL).outcome is None


def test_keys_of_an_incident(house: House) -> None:
    """A file of those affected names the kind."""
    facts = IncidentFacts(title="t", tables=["crm.customer"], words={"fr": IncidentWords(nature="Fuite.")})

    with pytest.raises(RequestInvalid) as caught:
        open_incident(IncidentKind.CONFIDENTIALITY, facts, house.clock(), actor="test", keys={"email": [spoilt("\0")]})

    tells(str(caught.value), "keys.email")
