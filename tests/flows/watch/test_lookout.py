"""The look at open cases, on simulated days: warnings, letters to the DPO, proofs that do not come, more time."""

import json
from base64 import b64decode
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from data_contracts.case.case import Case
from data_contracts.errors import DeliveryUncertain, SystemUnavailable
from data_contracts.vocabulary import Decision, Gate, Right
from flows.rights import extend
from flows.rights.stages import approve
from flows.watch.lookout import look_at_all
from integrations.channels.post.memory import MemoryChannel
from tasks.act.access import build_package
from tasks.case.plans import confirm_staged, confirmed
from tasks.case.warnings import escalate
from tasks.gates.gates import Answer
from tasks.services import services, use
from tests.flows.company import House

# The house's day is Tuesday 31 March 2026: an answer is due by Thursday 30 April, thirty days later.


@dataclass
class Runs:
    """Notes what was woken and started, in place of a Prefect server."""

    woken: list[str] = field(default_factory=list)
    extending: list[str] = field(default_factory=list)
    extension_woken: list[str] = field(default_factory=list)

    def wake(self, case: Case) -> None:
        """The case's run."""
        self.woken.append(case.case_id)

    def extend(self, case: Case) -> None:
        """The run that asks for more time."""
        self.extending.append(case.case_id)

    def wake_extension(self, case: Case) -> None:
        """The same, suspended."""
        self.extension_woken.append(case.case_id)


class Away(Runs):
    """A Prefect server that is away."""

    def wake(self, case: Case) -> None:
        """Nobody answers."""
        raise SystemUnavailable("away", where=case.case_id)

    extend = wake_extension = wake


def look(house: House, runs: Runs | None = None, *, days: int = 0) -> Counter[str]:
    """What the look did, some days later."""
    house.clock.advance(timedelta(days=days))
    return look_at_all(house.installation.register.cases(), runs or Runs())


def asked(house: House) -> str:
    """A case whose data subject was asked for a proof on the day of receipt."""
    case_id = house.open(Right.ACCESS)
    house.answer(house.until(Gate.IDENTITY, case_id), Decision.ASK_MORE)
    house.until(Gate.IDENTITY, case_id)
    return case_id


def to_dpo(house: House) -> list[str]:
    """Mails about cases, to the DPO."""
    return [mail for mail in house.mails() if mail.startswith("Case ")]


def records(house: House, case_id: str, step: str) -> list[dict[str, Any]]:
    """What the evidence of a step says, each time."""
    envelopes, _ = house.installation.register.evidence(case_id)
    payloads: list[Any] = [json.loads(b64decode(str(one["payload"]))) for one in envelopes]
    return [p["predicate"]["facts"] for p in payloads if p["predicate"]["step"] == step]


# --- warnings ---


def test_warnings_come_at_the_days_of_the_policy_each_once(house: House) -> None:
    """Ten, five and two days before, and when it is over; a look in between says nothing."""
    case_id = house.open(Right.ACCESS)

    said = [look(house, days=days)["warned"] for days in (19, 1, 0, 2, 3, 1, 2, 2, 1, 5)]

    assert said == [0, 1, 0, 0, 1, 0, 1, 0, 1, 0]
    assert [r["days_left"] for r in records(house, case_id, "warning")] == [10, 5, 2, -1]


def test_warnings_that_were_missed_are_one(house: House) -> None:
    """A watch that was away for weeks does not catch up on each."""
    case_id = house.open(Right.ACCESS)

    look(house, days=29)

    assert [r["days_left"] for r in records(house, case_id, "warning")] == [1]


def test_answered_case_is_not_warned_of(house: House) -> None:
    """Nor is one that was refused."""
    house.walk(house.open(Right.ACCESS))

    assert look(house, days=60) == Counter()


def test_clock_that_stands_still_warns_of_nothing(house: House) -> None:
    """There is no date while a proof is awaited."""
    asked(house)

    assert look(house, days=29)["warned"] == 0


def test_days_that_were_added_are_waited_for(house: House) -> None:
    """After a pause the warnings come before the new day."""
    case_id = asked(house)
    house.clock.advance(timedelta(days=10))
    house.answer(house.until(Gate.IDENTITY, case_id), Decision.APPROVE, reference="id_document")
    house.until(Gate.APPROVAL, case_id)

    assert look(house, days=20)["warned"] == 0
    assert look(house, days=1)["warned"] == 1


