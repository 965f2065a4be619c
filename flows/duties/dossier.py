"""The authority's dossier (Art. 31, 58(1); charter 7d): everything about a case, a person or a period, signed.

In Prefect a dossier is asked for by case or days, which are no personal data; a person's dossier by command alone. The
file is written case by case, so that a year of many thousand needs no more memory than one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from prefect import flow

from data_contracts.case.runs import Run
from data_contracts.errors import RequestInvalid
from data_contracts.officer.dossiers import PAPER, README, Account, DossierWriter, Scope
from data_contracts.vocabulary import Right
from flows import wiring
from flows.runs.artifacts import show_table
from flows.runs.duty_runs import bear_name, borne_name, run_key
from tasks.officer.dossiers import (
    about,
    begin_dossier,
    begun_dossier,
    case_line,
    cases_in,
    end_dossier,
    letters_in,
    note_in_case,
    period,
    person_part,
    run_line,
    runs_in,
)
from tasks.rules.officer.dossiers import Tally
from tasks.services import services
from tasks.steps.step import guarded

_SHOWN_CASES: Final = 500
"""Of a period, how many cases the paper lists; ``dossier.json`` has them all."""


@flow(name="dossier", persist_result=False)
def dossier(  # noqa: PLR0913, PLR0917  # the fields of the form
    case_id: str = "",
    since: str = "",
    until: str = "",
    right: Right | None = None,
    operator: str = "",
    code: str = "",
    language: str = "",
) -> str:
    """Make the dossier of a case or a period for the supervisory authority (Art. 31), as a signed file.

    Args:
        case_id: The case; empty for a period.
        since: First day of the period, YYYY-MM-DD.
        until: Last day of the period, YYYY-MM-DD.
        right: Of a period, one right alone; empty: all.
        operator: Your operator name.
        code: Six digits from your authenticator, which are good for this once.
        language: fr, en or nl; empty: the organisation's first.
    """
    with wiring.opened() as installation:

        def made(_: str) -> str:
            scope = scope_asked(case_id, since, until, right)
            return _in_flow(installation, scope, (operator, code), language)

        return guarded(made, "dossier")("")


def _in_flow(installation: wiring.Installation, scope: Scope, proof: tuple[str, str], language: str) -> str:
    # A flow run that was started again bears the run's name already: the code was good for once.
    run_id = borne_name() or begin_dossier(scope, *proof, key=run_key())
    bear_name(run_id)
    folder = installation.settings.state / "dossiers"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = make(installation, run_id, folder / f"{run_id}.zip", language)
    rows = [{"right": name, **counted} for name, counted in made["statistics"]["by_right"].items()]
    show_table("dossier", run_id, rows, title=f"**{run_id}: cases of the dossier, by right.**")
    unproven = f"; decisions not proven: {len(made['unproven'])}" if made["unproven"] else ""
    place = f"dossiers/{run_id}.zip of the state folder"
    return f"{run_id}: {made['cases']} cases, {made['runs']} runs, in {place}{unproven}"


def scope_asked(case_id: str, since: str, until: str, right: Right | None) -> Scope:
    """What a dossier shall be about: a case, or a period.

    Raises:
        RequestInvalid: when it is neither or both.
    """
    if bool(case_id) == bool(since or until) or (case_id and right is not None):
        raise RequestInvalid("a dossier is of a case or of a period", where="dossier", remedy="name one of them")
    return Scope(case_id=case_id) if case_id else period(since, until, right)


def make(installation: wiring.Installation, run_id: str, file: Path, language: str = "") -> dict[str, Any]:
    """Write the dossier of a run that was begun; what was written. Services must be open.

    Args:
        installation: whose evidence it is.
        run_id: begun by :func:`tasks.officer.dossiers.begin_dossier`.
        file: replaced whole if it is there.
        language: of what is read; empty: the organisation's first.
    """
    scope, begun = begun_dossier(run_id)
    made_at = services().now().replace(microsecond=0)
    told = about(run_id, made_at, version("rightsflow"))
    with installation.evidence.dossier(file, made_at) as written:
        shelf = _Shelf(written, installation.evidence.of)
        count, cases = shelf.add_cases(run_id, scope, Tally(date.fromisoformat(told["as_of"])))
        runs = shelf.add_runs(runs_in(scope))
        for name, text in letters_in(run_id):
            written.add(name, [text])
        head = {"about": told, "person": person_part(scope)}
        written.add_facts(head, {"statistics": count})
        pages = installation.pages.dossier
        report = pages.report({**head, "cases": cases, "runs": runs, "statistics": count}, language)
        written.add(PAPER, [services().reports.pdf(report)])
        written.add(README, [pages.readme(told, language, letters=begun["letters"]).encode()])
        manifest = written.seal(run_id)
    end_dossier(run_id, manifest=manifest, cases=written.cases, runs=written.runs)
    told_of = {"cases": written.cases, "runs": written.runs, "statistics": count, "manifest": manifest}
    return {"dossier": run_id, "file": str(file), **told_of, "unproven": _unproven(scope)}


def _unproven(scope: Scope) -> list[str]:
    """Gates, as case, gate and fault, whose rows are not what was signed; the dossier tells what was."""
    register = services().register
    faults = (fault for case in cases_in(scope) for fault in register.decision_faults(case.case_id))
    return [f"{fault.case_id}, gate {fault.gate}: {fault.what}" for fault in faults]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A dossier that is being written, and where evidence comes from."""

    written: DossierWriter
    evidence_of: Callable[[str], Any]

    def add_cases(self, run_id: str, scope: Scope, count: Tally) -> tuple[Account, list[Account]]:
        """Add each case with its evidence; what was counted, and the cases that the paper shows."""
        shown = list[Account]()
        for case in cases_in(scope):
            if scope.since is None:
                note_in_case(case.case_id, run_id)
            evidence = self.evidence_of(case.case_id)
            line = case_line(case, evidence.envelopes)
            self.written.add_case(case.case_id, line, evidence)
            count.add(line)
            if len(shown) < _SHOWN_CASES:
                shown.append(line)
        return count.facts(), shown

    def add_runs(self, runs: Iterable[Run]) -> list[Account]:
        """Add each run with its evidence; what the paper shows of it."""
        shown = list[Account]()
        for run in runs:
            evidence = self.evidence_of(run.run_id)
            line = run_line(run, evidence.envelopes)
            self.written.add_run(run.run_id, line, evidence)
            shown.append({name: value for name, value in line.items() if name != "evidence"})
        return shown
