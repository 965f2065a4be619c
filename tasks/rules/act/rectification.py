"""What a rectification changes, table by table (Art. 16): every place where the value lives, and what it becomes.

Pure. A change names a *field*: a data category, which reaches the columns of exactly that category, or one place as
``system.table.column``. The places that a field reaches come from the contracts alone (:func:`targets`); what is done
at each (:func:`changes`) depends on the rows that were located and on what was found in them (:class:`Found`).
What is not changed is a line too, with a code of why, so that the operator and the data subject are told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import NamedTuple

from data_contracts.case.plan import Located, TablePath
from data_contracts.case.request import FieldChange, Statement
from data_contracts.company.contract import Column, Contracts, Table
from data_contracts.company.row_cases import column_in, rules_by_rows, said_when
from data_contracts.connectors.keys import Condition, KeyValue, Selection, When
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import About, Assertion, DataSource, Rectification
from tasks.rules.act.changes import Change
from tasks.rules.search.partners import is_ours
from tasks.rules.values.quality import read_value, same

SUPPLEMENT = "supplement"
"""The column marker of contracts, and the field that a supplementary statement goes to (Art. 16, second sentence)."""
_BY_CHANGE = frozenset({Rectification.DECLARED, Rectification.PROOF})


@dataclass(frozen=True, slots=True)
class Target:
    """A column that a statement reaches.

    Attributes:
        asked: the field of the statement.
        name: of this target; stays the same as long as contracts and statement do.
        value: in the column's type; None to have it removed.
        broken: the rule that the value breaks; see :class:`tasks.rules.values.quality.Reading`.
        was: the old value as it was named; empty: whatever is there.
    """

    table: Table
    column: Column
    asked: str
    name: str
    value: KeyValue = field(repr=False)
    broken: str = ""
    was: str = field(default="", repr=False)
    when: tuple[When, ...] = ()
    """Of which rows alone, where the column has cases."""

    @property
    def path(self) -> TablePath:
        """System and table."""
        return (self.table.system, self.table.name)

    @property
    def said(self) -> str:
        """Of which rows alone, in the words of the contract."""
        return said_when(self.when)

    def ways(self, conditions: Iterable[Condition]) -> tuple[Condition, ...]:
        """Those conditions for the rows alone in which its rules hold, and in which it holds its identity."""
        bound = tuple(dict.fromkeys((*self.when, *(self.column.when if self.column.identity else ()))))
        return tuple(replace(one, when=tuple(dict.fromkeys((*one.when, *bound)))) for one in conditions)


@dataclass(frozen=True, slots=True)
class Found:
    """What a system was found to hold at a target.

    Attributes:
        conditions: what selects the rows concerned; those that hold the old value where one was named.
        note: keyed digests of the old values and the new one, for the plan (law 5).
        others: how many rows of other people hold the new value, where it may be there only once.
        before: the supplementary statement that is there already.
        left: of a column with identities inside: each old value to what it becomes.
    """

    conditions: tuple[Condition, ...] = field(repr=False)
    note: str = ""
    others: int = 0
    before: str = field(default="", repr=False)
    left: Mapping[str, str] = field(default_factory=dict, repr=False)


def targets(statement: Statement, contracts: Contracts) -> list[Target]:
    """Every column that the statement reaches, in the order of systems, tables and columns.

    Never among them: what is about somebody else (Art. 15(4)), and keys that a category only happens to name.
    """
    return [
        target
        for table in contracts.tables()
        for column in table.columns
        for number, (rules, when) in enumerate(rules_by_rows(table, column))
        for target in _targets(statement, table, rules, contracts, _Rows(number, when))
    ]


def says_nothing(statement: Statement) -> bool:
    """Whether a statement asks for no rectification: the letter's words are all there is."""
    return not statement.changes and not statement.supplement.strip()


def nameable_fields(contracts: Contracts) -> list[str]:
    """Data categories that a change can name, because a value of theirs is rectified somewhere, sorted."""
    return sorted(
        {
            column.category
            for table in contracts.tables()
            for column in table.rules
            if column.rectify is not None and column.about is About.SUBJECT and is_ours(table, contracts.vocabulary)
        }
    )


def check_rectification(statement: Statement, contracts: Contracts) -> None:
    """Refuse a statement that cannot be carried out anywhere.

    Raises:
        RequestInvalid: when it asks nothing, names a field that no contract has, gives a value that cannot be one
            wherever it could be changed, or two values for one column. No value is quoted.
    """
    if says_nothing(statement):
        raise RequestInvalid(
            "the request does not say what is to be put right",
            where="changes",
            remedy="give a field with its right value, or a supplementary statement",
        )
    for number, change in enumerate(statement.changes, 1):
        where = f"changes, entry {number}"
        reached = targets(Statement(changes=[change]), contracts)
        if not reached:
            raise RequestInvalid("no contract has such a field", where=where, remedy=_remedy(change.field, contracts))
        own = [target for target in reached if _is_changeable(target, contracts)]
        if own and all(target.broken for target in own):
            broken = ", ".join(sorted({target.broken for target in own}))
            what = f"the value given for {change.field} cannot be one ({broken})"
            raise RequestInvalid(what, where=where, remedy="correct the value")
    _refuse_clashes(statement, contracts)