# --- the DPO ---


def test_dpo_is_told_when_nothing_happened_and_when_it_is_over(house: House) -> None:
    """Two letters, each once, with the case, the right and the dates."""
    case_id = house.open(Right.ERASURE)

    for days in (20, 8, 1, 2, 1, 9):
        look(house, days=days)

    close, over = to_dpo(house)
    assert f"{case_id} (erasure) is due in 2 days, and nothing was done yet" in close
    assert "told why by 2026-04-30" in close
    assert "is overdue by 1 days" in over
    assert "Received: 2026-03-31" in over


def test_letter_to_the_dpo_names_nobody(house: House) -> None:
    """No name, no address of the data subject."""
    house.open(Right.ACCESS)

    look(house, days=29)

    subject = house.company.subject
    assert not any(word in to_dpo(house)[0] for word in (subject.email, subject.name))
    (file,) = Path(house.installation.settings.state / "outbox").glob("*escalation*")
    assert f"To: {services().organisation.dpo.email}" in file.read_text()


def test_letter_that_may_have_left_is_not_sent_again(house: House) -> None:
    """The register says so, and the day it is over brings the next one."""
    case_id = house.open(Right.ACCESS)
    house.clock.advance(timedelta(days=29))
    lost = MemoryChannel(services().organisation, how="smtp", failures=[DeliveryUncertain("broke off")])

    with use(replace(services(), channel=lost)):
        first = look(house)
        second = look(house)

    assert first["failed"] == 1
    assert second["escalated"] == 1
    assert lost.sent == []
    assert records(house, case_id, "escalation")[0]["via"] == "uncertain"


def test_mail_server_that_is_away_is_tried_again(house: House) -> None:
    """Nothing had left, so the next look sends it."""
    house.open(Right.ACCESS)
    house.clock.advance(timedelta(days=29))
    away = MemoryChannel(services().organisation, failures=[SystemUnavailable("away")])

    with use(replace(services(), channel=away)):
        first, second, third = look(house), look(house), look(house)

    assert (first["failed"], second["escalated"], third["escalated"]) == (1, 1, 0)
    assert len(away.sent) == 1


def test_profile_without_a_dpos_address(house: House) -> None:
    """Nobody is written to, and the warning stands all the same."""
    case_id = house.open(Right.ACCESS)
    house.clock.advance(timedelta(days=29))
    nameless = services().organisation
    nameless = nameless.model_copy(update={"dpo": nameless.dpo.model_copy(update={"email": ""})})

    with use(replace(services(), organisation=nameless)):
        look(house)

    assert records(house, case_id, "escalation")[0]["via"] == "nowhere"
    assert escalate(case_id) == "nowhere"


# --- a proof that does not come ---


def test_data_subject_is_reminded_once(house: House) -> None:
    """After the days of the policy, with the day until which we wait."""
    asked(house)

    said = [look(house, days=days)["reminded"] for days in (13, 1, 1, 10)]

    assert said == [0, 1, 0, 0]
    (told,) = [mail for mail in house.mails() if mail.startswith("Reminder: please confirm")]
    assert "until 30 April 2026" in told


def test_reminder_that_may_have_left_goes_to_a_person(house: House) -> None:
    """Nobody knows, so somebody finds out; it is not sent twice."""
    case_id = asked(house)
    lost = MemoryChannel(services().organisation, how="smtp", failures=[DeliveryUncertain("broke off")])
    house.clock.advance(timedelta(days=14))

    with use(replace(services(), channel=lost)):
        first, second = look(house), look(house)

    assert first["reminded"] == second["reminded"] == 0
    assert lost.sent == []
    assert house.gate(case_id, Gate.UNCERTAIN_MAIL, "notice.identity_reminder").outcome is None


def test_proof_that_never_came_ends_the_case_with_reasons_and_remedies(house: House) -> None:
    """After the time of the policy the data subject is told of it as of any refusal (Art. 12(4))."""
    case_id, runs = asked(house), Runs()

    early = look(house, runs, days=30)["closed"]
    late = look(house, runs, days=1)["closed"]

    assert (early, late) == (0, 1)
    assert runs.woken == [case_id]
    assert house.walk(case_id) == "identity_failed"
    told = house.mails()[-1]
    for said in ("did not receive one in time", "CNIL", "Article 77", "Article 79"):
        assert said in told


