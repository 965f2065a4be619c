"""Art. 17(1), (2), (3)(e): what the ground of an erasure reaches, what a hold keeps, what a key makes unreadable."""

from dataclasses import replace
from typing import Any

import pytest

from data_contracts.case.plan import Action, Ground
from data_contracts.company.company import Hold, Purpose
from data_contracts.company.contract import Contracts, Table
from data_contracts.connectors.keys import Selection
from data_contracts.vocabulary import ErasureGround, Follow, LegalBasis, TableErasure
from tasks.rules.act.limits import (
    OTHER_BASIS,
    PUBLIC,
    purposes_reached,
    shredded_with_key,
    told_public,
    under_hold,
    within_ground,
)
from tasks.rules.act.plan import Segment
from tests.tasks.rules.examples import a_column, a_key, a_reference, a_table, contracts_of

_PURPOSES = {
    "contract": Purpose(use="essential.service", basis=LegalBasis.CONTRACT),
    "news": Purpose(use="marketing", basis=LegalBasis.CONSENT, direct_marketing=True),
    "titles": Purpose(use="personalize", basis=LegalBasis.CONSENT),
    "churn": Purpose(use="analytics", basis=LegalBasis.LEGITIMATE_INTEREST),
    "census": Purpose(use="analytics", basis=LegalBasis.PUBLIC_TASK),
}


def _contracts(*tables: Table) -> Contracts:
    made = contracts_of(*(tables or (a_table("t"),)))
    holds = {**made.vocabulary.holds, "litigation": Hold(art17_3="e", law="C. civ. 2224")}
    return replace(made, vocabulary=made.vocabulary.model_copy(update={"purposes": _PURPOSES, "holds": holds}))


def _part(name: str, verb: Action = "delete", *columns: str, **facts: Any) -> Segment:
    return Segment(("crm", name), verb, Selection(name, ()), columns, **facts)


def _told(parts: tuple[Segment, ...]) -> list[tuple[str, str, tuple[str, ...], str]]:
    return [(part.path[1], part.verb, part.columns, part.note) for part in parts]


@pytest.mark.parametrize(
    ("ground", "named", "reached"),
    [
        (None, [], None),
        (ErasureGround.NO_LONGER_NEEDED, ["news"], None),
        (ErasureGround.UNLAWFUL, [], None),
        (ErasureGround.LEGAL_DUTY, [], None),
        (ErasureGround.CHILD, [], None),
        (ErasureGround.CONSENT_WITHDRAWN, [], {"news", "titles"}),
        (ErasureGround.CONSENT_WITHDRAWN, ["titles", "contract"], {"titles"}),
        (ErasureGround.OBJECTION, [], {"news", "churn", "census"}),
        (ErasureGround.OBJECTION, ["churn", "contract"], {"churn"}),
    ],
)
def test_ground_ends_purposes(ground: ErasureGround | None, named: list[str], reached: set[str] | None) -> None:
    """(b) what rests on consent, (c) what may be objected to; the other grounds do not depend on purposes."""
    assert purposes_reached(ground, named, _contracts().vocabulary) == reached


def test_without_such_a_ground_everything_is_reached() -> None:
    """Parts stay as they are."""
    parts = [_part("t")]

    assert within_ground(parts, _contracts(), None) == tuple(parts)


@pytest.mark.parametrize(
    ("purposes", "verb"), [(("news",), "delete"), (("news", "contract"), "keep"), (("contract",), "keep"), ((), "keep")]
)
def test_rows_used_otherwise_stay(purposes: tuple[str, ...], verb: str) -> None:
    """Rows go when all they serve has ended, and with one purpose left they stay with the reason."""
    contracts = _contracts(a_table("t", purposes=purposes))

    (part,) = within_ground([_part("t")], contracts, frozenset({"news"}))

    assert (part.verb, part.note) == (verb, "" if verb == "delete" else OTHER_BASIS)


