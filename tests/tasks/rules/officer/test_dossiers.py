"""What follows from the evidence of a case, for the authority (Art. 12(3), 12(4), 31)."""

from datetime import date
from typing import Any

import pytest

from tasks.rules.officer.dossiers import Tally, case_account, run_account

PARIS = "Europe/Paris"


def a_record(step: str, at: str = "2026-03-31T10:00:00+00:00", *, system: str = "", **facts: Any) -> dict[str, Any]:
    """What one record of a case says."""
    return {"seq": 0, "at": at, "step": step, "system": system, "actor": "claire", "facts": facts}


RECEIVED = a_record(
    "received", right="erasure", channel="form", received_at="2026-03-01T10:00:00+00:00", response_due="2026-04-01"
)


def told(at: str, *, via: str = "smtp", kind: str = "erasure_done") -> dict[str, Any]:
    """A notice that left."""
    return a_record(f"notice.{kind}", at, via=via, text="ab" * 32, to="request")


def account(*records: dict[str, Any]) -> dict[str, Any]:
    """The account of a case that was received as above."""
    return dict(case_account([RECEIVED, *records], PARIS))


@pytest.mark.parametrize(
    ("at", "standing"),
    [
        ("2026-04-01T21:59:59+00:00", "in_time"),  # 23:59 in Paris, the last day
        ("2026-04-01T22:00:00+00:00", "late"),  # midnight in Paris
    ],
)
def test_article_12_3_days_are_those_of_the_place(at: str, standing: str) -> None:
    """An answer is in time to the end of the last day there, not in UTC."""
    assert account(told(at))["answer"]["standing"] == standing


def test_article_12_6_pause_moves_the_last_day() -> None:
    """The newest last day counts, and what moved it is told."""
    moved = a_record(
        "identity",
        verified=True,
        response_due_before="2026-04-01",
        response_due="2026-04-11",
        proof_came_on="2026-03-20",
    )

    found = account(moved, told("2026-04-10T10:00:00+00:00"))

    assert (found["clock"]["first_due"], found["clock"]["due"]) == ("2026-04-01", "2026-04-11")
    assert (found["clock"]["moved"][0]["proof_came_on"], found["answer"]["standing"]) == ("2026-03-20", "in_time")


def test_article_12_3_extension_is_told_with_its_reason() -> None:
    """Who decided it, and why."""
    found = account(a_record("extend", reason="complexity", decided_by=["claire"]))

    assert found["clock"]["extension"] == {
        "at": "2026-03-31T10:00:00+00:00", "by": "claire", "reason": "complexity", "decided_by": ["claire"],
    }  # fmt: skip


def test_letter_counts_when_it_was_posted() -> None:
    """One that is set and lies on a desk answers nobody."""
    letter = told("2026-03-31T10:00:00+00:00", via="post")

    lies = account(letter)
    posted = account(letter, a_record("notice.erasure_done.posted", "2026-04-02T10:00:00+00:00", posted=True))

    assert (lies["answer"]["standing"], posted["answer"]["standing"]) == ("unanswered", "late")


@pytest.mark.parametrize(
    "notice",
    [
        told("2026-03-02T10:00:00+00:00", kind="acknowledgement"),
        told("2026-03-02T10:00:00+00:00", kind="extension"),
        told("2026-03-02T10:00:00+00:00", via="none"),
        a_record("notice.recipient.adnet", party="adnet", via="outbox", state="told"),
        a_record("notice.erasure_done.again", decided_by=["claire"]),
    ],
    ids=["acknowledgement", "extension", "nobody", "recipient", "to be sent again"],
)
def test_what_is_no_answer(notice: dict[str, Any]) -> None:
    """Art. 12(3): only information on action taken, or why none was, ends the wait."""
    assert account(notice)["answer"]["standing"] == "unanswered"


def test_newest_plan_counts_and_columns_are_left_out() -> None:
    """Rows by system, table and decision; which columns it were is in the evidence."""
    line = {"system": "crm", "table": "customer", "action": "keep", "rows": 1, "ground": None, "columns": ["name"]}

    found = account(a_record("plan", digest="old", lines=[]), a_record("plan", digest="new", lines=[line]))

    assert found["plan"] == {"digest": "new", "lines": [{k: v for k, v in line.items() if k != "columns"}]}


