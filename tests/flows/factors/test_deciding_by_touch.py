"""A passkey signs the very decisions that it decides, once, for one visit; auditors check it without us (law 5)."""

import base64
import copy
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.evidence.records import canonical, said_in
from data_contracts.gates.gates import GateEntry
from data_contracts.gates.passkeys import Touch
from data_contracts.vocabulary import Decision, Gate, OperatorRole, Right
from integrations.evidence import AUDITORS_SCRIPT, Fault, load_or_create
from integrations.evidence.assertions import assertion_fault
from integrations.evidence.auditor import Wrong, check_passkey
from integrations.evidence.chain import verify_chain
from tasks.gates.factors.by_passkey import ask_to_sign_in
from tasks.gates.factors.deciding import ask_to_decide, decide_by_touch
from tasks.gates.gates import Answer
from tasks.gates.step_up.challenges import ask_touch
from tasks.gates.together import Given
from tests.authenticator import PRESENT, VERIFIED, Authenticator
from tests.flows.company import House
from tests.flows.factors.conftest import enrolled
from tests.flows.operator.test_letters import records

VISIT = "visit"


def given(entry: GateEntry, **said: Any) -> Given:
    """An answer to a gate: identity was checked by calling back, unless said otherwise."""
    return Given(entry, replace(Answer("claire", Decision.APPROVE, reference="call_back"), **said))


def asked(*answers: Given, operator: str = "claire") -> str:
    """What the browser is asked for."""
    return ask_to_decide(answers, operator=operator, visit=VISIT).options


def decided(response: str, *answers: Given, operator: str = "claire", visit: str = VISIT) -> list[GateEntry]:
    """The gates after somebody decided."""
    return decide_by_touch(answers, operator=operator, touch=Touch(response, visit))


def signed(house: House, case_id: str) -> dict[str, Any]:
    """The record of the decision at a case's identity gate."""
    (found,) = [one for one in records(house, case_id) if one["step"] == "gate.identity"]
    return found


def undecided(house: House, gates: list[GateEntry]) -> bool:
    """Whether nobody has answered any of them."""
    return not any(house.gate(one.case_id, one.gate, one.subject).answers for one in gates)


def test_one_touch_decides_what_was_read(keyed: House, claire: Authenticator, gates: list[GateEntry]) -> None:
    """Each gate has its own record, which carries the signature and what was signed; every case is whole."""
    answers = [given(one) for one in gates]

    after = decided(claire.use(asked(*answers)), *answers)

    assert [one.outcome for one in after] == [Decision.APPROVE, Decision.APPROVE]
    for one in gates:
        record = signed(keyed, one.case_id)
        assert (record["facts"]["proof"], record["actor"]) == ("passkey", "claire")
        assert len(record["facts"]["assertion"]["statement"]["digests"]) == 2
        assert keyed.installation.verify_case(one.case_id).is_whole
    uses = [one for one in keyed.installation.register.uses() if one.what == "answer gates together"]
    assert [(one.operator, one.proof, one.is_accepted) for one in uses] == [("claire", "passkey", True)]


@pytest.mark.parametrize("key", [None, ed25519.Ed25519PrivateKey.generate()], ids=["P-256", "Ed25519"])
def test_auditor_checks_the_signature_without_us(
    keyed: House, gates: list[GateEntry], tmp_path: Path, key: Any
) -> None:
    """With the one file that shares no code with us."""
    made = Authenticator() if key is None else Authenticator(key=key)
    passkey, one = enrolled(keyed, "claire", made), given(gates[0])
    decided(passkey.use(asked(one)), one)
    export = tmp_path / "case.jsonl"
    keyed.installation.export_case(gates[0].case_id, export)
    (public,) = (keyed.installation.settings.state / "keys" / "evidence" / "public").glob("*.pem")

    told = subprocess.run(
        [sys.executable, AUDITORS_SCRIPT, public, export], capture_output=True, check=False, text=True
    )

    assert (told.returncode, "whole" in told.stdout) == (0, True), told.stdout + told.stderr


_LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "decision": lambda said: said["facts"].update(decision="refuse"),
    "question": lambda said: said["facts"].update(question="0" * 64),
    "gate": lambda said: said["facts"].update(gate="approval"),
    "reason": lambda said: said["facts"].update(reason="0" * 64),
    "reference": lambda said: said["facts"].update(reference="eid"),
    "case": lambda said: said.update(case="C-AAAA-AAAA"),
    "operator": lambda said: (said.update(actor="marc"), said["facts"].update(operator="marc")),
    "digests": lambda said: said["facts"]["assertion"]["statement"].update(digests=["0" * 64]),
    "once": lambda said: said["facts"]["assertion"]["statement"].update(once="another"),
    "place": lambda said: said["facts"]["assertion"].update(rp_id="evil.example"),
    "signature": lambda said: said["facts"]["assertion"].update(signature=_other(said, "signature")),
    "nothing": lambda said: said["facts"].pop("assertion"),
    "no bytes": lambda said: said["facts"]["assertion"].update(authenticator_data=""),
    "unverified": lambda said: said["facts"]["assertion"].update(authenticator_data=_unverified(said)),
    "another key": lambda said: said["facts"]["assertion"].update(key=_OTHER_KEY),
    "a key of a kind that nobody knows": lambda said: said["facts"]["assertion"].update(key=_KEY_OF_NO_KIND),
}


def _other(said: dict[str, Any], name: str) -> str:
    content = bytearray(base64.b64decode(said["facts"]["assertion"][name]))
    content[-1] ^= 1
    return base64.b64encode(content).decode()


def _unverified(said: dict[str, Any]) -> str:
    content = bytearray(base64.b64decode(said["facts"]["assertion"]["authenticator_data"]))
    content[32] = PRESENT
    return base64.b64encode(content).decode()


def _der() -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415  # only here

    public = Authenticator().key.public_key()
    return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


_OTHER_KEY: str = _der()
_KEY_OF_NO_KIND: str = base64.b64encode(bytes.fromhex("300b300506032a030403020000")).decode()
"""A well-formed public key (RFC 5280, 4.1.2.7) whose algorithm is 1.2.3.4."""


@pytest.mark.parametrize("lie", sorted(_LIES))
def test_record_that_the_passkey_did_not_sign_is_named(
    keyed: House, claire: Authenticator, gates: list[GateEntry], lie: str
) -> None:
    """Though whoever has our key signed it: by our verification and by the auditor's file alike."""
    one = given(gates[0])
    decided(claire.use(asked(one)), one)
    honest = signed(keyed, gates[0].case_id)
    forged = copy.deepcopy(honest)
    _LIES[lie](forged)

    assert not assertion_fault(honest)
    check_passkey(honest)
    assert assertion_fault(forged)
    with pytest.raises(Wrong):
        check_passkey(forged)


_WRONG: dict[str, Callable[[Authenticator], object]] = {
    "another origin": lambda one: setattr(one, "origin", "http://localhost:9999"),
    "an origin that looks like ours": lambda one: setattr(one, "origin", "http://localhost:4500.evil.example"),
    "another place": lambda one: setattr(one, "rp_id", "evil.example"),
    "no verification": lambda one: setattr(one, "flags", PRESENT),
    "nobody there": lambda one: setattr(one, "flags", VERIFIED),
    "counted backwards": lambda one: setattr(one, "count", -1),
    "counted never": lambda one: setattr(one, "count", None),
    "another key": lambda one: setattr(one, "key", Authenticator().key),
    "another passkey": lambda one: setattr(one, "credential", b"x" * 32),
}


@pytest.mark.parametrize("wrong", sorted(_WRONG))
def test_touch_that_is_not_right_decides_nothing(
    keyed: House, claire: Authenticator, gates: list[GateEntry], wrong: str
) -> None:
    """And the challenge is used up all the same."""
    one = given(gates[0])
    right = Authenticator(key=claire.key, credential=claire.credential, count=claire.count)
    decided(right.use(asked(one)), one)
    two = given(gates[1])
    options = asked(two)
    claire.count = right.count
    _WRONG[wrong](claire)

    with pytest.raises(AnswerRefused):
        decided(claire.use(options), two)
    with pytest.raises(AnswerRefused):
        decided(right.use(options), two)

    assert undecided(keyed, gates[1:])
    assert not keyed.installation.register.uses()[0].is_accepted


@pytest.mark.parametrize("client", [{"crossOrigin": True}, {"type": "webauthn.create"}, {"challenge": "AAAA"}])
def test_client_data_that_are_not_ours_decide_nothing(
    keyed: House, claire: Authenticator, gates: list[GateEntry], client: dict[str, Any]
) -> None:
    """A page in a frame of another site, another ceremony, another challenge."""
    one = given(gates[0])

    with pytest.raises(AnswerRefused):
        decided(claire.use(asked(one), **client), one)

    assert undecided(keyed, gates)


