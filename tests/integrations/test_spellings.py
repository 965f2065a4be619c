"""A key is found in every system however it is spelt there, and nobody else's is (law 8)."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import ChangeColumns, Condition, Selection, When
from data_contracts.errors import ContractMismatch
from data_contracts.text.normal_form import normal_forms
from tests.integrations.shop import PEOPLE, Rows, a_customer
from tests.integrations.spellings import NAMES, held, look_for

EMAILS = [
    "nora@casa.example",
    " Nora@Casa.EXAMPLE ",
    "\tnora@casa.example",
    "nora@casa.example\r\n",
    "nora@casa.example\u00a0",
    "\ufeffnora@casa.example",
    "nora\u200b@casa.example",
    "Nora Lind <nora@casa.example>",
    '"Lind, Nora" <NORA@casa.example>',
    "nora@casa.example; n.lind@work.example",
    "mailto:nora%40casa.example?subject=a",
    "'nora@casa.example'",
    "nora (at home) @casa.example",
]
STRANGERS = [
    "nor\u0430@casa.example",
    "nora@casa.example.org",
    "eleonora@casa.example",
    "nora@casa-example",
    "nöra@casa.example",
    "nora <anna@casa.example>",
    "nora_@casa.example",
    "%@casa.example",
]


@pytest.mark.parametrize("name", NAMES)
def test_an_address_is_found_in_every_system(name: str, load: Callable[[str, Rows], Connector]) -> None:
    """White space, signs that nobody sees, names and lists hide no row, and add none of a stranger."""
    texts = [*EMAILS, *STRANGERS]
    rows = [a_customer(f"N{i:02}", email=text) for i, text in enumerate(texts)]
    shop = load(name, {"customer": rows, "line": []})

    found = held(shop, look_for("nora@casa.example", column="email", rule="email"))

    assert found == [f"N{i:02}" for i in range(len(EMAILS))]


ACCENTS = [
    "zoé@exämple.example",
    "Zoé@EXÄMPLE.example",
    "ZOÉ@exämple.example",
    "zoe\u0301@exa\u0308mple.example",
    "zoé@xn--exmple-cua.example",
]


@pytest.mark.parametrize("name", NAMES)
def test_letters_beyond_ascii_are_found_in_every_system(name: str, load: Callable[[str, Rows], Connector]) -> None:
    """Capitals, decomposed letters and Punycode are one address; a letter without its accent is another."""
    rows = [a_customer(f"Z{i}", email=text) for i, text in enumerate([*ACCENTS, "zoe@exämple.example"])]
    shop = load(name, {"customer": rows, "line": []})

    assert held(shop, look_for("zoé@exämple.example", column="email", rule="email")) == ["Z0", "Z1", "Z2", "Z3", "Z4"]
    assert held(shop, look_for("zoe@exämple.example", column="email", rule="email")) == ["Z5"]


PHONES = [
    "07 56 78 90 12",
    "+33 (0)7 56 78 90 12",
    "0033756789012",
    "33756789012",
    "07\u201156\u201178\u201190\u201112",
    "07\t56 78 90 12",
    "tel:+33756789012",
    "0756789012/0145678910",
    "٠٧٥٦٧٨٩٠١٢",
    "07 56 78 90 12 (home)",
]
OTHERS = ["+32 7 56 78 90 12", "+33 7 56 78 90 13", "0032756789012", "10756789012", "07 56 78 90 1"]


@pytest.mark.parametrize("name", NAMES)
def test_a_number_is_found_in_every_system(name: str, load: Callable[[str, Rows], Connector]) -> None:
    """However a number was written down; the same digits of another country are somebody else's."""
    rows = [a_customer(f"P{i:02}", phone=text) for i, text in enumerate([*PHONES, *OTHERS])]
    shop = load(name, {"customer": rows, "line": []})

    assert held(shop, look_for("+33756789012", column="phone", rule="phone")) == [
        f"P{i:02}" for i in range(len(PHONES))
    ]
    assert "P00" not in held(shop, look_for("+33756789012", column="phone", rule="phone", region="BE"))


