"""The DPO's page: the figures of the register, for those who may see them, and lists that lead to them (charter 7b)."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from pypdf import PdfReader

from data_contracts.case.verdicts import Conclusion
from data_contracts.errors import RequestInvalid
from data_contracts.officer.statistics import PeriodStatistics
from data_contracts.vocabulary import Channel, Decision, Right
from flows import wiring
from flows.doors.desk import OperatorsDoor
from flows.doors.operators import operators_desk
from flows.duties.monthly import month_named, monthly_facts, monthly_pdf
from flows.duties.report import tell_month
from flows.duties.retention import carry_out
from flows.wiring.desk import officer_page
from integrations.demo import DemoCompany
from tasks.case.clock import today
from tasks.gates.operators import password_digest
from tasks.officer import statistics
from tasks.officer.figures import current_figures
from tasks.officer.statistics import MonthsKept, last_months, statistics_of_month
from tasks.proof.judge import conclusion
from tasks.rules.officer.statistics import months_before
from tests.browser import Browser, browsing
from tests.flows.company import House, a_house, another

pytestmark = pytest.mark.usefixtures("at_home")

_PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def walked(seeded: tuple[Path, DemoCompany], tmp_path_factory: pytest.TempPathFactory) -> House:
    """A closed house with an answer, a refusal, a late one and one that waits, and a run of retention, to be copied."""
    folder, company = seeded
    home = tmp_path_factory.mktemp("walked")
    shutil.copytree(folder, home / "systems")
    (made,) = [_walked(house) for house, _ in a_house(home, company)]
    return made


def _walked(house: House) -> House:
    token = wiring._current.set(house.installation)
    first = house.open(Right.ACCESS)
    house.clock.advance(timedelta(days=5))
    house.walk(first)
    refused = house.open(Right.ERASURE)
    entry = house.run(refused)
    assert entry is not None
    house.answer(entry, Decision.REFUSE, reason="nobody can tell who it is")
    house.run(refused)
    late = house.open(Right.RESTRICTION)
    house.clock.advance(timedelta(days=40))
    house.walk(late)
    house.run(house.open(Right.ACCESS))
    carry_out(operator="claire", code=house.code("claire"))
    wiring._current.reset(token)
    return house


@pytest.fixture
def house(walked: House, tmp_path: Path) -> Iterator[House]:
    """A copy of that house, for one test."""
    yield from another(walked, tmp_path)


@pytest.fixture
def months(house: House) -> House:
    """Its months."""
    return house


def _visitor(house: House, name: str) -> Iterator[Browser]:
    register = house.installation.register
    known = register.operator(name)
    assert known is not None
    register.put_operator(replace(known, password=password_digest(name, _PASSWORD)))
    with browsing(operators_desk(house.installation)) as browser:
        house.clock.advance(timedelta(minutes=2))
        browser.send("/sign-in", name=name, password=_PASSWORD, code=house.code(name))
        yield browser


@pytest.fixture
def claire(months: House) -> Iterator[Browser]:
    """The DPO at the desk."""
    yield from _visitor(months, "claire")


def test_page_shows_the_figures(claire: Browser) -> None:
    """Every bar is as long as its figure, and the figures are the register's."""
    page, figures = claire.get("/dpo?lang=en").text, current_figures()

    assert f"<strong>{figures.open_cases}</strong> open cases" in page
    bars = re.findall(r'<rect class="\w+" [^>]*width="([\d.]+)"/></svg></td><td class="number">(\d+)', page)
    assert bars
    assert all((float(width) > 0) == (int(number) > 0) for width, number in bars)
    assert " style=" not in page
    assert "<script" not in page


def test_columns_are_the_months_figures(claire: Browser) -> None:
    """Each is as high as its days, beside the others; the same number stands above it and in the table."""
    page = claire.get("/dpo?lang=en").text
    heights = [
        float(high) for high in re.findall(r'<rect class="ours" x="\d+" width="22" y="[\d.]+" height="([\d.]+)"', page)
    ]
    said = re.findall(r'<text class="of-ours"[^>]*>([^<]+)<', page)
    medians = [one.all_times.median if one.all_times else 0 for one in last_months(6)]
    most = max(one.all_times.ninetieth for one in last_months(6) if one.all_times)

    assert said == [str(one.all_times.median) if one.all_times else "–" for one in last_months(6)]
    assert heights == [round(96 * days / most, 1) for days in medians]


def test_words_are_the_readers_own(claire: Browser, months: House) -> None:
    """Gates, states, grounds and outcomes in French; nothing but what software noted stays English."""
    page = claire.get("/dpo?lang=fr").text
    (case,) = months.installation.register.cases(open_only=True)

    assert "identité (la plus ancienne" in page
    assert "identité non établie (art. 12, § 6)" in page
    assert "prouvé" in page
    assert "accusé de réception envoyé" in claire.get(f"/cases/{case.case_id}?lang=fr").text


