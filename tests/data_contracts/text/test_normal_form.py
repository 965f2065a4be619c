# ruff: noqa: RUF001  # signs that look alike are what this is about
"""One normal form for what is asked and what is stored (law 8)."""

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data_contracts.text.normal_form import normal_form, normal_forms
from data_contracts.text.normal_phone import phones

RULES = st.sampled_from(["email", "phone", "verbatim"])
REGIONS = st.sampled_from(["FR", "BE", "DE", "US", "AR", "IT", ""])

EMAIL_WAYS = [
    "{}",
    "\t{}",
    "{}\r\n",
    "{}\u00a0",
    "\u202f{}\u2003",
    "\ufeff{}",
    "\u200b{}\u200d",
    "\u202a{}\u202c",
    "Luis Marín <{}>",
    '"Marín, Luis" <{}>',
    "Luis (office) <{}>",
    "Luis Marín ({})",
    "<{}>",
    "'{}'",
    "mailto:{}",
    "MAILTO:{}?subject=Hola%20a%40b",
    "<mailto:{}>",
    "E-mail: {}",
    "{};",
    "{}, other@elsewhere.example",
    "other@elsewhere.example; {}",
    "other@elsewhere.example {}",
    "other@elsewhere.example|{}",
    "{}.",
]


@pytest.mark.parametrize("way", EMAIL_WAYS)
@pytest.mark.parametrize("key", ["luis@casa.example", "éloïse@casa.example", "luis@exämple.example"])
def test_an_address_is_found_in_any_wrapping(way: str, key: str) -> None:
    """Signs, names and lists around an address are no part of it, in NFD and capitals as well."""
    written = way.format(key)

    for spelling in (written, written.replace(key, key.upper()), unicodedata.normalize("NFD", written)):
        assert key in normal_forms("email", spelling, "FR")
        assert key in normal_forms("email", spelling.encode(), "FR")


@pytest.mark.parametrize(
    ("written", "forms"),
    [
        ("", set()),
        ("luis", set()),
        ("luis@", set()),
        ("@casa.example", set()),
        ("a@b@c.example", set()),
        ("luis@casa..example", set()),
        ("luis@-casa.example", set()),
        ("luis@ca sa", {"luis@ca"}),
        ("luis @ casa.example", {"luis@casa.example"}),
        ("ana@casa.example @luis", {"ana@casa.example"}),
        ('"luis"@casa.example', {"luis@casa.example"}),
        ('"l\\"u"@casa.example', {'"l\\"u"@casa.example'}),
        ('""@casa.example', set()),
        ("l(u@casa.example", {"u@casa.example"}),
        ("lu\\is@casa.example", set()),
        ('"ana@casa.example" <luis@casa.example>', {"luis@casa.example"}),
        ("ana@casa.example/luis@casa.example", {"ana@casa.example", "luis@casa.example"}),
        ("mailto:luis%2Emarin%40casa.example", {"luis.marin@casa.example"}),
        ("mailto:?to=luis@casa.example&cc=ana@casa.example", {"luis@casa.example"}),
        ("mailto:mailto:luis@casa.example", {"luis@casa.example"}),
        ("luis@xn--exmple-cua.example", {"luis@exämple.example"}),
        ("luis@XN--EXMPLE-CUA.example", {"luis@exämple.example"}),
        ("luis@ＣＡＳＡ．example", {"luis@casa.example"}),
        ("luis＠casa。example", {"luis@casa.example"}),
        ("luis@xn--a.example", {"luis@xn--a.example"}),
        ("luis@xn--zz\u00e9.example", {"luis@xn--zzé.example"} - {"luis@xn--zzé.example"}),
        ("luis@xn--0.example", {"luis@xn--0.example"}),
        ("luis@❤.example", {"luis@❤.example"}),
        ("luis@xn--qei.example", {"luis@❤.example"}),
        ("luis@[192.0.2.7]", {"luis@[192.0.2.7]"}),
        ("luis@[casa]x", {"luis@[casa]"}),
        ("luis@é\u2488\u0378.example", set()),
        ("luis%40casa.example", set()),
    ],
)
def test_what_an_address_is(written: str, forms: set[str]) -> None:
    """Quotes, comments, escapes and foreign letters are read as mail and name servers read them."""
    assert normal_forms("email", written, "FR") == forms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("straße@casa.example", "strasse@casa.example"),
        ("\u017fam@casa.example", "sam@casa.example"),
        ("m\u0131ke@casa.example", "mike@casa.example"),
        ("vïctim@casa.example", "victim@casa.example"),
        ("luis@exämple.example", "luis@example.example"),
        ("l.uis@casa.example", "luis@casa.example"),
        ("luis+1@casa.example", "luis@casa.example"),
    ],
)
def test_another_name_is_another_person(one: str, other: str) -> None:
    """Letters that only look or fold alike never lead to a stranger."""
    assert normal_form("email", one, "FR") != normal_form("email", other, "FR") != ""


PHONE_WAYS = [
    "07 56 78 90 12",
    "07.56.78.90.12",
    "07/56/78/90/12",
    "07\u201156\u201178\u201190\u201112",
    "07\t56 78\u00a090\u202f12",
    "(07) 56 78 90 12",
    "+33 7 56 78 90 12",
    "+33 (0)7 56 78 90 12",
    "0033 7 56 78 90 12",
    "33756789012",
    "756789012",
    "tel:+33-7-56-78-90-12",
    "tel:+33756789012;ext=9",
    "tel:%2B33756789012",
    "tel:0756789012;phone-context=+33",
    "\uff0b33 7 56 78 90 12",
    "٠٧٥٦٧٨٩٠١٢",
    "07 56 78 90 12 (bureau)",
    "Luis: 07 56 78 90 12, poste 123456",
    "07 56 78 90 12 x12",
    "0756789012/0145678901",
    "0145678901 ou 0756789012",
    "01 45 67 89 01 07 56 78 90 12",
    "0145678901; 0756789012",
    "+33145678901+33756789012",
    "33756789012@gateway.example",
    b"0756789012",
    756789012,
    756789012.0,
    Decimal(756789012),
]