@pytest.mark.parametrize("name", NAMES)
def test_a_row_says_its_country(name: str, load: Callable[[str, Rows], Connector]) -> None:
    """Where a row tells the country of its number, that counts; where it does not, ours."""
    number = "0475 12 34 56"
    countries = ["BE", "FR", None, "be", "Atlantis", "", "BEL", "+32"]
    rows = [a_customer(f"B{i}", phone=number, email=country) for i, country in enumerate(countries)]
    shop = load(name, {"customer": rows, "line": []})

    sought = look_for("+32475123456", column="phone", rule="phone", region="BE", country="email")
    assert held(shop, sought) == ["B0", "B2", "B3", "B5", "B6", "B7"]
    assert held(shop, look_for("+33475123456", column="phone", rule="phone", region="BE", country="email")) == ["B1"]


@pytest.mark.parametrize("name", NAMES)
def test_a_number_we_gave_out_is_found_with_blanks_around(name: str, load: Callable[[str, Rows], Connector]) -> None:
    """Verbatim keys count capitals, and no white space around them."""
    rows = [
        a_customer(f"V{i}", email=text) for i, text in enumerate(["TX_1%", "TX_1%\n", "\ufeffTX_1%", "tx_1%", "TXa1b"])
    ]
    shop = load(name, {"customer": rows, "line": []})

    assert held(shop, look_for("TX_1%", column="email", rule="verbatim")) == ["V0", "V1", "V2"]


def test_typed_columns_hold_a_key_in_one_spelling(shop: Connector) -> None:
    """An integer is looked for as it is; what is no integer is in no row, and no outage."""
    assert held(shop, look_for("42", "x", "é😀\0", column="points", rule="verbatim")) == ["C1"]
    assert shop.resolve("customer", look_for("ann@example.fr", column="points", rule="email")) == ()
    assert shop.resolve("customer", look_for("ann@example.fr", column="born", rule="email")) == ()
    assert shop.resolve("customer", look_for(column="email", rule="email")) == ()


def test_many_keys_are_looked_for_at_once(shop: Connector) -> None:
    """A hundred thousand keys take one look at each value."""
    many = [f"k{i}@example.fr" for i in range(100_000)]

    assert held(shop, look_for("ann@example.fr", *many, column="email", rule="email")) == ["C1", "C2"]


def test_a_missing_column_is_named(shop: Connector) -> None:
    """Could not look is an error, never an empty result (law 6)."""
    gone = When("shoe_size", ("42",))
    attempts: list[Callable[[], object]] = [
        lambda: shop.resolve("customer", look_for("a@b.c", column="shoe_size", rule="email")),
        lambda: shop.resolve("customer", look_for("a@b.c", column="email", rule="email", when=(gone,))),
        lambda: shop.resolve("customer", look_for("+33756789012", column="phone", rule="phone", country="shoe_size")),
        lambda: shop.count([Selection("customer", (Condition(("no",), frozenset({("C1",)}), when=(gone,)),))]),
    ]

    for attempt in attempts:
        with pytest.raises(ContractMismatch, match=r"shop\.customer\.shoe_size"):
            attempt()


EVERYBODY = Condition(("no",), frozenset((row["no"],) for row in PEOPLE["customer"]))


# --- all systems agree ---------------------------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        "nora",
        "NORA",
        "@",
        "casa.example",
        "CASA.example",
        " ",
        "\t",
        "<",
        ">",
        ",",
        '"',
        "é",
        "\u200b",
        "%40",
        "mailto:",
        "(x)",
        "K",
        "\u212a",
        ".",
    ]
)
_TEXTS = st.builds("".join, st.lists(_PIECES, max_size=8))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(_TEXTS, min_size=1, max_size=20))
def test_candidates_leave_nobody_out(shop: Connector, texts: list[str]) -> None:
    """Whatever is stored, a system finds what the normal form finds, and nothing else."""
    numbered = [(f"X{i}", text) for i, text in enumerate(dict.fromkeys(texts)) if "\0" not in text]
    keys = frozenset({"nora@casa.example", "norak@casa.example"})
    expected = {text for _, text in numbered if not normal_forms("email", text, "FR").isdisjoint(keys)}
    everybody = Selection("customer", (EVERYBODY,))
    old = shop.find_keys(everybody, [("no", "email")])[("no", "email")]
    by_row = dict(zip(sorted(str(no) for no, _ in old), numbered, strict=False))

    for no, (_, text) in by_row.items():
        one = Selection("customer", (Condition(("no",), frozenset({(no,)})),))
        shop.carry_out([ChangeColumns(one, set_to={"email": text})])
    found = shop.resolve("customer", look_for(*keys, column="email", rule="email"))

    stored = {value for condition in found for (value,) in condition.keys}
    assert stored == {text for _, text in by_row.values() if text in expected}
