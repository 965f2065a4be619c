"""Art. 12(3) GDPR by Regulation 1182/71: a table of cases worked out by hand, then properties."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.case.plan import Clock
from data_contracts.errors import RequestInvalid, SettingsInvalid
from tasks.rules.clock.deadlines import (
    Pause,
    Place,
    is_paused,
    last_day_to_stop,
    next_working_day,
    response_due,
    stands_still,
)

PARIS = Place("Europe/Paris", "FR")
METZ = Place("Europe/Paris", "FR", "57")
BRUSSELS = Place("Europe/Brussels", "BE")


def noon(day: date) -> datetime:
    """A moment of receipt in the middle of a Paris day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo("Europe/Paris"))


def day(text: str) -> date:
    """A day from its ISO form."""
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("received", "due", "unrolled"),
    [
        pytest.param("2027-03-05", "2027-04-05", "2027-04-05", id="plain"),
        pytest.param("2027-08-31", "2027-09-30", "2027-09-30", id="month end"),
        pytest.param("2027-01-31", "2027-03-01", "2027-02-28", id="28 February is a Sunday"),
        pytest.param("2028-01-31", "2028-02-29", "2028-02-29", id="leap year"),
        pytest.param("2027-02-28", "2027-03-30", "2027-03-28", id="Easter and Easter Monday"),
        pytest.param("2027-05-19", "2027-06-21", "2027-06-19", id="Saturday"),
        pytest.param("2027-04-01", "2027-05-03", "2027-05-01", id="1 May is a Saturday"),
        pytest.param("2027-06-14", "2027-07-15", "2027-07-14", id="14 July"),
        pytest.param("2026-11-25", "2026-12-28", "2026-12-25", id="Christmas on a Friday"),
        pytest.param("2027-02-07", "2027-03-08", "2027-03-07", id="received on a Sunday"),
    ],
)
def test_article_12_3_one_month(received: str, due: str, unrolled: str) -> None:
    """A request is answered, or its extension told, within one month of receipt."""
    clock = response_due(noon(day(received)), place=PARIS)

    assert clock == Clock(response_due=day(due), notice_by=day(due), unrolled=day(unrolled))


@pytest.mark.parametrize(
    ("received", "pauses", "extended", "due", "notice_by", "unrolled"),
    [
        pytest.param("03-05", [("03-08", "03-18")], False, "04-15", "04-15", "04-05", id="ten days paused"),
        pytest.param("03-05", [("03-05", "03-05")], False, "04-05", "04-05", "04-05", id="proof on the same day"),
        pytest.param("03-05", [], True, "06-07", "04-05", "06-05", id="extended to a Saturday"),
        pytest.param("01-31", [], True, "04-30", "03-01", "04-30", id="extended from a month end"),
        pytest.param("03-05", [("03-08", "03-18")], True, "06-15", "04-15", "06-05", id="extended and paused"),
        pytest.param("03-05", [("03-10", "03-18")], False, "04-13", "04-13", "04-05", id="asked on the third day"),
        pytest.param("03-05", [("03-11", "03-18")], False, "04-05", "04-05", "04-05", id="asked too late"),
        pytest.param("03-05", [("03-08", None)], False, "04-05", "04-05", "04-05", id="proof outstanding"),
        pytest.param(
            "03-05", [("03-19", "03-23"), ("03-08", "03-18")], False, "04-19", "04-19", "04-05", id="asked twice"
        ),
        pytest.param(
            "03-05", [("03-08", "03-18"), ("03-09", "03-12")], False, "04-15", "04-15", "04-05", id="asked at once"
        ),
        pytest.param("01-01", [("01-01", "02-01")], False, "03-01", "03-01", "02-01", id="a month from the proof"),
    ],
)
def test_article_12_3_paused_and_extended(
    *, received: str, pauses: list[tuple[str, str | None]], extended: bool, due: str, notice_by: str, unrolled: str
) -> None:
    """The clock stands still while a proof is awaited, and an extension makes it three months from receipt."""
    stops = [Pause(day(f"2027-{asked}"), day(f"2027-{came}") if came else None) for asked, came in pauses]

    clock = response_due(noon(day(f"2027-{received}")), place=PARIS, pauses=stops, extended=extended)

    assert clock == Clock(day(f"2027-{due}"), day(f"2027-{notice_by}"), day(f"2027-{unrolled}"))