@pytest.mark.parametrize("written", PHONE_WAYS)
def test_a_number_is_found_however_it_is_written(written: object) -> None:
    """Dashes, digits of another script, remarks, gateways and a second number do not hide it."""
    assert "+33756789012" in normal_forms("phone", written, "FR")


@pytest.mark.parametrize(
    ("written", "region", "form"),
    [
        ("0475 12 34 56", "BE", "+32475123456"),
        ("0475 12 34 56", "FR", "+33475123456"),
        ("0475 12 34 56", "", ""),
        ("+33 4 75 12 34 56", "BE", "+33475123456"),
        ("0032475123456", "US", "+32475123456"),
        ("32475123456", "FR", "+32475123456"),
        ("tel:475123456;phone-context=+32", "FR", "+32475123456"),
        ("555-0100", "US", ""),
        ("12", "FR", ""),
        ("12345", "FR", ""),
        ("call me", "FR", ""),
        ("+999 1", "FR", ""),
        ("+999 123456789", "FR", ""),
        ("0700 00 00 00", "FR", "+33700000000"),
        ("06 12 34 56 78 90 12 34", "FR", ""),
        ("0612345678 0756789012", "FR", ""),
        (None, "FR", ""),
    ],
)
def test_a_national_number_is_of_its_country(written: object, region: str, form: str) -> None:
    """The same digits are another person's abroad; what is no one number is no key."""
    assert normal_form("phone", written, region) == form


def test_blanks_that_can_be_read_in_two_ways_are_no_number() -> None:
    """Nobody's number is made of the pieces of others'."""
    assert normal_forms("phone", "047 2033 062 2931 9117", "DE") == frozenset()


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (" TX00100001\u200b ", "TX00100001"),
        (42, "42"),
        ("   ", ""),
        (None, ""),
        (b"\xe9t\xe9", "été"),
        ("K\u0301", "Ḱ"),
    ],
)
def test_verbatim_is_as_it_is_written(value: object, form: str) -> None:
    """Capitals count; white space around it and signs that nobody sees do not."""
    assert normal_form("verbatim", value, "FR") == form


_ODD = st.text("aAßẞſıİKΣς@.<>()[]\"'\\,;:%4?=/+-_xn0 \u0301\u0345\u0307\u200b\u3002éＡ❤\u1e96\u0378", max_size=24)
_CROOKED = st.one_of(
    st.text(max_size=30), _ODD, st.builds("{}@{}".format, _ODD, _ODD), st.builds("+3{} {}".format, _ODD, st.integers(0))
)


@given(rule=RULES, value=_CROOKED, region=REGIONS)
@example(rule="email", value="\u1e9e\u0345@\u0130x.example", region="")
def test_a_form_of_a_form_is_itself(rule: str, value: str, region: str) -> None:
    """Asking twice changes nothing, so a key found in one system finds the same in the next."""
    for form in normal_forms(rule, value, region):
        assert normal_form(rule, form, region) == form
        assert normal_form(rule, form, "") == form


@given(rule=RULES, value=st.one_of(st.text(), st.binary(), st.integers(), st.floats(), st.decimals()), region=REGIONS)
def test_nothing_stored_breaks_a_search(rule: str, value: object, region: str) -> None:
    """Whatever a system holds, it has forms or none."""
    assert isinstance(normal_forms(rule, value, region), frozenset)


_NAMES = st.from_regex(r"\A[a-z0-9éèüßñçøλжı]([a-z0-9._éüßı+-]{0,8}[a-z0-9éüß])?\Z")
_PLACES = st.from_regex(r"\A[a-z0-9äé]{1,8}\.(example|exämple)\Z")
_ADDRESSES = st.builds(lambda name, place: unicodedata.normalize("NFC", f"{name}@{place}"), _NAMES, _PLACES)


@given(one=_ADDRESSES, other=_ADDRESSES, way=st.sampled_from(EMAIL_WAYS[:19]), is_nfd=st.booleans())
def test_two_addresses_never_share_a_form(one: str, other: str, way: str, *, is_nfd: bool) -> None:
    """A wrapped key has that key among its forms, and no other person's."""
    written = unicodedata.normalize("NFD", way.format(one)) if is_nfd else way.format(one)

    assert normal_forms("email", written, "FR") == {one}
    assert (other in normal_forms("email", written, "FR")) is (one == other)


@given(
    one=st.from_regex(r"\A[67][0-9]{8}\Z"),
    other=st.from_regex(r"\A[67][0-9]{8}\Z"),
    remark=st.sampled_from(PHONE_WAYS[17:18]),
)
def test_two_numbers_never_share_a_form(one: str, other: str, remark: str) -> None:
    """However a French mobile number is written, it is that key alone."""
    pairs = [f"0{one[0]}", *(one[i : i + 2] for i in range(1, 9, 2))]
    valid = phones(f"+33{one}", "")

    for way in (" ".join(pairs), "-".join(pairs), f"+33 (0){one}", f"0033{one}", f"{one} ", f"0{one} {remark[-8:]}"):
        assert normal_forms("phone", way, "FR") == valid
    assert bool(normal_forms("phone", f"0{other}", "FR") & valid) is (one == other)
