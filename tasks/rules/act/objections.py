"""What an objection stops at once, what people weigh, and what it cannot reach (Art. 21, 7(3), charter 2.4, P5).

Pure. The purposes of a request are sorted by the law:

* *absolute*: direct marketing and the profiling for it, whatever its legal basis (Art. 21(2), 21(3)): nobody weighs;
* *withdrawn*: another purpose that rests on consent: the objection is its withdrawal (Art. 7(3)): nobody weighs;
* *weighed*: legitimate interest or public task (Art. 21(1)): stopped unless a person shows compelling grounds;
* *out of reach*: a contract, a legal obligation, vital interests.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from data_contracts.case.permissions import ALL_MARKETING, ALL_PARTNERS, ANY, Stance, StanceEntry
from data_contracts.case.plan import Located
from data_contracts.case.request import Statement
from data_contracts.case.subjects import SubjectKey
from data_contracts.company.company import Purpose, Vocabulary
from data_contracts.company.contract import Contracts, Table
from data_contracts.company.row_cases import parts_of
from data_contracts.connectors.keys import Selection
from data_contracts.vocabulary import LegalBasis, PartyRole, TableErasure
from tasks.rules.act.changes import Change
from tasks.rules.act.restrictions import SHARED, referred
from tasks.rules.others.permissions import is_marketing, may_be_objected_to
from tasks.rules.search.partners import is_ours

BY_LEDGER: Final = "by_ledger"
ENDING: Final = frozenset({Stance.CONSENTED, Stance.OBJECTION_ENDED})
MARKERS: Final = {"art21": True, "art21_optin": False}
"""What a marker holds once the data subject objected; ``art21_optin`` says yes while somebody may be approached."""


@dataclass(frozen=True, slots=True)
class Objections:
    """The purposes of a request, sorted by what an objection does to them; each sorted by key.

    Attributes:
        marketing: all direct marketing, that which is yet to come too.
        sharing: no data to partners.
    """

    marketing: bool
    sharing: bool
    absolute: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    weighed: tuple[str, ...] = ()
    out_of_reach: tuple[str, ...] = ()

    @property
    def at_once(self) -> bool:
        """Whether there is something that nobody weighs."""
        return bool(self.sharing or self.absolute or self.withdrawn or self.marketing)


def sort_objections(statement: Statement, vocabulary: Vocabulary) -> Objections:
    """What the data subject objects to, sorted. Who names nothing objects to all that the right reaches.

    Raises:
        KeyError: when a purpose is none of the vocabulary; registering a request refuses such.
    """
    named = set(statement.purposes)
    everything = not (named or statement.direct_marketing or statement.sharing)
    marketing = statement.direct_marketing or everything
    asked: dict[str, list[str]] = {"absolute": [], "withdrawn": [], "weighed": [], "out_of_reach": []}
    for key in sorted({*vocabulary.purposes, *named}):
        kind = _kind_of(vocabulary.purposes[key])
        reached = (kind == "absolute" and marketing) or (kind == "weighed" and everything)
        if key in named or reached:
            asked[kind].append(key)
    return Objections(marketing, statement.sharing, **{kind: tuple(keys) for kind, keys in asked.items()})


def stances_at_once(
    objections: Objections, vocabulary: Vocabulary, keys: Iterable[SubjectKey], *, at: datetime, source: str
) -> Iterator[StanceEntry]:
    """What goes into the ledger on receipt, before identity is checked: it only suppresses.

    Args:
        objections: from :func:`sort_objections`.
        vocabulary: with the purposes.
        keys: of the data subject.
        at: when the request was received.
        source: what is noted as the source.
    """
    consents = [p for p in objections.absolute if vocabulary.purposes[p].basis is LegalBasis.CONSENT]
    objected = [ALL_MARKETING] if objections.marketing else list(objections.absolute)
    said = [(purpose, ANY, Stance.OBJECTED) for purpose in objected]
    # Art. 7(3): where consent was the basis it is withdrawn too, and does not come back when the objection ends.
    said += [(purpose, ANY, Stance.WITHDRAWN) for purpose in (*consents, *objections.withdrawn)]
    said += [(ANY, ALL_PARTNERS, Stance.OBJECTED)] if objections.sharing else []
    for key in keys:
        yield from (StanceEntry(key, purpose, to, stance, at, source) for purpose, to, stance in said)


def stances_weighed(
    purposes: Iterable[str], keys: Iterable[SubjectKey], *, at: datetime, source: str
) -> Iterator[StanceEntry]:
    """What goes into the ledger once people found no compelling grounds."""
    wanted = list(purposes)
    for key in keys:
        yield from (StanceEntry(key, purpose, ANY, Stance.OBJECTED, at, source) for purpose in wanted)


def stances_taken_back(
    said: Iterable[StanceEntry], vocabulary: Vocabulary, *, source: str, at: datetime
) -> Iterator[StanceEntry]:
    """What ends the objections that one source entered, because the data subject takes them back.

    One stays where the data subject objects to as much or more elsewhere, since what ends one ends the other. A consent
    that was withdrawn stays withdrawn (Art. 7(3)): only a new consent can take its place.

    Args:
        said: all that the data subject said.
        vocabulary: with the purposes.
        source: whose entries are ended.
        at: when they were taken back.
    """
    everything = list(said)
    for own in (one for one in everything if one.stance is Stance.OBJECTED and one.source == source):
        if not _stands_elsewhere(own, everything, vocabulary):
            yield replace(own, stance=Stance.OBJECTION_ENDED, at=at)


def _stands_elsewhere(own: StanceEntry, said: Iterable[StanceEntry], vocabulary: Vocabulary) -> bool:
    """Whether another source's objection, which was not ended, is as wide."""
    facts = vocabulary.purposes.get(own.purpose)
    purposes = {ANY, own.purpose, *([ALL_MARKETING] if facts is not None and is_marketing(facts) else [])}
    entries = [one for one in said if one.purpose in purposes and one.recipient in {ANY, own.recipient}]
    return any(
        one.stance is Stance.OBJECTED
        and one.source != own.source
        and not any(later.stance in ENDING and later.at > one.at for later in entries)
        for one in entries
    )


