"""The looks of an audit: into each system, and into what the company as a whole keeps (charter 1.1, 1.3, 3.4).

Each look gives what it found and which areas it looked at completely. In a system the order is: schema, values,
retention, what came back of erased people, then what its contract and the registers say. A system that cannot be
described is not looked at at all; its error goes to whoever ordered the look. Values, rows over their period or erased
keys that could not be asked about are findings, and the rest of the look stands (law 6).

Nothing is changed by a look, and no value comes out of one.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Final

from data_contracts.areas import Area, Severity
from data_contracts.company.contract import SystemContract
from data_contracts.connectors.connecting import LiveSchema
from data_contracts.errors import RightsflowError
from data_contracts.evidence.log import EVIDENCE_LOG
from data_contracts.evidence.records import Facts, Record
from data_contracts.officer.entries import RegisterName
from data_contracts.officer.findings import FindingKind, Found
from data_contracts.vocabulary import Duty
from tasks.act.periods.expired import Scope, count
from tasks.act.periods.retention import endless_tables
from tasks.canaries.canaries import standing_of
from tasks.case.clock import standing, today
from tasks.officer.audit_keys import look_at_keys
from tasks.officer.audit_sizes import is_large
from tasks.recipients.who_may import recipients
from tasks.rules.clock.warnings import is_answered
from tasks.rules.officer.audit import (
    canary_findings,
    could_not,
    decision_findings,
    dpia_findings,
    elsewhere_findings,
    endless_findings,
    evidence_findings,
    gate_findings,
    notice_findings,
    overdue_findings,
    purpose_findings,
    recipient_findings,
    retention_findings,
    returned_findings,
    schema_findings,
    stamp_findings,
    training_findings,
    unread_findings,
    value_findings,
)
from tasks.rules.officer.audit_keys import disabled_findings, guarded_references, unguarded_findings
from tasks.rules.officer.audit_values import checks_of
from tasks.search.returned import look_for_returned
from tasks.services import services
from tasks.steps.step import always, step

LOOK: Final = "look"
"""The ledger's name of a look; its system is empty for the company's."""
_NOT_WHOLE: Final = frozenset({FindingKind.COULD_NOT_CHECK, FindingKind.COULD_NOT_COUNT, FindingKind.COULD_NOT_COMPARE})


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look saw.

    Attributes:
        system: empty: the company as a whole.
        looked: areas that were looked at completely.
        checks: rules for values that were asked.
        chains: chains of evidence that were verified.
    """

    system: str
    found: tuple[Found, ...]
    looked: tuple[Area, ...]
    checks: int = 0
    chains: int = 0
    canary: str = ""
    """How the system stands with its canary, as :class:`CanaryState` says; empty: of the company, or not looked at."""
    canary_day: str = ""
    """ISO day of its last canary; empty: there was none."""
    guarded: tuple[str, ...] = ()
    """References that a foreign key guards, or guarded when an earlier audit looked, as ``table.columns``."""

    def receipt(self) -> dict[str, object]:
        """As the register keeps it."""
        return {**asdict(self), "found": [asdict(one) for one in self.found], "looked": list(self.looked)}

    @classmethod
    def of_receipt(cls, receipt: Mapping[str, Any]) -> "Seen":
        """What the register kept."""
        found = tuple(
            Found(FindingKind(one["kind"]), one["place"], Severity(one["severity"]), one["facts"])
            for one in receipt["found"]
        )
        areas = tuple(Area(area) for area in receipt["looked"])
        if "canary" not in receipt and receipt["system"]:
            areas = (*areas, Area.CANARIES)  # kept before there were canaries: nothing of them was left out
        canary = receipt.get("canary", ""), receipt.get("canary_day", "")
        guarded = tuple(receipt.get("guarded", ()))
        return cls(receipt["system"], found, areas, receipt["checks"], receipt["chains"], *canary, guarded)


