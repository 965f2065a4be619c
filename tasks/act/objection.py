"""Objection (Art. 21): suppressed first, answered later; only what the law lets be weighed is weighed by a person.

The order:

1. *suppress*: direct marketing, sharing and consents go into the ledger on receipt, before identity is checked: an
   entry only suppresses (Art. 21(3), 7(3));
2. *restrict meanwhile*: once identity is verified, what people must weigh is restricted (Art. 18(1)(d));
3. *weigh*: a person stops it, which is the rule, or states compelling grounds in writing (Art. 21(1));
4. *measure* to *prove*: markers are set in the systems. Nobody approves that plan: it follows from the law or from
   what was weighed;
5. *tell*, and end the restriction.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from data_contracts.case.confirmed import Confirmed
from data_contracts.case.permissions import Restriction
from data_contracts.case.subjects import SubjectKey
from data_contracts.company.contract import in_language
from data_contracts.errors import MoveRefused
from data_contracts.evidence.records import Facts, Record
from data_contracts.gates.decided import SOFTWARE
from data_contracts.grounds import RefusalGround
from data_contracts.told.notices import Content, ToldItem
from data_contracts.vocabulary import CaseState, Decision, Gate, NoticeKind, RestrictionGround, Right
from tasks.act.changing import Changing, Counts
from tasks.case.parts import has_part, reason_name
from tasks.case.plans import planned
from tasks.case.sealed import LOCATED, read_located, sealed_text, subject_request
from tasks.case.subject_keys import known_keys_of, subject_keys_of
from tasks.gates.gates import Question, deciding_people
from tasks.notices.notify_subject import send_notice
from tasks.proof.concluding import staying_items
from tasks.proof.judge import is_proven
from tasks.recipients.tell import recipients_told
from tasks.rules.act.changes import Change
from tasks.rules.act.objections import (
    MARKERS,
    Objections,
    objection_changes,
    sort_objections,
    stances_at_once,
    stances_taken_back,
    stances_weighed,
)
from tasks.rules.people.refusals import ground_of
from tasks.search.referrals import referrals_of
from tasks.search.restricted import found_subject_keys, known_subject_keys
from tasks.search.shared_rows import leaves_shared, shared_items
from tasks.services import services
from tasks.steps.acting import act
from tasks.steps.ledger import is_done
from tasks.steps.step import always, step, until_done

_WEIGH, _END = "weigh", "end objection"
_STOPPED, _GOES_ON, _OUT_OF_REACH = "stopped", "goes_on", "out_of_reach"


def objections_of(case_id: str) -> Objections:
    """What the data subject objects to, sorted by what the law says of it."""
    return sort_objections(subject_request(case_id).statement, services().contracts.vocabulary)


@step("suppress", watched=until_done("suppress"))
def suppress_at_once(case_id: str) -> int:
    """Enter into the ledger what nobody weighs; the number of entries, each made once."""
    register = services().register
    entry = register.claim(case_id, "suppress")
    if entry.state == "done":
        return int(str(entry.receipt["entries"]))
    count = _enter(case_id, subject_keys_of(subject_request(case_id).identity))
    said = objections_of(case_id)
    facts: Facts = {
        "entries": count,
        "marketing": said.marketing,
        "sharing": said.sharing,
        "purposes": [*said.absolute, *said.withdrawn],
    }
    register.complete(case_id, "suppress", receipt={"entries": count}, record=Record("suppress", "", facts))
    return count


@step("end objection", watched=always)
def end_objection(case_id: str) -> int:
    """End in the ledger what a withdrawn case entered; the number of objections that ended.

    Consents that were withdrawn stay so (Art. 7(3)), and what the data subject objects to elsewhere goes on.
    """
    register = services().register
    entry = register.claim(case_id, _END)
    if entry.state == "done":
        return int(str(entry.receipt["ended"]))
    keys = set(known_keys_of(subject_request(case_id).identity))
    if has_part(case_id, LOCATED):
        keys |= set(known_subject_keys(case_id))
    # When it was taken back, so that doing it again enters the same.
    withdrawn = next(move.at for move in register.timeline(case_id) if move.to is CaseState.WITHDRAWN)
    at = max(withdrawn, register.case(case_id).received_at + timedelta(microseconds=1))
    said = register.stances_of([key.digest for key in sorted(keys)])
    ended = list(stances_taken_back(said, services().contracts.vocabulary, source=f"case:{case_id}", at=at))
    register.add_stances(ended)
    facts: Facts = {"ended": len(ended), "consents": "stay withdrawn"}
    register.complete(case_id, _END, receipt={"ended": len(ended)}, record=Record(_END, "", facts))
    return len(ended)


@step("restrict meanwhile")
def restrict_meanwhile(case_id: str) -> list[str]:
    """Restrict the purposes that people must weigh, until they have (Art. 18(1)(d)); their keys."""
    register, weighed = services().register, objections_of(case_id).weighed
    if weighed:
        since = services().now()
        register.restrict(
            Restriction(case_id, key, RestrictionGround.OBJECTION, weighed, since)
            for key in register.subject_keys(case_id)
        )
    facts: Facts = {"purposes": list(weighed)}
    register.complete(case_id, "restrict meanwhile", receipt={**facts}, record=Record("restrict meanwhile", "", facts))
    return list(weighed)


def weigh_question(case_id: str) -> Question:
    """What people weigh: each purpose with the interest pursued."""
    purposes = services().contracts.vocabulary.purposes
    weighed = objections_of(case_id).weighed
    told = "\n".join(f"- `{key}`: {purposes[key].interest or purposes[key].use}" for key in weighed)
    return Question(
        gate=Gate.APPROVAL,
        description=(
            f"**Case {case_id}: the data subject objects to these uses (Art. 21(1)).** They are restricted meanwhile."
            f"\n\n{told}\n\nAnswer *approve* to stop them: that is the rule. Answer *refuse* only where compelling "
            "legitimate grounds override the data subject's interests, or for legal claims; the data subject reads "
            "the reason, with the remedies. Direct marketing is stopped in any case."
        ),
        facts={"case": case_id, "weighed": list(weighed)},
        options=(Decision.APPROVE, Decision.REFUSE),
    )


@step("weigh")
def settle_weighing(case_id: str) -> bool:
    """Record what was weighed, and enter it into the ledger; False when nothing of the request is left to do."""
    register, said = services().register, objections_of(case_id)
    gate = register.gate(case_id, Gate.APPROVAL) if said.weighed else None
    is_stopped = gate is None or gate.outcome is Decision.APPROVE
    stopped, goes_on = (said.weighed, ()) if is_stopped else ((), said.weighed)
    is_left = bool(stopped) or said.at_once
    people = list(deciding_people(gate)) if gate else []
    receipt = {
        _STOPPED: list(stopped),
        _GOES_ON: list(goes_on),
        _OUT_OF_REACH: list(said.out_of_reach),
        "decided_by": people,
    }
    if stopped:
        at = register.case(case_id).received_at
        keys = register.subject_keys(case_id)
        register.add_stances(stances_weighed(stopped, keys, at=at, source=f"case:{case_id}"))
    register.complete(
        case_id,
        _WEIGH,
        receipt=receipt,
        record=Record(_WEIGH, "", {**receipt}),
        move=None if is_left else (CaseState.REFUSED, "nothing that was objected to can be stopped"),
        actor=", ".join(people) or SOFTWARE,
        outcome=None if is_left else "refused",
    )
    return is_left


class _Objecting(Changing):
    """The steps of changing; the plan follows from the law and from what was weighed, so it needs no approval."""

    def _plan(self, case_id: str, counts: Mapping[str, Counts]) -> str:
        _enter(case_id, found_subject_keys(case_id))
        digest = super()._plan(case_id, counts)
        approve_by_law(case_id)
        return digest


def approve_by_law(case_id: str) -> None:
    """Let a plan that is made be carried out; nothing happens when there is none, or it was let already.

    Raises:
        MoveRefused: when the case is no objection, or what the law lets be weighed was not weighed.
    """
    register = services().register
    plan = planned(case_id)
    if not plan:
        return
    if register.case(case_id).right is not Right.OBJECTION or not is_done(case_id, _WEIGH):
        raise MoveRefused(
            "the law approves no plan but that of an objection that was weighed",
            where=case_id,
            remedy=f"carry it on with `rightsflow run {case_id}`",
        )
    people = _weighed(case_id)["decided_by"] or [SOFTWARE]  # the law decides where nothing is weighed
    facts: Facts = {"approved": True, "decided_by": people, "why": "Art. 21(1), 21(3)", "plan": plan}
    register.complete(
        case_id,
        "approve",
        receipt={**facts},
        record=Record("approve", "", facts),
        move=(CaseState.APPROVED, "follows from Art. 21 and what was weighed"),
    )


def stopped_purposes(case_id: str) -> list[str]:
    """Keys of the purposes that are stopped."""
    said = objections_of(case_id)
    return sorted({*said.absolute, *said.withdrawn, *_weighed(case_id)[_STOPPED]})


def _changes(case_id: str, system: str) -> Sequence[Change]:
    located, sharing = read_located(case_id), objections_of(case_id).sharing
    return objection_changes(services().contracts, located, system, stopped_purposes(case_id), sharing=sharing)


OBJECTING = _Objecting(Right.OBJECTION, _changes)


@act("tell objection")
def tell_objection(case_id: str, confirmed: Confirmed) -> str:
    """Tell what was stopped, and what was not with its reason (Art. 12(3), 12(4)).

    Raises:
        ActRefused: before it is done and proven (law 14).
    """
    return _tell(case_id, "", confirmed)


@step("tell unmarked", watched=always)
def tell_unmarked(case_id: str, unmarked: str) -> str:
    """Tell what the ledger suppresses, where nothing was marked in systems.

    Args:
        case_id: the case.
        unmarked: a code of why.
    """
    return _tell(case_id, unmarked, None)


def _tell(case_id: str, unmarked: str, confirmed: Confirmed | None) -> str:
    said = objections_of(case_id)
    known = _weighed(case_id)
    not_done = [
        ToldItem(_label(case_id, key), why="compelling_grounds" if key in known[_GOES_ON] else unmarked)
        for key in said.weighed
        if key not in known[_STOPPED]
    ]
    not_done += [ToldItem(_label(case_id, key), why="not_objectable") for key in said.out_of_reach]
    lines = [] if unmarked else _plan_lines(case_id)
    content = Content(
        reasons=tuple(word for word, is_said in (("marketing", said.marketing), ("sharing", said.sharing)) if is_said),
        done=tuple(_done(case_id, lines)),
        not_done=(
            *not_done,
            *_unmarked(case_id, unmarked),
            *(() if unmarked else (*shared_items(case_id), *staying_items(case_id))),
        ),
        reason_text=_compelling_grounds(case_id) if known[_GOES_ON] else "",
        referrals=() if unmarked else referrals_of(case_id),
        recipients=() if unmarked else recipients_told(case_id),
        is_proven=is_proven(case_id),
    )
    move = (CaseState.SUBJECT_TOLD, "objection told")
    return send_notice(case_id, NoticeKind.OBJECTION_DONE, content, move=move, confirmed=confirmed)


def why_refused(case_id: str) -> tuple[list[str], str]:
    """Codes of why nothing could be stopped, and the vault's name of the grounds that a person wrote."""
    known, said = _weighed(case_id), objections_of(case_id)
    codes = [_weighed_ground(case_id).value] if known[_GOES_ON] else []
    codes += ["not_objectable"] if said.out_of_reach else []
    return codes, _reason_name(case_id) if known[_GOES_ON] else ""