@pytest.mark.parametrize(
    "other",
    [
        {"decision": Decision.REFUSE, "reason": "no"},
        {"reference": "eid"},
        {"reason": "another word"},
    ],
    ids=["decision", "reference", "reason"],
)
def test_touch_is_for_what_was_shown(
    keyed: House, claire: Authenticator, gates: list[GateEntry], other: dict[str, Any]
) -> None:
    """Another decision, reference or reason than was read beside the touch."""
    one = given(gates[0])
    response = claire.use(asked(one))

    with pytest.raises(AnswerRefused, match="no answer to what is asked"):
        decided(response, given(gates[0], **other))

    assert undecided(keyed, gates)


def test_touch_is_for_its_question(keyed: House, claire: Authenticator, gates: list[GateEntry]) -> None:
    """Not for that of another case, not for one more, and not for the question that the gate asks by now."""
    one, two = given(gates[0]), given(gates[1])
    changed = given(replace(gates[0], digest="0" * 64))

    for answers in ([two], [one, two], [changed]):
        with pytest.raises(AnswerRefused, match="no answer to what is asked"):
            decided(claire.use(asked(one)), *answers)

    assert undecided(keyed, gates)


def test_touch_is_its_operators(keyed: House, claire: Authenticator, gates: list[GateEntry]) -> None:
    """A colleague's passkey does not decide in another's name, nor does a challenge of the colleague's."""
    keyed.hire("eva", OperatorRole.DPO)
    eva = enrolled(keyed, "eva")
    one = given(gates[0])

    with pytest.raises(AnswerRefused, match="not known"):
        decided(eva.use(asked(one)), one)
    with pytest.raises(AnswerRefused, match="no answer to what is asked"):
        decided(claire.use(asked(one, operator="eva")), one)
    with pytest.raises(AnswerRefused, match="no answer to what is asked"):
        decided(claire.use(asked(one)), one, operator="eva")

    assert undecided(keyed, gates)


def test_touch_counts_once(keyed: House, claire: Authenticator, gates: list[GateEntry]) -> None:
    """Replayed on the same question, by its own visit or another; on the next question; of a visit that ended."""
    one, two = given(gates[0]), given(gates[1])
    response = claire.use(asked(one))
    with pytest.raises(AnswerRefused, match="no answer to what is asked"):
        decided(response, one, visit="another")
    assert undecided(keyed, gates)

    decided(response, one)

    for answer in (one, two):
        with pytest.raises(AnswerRefused):
            decided(response, answer)
    assert len(keyed.gate(gates[0].case_id, Gate.IDENTITY, gates[0].subject).answers) == 1
    assert undecided(keyed, gates[1:])


def test_touch_is_over_after_minutes(keyed: House, claire: Authenticator, gates: list[GateEntry]) -> None:
    """A page that was left open decides nothing."""
    one = given(gates[0])
    response = claire.use(asked(one))
    keyed.clock.advance(timedelta(minutes=5))

    with pytest.raises(AnswerRefused, match="no answer to what is asked"):
        decided(response, one)

    assert undecided(keyed, gates)


def test_touch_for_something_else_decides_nothing(keyed: House, claire: Authenticator, gates: list[GateEntry]) -> None:
    """One to sign in, or for a form of the desk; nor does one that was never asked for."""
    one = given(gates[0])
    never = json.dumps({"challenge": "AAAA"})
    for options in (ask_to_sign_in(VISIT).options, ask_touch("form", "claire", ["0" * 64], VISIT).options, never):
        with pytest.raises(AnswerRefused, match="no answer to what is asked"):
            decided(claire.use(options), one)

    assert undecided(keyed, gates)


@pytest.mark.parametrize(
    "response",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"id": 3, "response": {}}',
        '{"response": {"clientDataJSON": "e30"}}',
        '{"id": "A", "response": {"clientDataJSON": "W10"}}',
        "[" * 30_000,
        '{"id": "A", "response": {"clientDataJSON": "' + "A" * 30_000 + '"}}',
    ],
    ids=str.__len__,
)
@pytest.mark.usefixtures("claire")
def test_response_that_is_none_is_refused(keyed: House, response: str) -> None:
    """Whatever somebody sends, nothing of ours breaks."""
    case_id = keyed.open(Right.ACCESS)
    one = given(keyed.until(Gate.IDENTITY, case_id))
    asked(one)

    with pytest.raises(AnswerRefused):
        decided(response, one)


