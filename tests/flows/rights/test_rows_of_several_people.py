"""Law 8: rows of several people, for each right, on each kind of database."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from data_contracts.case.request import FieldChange, Statement
from data_contracts.vocabulary import Gate, Right
from flows.runs.wording import plan_table
from tests.flows.company import House
from tests.flows.neighbours import (
    ADA,
    BEN_MARKS,
    CUSTOMER_THAT_GOES,
    HOUSEHOLD_WITH_HER_ADDRESS,
    PURCHASE_AND_ITS_PRODUCT,
    STREET,
    Shop,
    a_shop,
    database,
    shop,
)

__all__ = ["database", "shop"]

_ALL_SHARED = {"address": 1, "household": 1, "message": 1}
_SAID = {
    "en": "Other people’s data depend on these entries, or may depend on them",
    "fr": "Les données d’autres personnes dépendent de ces entrées, ou peuvent en dépendre",
    "nl": "Gegevens van anderen hangen van deze regels af, of kunnen ervan afhangen",
}


def _sealed(shop: Shop, case_id: str) -> str:
    """Everything that lies in the case's vault, as far as it is text."""
    vault, texts = shop.house.installation.services.vault, []
    for name in vault.names(case_id):
        with vault.read(case_id, name) as blob:
            texts.append(blob.read().decode("utf-8", "replace"))
    return "\n".join(texts)


# --- erasure -------------------------------------------------------------------------------------------------------


def test_erasure_takes_what_is_hers_alone_and_nothing_of_several_people(shop: Shop) -> None:
    """The address, card and message that are hers alone are gone; every row that others have a part in is there."""
    case_id = shop.open(Right.ERASURE)

    assert shop.house.walk(case_id) == "granted_in_part"
    assert shop.ids("address") == [10, 12]
    assert shop.ids("payment_card") == [20]
    assert shop.ids("message") == [40, 42]
    assert shop.ids("household") == [30]
    assert shop.ids("purchase") == [52]
    assert shop.ask("SELECT street FROM address WHERE id = 10") == [("Shared Lane 1",)]
    assert shop.ask("SELECT body FROM message WHERE id = 40") == [("Dinner at eight",)]
    assert shop.ask("SELECT name, address_id, card_id, household_id FROM customer WHERE id = 1") == [(None,) * 4]
    assert shop.ask("SELECT name, address_id FROM customer WHERE id = 2") == [("Benjamin", 10)]


def test_each_row_that_stays_is_in_the_plan_with_its_count_and_ground(shop: Shop) -> None:
    """People at the gate read what stays because of others, and how many rows; a stranger's card is in no line."""
    case_id = shop.open(Right.ERASURE)

    entry = shop.house.until(Gate.APPROVAL, case_id)

    assert shop.kept(case_id) == _ALL_SHARED
    case = shop.house.installation.register.case(case_id)
    plan: Any = {"lines": shop.house.plan(case_id), "sensitivity": "x", "by_hand": []}
    assert plan_table(case, plan).count("others' data depend on it, or may") == len(_ALL_SHARED)
    assert (
        "| keep | 1 | shop.message | others' data depend on it, or may: kept for several people |" in entry.description
    )


@pytest.mark.parametrize("language", sorted(_SAID))
@pytest.mark.parametrize("right", [Right.ERASURE, Right.RESTRICTION, Right.OBJECTION])
def test_letter_names_what_stays_and_why_and_nobody(house: House, tmp_path: Path, right: Right, language: str) -> None:
    """In the reader's words, with the place; who the others are, or that there are none, is not told."""
    tables = {"en": ("Addresses", "Households", "Messages"), "fr": ("Adresses", "Foyers", "Messages")}
    with a_shop(house, f"sqlite:///{tmp_path}/shop.db") as shop:
        house.walk(shop.open(right, language=language))

    told = house.mails()[-1]
    assert told.count(_SAID[language]) == 1
    assert f"({', '.join(tables.get(language, ('Adressen', 'Huishoudens', 'Berichten')))})" in told
    assert not [mark for mark in BEN_MARKS if mark in told]


