"""Rectification (Art. 16): what the rows hold is looked at first, then changed and proven as the engine does.

To the steps of :mod:`tasks.act.changing` this adds: *measure* seals what is there at each place that the statement
reaches (the rows concerned, the old values for operators, keyed digests of them for the plan); *recount* also asks
whether rows are found under a new identity key, and whether what the database then holds is a value of its column.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from data_contracts.case.plan import Located, Remaining
from data_contracts.company.contract import Column, Contracts, Table
from data_contracts.company.row_cases import column_in
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import Condition, Key, KeyValue, Selection
from data_contracts.evidence.records import canonical, digest
from data_contracts.text.normal_form import normal_form
from data_contracts.vocabulary import Decision, Gate, Right
from tasks.act.changing import Changing, is_acting, named, value_digest
from tasks.act.rectified_inside import members_found, own_of, rows_with
from tasks.case.parts import has_part
from tasks.case.plans import freeze, planned
from tasks.case.sealed import plain_ways, read_json, read_located, subject_request, ways_of, write_json
from tasks.gates.gates import Question
from tasks.rules.act.changes import Change
from tasks.rules.act.rectification import (
    SUPPLEMENT,
    Found,
    Target,
    awaits_proof,
    changes,
    kept_keys,
    normalise_of,
    targets,
)
from tasks.rules.search.inside import Own
from tasks.rules.search.partners import is_ours
from tasks.rules.values.quality import is_value, same
from tasks.search.searching import rows_with_key
from tasks.services import services

Counts = Mapping[str, int]
_OWN_ROWS = "=rows"
"""Among the counts of a system: rows of the data subject that a supplementary statement can be about."""
_SHOWN = 12
"""Hexadecimal digits of a digest that people are shown."""


class Rectifying(Changing):
    """The steps of a rectification."""

    def __init__(self) -> None:
        """Change what the statement asks."""
        super().__init__(Right.RECTIFICATION, changes_in)

    def _measure(self, case_id: str, system: str) -> Counts:
        if not is_acting(case_id):
            _seal_found(case_id, system)
        return {**super()._measure(case_id, system), _OWN_ROWS: _own_rows(case_id, system)}

    def _plan(self, case_id: str, counts: Mapping[str, Counts]) -> str:
        rows = sum(own[_OWN_ROWS] for own in counts.values())
        return planned(case_id) or freeze(
            self._made(case_id, counts), _asked(case_id) | {"own_rows": rows} | named(counts)
        )

    def _recount(self, case_id: str, system: str) -> Sequence[Remaining]:
        lines = list(super()._recount(case_id, system))
        connector = services().systems.connector(system)
        for change in self._effective(case_id, system):
            table = services().contracts.table(*change.path)
            for name in change.look.holding:
                lines += _looked_at(connector, change, table, column_in(table, name, change.when))
        return lines + self._inside(case_id, system)

    def _inside(self, case_id: str, system: str) -> list[Remaining]:
        """Rows in which a member that was put right still lies inside, or that are not found by the new one."""
        provided, lines = services(), []
        found, located = dict(_sealed(case_id, system)), read_located(case_id)
        connector = provided.systems.connector(system)
        for target in targets(subject_request(case_id).statement, provided.contracts):
            rows = ways_of(found[target.name]["ways"]) if target.name in found else ()
            if (
                target.column.inside is None
                or not rows
                or not _is_carried_out(self._effective(case_id, system), target)
            ):
                continue
            own = own_of(case_id, target, provided.contracts)
            held = frozenset(key for way in rows for key in way.keys)
            left = members_found(connector, target, located, own, partial(_is_wrong, target, own)).rows & held
            missing = (
                held - rows_with(connector, target, own, target.value) if target.value is not None else held - held
            )
            lines.append(Remaining(*target.path, "keys", len(left | missing), 0))
        return lines


def changes_in(case_id: str, system: str) -> list[Change]:
    """What is changed and told in one system, from what is sealed."""
    provided = services()
    statement, located = subject_request(case_id).statement, read_located(case_id)
    found = {
        name: Found(ways_of(e["ways"]), e["note"], e["others"], e["before"], dict(e.get("left", ())))
        for name, e in _sealed(case_id, system)
    }
    seen = _is_proof_seen(case_id)
    made = changes(statement, provided.contracts, located, found, proof_seen=seen)
    return [change for change in made if change.path[0] == system]


def proof_question(case_id: str) -> Question | None:
    """What is asked at the gate of proofs; None where nothing that was located needs one."""
    places = _awaiting(case_id)
    if not places:
        return None
    listed = "".join(f"\n- `{place}`" for place in places)
    return Question(
        gate=Gate.PROOF,
        description=(
            f"**Case {case_id}: some values are changed on proof only.**\n{listed}\n\nAnswer *approve* when you saw a "
            "proof of the right value, with what it was as the reference, or *refuse* with the reason: these values "
            "then stay, the others go on, and the data subject is told."
        ),
        facts={"places": places},
        options=(Decision.APPROVE, Decision.REFUSE),
    )


def values_in(case_id: str, system: str) -> list[dict[str, Any]]:
    """Old and new values by place, for an operator who may see them. Personal data: never logged, only unsealed."""
    statement, old = subject_request(case_id).statement, dict(_sealed(case_id, system))
    return [
        {
            "system": system,
            "table": target.table.name,
            "column": target.column.name,
            **({"when": target.said} if target.said else {}),
            "old": [str(value) for value in old[target.name]["old"]],
            "new": "" if target.value is None else str(target.value),
            "cannot_be": target.broken,
        }
        for target in targets(statement, services().contracts)
        if target.table.system == system and target.name in old
    ]


@dataclass(frozen=True, slots=True)
class ReplacedKey:
    """An identity key that is put right in one column. Personal data.

    Attributes:
        new: empty where it is taken away.
        selections: the rows.
        accounts: of a table of accounts: the account's key and the old one, of each row.
    """

    table: Table
    column: Column
    old: tuple[str, ...] = field(repr=False)
    new: str = field(repr=False)
    selections: tuple[Selection, ...] = field(repr=False)
    accounts: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def replaced_keys(case_id: str) -> Iterator[ReplacedKey]:
    """Each identity key that the statement puts right or takes away, by the systems as they were measured."""
    contracts, statement = services().contracts, subject_request(case_id).statement
    for system in contracts.systems:
        found = dict(_sealed(case_id, system))
        changing = [change for change in changes_in(case_id, system) if change.changes]
        for target in targets(statement, contracts):
            name = target.column.name
            rows = tuple(c.selection for c in changing if c.path == target.path and name in c.changed)
            if target.column.identity and target.name in found and rows:
                old = tuple(str(value) for value in found[target.name]["old"])
                new = "" if target.value is None else str(target.value)
                pairs = tuple((str(account), str(key)) for account, key in found[target.name].get("accounts", ()))
                yield ReplacedKey(target.table, target.column, old, new, rows, pairs)


def rectified_keys(case_id: str) -> list[tuple[str, list[str], str]]:
    """Identity kind, old values and the new value of each identity that was put right. Personal data."""
    return [(one.column.identity, list(one.old), one.new) for one in replaced_keys(case_id) if one.new]


def _awaiting(case_id: str) -> list[str]:
    return awaits_proof(subject_request(case_id).statement, services().contracts, read_located(case_id))


def _is_proof_seen(case_id: str) -> bool:
    """Whether a person saw a proof for exactly the places that need one now."""
    gate, places = services().register.gate(case_id, Gate.PROOF), _awaiting(case_id)
    is_same = gate is not None and gate.digest == digest(canonical({"places": places}))
    return is_same and gate is not None and gate.outcome is Decision.APPROVE


def _own_rows(case_id: str, system: str) -> int:
    """How many rows are the data subject's, where a statement supplements them; else nothing is counted."""
    if not subject_request(case_id).statement.supplement.strip():
        return 0
    ways = [(path[1], conditions) for path, conditions in read_located(case_id).conditions.items() if path[0] == system]
    return sum(services().systems.connector(system).count([Selection(*way) for way in ways]))


