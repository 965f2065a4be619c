"""A contact that changes (Art. 16, 32(1)): whoever reads the old address is told before, and can stop it.

Who can have an address replaced takes the account over: from then on every link and every answer goes to the new one.
The order, for a rectification that changes an e-mail address or a telephone number that is a key:

1. *told*: each e-mail address that is to be replaced and that the organisation vouches for; for a telephone number, the
   one of the same rows; else those that vouched columns of the located rows hold. Sealed first, so that it stays the
   same whatever is killed in between;
2. *waited*: as many days as the policy says after the day the notices left. Who proved identity at the highest
   assurance is told of, and not kept waiting. Where no old address could be told, a person reaches the data subject in
   another way, and the days count from that answer;
3. *stopped* by a link in the notice, or by an operator at the gate: the request is refused and nothing is changed;
4. else software answers the gate when the last day is over. What it answered before that day counts for nothing.

What is waited for belongs to what is changed (:func:`_basis`): a plan with other addresses tells and waits anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from data_contracts.case.links import LinkPurpose
from data_contracts.company.contract import Table
from data_contracts.connectors.keys import Selection
from data_contracts.errors import AnswerRefused, RequestInvalid, StepFailed
from data_contracts.evidence.records import Facts, Record, canonical, digest
from data_contracts.gates.decided import SOFTWARE
from data_contracts.gates.gates import GateEntry
from data_contracts.grounds import RefusalGround
from data_contracts.text.normal_form import normal_form
from data_contracts.told.notices import Content
from data_contracts.vocabulary import Assurance, CaseState, Decision, Gate, NoticeKind
from tasks.act.changing import value_digest
from tasks.act.rectification import ReplacedKey, replaced_keys
from tasks.case.clock import IDENTITY, day_of, today
from tasks.case.sealed import read_json, read_located, seal_once
from tasks.gates.gates import Question, answer_by_rule, deciding_people
from tasks.notices.links import make_link, use_link
from tasks.notices.notify_subject import send_notice
from tasks.rules.people.assurance import EMAIL, makes_sure
from tasks.rules.people.contacts import is_contact, mail_columns
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import always, step

STOPPED: Final = "contact change stopped"
"""Step of the ledger: whoever reads an old address stopped the change."""
_TOLD: Final = "contact change"
_REFUSED: Final = "contact change refused"
_NOTICE: Final = f"notice.{NoticeKind.CONTACT_CHANGE.value}"
_READER: Final = "reader of an address that was to be replaced"
_BY_HAND: Final = "by hand"
"""Subject of the gate at which a person says how the data subject was told."""
_GROUND: Final = RefusalGround.STOPPED_AT_OLD_CONTACT.value


def changes_contact(case_id: str) -> bool:
    """Whether what was planned replaces or adds an address or telephone number by which people are reached."""
    return bool(_replaced(case_id))


@step("tell old contact", watched=always)
def tell_old_contact(case_id: str) -> int:
    """Tell whoever reads the addresses that we hold until now, each once; how many were told."""
    basis, provided = _basis(case_id), services()
    noted = provided.register.step(case_id, _TOLD, basis)
    if noted is not None and noted.state == "done":
        return int(str(noted.receipt["told"]))
    first, addresses = _sealed_addresses(case_id, basis)
    days = _days(case_id)
    until = today() + timedelta(days=days)
    told = sum(_tell(case_id, to, first + place, until if days else None) for place, to in enumerate(addresses))
    facts: Facts = {
        "told": told,
        "not_reached": len(addresses) - told,
        "waits_days": days,
        "stop_until": until.isoformat() if days else "",
    }
    record = Record(_TOLD, "", {**facts, "identity_by": _method(case_id)})
    provided.register.complete(case_id, _TOLD, basis, receipt=facts, record=record)
    return told


def contact_question(case_id: str) -> Question | None:
    """What is waited for before the contact may change; None when nothing is any more."""
    if _is_refused(case_id):
        return None
    waiting = _waiting(case_id)
    if waiting.days and waiting.until is None:
        return _by_hand_question(case_id, waiting)
    return None if waiting.until is None or today() > waiting.until else _wait_question(case_id, waiting.until)


def release_change(case_id: str) -> bool:
    """Answer the case's open gate once the last day is over, or it was stopped; whether it was answered."""
    waiting = services().register.gates(case_id, kind=Gate.CONTACT_CHANGE, open_only=True)
    answered = False
    for entry in waiting:
        decision = _decided(case_id, entry)
        if decision is not None:
            with suppress(AnswerRefused):  # another process, or a person, was first
                _answer(entry, decision)
                answered = True
    return answered


def stop_change(token: str) -> str:
    """Take in that whoever reads the old address stops the change; the case, whose flow is to be woken.

    Raises:
        RequestInvalid: when the link opens nothing, or it is too late.
    """
    provided = services()
    case_id = use_link(token, LinkPurpose.STOP_CHANGE).case_id
    if is_done(case_id, "confirm") or provided.register.case(case_id).outcome:
        what = "this change cannot be stopped any more"
        raise RequestInvalid(what, where="link", remedy="write to us and quote the reference")
    day = day_of(provided.now()).isoformat()
    record = Record(STOPPED, "", {"by": _READER, "ground": _GROUND})
    provided.register.complete(case_id, STOPPED, receipt={"on": day}, record=record)
    provided.register.end_links(case_id, LinkPurpose.STOP_CHANGE, provided.now())
    release_change(case_id)
    return case_id


