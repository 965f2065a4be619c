"""What an audit concludes from what it saw (Art. 5(2), 24(1), 32(1)(d); charter 1.1, 1.3, 3.3, 3.4, 3.5, 7c). Pure.

Each function takes what was seen and gives what is wrong; an empty list means that nothing is. Who could not look
says so with :func:`could_not`, which is a finding as well (law 6).

What is told of a finding are names, counts and dates. How severe one is stands in one table.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final

from data_contracts.areas import Severity
from data_contracts.company.company import Vocabulary
from data_contracts.company.contract import Contracts, SystemContract, Table
from data_contracts.connectors.canaries import CanaryStanding, CanaryState
from data_contracts.connectors.connecting import LiveSchema
from data_contracts.connectors.quality import Checked, ValueRule
from data_contracts.evidence.log import EVIDENCE_LOG
from data_contracts.evidence.time_stamps import StampTrouble
from data_contracts.gates.gates import DecisionFault, GateEntry
from data_contracts.gates.operators import Operator
from data_contracts.officer.entries import Entry
from data_contracts.officer.findings import FindingKind, Found
from data_contracts.officer.retaining import Counted
from data_contracts.vocabulary import Sensitivity
from tasks.rules.others.recipients import LAPSED, UNATTESTED, Recipients, refusal_of
from tasks.rules.search.drift import drift
from tasks.rules.search.routes import Routes

_K: Final = FindingKind
_OF_FILES: Final = frozenset({_K.FILE_UNREADABLE, _K.FILE_UNKNOWN, _K.TABLE_FORMAT, _K.NAMES_ALIKE, _K.FILES_DIFFER})
_SEVERITIES: Final[Mapping[Severity, frozenset[FindingKind]]] = {
    Severity.CRITICAL: frozenset({_K.EVIDENCE_BROKEN, _K.DECISION_UNPROVEN}),
    Severity.HIGH: frozenset(
        {
            _K.COULD_NOT_LOOK,
            _K.TABLE_UNDECLARED,
            _K.COLUMN_UNDECLARED,
            _K.TABLE_MISSING,
            _K.COLUMN_MISSING,
            _K.CLEAR_REFUSED,
            _K.REFERRER_UNDECLARED,
            _K.CASCADE,
            _K.IDENTITY_NOT_HELD,
            _K.ERASURE_UNFIT,
            *_OF_FILES,
            _K.ROWS_UNSEEN,
            _K.ROWS_GUARDED,
            _K.RIGHT_MISSING,
            _K.READ_ONLY,
            _K.HISTORY_KEPT,
            _K.COPIES_WRITTEN,
            _K.TRIGGER_DELETES,
            _K.TRIGGER_UNCLEAR,
            _K.VIEW_STALE,
            _K.CHILD_COLUMN,
            _K.SAME_ROWS,
            _K.COULD_NOT_COUNT,
            _K.RETENTION_OVERDUE,
            _K.RETENTION_MISSING,
            _K.ROW_ORPHANED,
            _K.TRIGGER_DISABLED,
            _K.DATE_UNREAD,
            _K.COULD_NOT_COMPARE,
            _K.ERASED_CAME_BACK,
            _K.NOTICE_MISSING,
            _K.RECIPIENT_LAPSED,
            _K.ATTESTATION_MISSING,
            _K.ATTESTATION_LAPSED,
            _K.DPIA_MISSING,
            _K.CASE_OVERDUE,
            _K.CANARY_ASTRAY,
            _K.CANARY_MISSED,
            _K.CANARY_LEFT,
        }
    ),
    Severity.LOW: frozenset({_K.NULL_TAKEN, _K.VALUE_LENGTH, _K.SEARCH_UNINDEXED}),
}
"""Everything else is of medium severity."""

_OF_VALUES: Final[Mapping[ValueRule, FindingKind]] = {
    ValueRule.REQUIRED: _K.VALUE_MISSING,
    ValueRule.UNIQUE: _K.VALUE_REPEATED,
    ValueRule.LENGTH: _K.VALUE_LENGTH,
    ValueRule.FORMAT: _K.VALUE_FORMAT,
    ValueRule.PATTERN: _K.VALUE_PATTERN,
    ValueRule.VALID_VALUES: _K.VALUE_NOT_ALLOWED,
    ValueRule.BOUNDS: _K.VALUE_OUT_OF_BOUNDS,
}
_SEVERAL: Final = frozenset(
    {_K.REFERRER_UNDECLARED, _K.CASCADE, _K.COPIES_WRITTEN, _K.TRIGGER_DELETES, _K.TRIGGER_UNCLEAR, _K.PUBLISHED}
    | {_K.VIEW_UNDECLARED, _K.VIEW_STALE, _K.CHILD_COLUMN, _K.CHILD_KEYS, _K.SAME_ROWS, _K.RIGHT_MISSING}
    | {_K.REFERENCE_BLOCKS, *_OF_FILES}
)
"""Findings of which one place may have several, each about something else."""
_BETWEEN: Final = ", "


def severity_of(kind: FindingKind) -> Severity:
    """How much a finding of that kind matters."""
    return next((severity for severity, kinds in _SEVERITIES.items() if kind in kinds), Severity.MEDIUM)


def could_not(kind: FindingKind, place: str, error: str) -> Found:
    """That something could not be looked at, checked or counted.

    Args:
        kind: one of the three that say so.
        place: what it was.
        error: the name of the class of our error; its text goes where people read texts.
    """
    return _found(kind, place, error=error)


def schema_findings(
    contract: SystemContract,
    live: LiveSchema,
    undeclared: Iterable[str],
    *,
    ignored: Sequence[str],
    routes: Routes | None = None,
) -> list[Found]:
    """Where a live system is not what its contract says (charter 1.3).

    Args:
        contract: what the system should hold.
        live: what it holds of it.
        undeclared: tables that the contract does not name.
        ignored: patterns of tables that need not be declared, as ``system.table``.
        routes: see :func:`tasks.rules.search.drift.drift`.
    """
    found = []
    for one in drift(contract, live, routes=routes):
        place = ".".join(part for part in (one.system, one.table, one.column) if part)
        if one.kind in _SEVERAL and one.about:
            place = f"{place} ← {one.about}"  # several tables may refer to one
        found.append(_found(one.kind, place, **({"about": one.about} if one.about else {})))
    return found + _not_named(_K.TABLE_UNDECLARED, contract.name, undeclared, ignored)


def elsewhere_findings(system: str, places: Iterable[str], *, ignored: Sequence[str]) -> list[Found]:
    """Schemas and databases that our account can read and no contract looks into (charter 1.3).

    Args:
        system: whose account it is.
        places: their names.
        ignored: patterns of those that need not be declared, as ``system.schema``.
    """
    return _not_named(_K.SCHEMA_UNDECLARED, system, places, ignored)


def _not_named(kind: FindingKind, system: str, names: Iterable[str], ignored: Sequence[str]) -> list[Found]:
    places = [f"{system}.{name}" for name in names]
    return [_found(kind, place) for place in places if not any(fnmatchcase(place, pattern) for pattern in ignored)]


def value_findings(system: str, checked: Iterable[Checked]) -> list[Found]:
    """Rules for values that do not hold, with the number of rows; a rule that could not be evaluated is one too."""
    found = []
    for one in checked:
        place = f"{system}.{one.check.table}.{one.check.column}"
        if one.is_error:
            found.append(_found(_K.COULD_NOT_CHECK, f"{place}: {one.check.rule.value}", rule=one.check.rule.value))
        elif one.rows:
            found.append(_found(_OF_VALUES[one.check.rule], place, rows=one.rows, rule=one.check.detail))
    return list({(one.kind, one.place): one for one in found}.values())  # two patterns of a column are one finding


def retention_findings(lines: Iterable[Counted], grace_days: int) -> list[Found]:
    """Rules by which rows are over for longer than the grace, and not spared (Art. 5(1)(e))."""
    return [
        _found(_K.RETENTION_OVERDUE, line.place, rows=line.due, spared=line.spared, days=grace_days)
        for line in lines
        if line.due
    ]


def unread_findings(lines: Iterable[Counted]) -> list[Found]:
    """Rules by which rows are held because nobody can read their date (Art. 5(1)(e))."""
    return [
        _found(_K.DATE_UNREAD, line.place, rows=line.unread, columns=line.unread_in) for line in lines if line.unread
    ]


def endless_findings(tables: Iterable[str]) -> list[Found]:
    """Tables with personal data that no period ends, as ``system.table`` (Art. 5(1)(e))."""
    return [_found(_K.RETENTION_MISSING, place) for place in tables]


def returned_findings(system: str, rows: Mapping[str, int]) -> list[Found]:
    """Tables that hold rows of people who were erased, with how many; never whose (Art. 17).

    Args:
        system: that was looked into.
        rows: by table.
    """
    return [_found(_K.ERASED_CAME_BACK, f"{system}.{name}", rows=count) for name, count in sorted(rows.items())]


def notice_findings(contract: SystemContract) -> list[Found]:
    """Tables with personal data whose data subjects were not informed, as far as the contract says (Art. 13, 14)."""
    return [_found(_K.NOTICE_MISSING, f"{contract.name}.{t.name}") for t in contract.tables if _is_silent(t)]


def purpose_findings(vocabulary: Vocabulary, languages: Sequence[str]) -> list[Found]:
    """Purposes that a data subject cannot be told in a language of the organisation (Art. 12(1), 13(1)(c))."""
    found = []
    for key, purpose in vocabulary.purposes.items():
        missing = [language for language in languages if not purpose.label.get(language)]
        if missing:
            found.append(_found(_K.PURPOSE_UNLABELLED, key, languages=_BETWEEN.join(missing)))
    return found


def dpia_findings(contract: SystemContract, vocabulary: Vocabulary, entries: Iterable[Entry], day: date) -> list[Found]:
    """An impact assessment that a system needs and has not, or whose review is due (Art. 35(1), (11); charter 7c).

    A system needs one when it holds restricted data, or serves a purpose with special categories, profiling or
    decisions by software. An entry is about a system, or about one purpose in it.

    Args:
        contract: the system.
        vocabulary: what its purposes are.
        entries: rows in force of the register of impact assessments.
        day: the organisation's local day.
    """
    own = {entry.key: entry.facts for entry in entries if entry.key.partition("/")[0] == contract.name}
    reasons = set(_reasons(contract, vocabulary))
    covered = {key.partition("/")[2] for key in own}
    found = []
    if missing := sorted(reasons - covered) if contract.name not in own else []:
        found.append(_found(_K.DPIA_MISSING, contract.name, reasons=_BETWEEN.join(missing)))
    late = [str(facts["review_on"]) for facts in own.values() if str(facts.get("review_on") or day) < day.isoformat()]
    if late:
        found.append(_found(_K.DPIA_REVIEW_DUE, contract.name, since=min(late)))
    return found


def recipient_findings(recipients: Recipients, contracts: Contracts, day: date) -> list[Found]:
    """Parties that contracts name and that may receive nothing today (Art. 28(1); charter 2.3, 3.5)."""
    named: dict[str, set[str]] = {}
    for table in contracts.tables():
        for key in table.recipients:
            named.setdefault(key, set()).add(table.system)
    found = []
    for key, systems in sorted(named.items()):
        refusal = refusal_of(recipients, key, day)
        if refusal:
            kind = {UNATTESTED: _K.ATTESTATION_MISSING, LAPSED: _K.ATTESTATION_LAPSED}.get(refusal, _K.RECIPIENT_LAPSED)
            found.append(_found(kind, key, why=refusal, systems=_BETWEEN.join(sorted(systems))))
    return found


def training_findings(operators: Iterable[Operator], now: datetime, *, untrained: bool) -> list[Found]:
    """Operators in force who were not made aware, or no longer are (Art. 39(1)(b); charter 3.3).

    Args:
        operators: all of them.
        now: aware.
        untrained: whether one without any training is a finding.
    """
    found = []
    for one in operators:
        if not one.is_active or (one.valid_until is not None and one.valid_until <= now):
            continue
        if one.training_until is None:
            found += [_found(_K.TRAINING_MISSING, one.name)] if untrained else []
        elif one.training_until <= now:
            found.append(_found(_K.TRAINING_LAPSED, one.name, since=f"{one.training_until:%Y-%m-%d}"))
    return found


def evidence_findings(broken: Mapping[str, int]) -> list[Found]:
    """Chains of evidence that do not verify: nothing is worse, because they are what everything else is proven by.

    Args:
        broken: by case or run, how many faults were found.
    """
    return [_found(_K.EVIDENCE_BROKEN, name, faults=faults) for name, faults in broken.items() if faults]


def stamp_findings(trouble: StampTrouble | None, now: datetime) -> list[Found]:
    """Checkpoints that a configured authority has not stamped for a day; a shorter trouble ends by itself."""
    if trouble is None or now - trouble.since < timedelta(days=1):
        return []
    return [_found(_K.STAMP_MISSING, EVIDENCE_LOG, since=f"{trouble.since:%Y-%m-%d}", why=trouble.why.value)]


def decision_findings(faults: Iterable[DecisionFault]) -> list[Found]:
    """Gates whose answers or outcome in the register are not what people signed."""
    return [_found(_K.DECISION_UNPROVEN, f"{fault.case_id} {fault.gate}") for fault in faults]


def overdue_findings(days_left: Mapping[str, int | None]) -> list[Found]:
    """Open cases past the last day to answer (Art. 12(3)).

    Args:
        days_left: by case; None where the clock stands still or nothing is due any more.
    """
    late = {case: -days for case, days in days_left.items() if days is not None and days < 0}
    return [_found(_K.CASE_OVERDUE, case, days=days) for case, days in late.items()]


def gate_findings(gates: Iterable[GateEntry], now: datetime, *, days: int) -> list[Found]:
    """Open gates that nobody has answered for longer than so many days."""
    found = {}
    for gate in gates:
        waited = now - gate.opened_at
        if waited > timedelta(days=days):
            place = " ".join(part for part in (gate.case_id, gate.gate.value, gate.subject) if part)
            found[place] = _found(_K.GATE_WAITING, place, days=waited.days)
    return list(found.values())


def canary_findings(standing: CanaryStanding, now: datetime, *, days: int) -> list[Found]:
    """What a system's last canary shows: too long ago, not finished, or not as it should be (Art. 32(1)(d)).

    Args:
        standing: of the system.
        now: aware.
        days: how old the last canary may be.
    """
    if standing.state is CanaryState.NOT_ALLOWED:
        return []
    system, result, found = standing.system, standing.result, []
    if standing.state is CanaryState.UNFINISHED:
        found.append(_found(_K.CANARY_UNFINISHED, system, since=_day(standing.at), why=standing.why))
    last = result.at if result is not None else None
    if last is None or now - last > timedelta(days=days):
        found.append(_found(_K.CANARY_LATE, system, since=_day(last), days=days))
    if result is None:
        return found
    if result.failed:
        found.append(_found(_K.CANARY_FAILED, system, run=result.run_id, why=result.failed))
    told = ((_K.CANARY_ASTRAY, result.astray), (_K.CANARY_MISSED, result.missed), (_K.CANARY_LEFT, result.left))
    return [*found, *(_found(k, f"{system}.{place}", run=result.run_id) for k, places in told for place in places)]


def _day(moment: datetime | None) -> str:
    return "–" if moment is None else f"{moment:%Y-%m-%d}"


def _is_silent(table: Table) -> bool:
    return not table.notice and any(column.is_personal for column in table.rules)


def _reasons(contract: SystemContract, vocabulary: Vocabulary) -> Iterator[str]:
    """Why a system needs an assessment: ``restricted``, or the key of a purpose."""
    for table in contract.tables:
        for column in table.rules:
            if column.sensitivity is Sensitivity.RESTRICTED:
                yield "restricted"
            for key in (*table.purposes, *column.purposes):
                purpose = vocabulary.purposes[key]
                if purpose.special or purpose.profiling or purpose.automated_decision:
                    yield key


def _found(kind: FindingKind, place: str, **facts: str | int) -> Found:
    return Found(kind, place, severity_of(kind), facts)
