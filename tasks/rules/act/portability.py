"""What of the subject's data is portable (Art. 20(1)), and why the rest is not.

Pure. Portable is a value that

1. is in a table that we decide over, and in a system that processes by automated means (Art. 20(1)(b));
2. is about the data subject (Art. 20(4): not what would harm others), and may be shown as it is;
3. was provided: given by the data subject, or observed while a service was used; never what was derived or inferred
   from it, nor what somebody else told us (WP 242 rev.01, part III);
4. serves a purpose that rests on consent or a contract (Art. 20(1)(a)), even if it serves others too.

Keys that join portable tables stay, because a copy that cannot be put together again is of no use to anybody.
"""

from collections.abc import Iterator

from data_contracts.company.company import Vocabulary
from data_contracts.company.contract import Column, Contracts, Table
from data_contracts.told.notices import LeftOut
from data_contracts.vocabulary import About, AccessTreatment, DataSource, LegalBasis
from tasks.rules.act.redaction import (
    ABOUT_OTHERS,
    UNREAD,
    Disclosure,
    Showing,
    Texts,
    shared_disclosure,
    shown_but,
    why_hidden,
)
from tasks.rules.search.partners import is_ours

_SOURCES = frozenset({DataSource.PROVIDED, DataSource.OBSERVED})
_BASES = frozenset({LegalBasis.CONSENT, LegalBasis.CONTRACT})
_EXPLICIT_CONSENT = "A9-2-a"

_Place = tuple[str, str, str]


class Portability:
    """Judges tables of one set of contracts."""

    def __init__(self, contracts: Contracts) -> None:
        """Work out which tables are portable, and which keys join them."""
        self._contracts = contracts
        self._tables = {(t.system, t.name) for t in contracts.tables() if self._has_portable(t)}
        self._joins = frozenset(self._joining())

    @property
    def showing(self) -> Showing:
        """The rule as packages take it."""
        return Showing(self.own, self.shared)

    def own(self, table: Table, rows: int, texts: Texts = UNREAD) -> Disclosure:
        """What of ``rows`` rows of ``table`` is portable; where nothing is, the table is left out whole."""
        why = self._why_whole(table)
        if why:
            return _nothing(table, rows, why)
        reasons = {column.name: why for column in table.columns if (why := self._why(table, column, texts))}
        return shown_but(table, rows, reasons, texts)

    def shared(self, table: Table, rows: int) -> Disclosure:
        """What of ``rows`` rows that belong to other people too is portable: what is harmless and the subject's."""
        shown = shared_disclosure(table, rows)
        vocabulary = self._contracts.vocabulary
        portable = [n for n in shown.columns if n not in shown.masked and is_portable(table.column(n), vocabulary)]
        if self._why_whole(table) or not portable:
            return _nothing(table, rows, self._why_whole(table) or "shared")
        hidden = (column.name for column in table.columns if column.name not in portable)
        left_out = tuple(LeftOut(table.system, table.name, name, "shared", rows) for name in hidden if rows)
        return Disclosure(tuple(portable), frozenset(), left_out)

    def _why_whole(self, table: Table) -> str:
        return why_whole(table, self._contracts) or ("" if self._has_portable(table) else "not_portable")

    def _why(self, table: Table, column: Column, texts: Texts) -> str:
        if (table.system, table.name, column.name) in self._joins and may_join(column):
            return ""
        if column.about is not About.SUBJECT:
            return ABOUT_OTHERS[column.about]  # Art. 20(4)
        if not is_portable(column, self._contracts.vocabulary):
            return "not_portable" if column.is_personal else "omitted"
        hidden = why_hidden(column, texts)
        # A mark in the place of a value would be taken for the value by a program.
        return "protected" if hidden == "masked" else hidden

    def _has_portable(self, table: Table) -> bool:
        vocabulary = self._contracts.vocabulary
        return not why_whole(table, self._contracts) and any(is_portable(c, vocabulary) for c in table.rules)

    def _joining(self) -> Iterator[_Place]:
        for table in self._contracts.tables():
            path = (table.system, table.name)
            if path not in self._tables:
                continue
            yield from ((*path, name) for name in table.primary_key)
            for reference in table.references:
                target = (reference.to_system, reference.to_table)
                if target in self._tables:
                    yield from ((*path, name) for name in reference.columns)
                    yield from ((*target, name) for name in reference.to_columns)


def _nothing(table: Table, rows: int, why: str) -> Disclosure:
    return Disclosure((), frozenset(), (LeftOut(table.system, table.name, "", why, rows),) if rows else ())


def why_whole(table: Table, contracts: Contracts) -> str:
    """The code of why nothing of a table is portable, whatever its columns hold; empty when columns decide."""
    if not is_ours(table, contracts.vocabulary):
        return "other_controller"
    return "" if contracts.systems[table.system].automated else "not_automated"


def is_portable(column: Column, vocabulary: Vocabulary) -> bool:
    """Whether a column's values are the subject's to take along, wherever they lie."""
    return (
        column.is_personal
        and column.about is About.SUBJECT
        and column.source in _SOURCES
        and any(_rests_on_consent_or_contract(key, vocabulary) for key in column.purposes)
    )


def may_join(column: Column) -> bool:
    """Whether a key may stay as it is: it is about nobody else, and no contract hides it."""
    return column.about is About.SUBJECT and column.access is AccessTreatment.INCLUDE


def _rests_on_consent_or_contract(key: str, vocabulary: Vocabulary) -> bool:
    purpose = vocabulary.purposes.get(key)
    return purpose is not None and (purpose.basis in _BASES or purpose.special == _EXPLICIT_CONSENT)