@pytest.mark.parametrize(
    ("received_at", "due"),
    [
        pytest.param(datetime(2027, 1, 31, 23, 30, tzinfo=UTC), "2027-03-01", id="1 February in Paris"),
        pytest.param(datetime(2027, 6, 30, 21, 59, tzinfo=UTC), "2027-07-30", id="30 June, 23:59 in Paris"),
        pytest.param(
            datetime(2027, 6, 30, 22, 0, tzinfo=UTC), "2027-08-02", id="1 July in Paris; 1 August is a Sunday"
        ),
        pytest.param(datetime(2027, 3, 28, 0, 59, tzinfo=UTC), "2027-04-28", id="a second before summer time"),
        pytest.param(datetime(2027, 3, 28, 1, 0, tzinfo=UTC), "2027-04-28", id="summer time begins"),
        pytest.param(
            datetime(2027, 3, 27, 23, 0, tzinfo=UTC), "2027-04-28", id="midnight of the day that lacks an hour"
        ),
        pytest.param(datetime(2027, 3, 28, 22, 0, tzinfo=UTC), "2027-04-29", id="the day that lacks an hour is over"),
        pytest.param(datetime(2027, 10, 30, 22, 0, tzinfo=UTC), "2027-11-30", id="midnight of the day of 25 hours"),
        pytest.param(datetime(2027, 10, 31, 22, 59, tzinfo=UTC), "2027-11-30", id="last minute of the day of 25 hours"),
        pytest.param(datetime(2027, 10, 31, 23, 0, tzinfo=UTC), "2027-12-01", id="the day of 25 hours is over"),
    ],
)
def test_article_3_1_the_day_is_the_local_day(received_at: datetime, due: str) -> None:
    """The day of receipt is the day it is at the place, not in UTC."""
    assert response_due(received_at, place=PARIS).response_due == day(due)


@pytest.mark.parametrize(
    ("received", "place", "due"),
    [
        pytest.param("2027-02-26", PARIS, "2027-03-26", id="Good Friday in Paris"),
        pytest.param("2027-02-26", METZ, "2027-03-30", id="Good Friday in Metz, then Easter"),
        pytest.param("2027-06-21", BRUSSELS, "2027-07-22", id="Belgian national day"),
        pytest.param("2027-06-14", BRUSSELS, "2027-07-14", id="14 July is a working day in Brussels"),
        pytest.param("2026-10-11", BRUSSELS, "2026-11-12", id="Armistice"),
        pytest.param("2027-04-06", BRUSSELS, "2027-05-07", id="Ascension in Brussels"),
        pytest.param("2027-04-17", BRUSSELS, "2027-05-18", id="Whit Monday in Brussels"),
        pytest.param("2027-10-01", BRUSSELS, "2027-11-02", id="All Saints in Brussels"),
        pytest.param("2027-04-08", BRUSSELS, "2027-05-10", id="8 May is a working day in Brussels, but a Saturday"),
        pytest.param("2026-04-08", BRUSSELS, "2026-05-08", id="8 May is a working day in Brussels"),
        pytest.param("2026-04-08", PARIS, "2026-05-11", id="8 May in Paris, a Friday"),
    ],
)
def test_article_2_1_holidays_of_the_place(received: str, place: Place, due: str) -> None:
    """Holidays are those of the place where the controller acts."""
    assert response_due(noon(day(received)), place=place).response_due == day(due)


def test_late_asking_can_be_allowed() -> None:
    """How soon a proof must be asked for is a setting, as the law names no number."""
    late = [Pause(day("2027-03-15"), day("2027-03-18"))]

    clock = response_due(noon(day("2027-03-05")), place=PARIS, pauses=late, asked_within_days=10)

    assert clock.response_due == day("2027-04-08")


def test_asking_after_the_end_stops_nothing() -> None:
    """A period that has ended cannot be paused any more."""
    after = [Pause(day("2027-04-06"), day("2027-04-20"))]

    clock = response_due(noon(day("2027-03-05")), place=PARIS, pauses=after, asked_within_days=60)

    assert clock.response_due == day("2027-04-05")


