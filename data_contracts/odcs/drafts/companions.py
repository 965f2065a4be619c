"""Columns that say what another column of the same row means, told by their names.

Two shapes of tables hold things of several kinds in one column, and one column beside it says which:

* a polymorphic association: ``owner_id`` refers to a customer where ``owner_type`` says so, else to something else;
* a key and a value (EAV): ``meta_value`` is an e-mail address where ``meta_key`` says so, else anything.

A reference or an identity of such a column holds under a condition only (``when``); without it other people's rows
are taken for the data subject's. Names are compared word by word, in English, French, Dutch and German:

>>> type_beside("ownerId", ["id", "ownerType", "ownerId"])
'ownerType'
>>> key_beside("meta_value", ["meta_id", "meta_key", "meta_value"])
'meta_key'
>>> type_beside("customer_id", ["id", "customer_id", "article"])
''
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from data_contracts.odcs.drafts.guessing import words_of

_ID: Final = re.compile(r"(?:^|_)(?:id|key|uuid|guid|pk|ref|fk|no|nr)(?:_|$)")
_TYPES: Final = (
    "type",
    "class",
    "kind",
    "model",
    "table",
    "typ",
    "klasse",
    "soort",
    "sorte",
    "classe",
    "genre",
    "tabelle",
)
_GENERIC: Final = re.compile(
    "content|entit[ey]|item|model|obje[ck]t|objet|onderwerp|record|res?source|subject|sujet|target|ziel|cible"
)
"""Words that name no table: a bare ``resource`` beside ``resource_id`` says which."""
_VALUE: Final = re.compile(r"(?:^|_)(?:values?|val|valeur|waarde|wert)(?:_(?:text|string|str|varchar|char))?$")
_KEY: Final = re.compile(
    r"(?:^|_)(?:key|name|attribute|attr|field|property|prop|setting|option|param(?:eter)?|code|type|label"
    r"|cle|attribut|nom|champ|propriete|sleutel|naam|veld|kenmerk|schluessel|schlussel|feld|eigenschaft|merkmal)(?:_id)?$"
)


def type_beside(column: str, names: Iterable[str]) -> str:
    """The column among ``names`` that says to what ``column`` refers; empty when none does."""
    words = words_of(column)
    stem = stem_of(column)
    if stem == words:
        return ""
    wanted = {f"{stem}_{kind}" for kind in _TYPES} | {f"{kind}_{stem}" for kind in _TYPES}
    wanted |= {f"{said}_id" for said in wanted}
    if _GENERIC.fullmatch(stem):
        wanted |= {stem, *(f"content_{kind}" for kind in _TYPES), *(f"content_{kind}_id" for kind in _TYPES)}
    return next((name for name in names if name != column and words_of(name) in wanted), "")


def stem_of(column: str) -> str:
    """The words of a column that refers, without ``id``: ``owner`` of ``owner_id``; all of them where none is left."""
    words = words_of(column)
    return _ID.sub("_", words).strip("_") or words


def key_beside(column: str, names: Iterable[str]) -> str:
    """The column among ``names`` that says what a value in ``column`` is; empty when none does."""
    words = words_of(column)
    if not _VALUE.search(words):
        return ""
    stem = _VALUE.sub("", words)
    found = [name for name in names if name != column and _KEY.search(words_of(name))]
    return _nearest(found, stem)


def _nearest(names: Sequence[str], stem: str) -> str:
    """The one that begins as the value column does, else the first."""
    return next((name for name in names if stem and words_of(name).startswith(stem)), names[0] if names else "")


def is_named_after(column: str, table: str) -> bool:
    """Whether a column that refers is called as the table is: ``customer_id`` of ``crm_customers``.

    >>> is_named_after("billing_address_id", "addresses"), is_named_after("item_id", "order_items")
    (True, False)
    """
    stem, aim = singular(stem_of(column)), singular(words_of(table))
    return stem == aim or f"_{stem}".endswith(f"_{aim}") or (aim.endswith(f"_{stem}") and not _GENERIC.fullmatch(stem))


def singular(words: str) -> str:
    """The words without the ending of many: ``address`` of ``addresses``."""
    if words.endswith("ies"):
        return f"{words[:-3]}y"
    if words.endswith(("sses", "xes", "ches")):
        return words[:-2]
    return words if words.endswith("ss") else words.removesuffix("s")
