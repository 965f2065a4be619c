"""Art. 15(4), recital 63: what of a free text goes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import RequestInvalid
from tasks.rules.act.redaction import Reviewed
from tasks.rules.act.reviewing import MARK, Reading, counted, outgoing, require_all

_TEXT = "Mme Martin called; Mme Martin is angry."


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (Reading("release"), _TEXT),
        (Reading("withhold"), MARK),
        (Reading("redact", passages=("Mme Martin",)), f"{MARK} called; {MARK} is angry."),
        (Reading("redact", spans=((0, 3), (4, 10))), f"{MARK} {MARK} called; Mme Martin is angry."),
        (Reading("redact", spans=((0, 6), (4, 10), (10, 11))), f"{MARK}called; Mme Martin is angry."),
        (Reading("redact", spans=((32, 39),), passages=("angry",)), f"Mme Martin called; Mme Martin is{MARK}"),
        (Reading("redact", text="Somebody called."), f"Somebody called. {MARK}"),
        (Reading("redact", text=f"{MARK} called."), f"{MARK} called."),
    ],
)
def test_what_goes_out(reading: Reading, expected: str) -> None:
    """A text goes out as it is, without passages, as written anew, or not at all; what is not whole bears the mark."""
    assert outgoing(_TEXT, reading, "note, number 1") == expected


@pytest.mark.parametrize(
    "reading",
    [
        Reading("redact"),
        Reading("redact", text="  "),
        Reading("redact", passages=("Durand",)),
        Reading("redact", passages=("",)),
        Reading("redact", spans=((5, 5),)),
        Reading("redact", spans=((-1, 2),)),
        Reading("redact", spans=((0, 99),)),
    ],
)
def test_a_redaction_that_takes_nothing_out(reading: Reading) -> None:
    """An operator who mistyped must not believe that a passage was taken out; the text is not quoted."""
    with pytest.raises(RequestInvalid, match=r"^note, number 1: a redaction") as refused:
        outgoing(_TEXT, reading, "note, number 1")
    assert "Martin" not in str(refused.value)


@given(st.text(min_size=1, max_size=30), st.data())
def test_what_was_taken_out_does_not_go_out(text: str, data: st.DataObject) -> None:
    """Of a passage nothing is left, wherever it stands and however often."""
    start = data.draw(st.integers(0, len(text) - 1))
    passage = text[start : data.draw(st.integers(start + 1, len(text)))]

    out = outgoing(text, Reading("redact", passages=(passage,)), "here")

    assert passage not in out.split(MARK) and all(passage not in part for part in out.split(MARK))  # noqa: PT018  # one fact
    assert MARK in out


def test_counted() -> None:
    """How many of each."""
    readings = [Reading("release"), Reading("withhold"), Reading("release"), Reading("redact")]

    assert counted(readings) == Reviewed(released=2, redacted=1, withheld=1)


def test_every_text_is_decided_about_once() -> None:
    """All and nothing but the texts that are there."""
    require_all({"note": 2}, {"note": [1, 4]}, {"note": {1, 4}})


@pytest.mark.parametrize(
    ("read", "where"),
    [
        ({"note": [1]}, "note, number 4"),
        ({"note": [1, 4, 5]}, "note, number 5"),
        ({"note": [1, 1, 4]}, "note, number 1"),
        ({}, "note, number 1"),
        ({"note": [1, 4], "other": [7]}, "other, number 7"),
    ],
)
def test_what_is_missing_or_too_much_is_named(read: dict[str, list[int]], where: str) -> None:
    """By column and number, never by its words."""
    with pytest.raises(RequestInvalid, match=where):
        require_all({"note": 2}, read, {"note": {1, 4}})