def test_fields_of_another_kind_are_refused(keyed: House, claire: Authenticator, gates: list[GateEntry]) -> None:
    """Each part of an answer exchanged for something that it never is."""
    one = given(gates[0])
    for name in ("authenticatorData", "signature", "clientDataJSON", "id", "rawId", "type"):
        values: tuple[object, ...] = (None, 3, [], {}, "", "AAAA", "\0")
        for value in values:
            response = json.loads(claire.use(asked(one)))
            (response if name in response else response["response"])[name] = value
            with pytest.raises(AnswerRefused):
                decided(json.dumps(response), one)

    assert undecided(keyed, gates)


@pytest.mark.usefixtures("claire")
def test_nothing_is_asked_for_what_cannot_be(gates: list[GateEntry]) -> None:
    """Who may not answer, who has no passkey, an answer that says too little, none at all."""
    one = given(gates[0])
    with pytest.raises(AnswerRefused, match="no passkey"):
        ask_to_decide([one], operator="zoe", visit=VISIT)
    with pytest.raises(AnswerRefused, match="no such operator"):
        ask_to_decide([one], operator="nobody", visit=VISIT)
    with pytest.raises(AnswerRefused, match="reason"):
        asked(given(gates[0], decision=Decision.REFUSE))
    with pytest.raises(RequestInvalid, match="0 gates"):
        ask_to_decide([], operator="claire", visit=VISIT)


def test_evidence_names_a_decision_that_the_passkey_did_not_sign(
    keyed: House, claire: Authenticator, gates: list[GateEntry]
) -> None:
    """Signed with our own key, at its place in the chain: `evidence verify` names the record."""
    one = given(gates[0])
    decided(claire.use(asked(one)), one)
    folder = keyed.installation.settings.state / "keys" / "evidence"
    export = keyed.installation.evidence.of(gates[0].case_id)
    number = next(seq for seq, one in enumerate(export.envelopes) if said_in(one)["step"] == "gate.identity")
    statement = json.loads(base64.b64decode(str(export.envelopes[number]["payload"])))
    statement["predicate"]["facts"]["decision"] = "refuse"
    forged = [*export.envelopes]
    forged[number] = load_or_create(folder).sign(canonical(statement))

    found = verify_chain(gates[0].case_id, forged, export.head, keys=export.keys)

    assert Fault.ASSERTION in {finding.fault for finding in found.findings if finding.seq == number}


def test_standing_is_asked_when_the_touch_comes(keyed: House, claire: Authenticator, gates: list[GateEntry]) -> None:
    """Who was taken out of force meanwhile decides nothing."""
    one = given(gates[0])
    response = claire.use(asked(one))
    known = keyed.installation.register.operator("claire")
    assert known is not None
    keyed.installation.register.put_operator(replace(known, is_active=False))

    with pytest.raises(AnswerRefused, match="no such operator in force"):
        decided(response, one)

    assert undecided(keyed, gates)


def test_policy_counts_and_not_what_a_row_says(keyed: House, gates: list[GateEntry]) -> None:
    """A gate that was made to ask for anybody is answered by nobody else than before."""
    keyed.hire("root", OperatorRole.ADMIN)
    enrolled(keyed, "root")
    opened_up = replace(gates[0], roles=tuple(OperatorRole))

    with pytest.raises(AnswerRefused, match="does not have the role"):
        ask_to_decide([given(opened_up, operator="root")], operator="root", visit=VISIT)


def test_signature_without_a_verified_person_is_named(
    keyed: House, claire: Authenticator, gates: list[GateEntry]
) -> None:
    """Though the passkey signed these very bytes: somebody who found the key touched it."""
    one = given(gates[0])
    decided(claire.use(asked(one)), one)
    forged = copy.deepcopy(signed(keyed, gates[0].case_id))
    carried = forged["facts"]["assertion"]
    carried["authenticator_data"] = _unverified(forged)
    client = hashlib.sha256(base64.b64decode(carried["client_data"])).digest()
    data = base64.b64decode(carried["authenticator_data"]) + client
    carried["signature"] = base64.b64encode(claire._signed(data)).decode()

    assert "did not verify" in assertion_fault(forged)
    with pytest.raises(Wrong, match="not verified"):
        check_passkey(forged)