def test_columns_are_told_apart() -> None:
    """In a row that stays, the columns that serve only what has ended are erased."""
    columns = (a_column("optin", purposes=("news",)), a_column("email", purposes=("contract", "news")), a_column("n"))
    contracts = _contracts(a_table("t", a_key(), *columns, erase=TableErasure.COLUMNS, purposes=("contract",)))

    parts = within_ground([_part("t", "clear", "optin", "email", "n")], contracts, frozenset({"news"}))

    assert _told(parts) == [("t", "clear", ("optin",), ""), ("t", "keep", ("email", "n"), OTHER_BASIS)]


def test_what_stays_already_stays_as_it_is() -> None:
    """An exemption and another controller's rows have their own reason."""
    parts = (_part("t", "keep", ground=Ground("accounting", "b", "law")), _part("t", "refer"))

    assert within_ground(parts, _contracts(), frozenset({"news"})) == parts


@pytest.mark.parametrize(
    ("reference", "verb"),
    [
        (a_reference("parent", "top"), "keep"),
        (a_reference("parent", "top", shared=True, follow=frozenset({Follow.TO})), "delete"),
        (a_reference("parent", "shop.top"), "delete"),
    ],
)
def test_no_row_is_left_that_points_nowhere(reference: Any, verb: str) -> None:
    """What a row that stays refers to in its system stays too, and what that refers to."""
    top = a_table("top", purposes=("news",))
    child = a_table("child", a_key(), a_column("parent"), purposes=("contract",), references=(reference,))
    contracts = _contracts(top, child, a_table("top", system="shop", purposes=("news",)))

    parts = within_ground([_part("top"), _part("child")], contracts, frozenset({"news"}))

    assert [part.verb for part in parts] == [verb, "keep"]


def test_column_that_stays_pins_only_what_it_refers_to() -> None:
    """A kept column that refers to nothing leaves the table that others refer to free to go."""
    top = a_table("top", purposes=("news",))
    columns = (a_column("parent", purposes=("news",)), a_column("name", purposes=("contract",)))
    child = a_table("child", a_key(), *columns, erase=TableErasure.COLUMNS, references=(a_reference("parent", "top"),))

    parts = within_ground(
        [_part("top"), _part("child", "clear", "parent", "name")], _contracts(top, child), frozenset({"news"})
    )

    assert [part.verb for part in parts] == ["delete", "clear", "keep"]


def test_hold_keeps_everything_with_its_ground() -> None:
    """Art. 17(3)(e): nothing of it is erased; what stays for another reason keeps that reason."""
    kept = _part("t", "keep", note="shared")

    held, same = under_hold([_part("t", note="hold_over"), kept], _contracts().vocabulary)

    assert (held.verb, held.note, held.ground) == ("keep", "", Ground("litigation", "e", "C. civ. 2224", ""))
    assert same is kept


def test_shredded_rows_stay_readable_while_their_key_stays() -> None:
    """Destroying the key is what shreds: where the key is kept, the rows are kept with its ground."""
    contracts = _contracts(a_table("log", erase=TableErasure.SHRED, shred_key="log_key"), a_table("log_key"))
    ground = Ground("litigation", "e", "law")
    rows, key, kept = _part("log", "shred"), _part("log_key"), _part("log_key", "keep", ground=ground)

    assert shredded_with_key([rows, key], contracts) == (rows, key)
    assert [(p.verb, p.ground) for p in shredded_with_key([rows, kept], contracts)] == [("keep", ground)] * 2


def test_public_data_say_so_when_they_are_erased() -> None:
    """Art. 17(2); a part with a reason of its own keeps it."""
    contracts = _contracts(a_table("t", public=True), a_table("u"))
    parts = [_part("t"), _part("t", "keep"), _part("t", note="hold_over"), _part("u")]

    assert [part.note for part in told_public(parts, contracts)] == [PUBLIC, "", "hold_over", ""]