def test_proof_that_was_checked_meanwhile_counts(house: House) -> None:
    """An answer at the gate that no run has taken in yet is not overtaken."""
    case_id = asked(house)
    house.answer(house.until(Gate.IDENTITY, case_id), Decision.APPROVE, reference="id_document")

    assert look(house, days=40)["closed"] == 0
    assert house.walk(case_id) == "granted"


def test_run_is_woken_by_the_sweep_when_the_server_was_away(house: House) -> None:
    """The case is closed in the register, which is the truth."""
    case_id = asked(house)

    assert look(house, Away(), days=31)["closed"] == 1
    assert house.outcome(case_id) == "identity_failed"


# --- more time ---


def test_person_is_asked_whether_it_takes_longer(house: House) -> None:
    """Seven days before the last day to tell of it, once; a run shows the gate."""
    case_id, runs = house.open(Right.ACCESS), Runs()

    said = [look(house, runs, days=days)["asked_extension"] for days in (22, 1, 1)]

    assert said == [0, 1, 0]
    assert runs.extending == [case_id]
    assert "due on 2026-04-30" in house.gate(case_id, Gate.EXTENSION).description


def test_who_says_no_is_not_asked_again(house: House) -> None:
    """It will be in time."""
    case_id = house.open(Right.ACCESS)
    look(house, days=23)

    house.answer(house.gate(case_id, Gate.EXTENSION), Decision.REFUSE, reason="It will be in time.")

    assert look(house, days=1)["asked_extension"] == 0


def test_question_that_nobody_answered_in_time_is_closed(house: House) -> None:
    """After the month there is nothing to decide; the run that asks ends."""
    case_id, runs = house.open(Right.ACCESS), Runs()
    look(house, runs, days=23)

    assert look(house, runs, days=8)["extension_closed"] == 1

    assert house.gate(case_id, Gate.EXTENSION).outcome is Decision.REFUSE
    assert runs.extension_woken == [case_id]


def test_extension_that_was_cut_off_is_finished(house: House) -> None:
    """The process died after the answer: the run that tells is started, as long as it can be told."""
    case_id, runs = house.open(Right.ACCESS), Runs()
    extend.decide(case_id, Answer("claire", Decision.APPROVE, house.code("claire"), "Nine archives.", "complexity"))

    look(house, runs)
    extend.carry_out(case_id)
    look(house, runs)

    assert runs.extending == runs.extension_woken == [case_id]
    assert house.installation.register.case(case_id).response_due == date(2026, 6, 30)


def test_case_that_has_acted_needs_no_more_time(house: House) -> None:
    """It is about to be answered."""
    house.walk(house.open(Right.ACCESS))

    assert look(house, days=25)["asked_extension"] == 0


# --- turns, and faults ---


def test_look_lets_the_next_case_act(house: House) -> None:
    """A process that died between acting and waking the next one holds nobody up."""
    access, erasure, runs = house.open(Right.ACCESS), house.open(Right.ERASURE), Runs()
    house.agree(house.until(Gate.APPROVAL, access))
    house.until(Gate.TURN, erasure)
    before = look(house, runs)["released"]

    approve(access)
    confirm_staged(access)
    build_package(access, confirmed(access))

    assert (before, look(house, runs)["released"]) == (0, 1)
    assert runs.woken == [erasure]
    assert house.gate(erasure, Gate.TURN, access).outcome is Decision.GO_ON


def test_one_case_that_fails_stops_no_other(house: House) -> None:
    """What broke is sealed with its case."""
    broken, whole = house.open(Right.ACCESS), house.open(Right.ERASURE)
    house.clock.advance(timedelta(days=23))

    class Breaking(Runs):
        def extend(self, case: Case) -> None:
            if case.case_id == broken:
                raise RuntimeError
            super().extend(case)

    runs = Breaking()
    done = look(house, runs)

    assert done["failed"] == 1
    assert runs.extending == [whole]
    assert "fault.look" in services().vault.names(broken)
