"""Text that can be: one rule, over every code point."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.case.legible import check, check_statement, is_key, is_letter, is_line, is_value, mended
from data_contracts.case.request import FieldChange, Statement
from data_contracts.errors import RequestInvalid

_ANY = st.characters()
_SURROGATES = st.integers(0xD800, 0xDFFF).map(chr)
_CONTROLS = st.characters(categories=["Cc"])
_CLEAN = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)


@given(before=_CLEAN, sign=_SURROGATES | st.just("\0"), after=_CLEAN)
def test_nul_and_half_a_character_can_be_nowhere(before: str, sign: str, after: str) -> None:
    """In no kind of text, wherever they stand."""
    text = f"{before}{sign}{after}"

    assert not any(rule(text) for rule in (is_line, is_key, is_value, is_letter))


@given(before=_CLEAN, sign=_CONTROLS | st.sampled_from("\u2028\u2029"), after=_CLEAN)
def test_control_sign_is_in_no_line(before: str, sign: str, after: str) -> None:
    """Nor inside a key; blanks around a key are nobody's."""
    assert not is_line(f"{before}{sign}{after}")
    assert not is_key(f"a{before}{sign}{after}a")


@given(before=_CLEAN, sign=_CONTROLS)
def test_control_sign_is_in_no_value_but_a_tab_or_a_line_break(before: str, sign: str) -> None:
    """A value of several lines can be put right."""
    assert is_value(before + sign) is (sign in "\t\r\n")


@given(sign=_ANY.filter(lambda sign: sign != "\0"))
def test_letter_is_taken_as_it_came(sign: str) -> None:
    """Every whole character but NUL."""
    assert is_letter(sign) is (unicodedata.category(sign) != "Cs")


@given(text=_CLEAN)
def test_what_people_write_can_be(text: str) -> None:
    """Letters of every script, and signs such as joiners that emoji and Persian names are made of."""
    assert all(rule(text) for rule in (is_line, is_key, is_value, is_letter))


@given(text=st.text(st.characters() | _SURROGATES, max_size=40))
def test_what_is_mended_can_be(text: str) -> None:
    """Nothing is added, nothing else is taken, and it can be written in UTF-8."""
    for rule in (is_letter, is_line):
        whole = mended(text, rule)
        assert rule(whole)
        assert whole == "".join(sign for sign in text if sign in whole)
        whole.encode()


@pytest.mark.parametrize("blank", [" ", "\t", "\n", "\r\n", " \t"])
def test_blanks_around_a_key_are_nobodys(blank: str) -> None:
    """Who copies an address takes them along."""
    assert is_key(f"{blank}ana@example.org{blank}")


@pytest.mark.parametrize("sign", ["\0", "\ud800", "\x1f", "\x7f", "\x85"])
def test_error_names_the_field_and_nothing_of_it(sign: str) -> None:
    """What was typed is personal data, and a log is read by others."""
    with pytest.raises(RequestInvalid) as caught:
        check("identity.email", is_key, f"{sign}secret@example.org")

    assert "identity.email" in caught.value.what
    assert caught.value.where == "identity.email"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"requester_name": "a\nb"}, "requester_name"),
        ({"changes": [FieldChange(field="a\0", value="b")]}, "changes.field"),
        ({"changes": [FieldChange(field="a", value="b\0")]}, "changes.value"),
        ({"changes": [FieldChange(field="a", value="b", was="\x07")]}, "changes.was"),
        ({"supplement": "\0"}, "supplement"),
        ({"fields": ["a\0"]}, "fields"),
        ({"purposes": ["a\0"]}, "purposes"),
        ({"situation": "\0"}, "situation"),
        ({"send_to": "a\n"}, "send_to"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_text_of_a_statement_is_looked_at(said: dict[str, object], field: str) -> None:
    """Each by its own name."""
    with pytest.raises(RequestInvalid) as caught:
        check_statement(Statement.model_validate(said))

    assert caught.value.where == field


def test_no_text_of_a_statement_is_forgotten() -> None:
    """A text field that is added is added to the rule, or to the list of those that are no free text."""
    closed = {"requester", "erasure_ground", "restriction_ground", "direct_marketing", "sharing"}
    looked_at = {"requester_name", "changes", "supplement", "fields", "purposes", "situation", "send_to"}

    assert set(Statement.model_fields) == closed | looked_at