def changes(
    statement: Statement, contracts: Contracts, located: Located, found: Mapping[str, Found], *, proof_seen: bool
) -> list[Change]:
    """What is changed, and what is told, in the systems that ``located`` has rows of.

    Args:
        statement: what the data subject asks.
        contracts: the checked set.
        located: where the data subject's rows are.
        found: by name of target, what was found there.
        proof_seen: whether a person saw the proof that some columns ask for.
    """
    made = [
        change
        for target in targets(statement, contracts)
        for change in _changes(target, contracts, located, found, proof_seen=proof_seen)
    ]
    return made + [
        Change(kept.path, "keep", Selection(kept.table.name, rows), columns=(kept.column.name,), note=why_kept(kept))
        for kept in kept_keys(statement, contracts)
        if located.conditions.get(kept.path) and kept.name in found and (rows := found[kept.name].conditions)
    ]


def kept_keys(statement: Statement, contracts: Contracts) -> list[Target]:
    """Columns that hold a key of a kind that is put right elsewhere, and that the statement does not reach.

    Under the old key their rows are reached by no later request, so that they are told with the true reason
    (Art. 12(4)); ``value`` is the right key.
    """
    reached = targets(statement, contracts)
    right = {t.column.identity: t for t in reached if t.column.identity and _is_changeable(t, contracts)}
    columns = {(target.path, target.column.name) for target in reached if target.column.identity}
    return [
        Target(table, column, target.asked, f"{table.system}.{table.name}.{column.name}.kept", target.value)
        for table in contracts.tables()
        for column in table.identities
        if (target := right.get(column.identity)) is not None
        and column.about is About.SUBJECT
        and ((table.system, table.name), column.name) not in columns
        and is_ours(table, contracts.vocabulary)
    ]


def why_kept(target: Target) -> str:
    """The true reason why a value that is not rectified on request stays, by its code."""
    table, column = target.table, target.column
    links = {name for reference in table.references for name in reference.columns}
    if column.primary_key or column.name in links:
        return "links_entries"
    if column.assertion is Assertion.SELF_ASSERTED or column.source is DataSource.PROVIDED:
        return "kept_as_typed"
    return "kept_as_received" if column.source is DataSource.THIRD_PARTY else "not_rectifiable"


def awaits_proof(statement: Statement, contracts: Contracts, located: Located) -> list[str]:
    """Places with rows of the data subject whose values are changed on proof only, as ``system.table.column``."""
    places = (
        f"{target.table.system}.{target.table.name}.{target.column.name}"
        for target in targets(statement, contracts)
        if target.column.rectify is Rectification.PROOF
        and is_ours(target.table, contracts.vocabulary)
        and located.conditions.get(target.path)
    )
    return list(dict.fromkeys(places))


def normalise_of(column: Column, contracts: Contracts) -> str:
    """How the identity that a column holds is compared; empty where values are compared as they are."""
    kind = contracts.vocabulary.identities.get(column.identity)
    return kind.normalise if kind is not None and kind.normalise != "verbatim" else ""


def fields_without_rows(asked: Iterable[str], lines: Sequence[Mapping[str, object]], contracts: Contracts) -> list[str]:
    """Fields of the statement that nothing was found of.

    Args:
        asked: fields of the statement.
        lines: the plan's lines as JSON.
        contracts: the checked set.
    """
    return [one for one in asked if not any(line["rows"] and _is_about(line, one, contracts) for line in lines)]


def outcome_of(lines: Sequence[Mapping[str, object]], *, done_elsewhere: bool, is_missing: bool) -> str:
    """How the case ends.

    Args:
        lines: the plan's lines as JSON.
        done_elsewhere: whether a person did something outside the software, or a statement was taken in.
        is_missing: whether nothing was found of a field.
    """
    actions = {line["action"] for line in lines if line["rows"]}
    if done_elsewhere or actions & {"rectify", "by_document"}:
        return "granted_in_part" if is_missing or actions & {"keep", "refer"} else "granted"
    return "refused" if "keep" in actions else "nothing_found"


class _Rows(NamedTuple):
    """The rows in which a column has the rules that are looked at."""

    number: int
    when: tuple[When, ...]


def _targets(statement: Statement, table: Table, column: Column, contracts: Contracts, rows: _Rows) -> Iterator[Target]:
    place = f"{table.system}.{table.name}.{column.name}"
    known = f"{place}+case{rows.number + 1}" if rows.when else place
    if column.about is not About.SUBJECT:
        return
    for number, change in enumerate(statement.changes):
        if place == change.field or (change.field == column.category and not _is_bare_key(table, column)):
            made = _target(table, column, change, contracts, name=f"{known}.{number}")
            yield replace(made, when=rows.when)
    if column.marker == SUPPLEMENT and statement.supplement.strip():
        change = FieldChange(field=SUPPLEMENT, value=statement.supplement)
        yield replace(_target(table, column, change, contracts, name=f"{known}.{SUPPLEMENT}"), when=rows.when)


