"""What the evidence of a case or run says, in short, for the supervisory authority (Art. 31, 58(1)); pure.

Everything here follows from signed records alone, so that whoever verifies a dossier can work it out again and compare.
Left out on purpose: what people were shown and wrote. Digests of both are there, and tell whether a paper is the one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from data_contracts.connectors.recovering import ENDED
from data_contracts.officer.dossiers import Account, Recount
from data_contracts.vocabulary import CaseState, NoticeKind

_ANSWERS: Final = frozenset(
    {
        NoticeKind.ANSWER.value,
        NoticeKind.ERASURE_DONE.value,
        NoticeKind.RECTIFICATION_DONE.value,
        NoticeKind.RESTRICTION_DONE.value,
        NoticeKind.OBJECTION_DONE.value,
        NoticeKind.REFERRAL.value,
        NoticeKind.REFUSAL.value,
        NoticeKind.WITHDRAWAL.value,
        NoticeKind.DUPLICATE.value,
    }
)
"""Notices that end the wait of Art. 12(3) and (4): what was done, or why it was not."""
_NOTICE, _RECIPIENT, _POSTED = "notice.", "notice.recipient.", ".posted"
_BY_POST, _NOBODY = "post", "none"
_CLOCK: Final = ("response_due_before", "response_due")
_UNTOLD: Final = frozenset({"shown"})
"""Facts of records that are texts for people."""

IN_TIME, LATE, UNANSWERED = "in_time", "late", "unanswered"


_NO_ACTS = frozenset({"stage", "recovery copy"})
"""Steps that count rows of a system and change none."""
_OF_PROOF = ("proven", "verdict", "checker", "counts", "but_for", "told", "not_looked", "by_hand")


def _tells_outcome(record: Account) -> bool:
    """Whether a record says how the case ended: its archive does, and the end of what was kept for a while."""
    return record["step"] in {"archive", ENDED} and "outcome" in record["facts"]


def case_account(records: Sequence[Account], time_zone: str) -> Account:
    """What a case's records say.

    Args:
        records: what each record of the case says, first to last.
        time_zone: IANA name of the place whose days count.
    """
    nothing: Account = {}
    received = next((one["facts"] for one in records if one["step"] == "received"), nothing)
    clock = _clock(records, received)
    return {
        "right": received.get("right", ""),
        "channel": received.get("channel", ""),
        "clock": clock,
        "answer": _answer(records, clock["due"], ZoneInfo(time_zone)),
        "outcome": next((one["facts"]["outcome"] for one in reversed(records) if _tells_outcome(one)), ""),
        "identity": [
            _picked(one, "verified", "method", "checked_by", "proofs_destroyed") for one in _of(records, "identity")
        ],
        "plan": _plan(records),
        "gates": [_gate(one) for one in records if one["step"].startswith("gate.") and "decision" in one["facts"]],
        "acts": [
            {"at": one["at"], "step": one["step"], "system": one["system"], "rows": _rows_of(one["facts"])}
            for one in records
            if one["system"] and "rows" in one["facts"] and one["step"] not in _NO_ACTS
        ],
        "proof": [
            _picked(one, "proven", "verdict", "checker", "counts", "but_for", "told", "not_looked", "by_hand")
            for one in _of(records, "prove")
        ],
        "recipients": _recipients(records),
        "notices": list(_notices(records)),
        "refusals": [
            {"at": one["at"], "step": one["step"], "ground": one["facts"]["ground"], "by": one["actor"]}
            for one in records
            if one["facts"].get("ground")
        ],
        "dossiers": [_picked(one, "dossier") for one in _of(records, "dossier")],
        "records": _listed(records),
    }


def _rows_of(facts: Mapping[str, Any]) -> object:
    """Rows of an act, as its record says them; a question mark where it says that they are unknown."""
    return "?" if facts.get("rows_unknown") else facts["rows"]


def run_account(records: Sequence[Account]) -> Account:
    """What a run's records say, with their facts: they hold counts, names and digests."""
    told = [
        {**line, "facts": {name: value for name, value in one["facts"].items() if name not in _UNTOLD}}
        for line, one in zip(_listed(records), records, strict=True)
    ]
    return {"records": told}


class Tally:
    """Counts the cases of a dossier, one by one."""

    def __init__(self, as_of: date) -> None:
        """Count from nothing.

        Args:
            as_of: the day of the dossier: what was due before and is not answered is overdue.
        """
        self._as_of = as_of
        self._all: Counter[str] = Counter()
        self._rights: dict[str, Counter[str]] = {}
        self._outcomes: Counter[str] = Counter()
        self._refused: Counter[tuple[str, str]] = Counter()

    def add(self, case: Account) -> None:
        """Count one more case, a line of ``dossier.json``."""
        told = case["evidence"]
        found = Counter(
            {"received": 1, self._standing(case): 1, "extended": int(told["clock"]["extension"] is not None)}
        )
        self._all += found
        self._rights.setdefault(told["right"], Counter()).update(found)
        self._outcomes[told["outcome"] or "open"] += 1
        self._refused.update({(told["right"], ground) for ground in _grounds(told)})

    def facts(self) -> Account:
        """What was counted so far."""
        names = ("received", "answered_in_time", "answered_late", "unanswered", "paused", "overdue", "extended")
        refused = [
            {"right": right, "ground": ground, "cases": n} for (right, ground), n in sorted(self._refused.items())
        ]
        return {
            "as_of": self._as_of.isoformat(),
            **{name: self._all[name] for name in names},
            "by_right": {right: {name: n[name] for name in names} for right, n in sorted(self._rights.items())},
            "outcomes": dict(sorted(self._outcomes.items())),
            "refused": refused,
        }

    def _standing(self, case: Account) -> str:
        told = case["evidence"]
        if told["answer"]["standing"] != UNANSWERED:
            return f"answered_{told['answer']['standing']}"
        if case["state"] == CaseState.IDENTITY_ASKED:
            return "paused"  # Art. 12(6): there is no last day while a proof is awaited
        if not told["outcome"] and told["clock"]["due"] < self._as_of.isoformat():
            return "overdue"
        return "unanswered"


