"""Charter P3, Art. 12: a request is registered durably and once, or refused before anything is written."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Right
from tasks.case.sealed import subject_request
from tasks.intake.receive import receipt_moment
from tests.flows.company import NOW, House

_PARIS = "Europe/Paris"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        pytest.param({"identity": {}}, "at least one identity key", id="nobody"),
        pytest.param({"identity": {"email": []}}, "at least one identity key", id="no value"),
        pytest.param({"identity": {"shoe_size": ["42"]}}, "no such identity kind", id="unknown kind"),
        pytest.param({"identity": {"email": ["not an address"]}}, "given for email cannot be one", id="no address"),
        pytest.param({"identity": {"email": ["a@x.example", " "]}}, "given for email cannot be one", id="one of two"),
        pytest.param({"identity": {"phone": ["12"]}}, "given for phone cannot be one", id="no number"),
        pytest.param({"name": "Ann\r\nBcc: all@x.example"}, "name holds a control sign", id="line break in the name"),
        pytest.param({"name": "Ann\0"}, "name holds a control sign", id="NUL in the name"),
        pytest.param(
            {"reply_to": "a@x.example\nb@x.example"}, "reply_to holds a control sign", id="line break in the address"
        ),
        pytest.param({"reply_to": "12 rue de la Paix"}, "no e-mail address", id="reply to no address"),
        pytest.param({"details": "x" * 100_001}, "the details are too long", id="a book"),
        pytest.param({"received_at": NOW + timedelta(seconds=1)}, "in the future", id="future"),
        pytest.param({"received_at": NOW - timedelta(days=367)}, "more than a year back", id="long ago"),
    ],
)
def test_request_that_cannot_be_registered(house: House, typed: dict[str, Any], why: str) -> None:
    """The reason names the field and no value, and no case is left behind."""
    with pytest.raises(RequestInvalid, match=why) as refused:
        house.open(Right.ACCESS, **typed)

    assert "x.example" not in str(refused.value)
    assert house.installation.register.cases() == []


def test_same_key_is_the_same_case(house: House) -> None:
    """A form sent twice is one case, and keeps what was sealed first."""
    first = house.open(Right.ACCESS, request_key="form-1", name="Ann")

    second = house.open(Right.ACCESS, request_key="form-1", name="Somebody else")

    assert first == second
    assert len(house.installation.register.cases()) == 1
    assert subject_request(first).name == "Ann"


def test_request_that_died_before_it_was_sealed_is_sealed_by_the_next_try(house: House) -> None:
    """The register knows the case but the vault does not: registering again completes it (law 3)."""
    case_id = house.open(Right.ACCESS, request_key="form-1")
    house.installation.services.vault.remove(case_id, "request")
    with pytest.raises(RequestInvalid, match="was never sealed"):
        subject_request(case_id)

    house.open(Right.ACCESS, request_key="form-1", name="Ann")

    assert subject_request(case_id).name == "Ann"


def test_what_the_subject_wrote_is_sealed_and_not_shown(house: House) -> None:
    """The register's row holds nobody's name; the sealed form says nothing when printed (law 1)."""
    case_id = house.open(Right.ACCESS, name=" Zoltan ", details="Dear Sirs")
    sealed = subject_request(case_id)

    assert (sealed.name, sealed.reply_to, sealed.details) == ("Zoltan", "ann@x.example", "Dear Sirs")
    assert "zoltan" not in f"{house.installation.register.case(case_id)}{sealed}{sealed!r}".lower()


def test_answer_is_due_by_the_laws_clock(house: House) -> None:
    """Art. 12(3): received on 31 January, due on the last day of February."""
    house.clock.moment = datetime(2027, 2, 1, 12, tzinfo=UTC)

    case_id = house.open(Right.ACCESS, received_at=datetime(2027, 1, 31, 12, tzinfo=UTC))

    assert house.installation.register.case(case_id).response_due == date(2027, 3, 1)


@pytest.mark.parametrize(("wanted", "given"), [("en", "en"), ("fr", "fr"), ("nl", "nl"), ("de", "fr"), ("", "fr")])
def test_language_is_one_that_we_speak(house: House, wanted: str, given: str) -> None:
    """A language that notices are not written in falls back to the profile's first."""
    assert house.installation.register.case(house.open(Right.ACCESS, language=wanted)).language == given


@pytest.mark.parametrize(
    ("day", "now", "moment"),
    [
        pytest.param("", NOW, NOW, id="empty is now"),
        pytest.param(" 2026-03-30 ", NOW, datetime(2026, 3, 30, 10, tzinfo=UTC), id="noon in Paris"),
        pytest.param("2026-01-30", NOW, datetime(2026, 1, 30, 11, tzinfo=UTC), id="noon in winter"),
        pytest.param(
            "2026-03-31",
            datetime(2026, 3, 31, 7, tzinfo=UTC),
            datetime(2026, 3, 31, 7, tzinfo=UTC),
            id="today before noon is not the future",
        ),
        pytest.param(
            "2026-03-31",
            datetime(2026, 3, 30, 23, tzinfo=UTC),
            datetime(2026, 3, 30, 23, tzinfo=UTC),
            id="today, soon after midnight in Paris",
        ),
    ],
)
def test_day_of_receipt_is_a_day_of_the_place(day: str, now: datetime, moment: datetime) -> None:
    """A letter has a day and no hour; the day typed is the local one."""
    assert receipt_moment(day, now, _PARIS) == moment


@pytest.mark.parametrize("day", ["31.03.2026", "2026-02-30", "yesterday", "2026-3"])
def test_what_is_no_date_is_refused(day: str) -> None:
    """A date is written as ISO 8601 says."""
    with pytest.raises(RequestInvalid, match="not a date"):
        receipt_moment(day, NOW, _PARIS)