def test_row_that_goes_behind_our_back_is_noticed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof counts rows of several people too: one that is no longer there is a mismatch."""
    case_id = shop.open(Right.ERASURE)
    entry = shop.house.until(Gate.APPROVAL, case_id)
    shop.house.agree(shop.house.agree(entry))
    monkeypatch.setattr("flows.rights.erasure.systems_in_order", _taking_away(shop))

    waiting = shop.house.run(case_id)

    assert waiting is not None
    assert waiting.gate is Gate.MISMATCH
    assert "shop.message: shared" in waiting.description


def _taking_away(shop: Shop) -> Any:
    """As a trigger would: the row goes in the middle of the act."""

    def systems(_case_id: str) -> tuple[str, ...]:
        shop.ask("DELETE FROM message WHERE id = 40")
        return ("shop",)

    return systems


def test_later_access_finds_what_stayed(shop: Shop, tmp_path: Path) -> None:
    """By the number that the emptied account keeps, the message is found again, as one of several people."""
    shop.house.walk(shop.open(Right.ERASURE))
    case_id = shop.open(Right.ACCESS, identity={"customer_no": ["C-1111"]})

    shop.house.walk(case_id)

    assert shop.package(case_id, tmp_path / "p")["message_shared"] == [{"sender_id": 1, "body": "Dinner at eight"}]


def test_account_that_goes_leaves_the_message_without_its_sender(house: House, database: str) -> None:
    """Her row goes after those that refer to it, before what is hers alone; the message loses its reference."""
    with a_shop(house, database, CUSTOMER_THAT_GOES, on_delete="SET NULL") as shop:
        assert house.walk(shop.open(Right.ERASURE)) == "granted_in_part"

        assert shop.ids("customer") == [2, 3]
        assert shop.ids("address") == [10, 12]
        assert shop.ask("SELECT sender_id, recipient_id, body FROM message WHERE id = 40") == [
            (None, 2, "Dinner at eight")
        ]


@pytest.mark.parametrize(
    ("on_delete", "said"),
    [
        ("CASCADE", "deletes rows of `message` with it (ON DELETE CASCADE), which may be other people's too"),
        ("", "rows of `message` that are other people's too refer to rows of `customer`"),
    ],
    ids=["cascade", "refusal"],
)
def test_database_that_would_take_the_message_too_is_found_out_before_people_decide(
    house: House, database: str, on_delete: str, said: str
) -> None:
    """Law 8, law 13: a person mends contract or system first; no row is touched."""
    with a_shop(house, database, CUSTOMER_THAT_GOES, on_delete=on_delete) as shop:
        entry = house.until(Gate.OUTAGE, shop.open(Right.ERASURE))

        assert said in entry.description
        assert shop.ids("customer") == [1, 2, 3]
        assert shop.ids("message") == [40, 41, 42]


def test_shared_in_any_case_is_shared_whatever_else_leads_there(house: House, database: str) -> None:
    """The household holds her proven address as well: it stays all the same, and she is told so."""
    with a_shop(house, database, HOUSEHOLD_WITH_HER_ADDRESS) as shop:
        shop.ask(f"UPDATE household SET street = '{ADA}'")  # noqa: S608  # our own words
        case_id = shop.open(Right.ERASURE)

        assert house.walk(case_id) == "granted_in_part"
        assert shop.ids("household") == [30]
        assert shop.kept(case_id) == _ALL_SHARED


# --- access and portability ----------------------------------------------------------------------------------------


def test_access_shows_of_rows_of_several_people_what_is_declared_alone(shop: Shop, tmp_path: Path) -> None:
    """Street and text; neither the key of the row, nor who else uses it, nor anything of a stranger's card."""
    case_id = shop.open(Right.ACCESS)

    assert shop.house.walk(case_id) == "granted"
    rows = shop.package(case_id, tmp_path / "p")
    assert rows["address_shared"] == [{"street": "Shared Lane 1"}]
    assert rows["household_shared"] == [{"street": "Household Row 3"}]
    assert rows["message_shared"] == [{"sender_id": 1, "body": "Dinner at eight"}]
    assert [row["id"] for row in rows["address"]] == [11]
    assert [row["id"] for row in rows["message"]] == [41]
    assert [row["number"] for row in rows["payment_card"]] == ["4000-ADA"]


def test_keys_of_rows_that_are_not_hers_are_left_out_value_by_value(shop: Shop, tmp_path: Path) -> None:
    """Her row shows no key of a shared address or a stranger's card; of her orders, the keys of her own rows stay."""
    case_id = shop.open(Right.ACCESS)

    shop.house.walk(case_id)

    rows = shop.package(case_id, tmp_path / "p")
    assert set(rows["customer"][0]) == {"id", "no", "email", "name"}
    orders = {row["id"]: (row["customer_id"], row["address_id"], row["product_id"]) for row in rows["purchase"]}
    assert orders == {50: (1, 11, 60), 51: (1, None, 60)}
    assert {row["id"]: row["gift_for"] for row in rows["purchase"]} == {50: None, 51: 1}