def test_time_line_tells_who_decided(claire: Browser, months: House) -> None:
    """Moves, gates and answers, in their order; the days the clock stood still."""
    asked = months.open(Right.ACCESS)
    entry = months.run(asked)
    assert entry is not None
    months.clock.advance(timedelta(days=1))
    months.answer(entry, Decision.ASK_MORE, reason="please send a copy")
    months.run(asked)

    page = claire.get(f"/cases/{asked}?lang=en").text

    assert re.search(r"Gate: identity</li>.*identity: <strong>more proof asked for</strong> by claire", page, re.DOTALL)
    assert "<dt>The clock stood still</dt><dd>since " in page


@pytest.mark.parametrize(
    ("language", "title"), [("fr", "Délégué"), ("en", "Data protection officer"), ("nl", "Functionaris")]
)
def test_page_speaks_each_language(claire: Browser, language: str, title: str) -> None:
    """As the desk does."""
    assert title in claire.get(f"/dpo?lang={language}").text


def test_copy_can_be_read_anywhere(months: House) -> None:
    """With its styles, and nothing that is fetched or clicked."""
    copy = officer_page(OperatorsDoor(months.installation), "fr")

    assert "<style>" in copy
    assert 'href="/static' not in copy
    assert "Délégué à la protection des données" in copy


def test_lists_lead_to_the_cases(claire: Browser, months: House) -> None:
    """By right, by days left; from there to the time line."""
    (open_case,) = months.installation.register.cases(open_only=True)

    found = claire.get("/dpo/cases?right=access").text
    assert open_case.case_id in found
    assert open_case.case_id not in claire.get("/dpo/cases?right=erasure").text
    assert open_case.case_id not in claire.get("/dpo/cases?days=overdue").text
    assert len(re.findall('scope="row"', claire.get("/dpo/cases?state=archived").text)) == 3
    assert open_case.case_id in claire.get(f"/dpo/cases?state={open_case.state}&days=over+20").text
    assert all('scope="row"' not in claire.get(f"/dpo/cases?{one}=x").text for one in ("right", "state", "days"))
    assert "<ol" in claire.get(f"/cases/{open_case.case_id}").text


def test_verdicts_are_counted_and_lead_to_their_cases(claire: Browser, months: House) -> None:
    """Page, list, case and monthly report say how far the act is proven, as the signed record does."""
    restricted = next(one.case_id for one in months.installation.register.cases() if one.right is Right.RESTRICTION)
    verdict = conclusion(restricted)
    assert verdict is not None

    page = claire.get("/dpo?lang=en").text

    assert f'href="/dpo/cases?verdict={verdict}"' in page
    assert re.findall(r'scope="row"><a href="/cases/([^"]+)"', claire.get(f"/dpo/cases?verdict={verdict}").text) == [
        restricted
    ]
    assert 'scope="row"' not in claire.get("/dpo/cases?verdict=x").text
    assert "How far it is proven: proven" in claire.get(f"/cases/{restricted}?lang=en").text
    assert {
        one: sum(month.verdicts.get((Right.RESTRICTION, one), 0) for month in last_months(2)) for one in Conclusion
    } == {one: int(one is verdict) for one in Conclusion}


def test_runs_tell_whether_their_evidence_is_whole(claire: Browser) -> None:
    """With their steps."""
    (run,) = re.findall(r'href="/dpo/runs/([^"]+)"', claire.get("/dpo/runs?lang=en").text)

    page = claire.get(f"/dpo/runs/{run}").text

    assert "whole" in page
    assert "retention crm: done" in page
    assert claire.get("/dpo/runs/R-20260101-XXXX").status_code == 404


def test_report_is_there_to_print(claire: Browser) -> None:
    """As PDF; a month that is none is told."""
    answer = claire.get("/dpo/report?month=2026-04&lang=en")

    assert answer.headers["content-type"] == "application/pdf"
    assert PdfReader(BytesIO(answer.content)).pages
    assert claire.get("/dpo/report?month=../x").status_code == 404


def test_role_decides_who_looks(months: House) -> None:
    """An agent sees neither the pages nor a link to them (charter 3.2)."""
    for zoe in _visitor(months, "zoe"):
        assert "/dpo" not in zoe.get("/").text
        assert {zoe.get(path).status_code for path in ("/dpo", "/dpo/cases", "/dpo/runs", "/dpo/report")} == {403}


