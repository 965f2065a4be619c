"""The authority's dossier: who asked for it, what it is about, and what the register says beside the evidence.

A dossier is a run of :attr:`Duty.DOSSIER`. A person with the role has it made; that, and the digest of what was made,
is in the run's evidence. That a dossier of a case was made is in the case's evidence too; of a period it is in the
run's alone, for its file names every case.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from data_contracts.case.case import Case
from data_contracts.case.holds import LitigationHold
from data_contracts.case.permissions import Restriction, StanceEntry
from data_contracts.case.runs import Run
from data_contracts.case.subjects import SubjectKey
from data_contracts.errors import CaseUnknown, RequestInvalid
from data_contracts.evidence.records import Facts, Record, canonical, digest, said_in
from data_contracts.officer.dossiers import FORMAT, LETTERS, Account, Scope, scope_of
from data_contracts.vocabulary import Duty, OperatorRole, Right
from tasks.case.clock import day_of, place
from tasks.case.clock_check import back_said
from tasks.case.parts import named_parts, require_parts
from tasks.case.subject_keys import Digests
from tasks.gates.operators import prove_person
from tasks.officer.permissions import known_kinds
from tasks.rules.clock.clocks import moves_set_back
from tasks.rules.clock.pauses import pauses_in
from tasks.rules.officer.dossiers import case_account, run_account
from tasks.services import services
from tasks.steps.ledger import is_done

_BEGIN: Final = "begin"
_END: Final = "end"
_NOTED: Final = "dossier"
_NOTICE, _TEXT = "notice.", ".txt"
_PAGE: Final = 500
_SHOWN_RUNS: Final = (Duty.RETENTION, Duty.AUDIT, Duty.INCIDENT)
"""Not dossiers: their evidence tells whom an authority asked about before, by digests."""


def person(identity: dict[str, list[str]]) -> Scope:
    """A person, by keyed digests of what they are known by.

    Raises:
        RequestInvalid: when a kind is unknown, a value cannot be of its kind, or nobody is named.
    """
    digests = Digests()
    found = [digests.known(kind, value) for kind, values in known_kinds(identity).items() for value in values]
    keys = sorted({key for known in found for key in known})
    if not keys or not all(found):
        raise RequestInvalid("a value given cannot be of its kind", where="identity", remedy="check how it is written")
    return Scope(keys=tuple(keys))


def period(since: str, until: str, right: Right | None = None) -> Scope:
    """What was received from the first to the last day, both included.

    Raises:
        RequestInvalid: when a day is none, or the last is before the first.
    """
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError:
        raise RequestInvalid("this is no day", where="period", remedy="write both as YYYY-MM-DD") from None
    if last < first:
        raise RequestInvalid("the period ends before it begins", where="period", remedy="exchange the two days")
    return Scope(since=first, until=last, right=right)


def begin_dossier(scope: Scope, operator: str, code: str, *, key: str, letters: bool = False) -> str:
    """The name of a run, begun by a proven person with the role; nothing else is done yet.

    Args:
        scope: what the dossier is about.
        operator: who has it made.
        code: six digits of their authenticator.
        key: the same key gives the same run.
        letters: put the texts of a case's notices in, in clear: a data protection officer alone may.

    Raises:
        CaseUnknown: when there is no such case.
        RequestInvalid: when letters are asked for, and not of one case.
        AnswerRefused: when the operator may not have a dossier made, or the code is not theirs.
    """
    provided = services()
    if scope.case_id:
        provided.register.case(scope.case_id)
    elif letters:
        raise RequestInvalid("letters are put in for one case alone", where="dossier", remedy="name the case")
    roles = [OperatorRole.DPO] if letters else provided.policy.dossier_roles
    who = prove_person(operator, code, roles=roles, where="dossier", what="have a dossier made")
    run_id = provided.register.open_run(Duty.DOSSIER, key).run_id
    facts: Facts = {**scope.facts(), "asked_by": who, "proof": "totp", "letters": letters}
    record = Record(_BEGIN, "", facts, actor=who)
    provided.register.complete(run_id, _BEGIN, receipt=dict(facts), record=record, actor=who)
    return run_id


def begun_dossier(run_id: str) -> tuple[Scope, Account]:
    """What a run is about, and everything noted at its beginning.

    Raises:
        CaseUnknown: when no dossier of that name was begun.
    """
    entry = services().register.step(run_id, _BEGIN)
    if entry is None or services().register.run(run_id).duty is not Duty.DOSSIER:
        raise CaseUnknown("there is no dossier of that name", where=run_id, remedy="ask for one: rightsflow dossier")
    receipt: Any = entry.receipt
    return scope_of(receipt), receipt


def cases_in(scope: Scope) -> Iterator[Case]:
    """The cases of a dossier, page by page: by the moment of receipt, those of a person by name."""
    register = services().register
    if scope.case_id:
        yield register.case(scope.case_id)
    elif scope.keys:
        yield from (register.case(name) for name in register.cases_of(scope.keys))
    elif scope.since and scope.until:
        start, end = _bounds(scope.since, scope.until)
        page = register.cases_received(start, end, scope.right, after=None, limit=_PAGE)
        while page:
            yield from page
            page = register.cases_received(start, end, scope.right, after=page[-1], limit=_PAGE)


def runs_in(scope: Scope) -> Iterator[Run]:
    """Runs that were begun in the period, oldest first by duty; those of a case or a person are none."""
    if scope.since is None or scope.until is None or scope.right is not None:
        return
    start, end = _bounds(scope.since, scope.until)
    for duty in _SHOWN_RUNS:
        yield from (run for run in reversed(services().register.runs(duty)) if start <= run.opened_at < end)


def note_in_case(case_id: str, run_id: str) -> None:
    """Put into a case's evidence that a dossier of it is made, once for each dossier."""
    _, begun = begun_dossier(run_id)
    if is_done(case_id, _NOTED, run_id):
        return
    record = Record(_NOTED, "", {"dossier": run_id, "letters": begun["letters"]}, actor=begun["asked_by"])
    services().register.complete(case_id, _NOTED, run_id, receipt={}, record=record, actor=begun["asked_by"])