def test_outstanding_proof_is_a_pause() -> None:
    """There is no due date while a proof is outstanding, and the rule says so."""
    assert is_paused([Pause(day("2027-03-05"), day("2027-03-06")), Pause(day("2027-03-08"))])
    assert not is_paused([Pause(day("2027-03-05"), day("2027-03-06"))])


@pytest.mark.parametrize(
    ("pauses", "stands"),
    [
        pytest.param([], False, id="nothing was asked"),
        pytest.param([("03-08", None)], True, id="asked on the first working day"),
        pytest.param([("03-10", None)], True, id="asked on the third working day"),
        pytest.param([("03-11", None)], False, id="asked too late: the answer stays due"),
        pytest.param([("03-08", "03-18")], False, id="the proof came"),
        pytest.param([("03-08", "03-18"), ("03-19", None)], True, id="asked once more at once"),
        pytest.param([("03-08", "03-18"), ("03-30", None)], False, id="asked once more too late"),
    ],
)
def test_article_12_6_asked_soon_enough(*, pauses: list[tuple[str, str | None]], stands: bool) -> None:
    """The clock stands still while a proof is outstanding that was asked for without undue delay."""
    stops = [Pause(day(f"2027-{asked}"), day(f"2027-{came}") if came else None) for asked, came in pauses]

    assert stands_still(noon(day("2027-03-05")), place=PARIS, pauses=stops) == stands


def test_asking_after_the_end_does_not_stop_what_is_over() -> None:
    """Only an extended period can still be paused after the first month."""
    late = [Pause(day("2027-04-06"))]

    assert not stands_still(noon(day("2027-03-05")), place=PARIS, pauses=late, asked_within_days=60)
    assert stands_still(noon(day("2027-03-05")), place=PARIS, pauses=late, extended=True, asked_within_days=60)


def test_proof_before_asking_is_refused() -> None:
    """Dates of an identity check that cannot be are refused."""
    with pytest.raises(RequestInvalid, match="before the day it was asked for"):
        Pause(day("2027-03-08"), day("2027-03-07"))


def test_naive_moment_is_refused() -> None:
    """A moment without a time zone has no day."""
    with pytest.raises(RequestInvalid, match="no time zone"):
        response_due(datetime(2027, 3, 5, 12), place=PARIS)  # noqa: DTZ001  # the mistake under test


@pytest.mark.parametrize(
    "place", [Place("Europe/Atlantis", "FR"), Place("Europe/Paris", "XX"), Place("Europe/Paris", "FR", "Atlantis")]
)
def test_unknown_place_is_refused(place: Place) -> None:
    """A place that nobody knows is a wrong setting, never a place without holidays."""
    with pytest.raises(SettingsInvalid, match="organisation"):
        response_due(noon(day("2027-03-05")), place=place)


days = st.dates(date(2020, 1, 1), date(2060, 12, 31))
places = st.sampled_from([PARIS, METZ, BRUSSELS])
lengths = st.integers(0, 60).map(timedelta)


@st.composite
def paused(draw: st.DrawFn) -> tuple[date, list[Pause]]:
    """A day of receipt, and proofs asked for one after the other from then on."""
    received = draw(days)
    pauses, last = [], received
    for _ in range(draw(st.integers(0, 3))):
        asked = last + timedelta(draw(st.integers(0, 5)))
        last = asked + draw(lengths)
        pauses.append(Pause(asked, last))
    return received, pauses


@given(case=paused(), place=places, extended=st.booleans())
def test_due_is_a_working_day(case: tuple[date, list[Pause]], place: Place, *, extended: bool) -> None:
    """The last day to answer is a working day of the place, whatever happened before."""
    received, pauses = case

    due = response_due(noon(received), place=place, pauses=pauses, extended=extended).response_due

    assert due == next_working_day(due, place=place)


@given(days, places)
def test_one_month_is_28_to_35_days(received: date, place: Place) -> None:
    """Without pause or extension the answer is due after four to five weeks."""
    due = response_due(noon(received), place=place).response_due

    assert 28 <= (due - received).days <= 35


