"""The DPO's page: figures, statistics, lists of cases and runs, the monthly report; for the roles of the policy."""

from collections.abc import Container, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from data_contracts.case.case import Case
from data_contracts.case.verdicts import Conclusion
from data_contracts.officer.entries import RegisterName
from data_contracts.officer.figures import DEADLINES, STANDS_STILL
from data_contracts.officer.page import EndingEntry, ListedCase, Overview, ShownRun
from data_contracts.vocabulary import CaseState, Duty, Right
from flows.duties.monthly import month_named, monthly_pdf
from flows.wiring import Installation
from tasks.case.clock import standing, today
from tasks.officer.figures import current_figures
from tasks.officer.statistics import MonthsKept, told_cases
from tasks.rules.clock.warnings import OVERDUE
from tasks.rules.officer.figures import deadline_bounds
from tasks.rules.officer.registers import endings
from tasks.rules.officer.statistics import months_before
from tasks.rules.people.gates import check_in_force
from tasks.services import services, use

_MONTHS = 6
_WHERE = "the DPO's page"
_MOST = 500


class OfficersDoor:
    """An installation as its DPO may look at it, in whichever thread a call comes."""

    def __init__(self, installation: Installation) -> None:
        """Keep the installation; its services are made now, once for all threads."""
        self._installation = installation
        self._services = installation.services
        self._months = MonthsKept()

    def require(self, operator: str) -> None:
        """That an operator may look at it.

        Raises:
            AnswerRefused: when none of their roles is one of the policy's ``dpo_page_roles``.
        """
        provided = self._services
        known = provided.register.operator(operator)
        check_in_force(known, roles=provided.policy.dpo_page_roles, where=_WHERE, now=provided.now())

    def may(self, operator: str) -> bool:
        """Whether an operator may look at it."""
        known = self._services.register.operator(operator)
        return known is not None and bool(set(known.roles) & set(self._services.policy.dpo_page_roles))

    def overview(self) -> Overview:
        """The page."""
        with use(self._services):
            entries = [one for name in RegisterName for one in services().register.entries(name)]
            found = endings(entries, today(), services().policy.register_reminder_days)
            ends = sorted(
                (EndingEntry(one.register.value, one.key, one.until, one.level == OVERDUE) for one in found),
                key=lambda one: one.until,
            )
            months = self._months.last(_MONTHS)
            return Overview(today(), current_figures(), months, ends)

    def cases(self, right: str, state: str, days: str) -> Sequence[ListedCase]:
        """Cases of a right, a state and a bucket of days to the last day; open ones where no state is named."""
        with use(self._services):
            if not (_known(right, list(Right)) and _known(state, list(CaseState)) and _known(days, DEADLINES)):
                return []
            day = today()
            least, most = deadline_bounds(days) if days else (None, None)
            due = (_after(day, least), _after(day, most))
            asked = Right(right) if right else None, CaseState(state) if state else None
            found = [_listed(case, day) for case in services().register.cases_like(*asked, due, limit=_MOST)]
            return [one for one in found if not days or (one.response_due is None) is (days == STANDS_STILL)]

    def proven(self, verdict: str) -> Sequence[ListedCase]:
        """Cases that were answered in the last months and whose act has that verdict, the last told first."""
        if verdict not in list(Conclusion):
            return []
        with use(self._services):
            day, zone = today(), ZoneInfo(services().organisation.time_zone)
            first = datetime.combine(months_before(day, _MONTHS)[0], time(), tzinfo=zone)
            found = [one.case_id for one in told_cases(first, services().now()) if one.verdict == verdict]
            return [_listed(services().register.case(name), day) for name in found[::-1][:_MOST]]

    def runs(self) -> Sequence[ShownRun]:
        """Runs of duties, newest first."""
        register = self._services.register
        found = [ShownRun(r.run_id, d.value, r.outcome, r.opened_at) for d in Duty for r in register.runs(d)]
        return sorted(found, key=lambda one: one.began, reverse=True)[:_MOST]

    def run(self, run_id: str) -> ShownRun:
        """One run: its steps, and whether its evidence is whole."""
        register = self._services.register
        found, verified = register.run(run_id), self._installation.verify_case(run_id)
        steps = [(step, system, entry.state) for (step, system), entry in register.steps(run_id).items()]
        return ShownRun(
            run_id, found.duty.value, found.outcome, found.opened_at, steps, verified.records, verified.is_whole
        )

    def report(self, month: str, language: str) -> tuple[str, bytes]:
        """The monthly report: its file name, and its pages."""
        with use(self._services):
            day = month_named(month, today())
            return f"{day:%Y-%m}.pdf", monthly_pdf(self._installation, day, language)


def _known(asked: str, names: Container[object]) -> bool:
    return not asked or asked in names


def _after(day: date, days: int | None) -> date | None:
    return None if days is None else day + timedelta(days=days)


def _listed(case: Case, day: date) -> ListedCase:
    received: datetime = case.received_at.astimezone(ZoneInfo(services().organisation.time_zone))
    due = standing(case).response_due
    left = None if due is None else (due - day).days
    return ListedCase(case.case_id, case.right.value, case.state.value, received.date(), due, left)