def objection_changes(
    contracts: Contracts, located: Located, system: str, stopped: Iterable[str], *, sharing: bool = False
) -> tuple[Change, ...]:
    """What is marked in one system, what the ledger stops, and what is not ours or not the subject's alone.

    Args:
        contracts: the checked set.
        located: where the subject's rows are.
        system: name of the system.
        stopped: keys of the purposes that are stopped.
        sharing: whether nothing goes to partners any more.
    """
    wanted = set(stopped)
    changes: list[Change] = []
    for part in (part for table in contracts.systems[system].tables for part in parts_of(table)):
        table, path = part.table, (system, part.table.name)
        columns = _columns_of(table, wanted)
        markers = _markers_of(table, wanted)
        concerns = columns or markers or wanted & set(table.purposes)
        if not concerns and not (sharing and _has_partner(table, contracts)):
            continue
        if not is_ours(table, contracts.vocabulary):
            changes += referred(part, located)
            continue
        if located.conditions.get(path):
            selection = part.rows(Selection(table.name, located.conditions[path]))
            stopped_here = _stopped(table, selection, markers=markers, columns=columns)
            changes.append(replace(stopped_here, when=part.said))
        if located.shared.get(path) and table.erase is not TableErasure.NONE:
            # Law 8: others have not objected.
            rows = part.rows(Selection(table.name, located.shared[path]))
            changes.append(Change(path, "keep", rows, note=SHARED, when=part.said))
    return tuple(changes)


def _kind_of(purpose: Purpose) -> str:
    if is_marketing(purpose):
        return "absolute"
    if purpose.basis is LegalBasis.CONSENT:
        return "withdrawn"
    return "weighed" if may_be_objected_to(purpose) else "out_of_reach"


def _has_partner(table: Table, contracts: Contracts) -> bool:
    parties = (contracts.vocabulary.parties.get(key) for key in table.recipients)
    return any(party is not None and party.role is not PartyRole.PROCESSOR for party in parties)


def _columns_of(table: Table, purposes: set[str]) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if purposes & set(column.purposes))


def _markers_of(table: Table, purposes: set[str]) -> dict[str, bool]:
    """Markers of a table that concern the purposes, by what their column or the table is used for."""
    return {
        column.name: MARKERS[column.marker]
        for column in table.columns
        if column.marker in MARKERS and purposes & {*column.purposes, *table.purposes}
    }


def _stopped(table: Table, selection: Selection, *, markers: dict[str, bool], columns: tuple[str, ...]) -> Change:
    path = (table.system, table.name)
    if markers:
        return Change(path, "stop", selection, set_to=dict(markers))
    return Change(path, "stop", selection, columns=columns, note=BY_LEDGER)