def _asked(case_id: str) -> dict[str, object]:
    """What is noted with the plan; fields are names of our contracts."""
    statement = subject_request(case_id).statement
    fields = dict.fromkeys(change.field for change in statement.changes)
    return {"fields": list(fields), SUPPLEMENT: bool(statement.supplement.strip())}


# --- what is there before ----------------------------------------------------------------------------------------


def _sealed(case_id: str, system: str) -> list[tuple[str, Any]]:
    name = f"found.{system}"
    return list(read_json(case_id, name).items()) if has_part(case_id, name) else []


def _seal_found(case_id: str, system: str) -> None:
    """Look at every place of one system that the statement reaches, and seal what is there."""
    provided = services()
    statement, located = subject_request(case_id).statement, read_located(case_id)
    connector = provided.systems.connector(system)
    found = {
        target.name: _found(connector, target, target.ways(ways), provided.contracts)
        for target in targets(statement, provided.contracts)
        if target.table.system == system
        and target.column.inside is None
        and (ways := located.conditions.get(target.path, ()))
        and is_ours(target.table, provided.contracts.vocabulary)
    }
    for target in targets(statement, provided.contracts):
        is_here = target.table.system == system and is_ours(target.table, provided.contracts.vocabulary)
        if is_here and target.column.inside is not None and located.ways_to(target.path):
            found[target.name] = _found_inside(case_id, connector, target, located)
    for target in kept_keys(statement, provided.contracts):
        if target.table.system == system and (ways := located.conditions.get(target.path, ())):
            rows = _kept(case_id, connector, target, target.ways(ways), located)
            found[target.name] = {"ways": plain_ways(rows), "note": "", "others": 0, "before": "", "old": []}
    write_json(case_id, f"found.{system}", found)