def test_texts_that_people_saw_are_left_out() -> None:
    """Their digest is told, which tells whether a paper is the one."""
    gate = a_record(
        "gate.approval", decision="approve", question="ab", shown="**Case**", operator="claire", gate="approval"
    )

    found = account(gate)

    assert found["gates"] == [
        {"at": gate["at"], "by": "claire", "gate": "approval", "question": "ab", "decision": "approve"}
    ]


def test_copy_of_what_was_erased_is_no_act_and_its_end_closes_the_case() -> None:
    """Rows that were sealed were not changed; once their key is destroyed, the case has ended as that record says."""
    copied = a_record("recovery copy", system="crm.0001", rows={"customer": 1})
    erased = a_record("erase", system="crm", rows={"customer": 1})
    archived = a_record("archive", outcome="granted_in_part")
    ended = a_record("recovery ended", cause="time over", outcome="granted")

    assert [one["step"] for one in account(copied, erased, archived)["acts"]] == ["erase"]
    assert account(archived)["outcome"] == "granted_in_part"
    assert account(archived, ended)["outcome"] == "granted"


def test_recipient_is_told_as_it_stands_last() -> None:
    """Reminded, then acknowledged: once, by its last record."""
    first = a_record("notice.recipient.adnet", party="adnet", state="awaited")
    last = a_record("acknowledged", party="adnet", state="acknowledged")

    assert [one["state"] for one in account(first, last)["recipients"]] == ["acknowledged"]


def test_run_is_told_with_its_facts() -> None:
    """Without what people were shown."""
    found = run_account([a_record("gate.approval", decision="approve", shown="**Run**")])

    assert found["records"][0]["facts"] == {"decision": "approve"}


def a_case(*records: dict[str, Any], state: str = "acting") -> dict[str, Any]:
    """A line of ``dossier.json``."""
    return {"state": state, "evidence": account(*records)}


@pytest.mark.parametrize(
    ("case", "counted"),
    [
        (a_case(told("2026-03-31T10:00:00+00:00")), "answered_in_time"),
        (a_case(told("2026-05-31T10:00:00+00:00")), "answered_late"),
        (a_case(state="identity_asked"), "paused"),
        (a_case(), "overdue"),
        (a_case(a_record("archive", outcome="withdrawn")), "unanswered"),
    ],
)
def test_each_case_is_counted_once(case: dict[str, Any], counted: str) -> None:
    """By how its clock stands on the day of the dossier."""
    tally = Tally(date(2026, 6, 1))
    tally.add(case)

    facts = tally.facts()

    names = ("answered_in_time", "answered_late", "unanswered", "paused", "overdue")
    assert [name for name in names if facts[name]] == [counted]
    assert (facts["received"], facts["by_right"]["erasure"][counted]) == (1, 1)


def test_day_that_is_not_over_is_not_overdue() -> None:
    """The last day belongs to the time."""
    tally = Tally(date(2026, 4, 1))
    tally.add(a_case())

    assert (tally.facts()["unanswered"], tally.facts()["overdue"]) == (1, 0)


def test_article_12_4_refusals_are_counted_by_right_and_ground() -> None:
    """A ground counts once a case, and what is kept under Art. 17(3) is a refusal in part."""
    ground = {"art17_3": "b", "hold": "accounting_10y"}
    lines = [
        {"system": "s", "table": table, "action": "keep", "rows": rows, "ground": of}
        for table, rows, of in (("a", 2, ground), ("b", 1, ground), ("c", 0, {"art17_3": "e"}), ("d", 1, {"hold": "x"}))
    ]
    tally = Tally(date(2026, 6, 1))
    tally.add(a_case(a_record("plan", digest="", lines=lines), a_record("archive", outcome="granted_in_part")))
    tally.add(a_case(a_record("approve", ground="excessive"), a_record("approve", ground="excessive")))
    tally.add(a_case(a_record("plan", digest="", lines=lines)))

    assert tally.facts()["refused"] == [
        {"right": "erasure", "ground": "art17_3_b", "cases": 1},
        {"right": "erasure", "ground": "excessive", "cases": 1},
    ]
    assert tally.facts()["outcomes"] == {"granted_in_part": 1, "open": 2}