@step("look into a system", watched=always)
def look_into(run_id: str, system: str) -> Seen:
    """What is wrong in one system; kept under the run, or only told where no run is named.

    Raises:
        SystemUnavailable: when the system cannot be reached; trying again can help.
        SettingsInvalid: when it has no connection configured.
    """
    return _once(run_id, system, lambda: _look_into(system))


@step("look into the company", watched=always)
def look_around(run_id: str) -> Seen:
    """What is wrong in words, recipients, training, evidence and cases; kept under the run, where one is named."""
    return _once(run_id, "", _look_around)


def not_seen(run_id: str, system: str, error: RightsflowError) -> Seen:
    """Keep that a system could not be looked at, which is a finding (law 6)."""
    found = could_not(FindingKind.COULD_NOT_LOOK, system, type(error).__name__)
    of_canary, standing = _canary(system)
    declared = _declared(services().contracts.systems[system])
    areas = (Area.NOTICES, Area.DPIAS, Area.CANARIES)
    seen = Seen(system, (found, *declared, *of_canary), areas, canary=standing[0], canary_day=standing[1])
    return _kept(run_id, seen) if run_id else seen


def seen_by(run_id: str) -> list[Seen]:
    """What the looks of a run saw, systems by name and the company last."""
    steps = services().register.steps(run_id).items()
    seen = [Seen.of_receipt(entry.receipt) for (name, _), entry in steps if name == LOOK and entry.state == "done"]
    return sorted(seen, key=lambda one: (not one.system, one.system))


def _once(run_id: str, system: str, look: Callable[[], Seen]) -> Seen:
    if not run_id:
        return look()
    entry = services().register.claim(run_id, LOOK, system)
    return Seen.of_receipt(entry.receipt) if entry.state == "done" else _kept(run_id, look())


def _kept(run_id: str, seen: Seen) -> Seen:
    facts: Facts = {
        "looked": [area.value for area in seen.looked],
        "checks": seen.checks,
        "chains": seen.chains,
        **({"canary": seen.canary, "canary_day": seen.canary_day} if seen.canary else {}),
        "found": [_told(one) for one in seen.found],
    }
    services().register.complete(
        run_id, LOOK, seen.system, receipt=seen.receipt(), record=Record(LOOK, seen.system, facts)
    )
    return seen


def _told(found: Found) -> Facts:
    """A finding as evidence holds it: its digest says what it is, and where."""
    return {
        "digest": found.digest,
        "kind": found.kind.value,
        "place": found.place,
        "severity": found.severity.value,
        "facts": dict(found.facts),
    }


def _look_into(system: str) -> Seen:
    provided = services()
    contract, connector = provided.contracts.systems[system], provided.systems.connector(system)
    live, undeclared = connector.describe(), connector.undeclared()
    ignored = provided.policy.audit_ignored_tables
    found = [*schema_findings(contract, live, undeclared, ignored=ignored, routes=provided.routes)]
    found = [one for one in found if one.kind is not FindingKind.SEARCH_UNINDEXED or is_large(contract, one.place)]
    found += elsewhere_findings(system, connector.elsewhere(), ignored=ignored)
    found += disabled_findings(system, connector.switched_off())
    before = _guarded_before(system)
    found += unguarded_findings(contract, live, before)
    looked = [Area.SCHEMA, Area.NOTICES, Area.DPIAS, Area.CANARIES]
    of_values, checks = _values(contract, live)
    of_values += _keys(contract, live)
    looks = ((Area.VALUES, of_values), (Area.RETENTION, _retention(system)), (Area.ERASURES, _returned(system)))
    for area, more in looks:
        found += more
        if not any(one.kind in _NOT_WHOLE for one in more):
            looked.append(area)
    of_canary, standing = _canary(system)
    every = (*found, *_declared(contract), *of_canary)
    guarded = tuple(sorted(before | guarded_references(contract, live)))
    told = Seen(system, every, tuple(looked), checks, canary=standing[0], canary_day=standing[1])
    return replace(told, guarded=guarded)