def objection_outcome(case_id: str) -> str:
    """How the case ends; read off the ledger alone, because what was sealed may be destroyed by now."""
    weighed = _weighed(case_id)
    is_partial = weighed[_GOES_ON] or weighed[_OUT_OF_REACH] or referrals_of(case_id) or leaves_shared(case_id)
    return "granted_in_part" if is_partial else "granted"


def _enter(case_id: str, keys: Iterable[SubjectKey]) -> int:
    """Enter for these keys all that was decided by now; the number of entries that are new."""
    register, vocabulary = services().register, services().contracts.vocabulary
    at, source, named = register.case(case_id).received_at, f"case:{case_id}", list(keys)
    entries = [
        *stances_at_once(objections_of(case_id), vocabulary, named, at=at, source=source),
        *stances_weighed(_weighed(case_id)[_STOPPED], named, at=at, source=source),
    ]
    return register.add_stances(entries)


def _weighed(case_id: str) -> Mapping[str, list[str]]:
    entry = services().register.step(case_id, _WEIGH)
    if entry is None or entry.state != "done":
        return {_STOPPED: [], _GOES_ON: [], _OUT_OF_REACH: [], "decided_by": []}
    return entry.receipt  # type: ignore[return-value]  # written by settle_weighing


def _done(case_id: str, lines: Sequence[Mapping[str, str]]) -> Iterable[ToldItem]:
    """Each purpose that was stopped, and in which systems data were used for it."""
    contracts = services().contracts
    language = services().register.case(case_id).language
    for key in stopped_purposes(case_id):
        systems = [
            line["system"]
            for line in lines
            if line["action"] == "stop" and line["rows"] and key in _uses(line["system"], line["table"])
        ]
        titles = [contracts.systems[name] for name in dict.fromkeys(systems)]
        where = tuple(in_language(title.labels, language) or title.title for title in titles)
        yield ToldItem(_label(case_id, key), where)