RECOUNT: Final = Recount(case_account, run_account, Tally)
"""How facts follow from evidence, for whoever verifies a dossier."""


def _grounds(told: Account) -> set[str]:
    """Grounds on which a request was refused, or data kept that were asked to be erased (Art. 12(4), 17(3))."""
    is_in_part = told["outcome"] == "granted_in_part"
    kept = [line["ground"] for line in told["plan"]["lines"] if is_in_part and line["rows"] and line["ground"]]
    letters = {f"art17_3_{ground['art17_3']}" for ground in kept if ground.get("art17_3")}
    return {one["ground"] for one in told["refusals"]} | letters


def _of(records: Sequence[Account], step: str) -> list[Account]:
    return [one for one in records if one["step"] == step]


def _picked(record: Account, *names: str) -> dict[str, Any]:
    facts = record["facts"]
    return {"at": record["at"], "by": record["actor"], **{name: facts[name] for name in names if name in facts}}


def _listed(records: Sequence[Account]) -> list[dict[str, Any]]:
    return [{name: one[name] for name in ("seq", "at", "step", "system", "actor")} for one in records]


def _clock(records: Sequence[Account], received: Account) -> dict[str, Any]:
    """Art. 12(3), 12(6): the last day, and what moved it."""
    moved = [
        {"at": one["at"], "step": one["step"], "before": facts[_CLOCK[0]], "due": facts[_CLOCK[1]]}
        | {"proof_came_on": facts.get("proof_came_on", "")}
        for one in records
        if all(name in (facts := one["facts"]) for name in _CLOCK)
    ]
    first = received.get("response_due", "")
    extension = next((_picked(one, "reason", "decided_by") for one in _of(records, "extend")), None)
    return {
        "received_at": received.get("received_at", ""),
        "first_due": first,
        "due": moved[-1]["due"] if moved else first,
        "moved": moved,
        "extension": extension,
    }


def _answer(records: Sequence[Account], due: str, zone: ZoneInfo) -> dict[str, str]:
    """When the data subject was told what was done, and whether that was by the last day."""
    for one in _notices(records):
        told_at = one["posted_at"] if one["via"] == _BY_POST else one["at"]
        if one["kind"] in _ANSWERS and one["via"] != _NOBODY and told_at:
            day = datetime.fromisoformat(told_at).astimezone(zone).date().isoformat()
            return {
                "kind": one["kind"],
                "told_at": told_at,
                "told_on": day,
                "standing": IN_TIME if day <= due else LATE,
            }
    return {"kind": "", "told_at": "", "told_on": "", "standing": UNANSWERED}


def _notices(records: Sequence[Account]) -> Iterator[dict[str, str]]:
    """What the data subject was told: kind, moment, way, the digest of the text; of a letter when it was posted."""
    posted = {one["step"].removesuffix(_POSTED): one["at"] for one in records if one["step"].endswith(_POSTED)}
    for one in records:
        step, facts = one["step"], one["facts"]
        if step.startswith(_NOTICE) and not step.startswith(_RECIPIENT) and "via" in facts:
            yield {
                "kind": step.split(".")[1],
                "at": one["at"],
                "via": facts["via"],
                "text": facts.get("text", ""),
                "posted_at": posted.get(step, ""),
            }


def _plan(records: Sequence[Account]) -> dict[str, Any]:
    """The newest plan: rows by system, table and decision, each with its ground."""
    none: Account = {}
    plan = next((one["facts"] for one in reversed(records) if one["step"] == "plan"), none)
    names = ("system", "table", "action", "rows", "ground")
    lines = [{name: line[name] for name in names} for line in plan.get("lines", ())]
    return {"digest": plan.get("digest", ""), "lines": lines}


def _gate(record: Account) -> dict[str, Any]:
    """Who decided what at a gate, and how we know."""
    names = ("gate", "subject", "question", "decision", "outcome", "people_needed", "proof", "reference", "reason")
    return _picked(record, *names)


def _recipients(records: Sequence[Account]) -> list[dict[str, Any]]:
    """How each recipient stood last (Art. 19), by its key."""
    last = {one["facts"]["party"]: one for one in records if "party" in one["facts"]}
    return [
        {"party": party, **_picked(one, "asked", "state", "via", "reference")} for party, one in sorted(last.items())
    ]
