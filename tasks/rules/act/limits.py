"""What limits an erasure to some of the data: its ground, a litigation hold, a key that must stay (Art. 17(1), (3)(e)).

Pure: parts of a plan come in, parts go out, of which some now stay with the reason why. What stays takes with it what
it refers to, so that no row is left that points nowhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from data_contracts.case.plan import TablePath
from data_contracts.company.company import Purpose, Vocabulary
from data_contracts.company.contract import Contracts, Table
from data_contracts.vocabulary import ErasureGround, LegalBasis
from tasks.rules.act.exemptions import ground_of
from tasks.rules.act.plan import Segment, rules_of

HOLD: Final = "litigation"
"""The hold of the vocabulary that stands for what a person orders to be kept."""
OTHER_BASIS: Final = "other_basis"
"""Why data stay that the ground of an erasure does not reach."""
PUBLIC: Final = "made_public"
"""What is told of data that were public (Art. 17(2))."""
_LEAVING: Final = frozenset({"keep", "refer"})
_OBJECTABLE: Final = frozenset({LegalBasis.LEGITIMATE_INTEREST, LegalBasis.PUBLIC_TASK})


def purposes_reached(
    ground: ErasureGround | None, named: Iterable[str], vocabulary: Vocabulary
) -> frozenset[str] | None:
    """The purposes that a ground of Art. 17(1) ends; None where it does not depend on purposes and reaches everything.

    Args:
        ground: as the data subject gave it; None when none was given.
        named: purposes that the data subject named; with none, all that the ground can end.
        vocabulary: purposes and their legal bases.
    """
    match ground:
        case ErasureGround.CONSENT_WITHDRAWN:
            possible = {key for key, purpose in vocabulary.purposes.items() if purpose.basis is LegalBasis.CONSENT}
        case ErasureGround.OBJECTION:
            possible = {key for key, purpose in vocabulary.purposes.items() if _may_be_objected(purpose)}
        case _:
            # (a), (d), (e), (f), or no ground: whatever no exemption keeps.
            return None
    return frozenset(possible & set(named)) if set(named) else frozenset(possible)


def _may_be_objected(purpose: Purpose) -> bool:
    """Art. 21(1) and (2)."""
    return purpose.direct_marketing or purpose.basis in _OBJECTABLE


def within_ground(
    parts: Iterable[Segment], contracts: Contracts, reached: frozenset[str] | None
) -> tuple[Segment, ...]:
    """The parts, of which what is also used for another purpose than those ``reached`` stays."""
    if reached is None:
        return tuple(parts)
    limited = [piece for part in parts for piece in _within(part, rules_of(part, contracts), reached)]
    while stranded := _referred_by_what_stays(limited, contracts):
        limited = [_stays(p) if p.verb == "delete" and p.path in stranded else p for p in limited]
    return tuple(limited)


def under_hold(parts: Iterable[Segment], vocabulary: Vocabulary) -> tuple[Segment, ...]:
    """The parts, of which nothing is erased: a person ordered to keep it for legal claims (Art. 17(3)(e))."""
    ground = ground_of(HOLD, vocabulary, until="")
    return tuple(
        part if part.verb in _LEAVING else replace(part, verb="keep", ground=ground, note="") for part in parts
    )


def shredded_with_key(parts: Sequence[Segment], contracts: Contracts) -> tuple[Segment, ...]:
    """The parts, of which those stay readable whose key stays: a row is shredded by destroying its key alone."""
    kept = {part.path: part for part in parts if part.verb == "keep" and not part.columns}
    return tuple(_with_key(part, contracts.table(*part.path), kept) for part in parts)


def told_public(parts: Iterable[Segment], contracts: Contracts) -> tuple[Segment, ...]:
    """The parts, of which those that are erased and were public say so: others who show them are told (Art. 17(2))."""
    return tuple(
        replace(part, note=PUBLIC)
        if part.verb not in _LEAVING and not part.note and contracts.table(*part.path).public
        else part
        for part in parts
    )


def _with_key(part: Segment, table: Table, kept: dict[TablePath, Segment]) -> Segment:
    key = kept.get((table.system, table.shred_key))
    if part.verb != "shred" or key is None:
        return part
    return replace(part, verb="keep", ground=key.ground, note=key.note)


def _within(part: Segment, table: Table, reached: frozenset[str]) -> list[Segment]:
    if part.verb in _LEAVING:
        return [part]
    if not part.columns:
        used = {*table.purposes, *(purpose for column in table.columns for purpose in column.purposes)}
        return [part if used and used <= reached else _stays(part)]
    ends = tuple(name for name in part.columns if _ends(table, name, reached))
    stays = tuple(name for name in part.columns if name not in ends)
    pieces = [(replace(part, columns=ends), ends), (_stays(replace(part, columns=stays)), stays)]
    return [piece for piece, names in pieces if names]


def _ends(table: Table, name: str, reached: frozenset[str]) -> bool:
    used = set(table.column(name).purposes or table.purposes)
    return bool(used) and used <= reached


def _stays(part: Segment) -> Segment:
    return replace(part, verb="keep", ground=None, note=OTHER_BASIS)


def _referred_by_what_stays(parts: Iterable[Segment], contracts: Contracts) -> set[TablePath]:
    """Tables that lose rows although rows that stay, on the ground's account, refer to them in the same system."""
    parts = list(parts)
    losing = {part.path for part in parts if part.verb == "delete"}
    found: set[TablePath] = set()
    for part in parts:
        if part.note == OTHER_BASIS:
            for reference in contracts.table(*part.path).references:
                pins = not part.columns or set(reference.columns) & set(part.columns)
                if pins and not reference.shared:
                    found.add((reference.to_system, reference.to_table))
    own = {part.path[0] for part in parts}
    return {path for path in found & losing if path[0] in own}