def _kept(
    case_id: str, connector: Connector, target: Target, ways: tuple[Condition, ...], located: Located
) -> tuple[Condition, ...]:
    """The rows that keep another key than the right one."""
    contracts = services().contracts
    if target.column.inside is None:
        return _narrowed(connector, target, ways, is_kept=_is_other_key(target, contracts))
    own = own_of(case_id, target, contracts)
    return members_found(connector, target, located, own, partial(_is_wrong, target, own)).ways(target)


def _found_inside(case_id: str, connector: Connector, target: Target, located: Located) -> dict[str, object]:
    """What a target is found to hold whose column has identities inside, as it is sealed."""
    own = own_of(case_id, target, services().contracts)
    was = normal_form(own.rule, target.was, own.region)
    found = members_found(connector, target, located, own, lambda form: not target.was or form == was)
    others = frozenset[Key]()
    if services().contracts.vocabulary.identities[target.column.identity].unique and target.value is not None:
        mine = connector.find_keys(
            Selection(target.table.name, located.ways_to(target.path)), [target.table.primary_key]
        )[target.table.primary_key]
        others = rows_with(connector, target, own, target.value) - mine
    return {
        "ways": plain_ways(found.ways(target)),
        "note": _note(target, list(found.members)),
        "others": len(others),
        "before": "",
        "old": list(found.members),
        "left": [list(pair) for pair in found.left.items()],
    }


def _is_wrong(target: Target, own: Own, form: str) -> bool:
    """Whether a key of hers is one that is put right: the one that was named, or any but the right one."""
    if target.was:
        return form == normal_form(own.rule, target.was, own.region)
    return form != normal_form(own.rule, target.value, own.region)


def _is_carried_out(changes: Sequence[Change], target: Target) -> bool:
    return any(change.path == target.path and target.column.name in change.replace for change in changes)


def _found(
    connector: Connector, target: Target, ways: tuple[Condition, ...], contracts: Contracts
) -> dict[str, object]:
    table, column = target.table, target.column
    holds = partial(_is_named, target, contracts)
    concerned = _narrowed(connector, target, ways, is_kept=holds) if target.was else ways
    name = (column.name,)
    old = sorted((value for (value,) in connector.find_keys(Selection(table.name, concerned), [name])[name]), key=str)
    return {
        "ways": plain_ways(concerned),
        "note": _note(target, old),
        "others": _others(connector, target, ways, contracts),
        "before": "\n".join(map(str, old)) if target.asked == SUPPLEMENT else "",
        "old": old,
        "accounts": _accounts(connector, target, concerned),
    }


def _note(target: Target, old: Sequence[KeyValue]) -> str:
    """Keyed digests of the old values and of the new one, for the plan."""
    place = ".".join((*target.path, target.column.name))
    digests = "".join(value_digest(place, value) for value in old)
    was = f"was {value_digest(place, digests)[:_SHOWN]} ({len(old)} different)" if old else "was empty"
    becomes = "is removed" if target.value is None else f"becomes {value_digest(place, target.value)[:_SHOWN]}"
    return f"{was}, {becomes}"