@step("settle contact change")
def settle_contact_change(case_id: str) -> bool:
    """Whether the contact may change now; else the request is refused, with who stopped it in evidence."""
    if not _is_refused(case_id):
        return True
    gate = _refusing_gate(case_id)
    people = [] if is_done(case_id, STOPPED) or gate is None else list(deciding_people(gate))
    who = ", ".join(people) or _READER
    ground = (gate.answers[-1].reference if people and gate else _GROUND) or RefusalGround.REFUSED_BY_PERSON.value
    services().register.complete(
        case_id,
        _REFUSED,
        receipt={"by": who},
        record=Record(_REFUSED, "", {"by": who, "ground": ground}, actor=who if people else SOFTWARE),
        move=(CaseState.REFUSED, f"change of a contact stopped by {who}"),
        actor=who if people else SOFTWARE,
        outcome="refused",
    )
    return False


# --- what changes, and whom it concerns ----------------------------------------------------------------------------


def _replaced(case_id: str) -> list[ReplacedKey]:
    """Contacts that become another, or are there for the first time, or go."""
    vocabulary = services().contracts.vocabulary
    contacts = [one for one in replaced_keys(case_id) if is_contact(one.column, vocabulary)]
    held = {(one.column.identity, _form(one, value)) for one in contacts if one.column.is_vouched for value in one.old}
    return [
        one
        for one in contacts
        if {_form(one, value) for value in one.old} != {_form(one, one.new)}
        # What somebody typed beside it becomes what we vouch for already: nobody is reached elsewhere.
        and (one.column.is_vouched or one.table.account or (one.column.identity, _form(one, one.new)) not in held)
    ]


def _form(one: ReplacedKey, value: str) -> str:
    vocabulary = services().contracts.vocabulary
    return normal_form(vocabulary.identities[one.column.identity].normalise, value, vocabulary.company.country)


def _basis(case_id: str) -> str:
    """What is changed into what, as one short digest without a value in it."""
    lines = []
    for one in _replaced(case_id):
        place = f"{one.table.system}.{one.table.name}.{one.column.name}"
        old = sorted(value_digest(place, value) for value in one.old)
        lines.append([place, old, value_digest(place, one.new)])
    return digest(canonical({"contacts": sorted(lines)}))[:16]


def _sealed_addresses(case_id: str, basis: str) -> tuple[int, list[str]]:
    """The number of the first notice, and the addresses that are told; sealed once.

    Raises:
        VaultSealed: when they were sealed, and are gone: nobody knows any more who was told.
    """
    name = f"contact.{basis}"
    seal_once(case_id, name, partial(_first_and_to, case_id))
    sealed = read_json(case_id, name)
    return sealed["first"], sealed["to"]


def _first_and_to(case_id: str) -> dict[str, object]:
    sent = sum(1 for one, _ in services().register.steps(case_id) if one.startswith(f"{_NOTICE}."))
    return {"first": sent + 1, "to": _old_addresses(case_id)}


def _old_addresses(case_id: str) -> list[str]:
    """Addresses that we vouch for until now; none of them one that the statement gives."""
    replaced = _replaced(case_id)
    given = {_form(one, one.new) for one in replaced}
    own = (v for one in replaced if one.column in mail_columns(one.table) for v in one.old)
    for found in (own, _beside(replaced), _of_located(case_id)):
        if addresses := {form for value in found if (form := normal_form(EMAIL, value, ""))} - given:
            return sorted(addresses)
    return []


def _beside(replaced: Iterable[ReplacedKey]) -> Iterator[str]:
    """Of the rows in which a contact changes."""
    for one in replaced:
        for selection in one.selections:
            yield from _mails(one.table, selection)


def _of_located(case_id: str) -> Iterator[str]:
    """Of all rows that are the data subject's."""
    for path, ways in read_located(case_id).conditions.items():
        yield from _mails(services().contracts.table(*path), Selection(path[1], ways))


def _mails(table: Table, selection: Selection) -> Iterator[str]:
    columns = [(column.name,) for column in mail_columns(table)]
    if not columns or selection.is_empty:
        return
    found = services().systems.connector(table.system).find_keys(selection, columns)
    yield from (str(value) for keys in found.values() for (value,) in keys if value is not None)