@given(case=paused(), place=places, extended=st.booleans(), more=lengths)
def test_more_pause_is_never_earlier(
    case: tuple[date, list[Pause]], place: Place, *, extended: bool, more: timedelta
) -> None:
    """A proof that comes later, or one more proof, never makes the answer due earlier."""
    received, pauses = case
    longer = [Pause(p.asked_on, (p.proved_on or p.asked_on) + more) for p in pauses]
    moment = noon(received)

    due = response_due(moment, place=place, pauses=pauses, extended=extended).response_due

    assert response_due(moment, place=place, pauses=longer, extended=extended).response_due >= due
    assert response_due(moment, place=place, pauses=pauses[:-1], extended=extended).response_due <= due


@given(paused(), places)
def test_extension_is_never_earlier_and_moves_no_notice(case: tuple[date, list[Pause]], place: Place) -> None:
    """An extension gives more time to answer, and none to tell of it."""
    received, pauses = case

    plain = response_due(noon(received), place=place, pauses=pauses)
    extended = response_due(noon(received), place=place, pauses=pauses, extended=True)

    assert extended.response_due >= plain.response_due
    assert extended.notice_by == plain.notice_by == plain.response_due


@given(case=paused(), place=places, extended=st.booleans())
def test_due_is_never_before_receipt(case: tuple[date, list[Pause]], place: Place, *, extended: bool) -> None:
    """No date of a case lies before the day it was received."""
    received, pauses = case

    clock = response_due(noon(received), place=place, pauses=pauses, extended=extended)

    assert min(clock.response_due, clock.notice_by, clock.unrolled) > received


@given(received=days, place=places, asked=lengths, extended=st.booleans())
def test_pause_of_no_day_changes_nothing(received: date, place: Place, asked: timedelta, *, extended: bool) -> None:
    """A proof that comes on the day it was asked for gives no more time."""
    at_once = [Pause(received + asked, received + asked)]
    moment = noon(received)

    clock = response_due(moment, place=place, pauses=at_once, extended=extended)

    assert clock == response_due(moment, place=place, extended=extended)


@given(paused(), places, st.integers(0, 23), st.integers(0, 59))
def test_hour_of_receipt_does_not_count(case: tuple[date, list[Pause]], place: Place, hour: int, minute: int) -> None:
    """The day of receipt is not counted, so its hours make no difference (Reg. 1182/71, Art. 3(1))."""
    received, pauses = case
    moment = datetime(received.year, received.month, received.day, hour, minute, tzinfo=ZoneInfo(place.time_zone))

    clock = response_due(moment, place=place, pauses=pauses)

    assert clock == response_due(noon(received), place=place, pauses=pauses)


@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("within", [1, 5, 60])
@pytest.mark.parametrize("pauses", [(), (("2027-03-08", "2027-03-15"),)], ids=["running", "stood still once"])
def test_asking_stops_the_clock_to_the_day_that_is_told_and_no_longer(
    within: int, pauses: tuple[tuple[str, str], ...], *, extended: bool
) -> None:
    """EDPB 01/2022, 5.3: the gate says until when asking for a proof helps, and what it says is what counts."""
    received, before = noon(day("2027-03-05")), [Pause(day(asked), day(came)) for asked, came in pauses]

    last = last_day_to_stop(received, place=PARIS, pauses=before, extended=extended, asked_within_days=within)

    for asked_on, stops in ((last, True), (last + timedelta(days=1), False)):
        asked = [*before, Pause(asked_on)]
        assert stands_still(received, place=PARIS, pauses=asked, extended=extended, asked_within_days=within) is stops


@pytest.mark.parametrize(
    ("facts", "last"),
    [
        ({"asked_within_days": 5}, "2027-03-12"),  # Friday to Friday: two days of a weekend between
        ({"asked_within_days": 60}, "2027-04-05"),  # no later than the answer is due
        ({"asked_within_days": 60, "extended": True}, "2027-06-02"),
    ],
)
def test_last_day_to_ask_is_counted_in_working_days(facts: dict[str, int | bool], last: str) -> None:
    """From receipt on; holidays of the place are none."""
    assert last_day_to_stop(noon(day("2027-03-05")), place=PARIS, **facts) == day(last)  # type: ignore[arg-type]  # as named