def _target(table: Table, column: Column, change: FieldChange, contracts: Contracts, *, name: str) -> Target:
    region = contracts.vocabulary.company.country
    rule, zone = normalise_of(column, contracts), contracts.time_zone
    reading = read_value(column, change.value, normalise=rule, region=region, zone=zone)
    return Target(table, column, change.field, name, reading.value, reading.broken, change.was)


def _is_bare_key(table: Table, column: Column) -> bool:
    """Whether a column only links rows, so that its category is no reason to tell that it cannot be put right."""
    links = {name for reference in table.references for name in reference.columns}
    return column.rectify is None and (column.primary_key or column.name in links)


def _is_changeable(target: Target, contracts: Contracts) -> bool:
    return target.column.rectify in _BY_CHANGE and is_ours(target.table, contracts.vocabulary)


def _remedy(asked: str, contracts: Contracts) -> str:
    below = {c.category for t in contracts.tables() for c in t.rules if c.category.startswith(f"{asked}.")}
    if below:
        return f"be more exact: {', '.join(sorted(below))}"
    return "name a data category of the contracts, or one place as system.table.column"


def _refuse_clashes(statement: Statement, contracts: Contracts) -> None:
    """Two values for one column say which value each of them replaces, or nobody can tell which is right."""
    for one, other in combinations(targets(statement, contracts), 2):
        is_same = (one.path, one.column.name, one.when) == (other.path, other.column.name, other.when)
        if not is_same or SUPPLEMENT in {one.asked, other.asked}:
            continue
        rule, region = normalise_of(one.column, contracts), contracts.vocabulary.company.country
        if not one.was or not other.was or same(one.column, one.was, other.was, normalise=rule, region=region):
            raise RequestInvalid(
                f"two values are given for {one.asked}",
                where="changes",
                remedy="give one, or say with `was` which wrong value each replaces",
            )


def _changes(
    target: Target, contracts: Contracts, located: Located, found: Mapping[str, Found], *, proof_seen: bool
) -> Iterator[Change]:
    own, shared = (target.ways(found_in.get(target.path, ())) for found_in in (located.conditions, located.shared))
    columns, name = (target.column.name,), target.table.name
    if not is_ours(target.table, contracts.vocabulary):
        if own or shared:
            yield Change(target.path, "refer", Selection(name, (*own, *shared)), columns=columns, when=target.said)
        return
    if target.column.inside is not None and (own or shared):
        # A member of hers is hers alone, whoever else has a part in the row.
        yield _own(target, found.get(target.name, Found(())), proof_seen=proof_seen)
        return
    if own:
        yield _own(target, found.get(target.name, Found(own)), proof_seen=proof_seen)
    if shared:
        # Law 8: a row that belongs to other people too is not changed for one of them.
        kept = Change(target.path, "keep", Selection(name, shared), columns=columns, note="shared")
        yield replace(kept, when=target.said)


def _own(target: Target, found: Found, *, proof_seen: bool) -> Change:
    return replace(_of_own(target, found, proof_seen=proof_seen), when=target.said)


def _of_own(target: Target, found: Found, *, proof_seen: bool) -> Change:
    selection, columns = Selection(target.table.name, found.conditions), (target.column.name,)
    if target.column.rectify is Rectification.CORRECTIVE_DOCUMENT:
        return Change(target.path, "by_document", selection, columns=columns)
    value, broken = _value(target, found)
    if why := _why_not(target, found, broken=broken, proof_seen=proof_seen):
        return Change(target.path, "keep", selection, columns=columns, note=why)
    if target.column.inside is not None:
        left = {target.column.name: found.left}
        return Change(target.path, "rectify", selection, {}, columns, found.note, left)
    return Change(target.path, "rectify", selection, {target.column.name: value}, columns, found.note)


def _value(target: Target, found: Found) -> tuple[KeyValue, str]:
    """What the column is given: a statement stands below the one that is there already."""
    if target.asked != SUPPLEMENT or not found.before:
        return target.value, target.broken
    if str(target.value) in found.before:
        return found.before, ""
    reading = read_value(target.column, f"{found.before}\n{target.value}")
    return reading.value, reading.broken


def _why_not(target: Target, found: Found, *, broken: str, proof_seen: bool) -> str:
    """A code of why the value is not changed; empty when it is."""
    if target.column.rectify is None and target.asked != SUPPLEMENT:
        return why_kept(target)
    if broken:
        return "cannot_hold"
    if found.others:
        return "held_by_another"
    return "proof_missing" if target.column.rectify is Rectification.PROOF and not proof_seen else ""


def _is_about(line: Mapping[str, object], asked: str, contracts: Contracts) -> bool:
    table = contracts.table(str(line["system"]), str(line["table"]))
    columns = line["columns"]
    names = columns if isinstance(columns, list) else []
    places = {f"{table.system}.{table.name}.{name}" for name in names}
    said = str(line.get("when", ""))
    return asked in places | {column_in(table, name, said).category for name in names}