def test_stranger_is_sent_to_sign_in(months: House) -> None:
    """As from every page of the desk."""
    with browsing(operators_desk(months.installation)) as stranger:
        assert stranger.get("/dpo").url.path == "/sign-in"


def test_statistics_are_those_of_the_cases(months: House) -> None:
    """Counted by hand: two answers in April, one of them a refusal; a late one in May."""
    april = statistics_of_month(months.clock().date().replace(month=4, day=5))
    may = statistics_of_month(months.clock().date())

    assert {right: times.answered for right, times in april.times.items()} == {Right.ACCESS: 1, Right.ERASURE: 1}
    assert {right.value: ground for right, ground in april.refused} == {"erasure": "identity_failed"}
    assert april.times[Right.ACCESS].median == 5
    assert may.all_times is not None
    assert (may.all_times.answered, may.all_times.late) == (1, 1)
    assert sum(may.open_after.values()) == 1
    assert may.duties == (("retention", "proven", 1),)


@pytest.mark.parametrize(
    ("language", "late"), [("fr", "après le dernier jour"), ("en", "after the last day"), ("nl", "na de laatste dag")]
)
def test_report_says_what_was_late(months: House, language: str, late: str) -> None:
    """Response times and refusals by right and ground stand in it."""
    day = months.clock().date().replace(day=1)
    pages = PdfReader(BytesIO(monthly_pdf(months.installation, day, language))).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())

    assert late in text
    assert months.company.subject.email not in text


def test_facts_are_for_programs(months: House) -> None:
    """The same figures."""
    facts = monthly_facts(months.clock().date().replace(month=4, day=1))

    assert facts["refused"] == [{"right": "erasure", "ground": "identity_failed", "number": 1}]
    assert month_named("", months.clock().date()).day == 1


def test_months_that_are_over_are_counted_once_an_hour(months: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is as fresh as the month that runs; what is over is counted again when an hour has passed."""
    counted: list[date] = []

    def counting(day: date) -> PeriodStatistics:
        counted.append(day)
        return statistics_of_month(day)

    monkeypatch.setattr(statistics, "statistics_of_month", counting)
    kept, every = MonthsKept(), months_before(today(), 6)

    assert kept.last(6) == last_months(6)
    counted.clear()
    months.clock.advance(timedelta(minutes=59))
    assert kept.last(6) == last_months(6)
    assert Counter(counted) == Counter([*every, every[-1]])
    counted.clear()
    months.clock.advance(timedelta(minutes=1))
    kept.last(6)
    assert counted == every
    counted.clear()
    months.clock.advance(timedelta(minutes=-90))
    kept.last(6)
    assert len(counted) == 6


def test_every_case_is_counted_once(months: House) -> None:
    """Requests, answers, endings without one and the backlog of all months agree with the cases."""
    months.walk(months.open(Right.PORTABILITY, channel=Channel.EMAIL))
    every, cases = last_months(6), months.installation.register.cases()
    received = sum((Counter(one.received) for one in every), Counter())

    assert received == Counter((case.right, case.channel) for case in cases)
    for before, after in pairwise(every):
        assert before.open_after == after.open_before
        came, told, untold = sum(after.received.values()), sum(after.outcomes.values()), sum(after.untold.values())
        assert sum(after.open_before.values()) + came == sum(after.open_after.values()) + told + untold


def test_days_without_pauses(months: House) -> None:
    """A proof that took ten days to come is not ten days of ours."""
    asked = months.open(Right.ACCESS)
    entry = months.run(asked)
    assert entry is not None
    months.answer(entry, Decision.ASK_MORE, reason="please send a copy")
    months.run(asked)
    months.clock.advance(timedelta(days=10))
    months.walk(asked)

    found = statistics_of_month(months.clock().date()).times[Right.ACCESS]

    assert (found.median, found.median_running) == (10, 0)


def test_officer_is_written_to_once(months: House) -> None:
    """On the first of the month, about the month before; without a case in it."""
    months.clock.moment = months.clock().replace(month=6, day=1)
    before = months.mails()

    said = [tell_month(months.installation), tell_month(months.installation)]

    (mail,) = [one for one in months.mails() if one not in before]
    assert said == ["2026-05: the DPO was told", "2026-05: the DPO was told before, or has no address"]
    assert "Data protection rights in 2026-05" in mail
    assert "1 of them late" in mail
    assert "C-" not in mail


def test_month_without_an_answer_is_told(months: House) -> None:
    """As what it is; one that lies ahead is refused."""
    assert tell_month(months.installation, "2026-01").startswith("2026-01: the DPO was told")
    assert "nothing was answered" in months.mails()[-1]
    with pytest.raises(RequestInvalid, match="lies ahead"):
        tell_month(months.installation, "2027-01")