def test_every_file_of_the_package_leaves_them_out(shop: Shop, tmp_path: Path) -> None:
    """CSV and Parquet hold what JSON holds, and the page tells what was left out and why."""
    case_id = shop.open(Right.ACCESS)

    shop.house.walk(case_id)

    shop.package(case_id, tmp_path / "p")
    (table,) = (tmp_path / "p").rglob("purchase.csv")
    assert sorted(csv.read_csv(table)["address_id"].to_pylist(), key=str) == [11, None]
    assert sorted(pq.read_table(table.with_suffix(".parquet"))["address_id"].to_pylist(), key=str) == [11, None]
    page = (tmp_path / "p" / "index.html").read_text()
    assert "Address id (1 entry)" in page
    assert "belongs to an entry that is not, or may not be, about you alone" in page


def test_plan_tells_where_keys_are_left_out(shop: Shop) -> None:
    """The column stands in the plan with the number of rows and the note."""
    case_id = shop.open(Right.ACCESS)

    shop.house.until(Gate.APPROVAL, case_id)

    lines = [line for line in shop.house.plan(case_id) if line["action"] == "leave_out"]
    left_out = {(line["table"], name): (line["rows"], line["note"]) for line in lines for name in line["columns"]}
    assert left_out["purchase", "address_id"] == (1, "shared")
    assert left_out["customer", "card_id"] == (1, "shared")
    assert left_out["customer", "address_id"] == (1, "shared")
    assert ("payment_card", "number") not in left_out


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY, Right.ERASURE])
def test_nothing_of_the_neighbour_comes_near_the_case(shop: Shop, right: Right) -> None:
    """No vault entry of the case holds the neighbour's name, number, address or card."""
    case_id = shop.open(right)

    shop.house.until(Gate.APPROVAL, case_id)

    sealed = _sealed(shop, case_id)
    assert "C-1111" in sealed
    assert not [mark for mark in BEN_MARKS if mark in sealed]


def test_portable_package_holds_no_key_of_others(shop: Shop, tmp_path: Path) -> None:
    """Keys join tables; those of rows that are not hers are left out of what goes along all the same."""
    case_id = shop.open(Right.PORTABILITY)

    assert shop.house.walk(case_id).startswith("granted")
    rows = shop.package(case_id, tmp_path / "p")
    assert rows["address_shared"] == [{"street": "Shared Lane 1"}]
    assert not {"address_id", "card_id", "household_id"} & set(rows["customer"][0])


def test_row_of_a_catalogue_is_nobodys_and_is_shown(house: House, tmp_path: Path) -> None:
    """Others buy the lamp too; that makes it no row of several people, and an erasure has nothing to tell of it."""
    with a_shop(house, f"sqlite:///{tmp_path}/shop.db", PURCHASE_AND_ITS_PRODUCT) as shop:
        case_id = shop.open(Right.ACCESS)
        house.walk(case_id)

        assert shop.package(case_id, tmp_path / "p")["product"] == [{"id": 60, "title": "Lamp"}]
        erasure = shop.open(Right.ERASURE)
        house.walk(erasure)
        assert shop.kept(erasure) == _ALL_SHARED
        assert shop.ids("product") == [60]


# --- rectification, restriction, objection -------------------------------------------------------------------------


def test_rectification_changes_the_address_that_is_hers_alone(shop: Shop) -> None:
    """The one that Ben uses too, and the household, stay, and she is told."""
    asked = Statement(changes=[FieldChange(field=STREET, value="New Street 9")])
    case_id = shop.open(Right.RECTIFICATION, statement=asked)

    assert shop.house.walk(case_id) == "granted_in_part"
    streets = shop.ask("SELECT id, street FROM address ORDER BY id")
    assert streets == [(10, "Shared Lane 1"), (11, "New Street 9"), (12, "Far Way")]
    assert shop.ask("SELECT street FROM household") == [("Household Row 3",)]
    assert shop.kept(case_id) == {"address": 1, "household": 1}
    assert _SAID["en"] in shop.house.mails()[-1]


def test_restriction_marks_what_is_hers_alone(shop: Shop) -> None:
    """A mark on a row of several people would restrict the others: it is told instead."""
    case_id = shop.open(Right.RESTRICTION)

    assert shop.house.walk(case_id) == "granted_in_part"
    marked = shop.ask("SELECT id FROM address WHERE restricted ORDER BY id")
    assert marked == [(11,)]
    assert shop.kept(case_id) == _ALL_SHARED


def test_objection_marks_what_is_hers_alone(shop: Shop) -> None:
    """Ben has not objected: the message between them stays unmarked, and she is told."""
    case_id = shop.open(Right.OBJECTION)

    assert shop.house.walk(case_id) == "granted_in_part"
    assert shop.ask("SELECT id FROM message WHERE quiet ORDER BY id") == [(41,)]
    assert shop.kept(case_id) == _ALL_SHARED
    assert _SAID["en"] in shop.house.mails()[-1]