def _accounts(connector: Connector, target: Target, ways: tuple[Condition, ...]) -> list[list[KeyValue]]:
    """The account's key beside the key that is put right, of each row of a table of accounts."""
    pairs = [(column.name, target.column.name) for column in target.table.account_columns if target.column.identity]
    found = connector.find_keys(Selection(target.table.name, ways), pairs) if pairs else {}
    return [list(key) for keys in found.values() for key in sorted(keys, key=str)]


def _is_named(target: Target, contracts: Contracts, value: KeyValue) -> bool:
    """Whether a stored value is the old one that was named."""
    rule, region = normalise_of(target.column, contracts), contracts.vocabulary.company.country
    return same(target.column, value, target.was, normalise=rule, region=region)


def _is_other_key(target: Target, contracts: Contracts) -> Callable[[KeyValue], bool]:
    """Whether a stored key is another one than the right one."""
    rule, region = (
        contracts.vocabulary.identities[target.column.identity].normalise,
        contracts.vocabulary.company.country,
    )
    right = normal_form(rule, target.value, region)
    return lambda value: normal_form(rule, value, region) != right


def _narrowed(
    connector: Connector, target: Target, ways: tuple[Condition, ...], *, is_kept: Callable[[KeyValue], bool]
) -> tuple[Condition, ...]:
    """Conditions for those of the rows whose value is one that is meant.

    By primary key; in a table without one, by what leads to the rows together with the old value as it is stored.
    """
    table, name = target.table, target.column.name
    narrow: list[Condition] = []
    for way in ways:
        leading = table.primary_key or tuple(column for column in way.columns if column != name)
        columns = (*leading, name)
        found = connector.find_keys(Selection(table.name, (way,)), [columns])[columns]
        keys = [key for key in found if is_kept(key[-1])]
        kept: frozenset[Key] = frozenset(key[:-1] for key in keys) if table.primary_key else frozenset(keys)
        if kept:
            narrow.append(Condition(table.primary_key or columns, kept))
    return tuple(dict.fromkeys(narrow))


def _others(connector: Connector, target: Target, ways: tuple[Condition, ...], contracts: Contracts) -> int:
    """How many rows of other people hold the new value, in a column whose values are there only once."""
    table, column = target.table, target.column
    kind = contracts.vocabulary.identities.get(column.identity)
    is_once = column.unique or (kind is not None and kind.unique)
    if not is_once or target.value is None or not table.primary_key:
        return 0
    taken = _rows_with(connector, target.table, column, target.value, contracts)
    own = connector.find_keys(Selection(table.name, ways), [table.primary_key])[table.primary_key]
    return len(taken - own)


# --- what is there afterwards ------------------------------------------------------------------------------------


def _rows_with(
    connector: Connector, table: Table, column: Column, value: object, contracts: Contracts
) -> frozenset[Key]:
    """Primary keys of the rows that a search finds by a value."""
    sought: tuple[Condition, ...] = (Condition((column.name,), frozenset({(value,)})),)
    if column.identity in contracts.vocabulary.identities:
        sought = rows_with_key(connector, table, column, value)
    selection = Selection(table.name, sought)
    return connector.find_keys(selection, [table.primary_key])[table.primary_key] if sought else frozenset()


def _looked_at(connector: Connector, change: Change, table: Table, column: Column) -> list[Remaining]:
    """Stored values that are none of the column's, and rows that are not found by their new identity key."""
    contracts, name = services().contracts, (column.name,)
    stored = connector.find_keys(change.selection, [name])[name]
    rule, region = normalise_of(column, contracts), contracts.vocabulary.company.country
    strange = sum(not is_value(column, value, normalise=rule, region=region) for (value,) in stored)
    lines = [Remaining(*change.path, "quality", strange, 0)]
    if column.identity and table.primary_key:
        expected = connector.find_keys(change.selection, [table.primary_key])[table.primary_key]
        missing = expected - _rows_with(connector, table, column, change.set_to[column.name], contracts)
        lines.append(Remaining(*change.path, "keys", len(missing), 0))
    return lines


RECTIFY = Rectifying()
