"""What a witness looks for: every way of writing a key is matched, and nothing that only contains it."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.connectors.witnessing import matcher
from tasks.rules.search.needles import needles_of

_RULES = {"email": "email", "phone": "phone"}


def seen(kind: str, key: str, text: str, region: str = "FR") -> bool:
    """Whether the witness sees the key in a text."""
    needles, _ = needles_of({kind: [key]}, _RULES, region)
    return bool(matcher(needles).search(text))


@pytest.mark.parametrize(
    "text",
    [
        "o'neil+news@example.org",
        "O'NEIL+News@Example.ORG",
        "write to o'neil+news@example.org.",
        "mailto:o'neil+news@example.org?subject=x",
        "q=o'neil%2Bnews%40example.org&x=1",
        "%20o'neil+news@example.org",
        '{"mail":"\\no\'neil+news@example.org"}',
        "<o'neil+news&#64;example.org>",
        "a@b.example,o'neil+news@example.org;c",
    ],
)
def test_an_address_is_seen_however_it_is_written(text: str) -> None:
    """Escapes of web addresses, HTML and JSON are the same address."""
    assert seen("email", "o'neil+news@example.org", text)


@pytest.mark.parametrize(
    "text",
    [
        "joana@example.org",
        "x.ana@example.org",
        "ana@example.org.uk",
        "ana@example.organic",
        "ana@example.org-x",
        "ana_@example.org",
    ],
)
def test_another_address_is_not_seen(text: str) -> None:
    """No letter, digit or sign of an address stands before or after."""
    assert not seen("email", "ana@example.org", text)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("case", [str, str.upper, str.title])
def test_letters_beyond_ascii(form: str, case: object) -> None:
    """Composed, decomposed, capital, punycode, and as JSON writes them."""
    key = "maëlle@exämple.org"
    text = case(key)  # type: ignore[operator]  # a function of str
    assert seen("email", key, f"x {unicodedata.normalize(form, text)} y")  # type: ignore[arg-type]  # a form's name
    assert seen("email", key, "maëlle@xn--exmple-cua.org")
    assert seen("email", key, "ma\\u00eblle@ex\\u00e4mple.org")
    assert seen("email", "ana@xn--exmple-cua.org", "ana@exämple.org")


@pytest.mark.parametrize("label", ["xn--\udc80", "a" * 70])
def test_a_domain_that_cannot_be_written_otherwise_is_looked_for_as_it_is(label: str) -> None:
    """What IDNA refuses has one spelling."""
    assert seen("email", f"ana@{label}.example", f"ana@{label}.example")


@pytest.mark.parametrize(
    ("text", "is_seen"),
    [
        ("06 12 34 56 78", True),
        ("0612345678", True),
        ("+33 (0)6.12.34.56.78", True),
        ("0033612345678", True),
        ("33612345678", True),
        ("06\u201112\u201134\u201156\u201178", True),
        ("tel:+33-6-12-34-56-78", True),
        ("10612345678", False),
        ("06123456789", False),
        ("0712345678", False),
        ("06 12 34 56 7", False),
    ],
)
def test_a_number_is_seen_however_it_is_written(text: str, *, is_seen: bool) -> None:
    """At home and abroad, with what people put between digits; no more and no fewer digits."""
    assert seen("phone", "+33612345678", text) is is_seen


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("+390612345678", "06 12345678"),
        ("+12025550123", "(202) 555-0123"),
        ("+12025550123", "1-202-555-0123"),
        ("+32475123456", "0475 12 34 56"),
        ("+3725551234", "555 1234"),
    ],
)
def test_numbers_of_other_countries(key: str, text: str) -> None:
    """Countries with and without a digit before a number at home."""
    assert seen("phone", key, text)


def test_what_is_no_number_is_looked_for_as_text() -> None:
    """A kind's rule does not make a number of it."""
    assert seen("phone", "reception desk", "see reception desk there")
    assert seen("email", "no-address", "see no-address there")


@pytest.mark.parametrize(
    ("key", "text", "is_seen"),
    [
        ("TX00100001", "cust=tx00100001;", True),
        ("TX00100001", "TX001000012", False),
        ("TX00100001", "TX00100001-2", False),
        ("1234567", " 1234567 ", True),
        ("1234567", "total 1234567", False),
        ("1234567890", "no. 1234567890", True),
    ],
)
def test_other_keys(key: str, text: str, *, is_seen: bool) -> None:
    """Few digits count only as a whole value: they stand in amounts and dates."""
    assert seen("customer_no", key, text) is is_seen


@pytest.mark.parametrize("key", ["7", "ab12", "123456"])
def test_short_keys_are_not_looked_for_and_that_is_said(key: str) -> None:
    """They would be seen everywhere."""
    needles, short = needles_of({"customer_no": [key], "email": ["ana@example.org"]}, _RULES, "FR")

    assert [needle.kind for needle in needles] == ["email"]
    assert short == ("customer_no",)


def test_nothing_is_looked_for_without_keys() -> None:
    """The empty pattern matches nothing at all."""
    needles, short = needles_of({}, _RULES, "FR")

    assert (needles, short) == ((), ())
    assert not matcher(needles).search("anything")


_LOCAL = st.text(st.sampled_from("abcdefgxyz0123456789._+'-éÉßñ"), min_size=1, max_size=12).filter(
    lambda text: not text.startswith((".", "-", "+", "'")) and re.search(r"\w", text) is not None
)


@given(_LOCAL, st.sampled_from(["example.org", "exämple.org", "a.b.example"]))
def test_whatever_the_address_its_own_text_is_seen_and_its_pieces_are_in_it(local: str, domain: str) -> None:
    """A piece that a spelling lacks would sort out what matches."""
    key = f"{local}@{domain}"
    needles, _ = needles_of({"email": [key]}, _RULES, "FR")

    assert matcher(needles).search(f"({key})")
    assert not matcher(needles).search(f"x{key}")
    (needle,) = needles
    assert re.search(".*".join(needle.pieces), key.lower(), re.DOTALL)
    assert "%40" not in key
    assert re.search(".*".join(needle.pieces), key.lower().replace("@", "%40").replace("+", "%2b"), re.DOTALL)