# --- telling and waiting -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What the ledger says of the wait.

    Attributes:
        days: how many; 0 for none.
        until: the last day on which it can be stopped; None while nobody was told, or nothing is waited for.
    """

    days: int
    until: date | None


def _method(case_id: str) -> str:
    noted = services().register.step(case_id, IDENTITY)
    return "" if noted is None else str(noted.receipt.get("method") or "")


def _days(case_id: str) -> int:
    policy = services().policy
    return 0 if makes_sure(policy, _method(case_id), Assurance.HIGH) else policy.contact_change_days


def _tell(case_id: str, address: str, number: int, until: date | None) -> bool:
    """Tell one address; False where the mail server refuses it for good, or it cannot stand in a message."""
    if is_done(case_id, f"{_NOTICE}.{number}"):
        return True
    link = _stop_link(case_id, until) if until and services().site_url else ""
    content = Content(link=link, link_until=until.isoformat() if until else "")
    try:
        send_notice(case_id, NoticeKind.CONTACT_CHANGE, content, number=number, to=address)
    except (StepFailed, RequestInvalid):
        return False
    return True


def _stop_link(case_id: str, until: date) -> str:
    """A link that stops the change, in force to the end of the last day at the organisation's place."""
    provided = services()
    ends = datetime.combine(until + timedelta(days=1), time(), ZoneInfo(provided.organisation.time_zone))
    return make_link(case_id, LinkPurpose.STOP_CHANGE, ends - provided.now())[0]


def _waiting(case_id: str) -> _Waiting:
    noted = services().register.step(case_id, _TOLD, _basis(case_id))
    if noted is None or noted.state != "done":
        raise StepFailed("the old contact was not told", where=case_id, remedy="run the case again")
    days = int(str(noted.receipt["waits_days"]))
    if not days or noted.receipt["told"]:
        return _Waiting(days, date.fromisoformat(str(noted.receipt["stop_until"])) if days else None)
    gate = services().register.gate(case_id, Gate.CONTACT_CHANGE, _BY_HAND)
    is_told = gate is not None and gate.outcome is Decision.BY_HAND and gate.digest == _by_hand_digest(case_id)
    told_on = day_of(gate.answers[-1].at) if gate is not None and is_told else None
    return _Waiting(days, told_on + timedelta(days=days) if told_on else None)


# --- the gate ------------------------------------------------------------------------------------------------------


def _wait_question(case_id: str, until: date) -> Question:
    """Nothing is asked of anybody: it goes on by itself, and can be stopped until then."""
    due = services().register.case(case_id).response_due
    late = (
        f"\n\n**The answer is due on {due.isoformat()}, before the wait is over.** It is waited for all the same: tell "
        "the data subject where they ask, and see whether the answer has to be extended."
        if due <= until
        else ""
    )
    gates = services().register.gates(case_id, kind=Gate.CONTACT_CHANGE)
    before = [g for g in gates if g.outcome is Decision.GO_ON]
    goes_on = until + timedelta(days=1)
    return Question(
        gate=Gate.CONTACT_CHANGE,
        description=(
            f"**Case {case_id} waits until {goes_on.isoformat()}: a contact changes.** Whoever is reached at the old "
            f"one was told, and can stop it up to {until.isoformat()}.{late}\n\nNothing is to be done here: it goes on "
            "by itself. Answer *refuse* with the reason to stop it now, for instance because the data subject called."
        ),
        facts={"contacts": _basis(case_id), "until": until.isoformat(), "let_go": len(before)},
        options=(Decision.REFUSE,),
    )


def _by_hand_question(case_id: str, waiting: _Waiting) -> Question:
    return Question(
        gate=Gate.CONTACT_CHANGE,
        subject=_BY_HAND,
        description=(
            f"**Case {case_id}: a contact changes, and no old e-mail address could be told.** None is held that the "
            "contracts vouch for, or the mail server refused it.\n\nReach the data subject at a contact that we have "
            "held for long: by telephone, or by a letter to the address that we hold, never by what the request gives. "
            f"Then answer *by_hand* with the reference of the call or letter: the change waits {waiting.days} days "
            "from that day. Or answer *refuse* with the reason."
        ),
        facts=_by_hand_facts(case_id),
        options=(Decision.BY_HAND, Decision.REFUSE),
    )


def _by_hand_facts(case_id: str) -> dict[str, str]:
    return {"contacts": _basis(case_id), "told": "nobody"}


def _by_hand_digest(case_id: str) -> str:
    return digest(canonical(_by_hand_facts(case_id)))


def _decided(case_id: str, entry: GateEntry) -> Decision | None:
    """What software answers at an open gate now; None while it is waited for."""
    if is_done(case_id, STOPPED):
        return Decision.REFUSE
    until = _waiting(case_id).until
    is_over = entry.subject != _BY_HAND and until is not None and today() > until
    return Decision.GO_ON if is_over else None


def _answer(entry: GateEntry, decision: Decision) -> None:
    ground, whose = (_GROUND, _READER) if decision is Decision.REFUSE else ("", "")
    answer_by_rule(entry, decision, reference=ground, also={"on_behalf_of": whose})


def _is_refused(case_id: str) -> bool:
    return is_done(case_id, STOPPED) or _refusing_gate(case_id) is not None


def _refusing_gate(case_id: str) -> GateEntry | None:
    """The newest gate at which it was refused."""
    gates: Sequence[GateEntry] = services().register.gates(case_id, kind=Gate.CONTACT_CHANGE)
    refused = [g for g in gates if g.outcome is Decision.REFUSE]
    return refused[-1] if refused else None
