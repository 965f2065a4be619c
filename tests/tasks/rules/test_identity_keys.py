"""One normal form for each identity key, however it was typed or stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.identity_keys import normal_form


@pytest.mark.parametrize(
    ("rule", "value", "form"),
    [
        ("email", "  Luis@Example.COM ", "luis@example.com"),
        ("email", "luis", ""),
        ("email", "", ""),
        ("phone", "06 12 34 56 78", "+33612345678"),
        ("phone", "06.12.34.56.78", "+33612345678"),
        ("phone", "0033 6 12 34 56 78", "+33612345678"),
        ("phone", "+33612345678", "+33612345678"),
        ("phone", "+32 2 123 45 67", "+3221234567"),
        ("phone", "12", ""),
        ("phone", "call me", ""),
        ("phone", "+999 1", ""),
        ("verbatim", " TX00100001 ", "TX00100001"),
        ("verbatim", 42, "42"),
        ("verbatim", "   ", ""),
    ],
)
def test_normal_form(rule: str, value: object, form: str) -> None:
    """Blanks, capitals and separators make no difference; what cannot be a key is empty."""
    assert normal_form(rule, value) == form


def test_number_without_country_is_of_the_region() -> None:
    """The same digits are another number in another country."""
    assert normal_form("phone", "0470 12 34 56", region="BE") == "+32470123456"


@given(rule=st.sampled_from(["email", "phone", "verbatim"]), value=st.text(max_size=30))
def test_normal_form_of_a_normal_form_is_itself(rule: str, value: str) -> None:
    """Asking twice changes nothing, so a key found in one system finds the same in the next."""
    form = normal_form(rule, value)

    assert normal_form(rule, form) == form


@given(digits=st.from_regex(r"\A[67][0-9]{8}\Z"), separator=st.sampled_from(["", " ", ".", "-", "/"]))
def test_every_way_to_write_a_number_is_one_key(digits: str, separator: str) -> None:
    """However a French mobile number is written, it is the same key."""
    pairs = ["0" + digits[0], *(digits[i : i + 2] for i in range(1, 9, 2))]
    written = {separator.join(pairs), f"+33 {digits}", f"0033{digits}", f"+33 (0){digits}"}

    assert {normal_form("phone", way) for way in written} == {f"+33{digits}"}
