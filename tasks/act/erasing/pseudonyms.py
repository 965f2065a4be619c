"""Pseudonyms of an erasure: made with a sealed key, each one that no live row holds (Art. 4(5), 17(1)).

A ``token`` is made with a key that is destroyed with the case, so nobody can link it afterwards; an ``hmac`` with the
organisation's key, so it stays linkable and is still personal data.

A type with few values may hold a token already. While the system is measured the first that nobody holds is found, and
which one it was is sealed: an act that was cut off is finished with the same.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from data_contracts.company.contract import Column, Table
from data_contracts.connectors.connecting import Connector, LiveSchema
from data_contracts.connectors.keys import Condition, KeyValue, Selection
from data_contracts.errors import ContractMismatch
from data_contracts.vocabulary import ColumnErasure
from tasks.act.erasing.inside import left_inside
from tasks.case.parts import has_part
from tasks.case.sealed import keep_json, keys_of, read_json, write_json
from tasks.rules.act.plan import pseudonymised
from tasks.rules.values.replacing import fitted, form, shaped
from tasks.services import services

TOKEN_KEY: Final = "token-key"  # noqa: S105  # the name of a sealed blob
_LOOKED_AT: Final = 50
"""Tokens of one value that are looked for at once."""
_MOST: Final = 2_000
Swaps = dict[str, dict[Any, Any]]


def sealed_keys(case_id: str, system: str) -> dict[tuple[str, ...], frozenset[Any]]:
    """What was sealed of one system before anything was touched: keys by table and columns.

    Raises:
        VaultSealed: when it was sealed, and is gone.
    """
    if not has_part(case_id, f"keys.{system}"):
        return {}
    return keys_of(read_json(case_id, f"keys.{system}"))


def replacements(case_id: str, table: Table, also: Mapping[str, frozenset[Any]] = MappingProxyType({})) -> Swaps:
    """For each pseudonymised column: every old value to its pseudonym, the same on each run (Art. 4(5)).

    For each column with identities inside: every old value to what is left of it.

    Args:
        case_id: the case.
        table: brought to its live types.
        also: more values of its columns, which other columns hold that refer to them.
    """
    sealed, turns = sealed_keys(case_id, table.system), _sealed_turns(case_id, table.system)
    made: Swaps = dict(left_inside(case_id, table, partial(_inside, case_id)))
    for name in pseudonymised(table):
        column, own = table.column(name), turns.get((table.name, name), {})
        values = sealed.get((table.name, name), frozenset()) | also.get(name, frozenset())
        made[name] = {
            old(value): shaped(column, _digest(case_id, table, column, value), own.get(str(value), 0))
            for (value,) in values
        }
    return made


def old(value: KeyValue) -> KeyValue:
    """A value as orders name it: bytes as they are, any other as text."""
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else str(value)


def make_case_key(case_id: str) -> None:
    """Seal the key that pseudonyms of the case are made with, unless there is one."""
    if not services().vault.has(case_id, TOKEN_KEY):
        write_json(case_id, TOKEN_KEY, {"key": secrets.token_hex(32)})


def _inside(case_id: str, table: Table, column: Column, value: str) -> str:
    return str(shaped(column, _digest(case_id, table, column, value)))


def _digest(case_id: str, table: Table, column: Column, value: object) -> str:
    rules = (column, *(case.rules for case in column.cases))
    is_hash = any(one.erase is ColumnErasure.HMAC for one in rules)
    key = services().pseudonym_key() if is_hash else _case_key(case_id)
    place = f"{table.system}.{table.name}.{column.name}"
    return hmac.new(key, f"{place}={value}".encode(), hashlib.sha256).hexdigest()


def _case_key(case_id: str) -> bytes:
    """A key that lives and dies with the case's sealed data."""
    keys: Mapping[str, str] = read_json(case_id, TOKEN_KEY)
    return bytes.fromhex(keys["key"])


def _sealed_turns(case_id: str, system: str) -> dict[tuple[str, str], Mapping[str, int]]:
    if not has_part(case_id, f"turns.{system}"):
        return {}
    return {(table, column): turns for table, column, turns in read_json(case_id, f"turns.{system}")}


# --- tokens that nobody holds -----------------------------------------------------------------------------------------


def seal_turns(case_id: str, connector: Connector, tables: Iterable[Table], live: LiveSchema) -> None:
    """Seal for each value which of its tokens no live row holds, where a type has few values.

    Raises:
        ContractMismatch: when there is none; table and column are named.
    """
    found: list[Any] = []
    for table in tables:
        is_live = fitted(table, live.tables.get(table.name, {}))
        for name in pseudonymised(is_live):
            column = is_live.column(name)
            values = sealed_keys(case_id, table.system).get((table.name, name), frozenset())
            if values and column.erase is ColumnErasure.TOKEN and form(column).is_narrow:
                make_case_key(case_id)
                chosen = _free(connector, is_live, column, _digests(case_id, is_live, column, values))
                found.append([table.name, name, {value: turn for value, turn in chosen.items() if turn}])
    keep_json(case_id, f"turns.{connector.system}", found)


def _digests(case_id: str, table: Table, column: Column, values: Iterable[tuple[Any, ...]]) -> dict[str, str]:
    return {str(value): _digest(case_id, table, column, value) for (value,) in values}


def _free(connector: Connector, table: Table, column: Column, digests: Mapping[str, str]) -> dict[str, int]:
    """By value the first turn whose token neither a live row nor another of these values has."""
    own, chosen, given = form(column), dict[str, int](), set[str]()
    pending, first = sorted(digests), 0
    while pending and first < min(own.space, _MOST):
        turns = range(first, min(own.space, first + max(1, _LOOKED_AT // len(pending))))
        taken = _held(connector, table, column, {own.of(digests[one], turn) for one in pending for turn in turns})
        for one in pending:
            free = (t for t in turns if str(own.of(digests[one], t)) not in taken | given)
            if (turn := next(free, None)) is not None:
                chosen[one] = turn
                given.add(str(own.of(digests[one], turn)))
        pending, first = [one for one in pending if one not in chosen], turns.stop
    if pending:
        raise ContractMismatch(
            f"each of the {own.space} values that `erase: token` can write is held by another row",
            where=f"{table.system}.{table.name}.{column.name}",
            remedy="make the column wider, or write `erase: delete` at the table, then answer 'retry'",
        )
    return chosen


def _held(connector: Connector, table: Table, column: Column, tokens: set[KeyValue]) -> set[str]:
    """Those of some tokens that live rows hold; all where the system writes one otherwise than we do."""
    selection = Selection(table.name, (Condition((column.name,), frozenset((token,) for token in tokens)),))
    held = connector.find_keys(selection, [(column.name,)])[column.name,]
    texts = {str(old(value)) for (value,) in held}
    by_text = {str(old(token)) for token in tokens}
    return min(texts, by_text)


__all__ = ["TOKEN_KEY", "Swaps", "make_case_key", "old", "replacements", "seal_turns", "sealed_keys"]