def _guarded_before(system: str) -> frozenset[str]:
    """References that a foreign key guarded when an audit looked last, or before that."""
    for run in services().register.runs(Duty.AUDIT):
        for seen in seen_by(run.run_id):
            if seen.system == system and seen.guarded:
                return frozenset(seen.guarded)
    return frozenset()


def _values(contract: SystemContract, live: LiveSchema) -> tuple[list[Found], int]:
    checks = checks_of(contract, live)
    if not checks:
        return [], 0
    try:
        return value_findings(contract.name, services().values.check(contract.name, checks)), len(checks)
    except RightsflowError as error:
        return [could_not(FindingKind.COULD_NOT_CHECK, contract.name, type(error).__name__)], 0


def _keys(contract: SystemContract, live: LiveSchema) -> list[Found]:
    """Values that are no key, spellings of one key, rows that refer to nothing."""
    try:
        return look_at_keys(contract, live, services().systems.connector(contract.name))
    except RightsflowError as error:
        return [could_not(FindingKind.COULD_NOT_CHECK, f"{contract.name}: keys", type(error).__name__)]


def _retention(system: str) -> list[Found]:
    """Rows that should have gone before the grace began, dates that cannot be read, tables without a period."""
    grace = services().policy.audit_retention_grace_days
    endless = endless_findings(endless_tables(system))
    try:
        lines = count(Scope.of(system, today() - timedelta(days=grace)))
        return [*endless, *retention_findings(lines, grace), *unread_findings(lines)]
    except RightsflowError as error:
        return [*endless, could_not(FindingKind.COULD_NOT_COUNT, system, type(error).__name__)]


def _returned(system: str) -> list[Found]:
    """Rows of people who were erased, which a backup or an import brought back."""
    try:
        return returned_findings(system, look_for_returned("", system).rows)
    except RightsflowError as error:
        return [could_not(FindingKind.COULD_NOT_COMPARE, system, type(error).__name__)]


def _canary(system: str) -> tuple[list[Found], tuple[str, str]]:
    """What a system's last canary shows, and how it stands: its state and its day."""
    provided, standing = services(), standing_of(system)
    found = canary_findings(standing, provided.now(), days=provided.policy.audit_canary_days)
    return found, (standing.state.value, f"{standing.at:%Y-%m-%d}" if standing.at else "")


def _declared(contract: SystemContract) -> list[Found]:
    """What is wrong in what is said of a system, whether it runs or not."""
    provided = services()
    entries = provided.register.entries(RegisterName.DPIAS)
    vocabulary = provided.contracts.vocabulary
    return [*notice_findings(contract), *dpia_findings(contract, vocabulary, entries, today())]


def _look_around() -> Seen:
    provided = services()
    register, policy, now = provided.register, provided.policy, provided.now()
    chains = register.evidence_cases()
    broken = {name: provided.chain_faults(name) for name in (*chains, EVIDENCE_LOG)}
    cases = [case for case in register.cases(open_only=True) if not is_answered(case.state)]
    found = [
        *purpose_findings(provided.contracts.vocabulary, provided.organisation.languages),
        *recipient_findings(recipients(), provided.contracts, today()),
        *training_findings(register.operators(), now, untrained=policy.audit_untrained),
        *evidence_findings(broken),
        *stamp_findings(register.stamp_trouble(), now),
        *decision_findings(fault for name in chains for fault in register.decision_faults(name)),
        *overdue_findings({case.case_id: standing(case).days_left for case in cases}),
        *gate_findings(register.gates(open_only=True), now, days=policy.audit_gate_days),
    ]
    areas = (Area.PURPOSES, Area.RECIPIENTS, Area.TRAINING, Area.EVIDENCE, Area.CASES)
    return Seen("", tuple(found), areas, chains=len(chains))