def letters_in(run_id: str) -> Iterator[tuple[str, bytes]]:
    """Name in the dossier and text of each notice of the case that is still sealed; none unless they were asked for.

    Raises:
        VaultSealed: when one that nothing destroyed is gone.
    """
    scope, begun = begun_dossier(run_id)
    if not begun["letters"]:
        return
    vault = services().vault
    names = {*vault.names(scope.case_id), *named_parts(scope.case_id)}
    notices = sorted(name for name in names if name.startswith(_NOTICE) and name.endswith(_TEXT))
    require_parts(scope.case_id, notices)
    for name in notices:
        with vault.read(scope.case_id, name) as sealed:
            yield f"{LETTERS}{scope.case_id}/{name}", sealed.read()


def case_line(case: Case, envelopes: Iterable[Mapping[str, object]]) -> Account:
    """A case as the dossier tells it: what follows from its evidence, and beside it the register's timeline."""
    zone = place().time_zone
    timeline = services().register.timeline(case.case_id)
    return {
        "case": case.case_id,
        "state": case.state.value,
        "closed_at": case.closed_at.isoformat() if case.closed_at else "",
        "linked_to": case.linked_to,
        "evidence": case_account([said_in(one) for one in envelopes], zone),
        "timeline": [
            {"at": move.at.isoformat(), "to": move.to.value, "cause": move.cause, "by": move.actor}
            | ({"clock": back_said(back)} if back else {})
            for move, back in moves_set_back(timeline)
        ],
        "pauses": [
            {"from": pause.asked_on.isoformat(), "to": pause.proved_on.isoformat() if pause.proved_on else ""}
            for pause in pauses_in(timeline, time_zone=zone)
        ],
    }


def run_line(run: Run, envelopes: Iterable[Mapping[str, object]]) -> Account:
    """A run as the dossier tells it."""
    return {
        "run": run.run_id,
        "duty": run.duty.value,
        "outcome": run.outcome,
        "begun_at": run.opened_at.isoformat(),
        "evidence": run_account([said_in(one) for one in envelopes]),
    }


