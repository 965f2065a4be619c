"""Blocks ``dsr`` of drafts: what is proposed stands in its place, and a mark where only a person can know.

A table about people has one mark, its ``guess``: why it was taken for theirs, and which columns become search keys. As
long as it stands nothing of the set is used (:mod:`data_contracts.odcs.marks`), so that whoever removes it has looked
at the table. What values do not bear out, and what may harm somebody else, has a mark of its own.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from data_contracts.company import taxonomy
from data_contracts.odcs.drafts.guessing import Guess, Look, words_of
from data_contracts.odcs.drafts.shapes import DraftColumn
from data_contracts.odcs.marks import GUESS, TODO
from data_contracts.vocabulary import About, AccessTreatment, Assertion, ColumnErasure, DataSource

NOT_PERSONAL: Final = "system.operations"
_ASSERTIONS: Final = {"customer_no": Assertion.ASSIGNED, "cookie_id": Assertion.ASSIGNED}
"""What we give out ourselves; anything else somebody may have typed."""
_TIMES: Final = frozenset({"date", "timestamp", "time"})
_MONEY: Final = re.compile(
    r"(?:^|_)(?:amount|balance|budget|cost|deposit|discount|fee|paid|price|salary|sum|tax|total|vat|wage"
    r"|montant|prix|solde|tarif|tva|bedrag|prijs|betrag|preis)s?(?:_|$)"
)
_NAME: Final = re.compile(r"(?:^|_)(?:name|nom|label|libelle|naam)(?:_|$)")
_OBSERVED: Final = ("user.device", "user.behavior", "user.telemetry", "user.location", "user.sensor")
_DERIVED: Final = ("user.unique_id", "user.authorization", "user.financial", "user.account")


def new_document(system: str, block: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The head of a draft; ``block`` is its ``customProperties``."""
    head = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": system, "version": "0.1.0", "status": "draft"}
    return {**head, "customProperties": list(block)}


def dsr(**facts: object) -> list[dict[str, Any]]:
    """``customProperties`` with one ``dsr`` block; facts that say nothing are left out."""
    return [{"property": "dsr", "value": {key: value for key, value in facts.items() if value not in ("", {}, [])}}]


def relation_block(
    guessed: Mapping[str, object],
    *,
    follow: str,
    said_by: str = "",
    is_shared: bool = False,
    may_be_typed: bool = False,
) -> list[dict[str, Any]]:
    """The ``dsr`` block of a relationship: no direction but what a person writes.

    Args:
        guessed: by what it was found.
        follow: the direction proposed; empty where names do not suggest one.
        said_by: the column that says to what a row refers; empty where each row refers to the same table.
        is_shared: what it points at may be several people's.
        may_be_typed: somebody may have typed the value that refers.
    """
    return dsr(
        guess={**guessed, "follow": follow} if follow else dict(guessed),
        follow=TODO,
        assertion=TODO if may_be_typed else "",
        when={said_by: TODO} if said_by else {},
        shared=TODO if is_shared else "",
    )


def column_block(found: Guess, *, beside: str = "", **more: object) -> dict[str, Any]:
    """The facts of a column's ``dsr`` block: what is guessed, and TODO for what only a person knows.

    Args:
        found: what was guessed.
        beside: the column that says what each value is, in a table of keys and values.
        more: further proposals, written below ``guess``.
    """
    is_about_others = found.about is not About.SUBJECT
    proposals: dict[str, object] = {
        "by": list(found.by),
        "identity": found.identity,
        "assertion": _ASSERTIONS.get(found.identity, Assertion.SELF_ASSERTED).value if found.identity else "",
        "about": found.about.value if is_about_others else "",
        "access": found.access.value if found.access is AccessTreatment.REVIEW else "",
        **more,
    }
    open_keys: dict[str, object] = {"assertion": TODO} if found.identity else {}
    open_keys |= {"when": {beside: TODO}} if beside else {}
    open_keys |= {"about": TODO} if is_about_others else {}
    open_keys |= {"access": TODO} if is_about_others or proposals["access"] else {}
    needs_source = not found.category or taxonomy.is_personal(found.category)
    return {
        GUESS: {key: value for key, value in proposals.items() if value not in ("", [], {})},
        "category": found.category or TODO,
        "source": TODO if needs_source else "",
        **open_keys,
    }


def personal_block(column: DraftColumn, found: Guess, *, erase: str = "") -> dict[str, Any]:
    """The block of a column in a table about people: every key that a contract needs, as proposed.

    Args:
        column: the column.
        found: what was guessed of it; where nothing was, its type says what it may be.
        erase: how it is erased where its table is emptied column by column; empty elsewhere.
    """
    category = TODO if "category" in found.asks else found.category or nature_of(column)
    is_told = found.is_told_by_values and "name" in found.by
    identity = {"identity": found.identity, "assertion": _assertion(found)} if found.identity else {}
    is_about_others = found.about is not About.SUBJECT
    return _said(
        guess={} if is_told or not identity else {"by": list(found.by), **identity},
        category=category,
        source=source_of(category) if taxonomy.is_personal(category) else "",
        **(identity if is_told else {}),
        about=TODO if "about" in found.asks else found.about.value if is_about_others else "",
        access="" if found.access is AccessTreatment.INCLUDE else found.access.value,
        erase=erase if taxonomy.is_personal(category) else "",
        hold=TODO if erase == ColumnErasure.KEEP else "",
    )


def _said(**facts: object) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if value not in ("", {}, [])}


def _assertion(found: Guess) -> str:
    return _ASSERTIONS.get(found.identity, Assertion.SELF_ASSERTED).value


def nature_of(column: DraftColumn) -> str:
    """The category of a column in a row about a person, of which neither name nor values tell more than its kind."""
    words = words_of(column.name)
    if column.logical_type in _TIMES:
        return "user.behavior"
    if column.logical_type == "number" or _MONEY.search(words):
        return "user.financial"
    if column.logical_type == "integer":
        return "user.behavior"
    if column.logical_type == "boolean":
        return "user.account.settings"
    if _NAME.search(words) and not column.is_few:
        return "user.name"
    return "user.account" if column.is_few or Look.CODE in column.looks else "user"


def source_of(category: str) -> str:
    """Where values of the category mostly come from; empty where it is not known yet what it is."""
    if category == TODO:
        return TODO
    if category.startswith(_OBSERVED):
        return DataSource.OBSERVED.value
    return DataSource.DERIVED.value if category.startswith(_DERIVED) else DataSource.PROVIDED.value


def erasure_of(column: DraftColumn, *, is_end: bool) -> str:
    """How a personal column is emptied: NULL where it takes one, a pseudonym where values differ, else a constant.

    Args:
        column: the column.
        is_end: whether something refers to it, or it refers to something: then its value stays what it is, on a hold.
    """
    if not column.required and not column.key_position:
        return ColumnErasure.CLEAR.value
    if is_end or column.key_position:
        return ColumnErasure.KEEP.value
    is_text = column.logical_type in {"string", "integer", "number"}
    return (ColumnErasure.TOKEN if column.unique and is_text else ColumnErasure.MASK).value