def test_everything_an_authority_asks_of_a_case_is_told() -> None:
    """Art. 31: from receipt to the answer; each line with its moment and who did it, each fact under its own name."""
    ground = {"basis": "legal-obligation", "art17_3": "b"}
    line = {"system": "crm", "table": "customer", "action": "keep", "rows": 1, "ground": ground}
    proof = {
        name: f"{name} 1"
        for name in ("proven", "verdict", "checker", "counts", "but_for", "told", "not_looked", "by_hand")
    }
    gate: dict[str, Any] = {
        "gate": "approval",
        "subject": "crm",
        "question": "q1",
        "decision": "approve",
        "outcome": "approve",
    }
    gate |= {"people_needed": 2, "proof": "totp", "reference": "T-1", "reason": "r1"}
    recipient: dict[str, Any] = {"asked": True, "state": "told", "via": "outbox", "reference": "R-1"}
    identity: dict[str, Any] = {"verified": True, "method": "eid", "checked_by": "zoe", "proofs_destroyed": 1}
    at, by = "2026-03-31T10:00:00+00:00", "claire"
    letter = a_record("notice.erasure_done", at, via="post", text="d1")

    found = account(
        a_record("identity", **identity, response_due_before="2026-04-01", response_due="2026-04-02"),
        a_record("plan", digest="p1", lines=[line]),
        a_record("gate.approval", **gate),
        a_record("gate.outage", question="q2"),  # a question that nobody has answered yet
        a_record("erase", system="crm", rows={"customer": 1}),
        a_record("prove", **proof),
        a_record("notice.recipient.adnet", party="adnet", **recipient),
        a_record("refuse", ground="manifestly_unfounded"),
        letter,
        a_record("notice.erasure_done.posted", "2026-04-01T08:00:00+00:00"),
        a_record("dossier", dossier="D-1"),
        a_record("archive", outcome="granted_in_part"),
    )

    head = {"at": at, "by": by}
    assert (found["right"], found["channel"], found["outcome"]) == ("erasure", "form", "granted_in_part")
    assert found["clock"] == {
        "received_at": "2026-03-01T10:00:00+00:00",
        "first_due": "2026-04-01",
        "due": "2026-04-02",
        "moved": [{"at": at, "step": "identity", "before": "2026-04-01", "due": "2026-04-02", "proof_came_on": ""}],
        "extension": None,
    }
    posted = "2026-04-01T08:00:00+00:00"
    assert found["answer"] == {
        "kind": "erasure_done", "told_at": posted, "told_on": "2026-04-01", "standing": "in_time",
    }  # fmt: skip
    assert found["identity"] == [head | identity]
    assert found["plan"] == {"digest": "p1", "lines": [line]}
    assert found["gates"] == [head | gate]
    assert found["acts"] == [{"at": at, "step": "erase", "system": "crm", "rows": {"customer": 1}}]
    assert found["proof"] == [head | proof]
    assert found["recipients"] == [{"party": "adnet", **head, **recipient}]
    assert found["notices"] == [{"kind": "erasure_done", "at": at, "via": "post", "text": "d1", "posted_at": posted}]
    assert found["refusals"] == [{"at": at, "step": "refuse", "ground": "manifestly_unfounded", "by": by}]
    assert found["dossiers"] == [head | {"dossier": "D-1"}]
    assert found["records"][-1] == {"seq": 0, "at": at, "step": "archive", "system": "", "actor": by}


def test_case_of_which_little_is_recorded_says_nothing_of_the_rest() -> None:
    """A case that is a day old, or whose first record an earlier version wrote."""
    found = case_account([], PARIS)

    assert (found["right"], found["channel"], found["outcome"]) == ("", "", "")
    assert found["clock"] == {"received_at": "", "first_due": "", "due": "", "moved": [], "extension": None}
    assert found["answer"] == {"kind": "", "told_at": "", "told_on": "", "standing": "unanswered"}
    assert found["plan"] == {"digest": "", "lines": []}
    for part in ("identity", "gates", "acts", "proof", "recipients", "notices", "refusals", "dossiers", "records"):
        assert found[part] == []
    untexted = a_record("notice.refusal", via="smtp")
    assert account(untexted)["notices"][0]["text"] == account(untexted)["notices"][0]["posted_at"] == ""


def test_extended_cases_are_counted_and_the_day_of_counting_is_told() -> None:
    """Art. 12(3): how many, in all and for each right."""
    plain, extended = account(), account(a_record("extend", reason="complexity", decided_by=["claire"]))
    tally = Tally(date(2026, 3, 20))
    for one in (plain, extended, extended):
        tally.add({"state": "located", "evidence": one})

    counted = tally.facts()

    assert (counted["as_of"], counted["received"], counted["extended"]) == ("2026-03-20", 3, 2)
    assert counted["by_right"]["erasure"]["extended"] == 2
