"""Audit (Art. 5(2), 24(1), 32(1)(d); charter 3.4): is everything as declared, and who must do what about it.

A run, which may start again from its first line at any time:

1. looks into each system, one after the other: live schema, live values, rows kept too long, notices, assessments;
2. looks at what the company keeps: words for purposes, recipients, training, evidence, cases;
3. opens, reopens and closes findings, each with an owner and a day;
4. shows its report in the Prefect UI, and tells the DPO of findings whose day has passed;
5. signs a checkpoint of the log of all cases, which the DPO gets by mail.

A system that cannot be looked at is a finding, and the run is then incomplete (law 6). No value leaves a system.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import uuid4

from prefect import flow

from data_contracts.areas import Area
from data_contracts.errors import ActUnproven, CaseUnknown, RightsflowError
from data_contracts.officer.audits import AuditShown
from data_contracts.officer.findings import area_of
from data_contracts.officer.reports import Report
from data_contracts.vocabulary import Duty
from flows import wiring
from flows.runs.artifacts import progress, show_table, show_text
from flows.runs.duty_runs import bear_name, run_key
from flows.runs.report_markdown import markdown
from flows.runs.systems import systems_named
from flows.watch.checkpoints import checkpoint_of_audit
from tasks.officer.audit import INCOMPLETE, begin_run, end_run, outcome_of, shown
from tasks.officer.audit_looks import Seen, look_around, look_into, not_seen, seen_by
from tasks.officer.findings import tell_late_findings
from tasks.services import services
from tasks.steps.step import guarded


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit found, and what went wrong by system."""

    shown: AuditShown
    failed: dict[str, str]

    @property
    def said(self) -> str:
        """One line for a person."""
        audit, new = self.shown, sum(one.is_new for one in self.shown.findings)
        head = f"{audit.run}: {audit.outcome}" if audit.run else f"{audit.outcome}, nothing was kept"
        told = f"{len(audit.findings)} findings" + (f", {new} of them new; {len(audit.gone)} gone" if audit.run else "")
        return f"{head}; {told}" + (f"; could not look: {', '.join(self.failed)}" if self.failed else "")

    @property
    def is_complete(self) -> bool:
        """Whether everything could be looked at."""
        return self.shown.outcome != INCOMPLETE

    def facts(self) -> dict[str, Any]:
        """As JSON, each finding with its words in English."""
        told = asdict(self.shown)
        told["findings"] = [_with_words(one) for one in told["findings"]]
        told["gone"] = [{"kind": kind, "place": place} for kind, place in told["gone"]]
        return told | {"failed": self.failed, "said": self.said}


@flow(name="audit", persist_result=False)
def audit(system: str = "", *, dry_run: bool = False) -> str:
    """Compare systems, registers and evidence with what is declared; each week, or when you start it.

    What is wrong becomes a finding with an owner and a day; the report stands beside the run.

    Args:
        system: One system; empty: all, and what the company keeps.
        dry_run: Look, and keep nothing.
    """
    with wiring.opened() as installation:
        done = guarded(lambda _: carry_out(system, dry_run=dry_run), "audit")("")
        if not dry_run:
            checkpoint_of_audit(installation)
    if not done.is_complete:
        remedy = "; ".join(done.failed.values()) or "see what could not be checked or counted in its report"
        raise ActUnproven(done.said, where="audit", remedy=remedy)
    return done.said


def carry_out(system: str = "", *, dry_run: bool = False, key: str = "") -> Audited:
    """Look, and unless it is a dry run keep what was found. Services must be open; the same key is the same run.

    Raises:
        SettingsInvalid: when no contract has the system.
    """
    systems = systems_named(system)
    run_id = "" if dry_run else begin_run(key or run_key(), system).run_id
    if run_id:
        bear_name(run_id)
    seen, failed = _looks(run_id, systems, is_whole=not system)
    if not run_id:
        return Audited(replace(shown("", seen), system=system, outcome=outcome_of(seen)), failed)
    end_run(run_id, seen)
    done = Audited(shown(run_id, seen), failed)
    _show(done)
    with suppress(RightsflowError):  # the next look of the watch tells it
        tell_late_findings()
    return done


def audited(run_id: str = "") -> Audited:
    """What a run found, as the register has it; without a name the last run that ended.

    Raises:
        CaseUnknown: when there is no such run.
    """
    name = run_id or next((run.run_id for run in services().register.runs(Duty.AUDIT) if run.outcome), "")
    if not name or services().register.run(name).duty is not Duty.AUDIT:
        raise CaseUnknown("no audit of that name has ended", where=run_id or "audit", remedy="run `rightsflow audit`")
    return Audited(shown(name, seen_by(name)), {})


def audit_report(done: Audited, language: str = "") -> Report:
    """The report of an audit; without a language in the organisation's first."""
    provided = services()
    return provided.audit_words.report(done.shown, provided.now(), language)


def _looks(run_id: str, systems: Sequence[str], *, is_whole: bool) -> tuple[list[Seen], dict[str, str]]:
    seen: list[Seen] = []
    failed: dict[str, str] = {}
    named = run_id or str(uuid4())
    with progress("audit", named, len(systems) + is_whole, title=f"Audit: {', '.join(systems)}") as reached:
        for system in systems:
            looked = look_into.for_each(run_id, [system], in_order=True)[system]
            if isinstance(looked, RightsflowError):
                failed[system] = str(looked)
                looked = not_seen(run_id, system, looked)
            seen.append(looked)
            reached(len(seen))
        if is_whole:
            seen.append(look_around(run_id))
            reached(len(seen))
    return seen, failed


def _show(done: Audited) -> None:
    """The report beside the flow run. Who is not trained is told to the officer, not to everybody who sees the UI."""
    hidden = [one for one in done.shown.findings if area_of(one.kind) is Area.TRAINING]
    audit_ = done.shown
    kept = tuple(replace(one, place="–") if one in hidden else one for one in audit_.findings)
    gone = tuple((kind, "–" if area_of(kind) is Area.TRAINING else place) for kind, place in audit_.gone)
    report = audit_report(replace(done, shown=replace(audit_, findings=kept, gone=gone)))
    title = f"**{audit_.run}: {audit_.outcome}.** {done.said}"
    show_text("audit-report", audit_.run, markdown(report), title=title)
    rows: list[dict[str, str | int]] = [
        {
            "finding": one.finding_id,
            "severity": one.severity.value,
            "kind": one.kind.value,
            "where": one.place,
            "due": one.due.isoformat(),
        }
        for one in kept
    ]
    show_table("audit-findings", audit_.run, rows, title=title)


def _with_words(finding: dict[str, Any]) -> dict[str, Any]:
    told = services().audit_words.told(finding["kind"], finding["facts"], "en")
    return finding | {"what": f"{told.title}. {told.what}", "remedy": told.remedy}