def _unmarked(case_id: str, why: str) -> list[ToldItem]:
    """Systems whose markers were not set."""
    language = services().register.case(case_id).language
    contracts = services().contracts.systems.values()
    marked = [one for one in contracts if any(c.marker in MARKERS for table in one.tables for c in table.columns)]
    titles = ", ".join(in_language(one.labels, language) or one.title for one in marked)
    return [ToldItem(titles, why=why)] if why and titles else []


def _uses(system: str, name: str) -> set[str]:
    table = services().contracts.table(system, name)
    return {*table.purposes, *(purpose for column in table.rules for purpose in column.purposes)}


def _label(case_id: str, purpose: str) -> str:
    facts = services().contracts.vocabulary.purposes[purpose]
    return in_language(facts.label, services().register.case(case_id).language) or purpose


def _plan_lines(case_id: str) -> list[Mapping[str, str]]:
    entry = services().register.step(case_id, "plan")
    plan = entry.receipt.get("plan") if entry else None
    return list(plan["lines"]) if plan else []  # type: ignore[index]  # plan_facts


def _weighed_ground(case_id: str) -> RefusalGround:
    """The ground that people named; compelling grounds where they named none (Art. 21(1))."""
    gate = services().register.gate(case_id, Gate.APPROVAL)
    ground = ground_of(Gate.APPROVAL, gate.answers[-1].reference if gate and gate.answers else "")
    return RefusalGround.COMPELLING_GROUNDS if ground is RefusalGround.REFUSED_BY_PERSON else ground


def _reason_name(case_id: str) -> str:
    gate = services().register.gate(case_id, Gate.APPROVAL)
    return reason_name(Gate.APPROVAL, "", len(gate.answers) - 1) if gate and gate.answers else ""


def _compelling_grounds(case_id: str) -> str:
    return sealed_text(case_id, _reason_name(case_id))