def about(run_id: str, made_at: datetime, software: str) -> Account:
    """Who is asked, by what it worked, and what the dossier is about."""
    provided = services()
    scope, begun = begun_dossier(run_id)
    organisation = provided.organisation
    policy = digest(canonical(provided.policy.model_dump(mode="json")))
    return {
        "format": FORMAT,
        "dossier": run_id,
        "as_of": day_of(made_at).isoformat(),
        "made_at": made_at.isoformat(),
        "time_zone": place().time_zone,
        "scope": scope.facts(),
        "asked_by": begun["asked_by"],
        "proof": begun["proof"],
        "organisation": {"name": organisation.name, "country": organisation.country},
        "contacts": {
            "requests": organisation.requests.model_dump(mode="json"),
            "dpo": organisation.dpo.model_dump(mode="json"),
            "authority": organisation.authority.model_dump(mode="json"),
        },
        "policy": policy,
        "contracts": provided.contracts.digest,
        "software": software,
    }


def person_part(scope: Scope) -> Account | None:
    """What the register keeps about a person beside cases, by digests and ids; None where no person is meant."""
    if not scope.keys:
        return None
    register, mine = services().register, set(scope.keys)
    cases = register.cases_of(scope.keys)
    others = {key.kind for case in cases for key in register.subject_keys(case) if key not in mine}
    return {
        "keys": [_key(key) for key in scope.keys],
        "other_kinds_of_these_cases": sorted(others),
        "cases": cases,
        "holds": [_hold(hold, mine) for hold in register.holds() if mine & set(hold.keys)],
        "restrictions": [_restriction(one) for one in _restrictions(scope, cases)],
        "stances": [_stance(one) for one in register.stances_of([key.digest for key in scope.keys])],
        "disclosures": [
            {
                "at": one.at.isoformat(), "recipient": one.recipient, "purpose": one.purpose,
                "places": list(one.places), "source": one.source,
            }
            for one in register.disclosures_of(scope.keys)
        ],
    }  # fmt: skip


def end_dossier(run_id: str, *, manifest: str, cases: int, runs: int) -> None:
    """Note what was made, by the digest of its manifest; a dossier that is made again is noted again."""
    facts: Facts = {"manifest": manifest, "cases": cases, "runs": runs}
    record = Record("made", "", facts)
    services().register.complete(run_id, "made", manifest[:16], receipt=dict(facts), record=record)
    services().register.complete(
        run_id, _END, receipt=dict(facts), record=Record(_END, "", {"outcome": "made"}), outcome="made"
    )


def _restrictions(scope: Scope, cases: Iterable[str]) -> list[Restriction]:
    """Restrictions of a person: those in force, and those their cases put on the list and were lifted since."""
    register = services().register
    found = [*register.restrictions_of([key.digest for key in scope.keys])]
    found += [one for case in cases for one in register.restrictions_by(case) if one.lifted_at is not None]
    return [one for one in found if one.key in scope.keys]


def _hold(hold: LitigationHold, mine: set[SubjectKey]) -> Account:
    return {
        "hold": hold.hold_id, "systems": list(hold.systems), "reference": hold.reference, "set_by": hold.set_by,
        "set_at": hold.set_at.isoformat(), "lifted_by": hold.lifted_by, "lifted_at": _moment(hold.lifted_at),
        "keys": [_key(key) for key in hold.keys if key in mine],
    }  # fmt: skip


def _restriction(one: Restriction) -> Account:
    return {
        "case": one.case_id, "key": _key(one.key), "ground": one.ground.value, "purposes": list(one.purposes),
        "since": one.since.isoformat(), "lifted_at": _moment(one.lifted_at),
    }  # fmt: skip


def _stance(one: StanceEntry) -> Account:
    return {
        "key": _key(one.key), "purpose": one.purpose, "recipient": one.recipient, "stance": one.stance.value,
        "at": one.at.isoformat(), "source": one.source, "notice_version": one.notice_version,
    }  # fmt: skip


def _bounds(since: date, until: date) -> tuple[datetime, datetime]:
    """The first moment of the period and the first one after it."""
    zone = ZoneInfo(place().time_zone)
    return datetime.combine(since, time(), zone), datetime.combine(until + timedelta(days=1), time(), zone)


def _key(key: SubjectKey) -> dict[str, str]:
    return {"kind": key.kind, "digest": key.digest}


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""
