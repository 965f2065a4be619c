"""Art. 32(1)(d): a canary is found, changed and erased in the company's shape; nobody is told, nothing counts her."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from data_contracts.connectors.canaries import CanaryState
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.rehearsing import MadeUpRow
from data_contracts.errors import SystemUnavailable
from data_contracts.officer.findings import FindingKind
from data_contracts.vocabulary import Duty, Right
from flows.duties import audit
from flows.duties.canary import Canaries, carry_out
from flows.runs.report_markdown import markdown
from integrations.demo import DemoCompany
from tasks.officer.figures import current_figures
from tasks.officer.statistics import statistics_of_month
from tasks.services import services
from tests.flows.company import CONTRACTS, SQL, House, Passing, Recording, a_house, sqlite_rows

_HEAD = "value: {controller: telco, subjects"


@pytest.fixture(scope="session")
def allowing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company's contracts, of which those of the databases allow a canary."""
    folder = tmp_path_factory.mktemp("allowing") / "contracts"
    shutil.copytree(CONTRACTS, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name in SQL:
        file = folder / "systems" / f"{name}.odcs.yaml"
        file.write_text(file.read_text().replace(_HEAD, _HEAD.replace("telco,", "telco, canary: true,")))
    return folder


@pytest.fixture
def housed(seeded: tuple[Path, DemoCompany], allowing: Path, tmp_path: Path) -> Iterator[tuple[House, Recording]]:
    """A house whose contracts allow canaries."""
    folder, company = seeded
    shutil.copytree(folder, tmp_path / "systems")
    yield from a_house(tmp_path, company, allowing)


def _states(done: Canaries) -> dict[str, str]:
    return {one.system: one.state.value for one in done.systems}


def _counted() -> tuple[object, ...]:
    """What the DPO's page, the metrics and the monthly report count."""
    figures, month = current_figures(), statistics_of_month(services().now().date())
    return (figures.cases, figures.ages, figures.gates, figures.steps, figures.failures, figures.runs, month)


def test_one_canary_goes_through_the_whole_company(house: House) -> None:
    """Found, changed and erased in four databases that refer to each other; their rows are as before."""
    before = {name: sqlite_rows(house.folder / f"{name}.db") for name in SQL}

    done = carry_out()

    told = "this system has no canary: its contract does not allow one."
    assert _states(done) == dict.fromkeys(SQL, "clean") | dict.fromkeys(("adtech", "weblogs"), "not_allowed")
    assert f"weblogs: {told}" in done.said
    assert {name: sqlite_rows(house.folder / f"{name}.db") for name in SQL} == before
    (run,) = house.installation.register.runs(Duty.CANARY)
    assert (run.outcome, house.installation.verify_case(run.run_id).is_whole) == ("proven", True)


def test_nobody_is_told_and_nothing_counts_her(house: House) -> None:
    """No case, no mail, no recipient, no gate; figures and the monthly report are the same before and after."""
    house.run(house.open(Right.ACCESS))
    mails, counted, cases = len(house.mails()), _counted(), len(house.installation.register.cases())

    carry_out()

    register = house.installation.register
    assert (len(house.mails()), len(register.cases())) == (mails, cases)
    assert _counted() == counted
    (run,) = register.runs(Duty.CANARY)
    assert (register.gates(run.run_id), services().vault.names(run.run_id)) == ([], [])


def test_audit_tells_how_each_system_stands(house: House) -> None:
    """None yet is late; one that went well is no finding; forty days later it is late again."""
    late = [one.place for one in audit.carry_out().shown.findings if one.kind is FindingKind.CANARY_LATE]
    assert late == sorted(SQL)

    stands = _states(carry_out())
    done = audit.carry_out()

    assert not [one for one in done.shown.findings if one.kind.value.startswith("canary")]
    assert {one.system: one.canary for one in done.shown.systems} == stands
    shown = markdown(audit.audit_report(done, "en"))
    assert "2026-03-31: found, changed, erased; nothing is left" in shown
    assert "this system has no canary: its contract does not allow one" in shown
    assert "n’a pas de canari" in markdown(audit.audit_report(done, "fr"))

    house.clock.advance(timedelta(days=41))
    late = [one.place for one in audit.carry_out("crm").shown.findings if one.kind is FindingKind.CANARY_LATE]
    assert late == ["crm"]


class _Away(Passing):
    def plant(self, rows: Sequence[MadeUpRow]) -> None:
        """Go away just after the rows were written."""
        self.inner.plant(rows)
        raise SystemUnavailable("the database broke off", where=self.system, remedy="try again")


def test_system_that_breaks_off_is_finished_by_the_next_run(house: House, systems: Recording) -> None:
    """The others end; the one that was away is named by the audit, and goes on with the same canary."""

    def away(connector: Connector) -> Passing:
        return _Away(connector)

    systems.instead["support"] = away
    first = carry_out()
    assert _states(first) == _states(first) | dict.fromkeys(("crm", "billing", "marketing"), "clean")
    assert first.systems[-2].state is CanaryState.UNFINISHED
    found = audit.carry_out("support").shown.findings
    assert FindingKind.CANARY_UNFINISHED in {one.kind for one in found}

    del systems.instead["support"]
    again = carry_out()

    assert _states(again) == _states(first) | {"support": "clean"}
    assert len(house.installation.register.runs(Duty.CANARY)) == 1
