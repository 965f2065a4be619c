"""The list of erasures: what an erasure puts on it, and when it is forgotten (Art. 5(1)(c), 5(1)(e)).

Written once the erasure is proven, while the keys can still be read: of each key that leads to the data subject alone
its digest, and the places in which it still stands. Kinds of keys that people share are not on the list; a stranger's
row holds them as rightly.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from data_contracts.case.erased import ErasedKey
from data_contracts.errors import RequestInvalid
from data_contracts.evidence.records import Facts, Record
from data_contracts.vocabulary import Gate, Right
from tasks.case.plans import plan_receipt
from tasks.case.subject_keys import subject_keys_of
from tasks.gates.operators import prove_person
from tasks.rules.people.gates import rule_for
from tasks.search.locate import by_hand, load_search
from tasks.search.reach import beyond_reach
from tasks.search.searching import spelling_of
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import step

LISTED: Final = "list erasure"
"""The ledger's name of the step that puts a case's keys on the list."""
UNLISTED: Final = "unlist erasure"
"""The ledger's name of taking them off it."""
_YEAR: Final = timedelta(days=366)
_DAYS: Final = {"d": 1, "mo": 31, "y": 366}
"""The most days of a unit of a retention period."""


def has_rows(case_id: str) -> bool:
    """Whether anything of the data subject was found; who was never there cannot come back."""
    return bool(by_hand(case_id)) or any(line["rows"] for line in plan_receipt(case_id)["plan"]["lines"])


@step("look where keys stay")
def places_that_stay(case_id: str, system: str) -> list[str]:
    """Columns of one system in which a key of the data subject still stands, as ``system.table.column``."""
    if is_done(case_id, LISTED):
        return []
    keys = _own_keys(case_id)
    return _standing(system, keys)


@step(LISTED)
def list_erasure(case_id: str, stays: Mapping[str, Iterable[str]]) -> int:
    """Put the keys of a proven erasure on the list; how many. Done again, nothing changes.

    Args:
        case_id: the case.
        stays: by system that was looked at, what :func:`places_that_stay` found.
    """
    provided = services()
    entry = provided.register.claim(case_id, LISTED)
    if entry.state == "done":
        return int(str(entry.receipt["keys"]))
    keys, now = subject_keys_of(_own_keys(case_id)), provided.now()
    unseen = [name for name in beyond_reach(case_id) if name not in stays]
    places = tuple(sorted([*(place for found in stays.values() for place in found), *unseen]))
    provided.register.put_erased_keys([ErasedKey(key, case_id, now, places) for key in keys])
    facts: Facts = {"keys": len(keys), "kinds": sorted({key.kind for key in keys}), "stays": list(places)}
    provided.register.complete(case_id, LISTED, receipt={"keys": len(keys)}, record=Record(LISTED, "", facts))
    return len(keys)


def forget_old_erasures() -> int:
    """Forget keys whose time on the list is over, by the policy; how many.

    A key stays for as long as any system keeps a backup in which it may lie. One of which something was kept stays for
    the longest period of the contracts besides, since it is looked for once more when that ends.
    """
    provided = services()
    systems = provided.contracts.systems.values()
    backups = max((contract.backup_days for contract in systems), default=0)
    kept = max(provided.policy.erased_key_years * _YEAR, timedelta(days=backups))
    items = [item for contract in systems for table in contract.tables for item in table.retentions]
    longest = max((item.value * _DAYS[item.unit] for item in items), default=0)
    before = provided.now() - kept
    # A period may begin at the end of a financial year.
    return provided.register.forget_erased_keys(before, before - timedelta(days=longest) - _YEAR)


def forget_erasure(case_id: str, *, operator: str, code: str) -> int:
    """Take the keys of one case off the list, because this person is known again by right; how many there were.

    Raises:
        RequestInvalid: when the list has none of that case.
        AnswerRefused: when the operator may not approve erasures, or the code is not theirs.
    """
    register = services().register
    register.case(case_id)
    roles = rule_for(services().policy, Right.ERASURE, Gate.APPROVAL).roles
    who = prove_person(operator, code, roles=roles, where="erasures forget")
    count = register.forget_erasure(case_id)
    if not count:
        raise RequestInvalid("the list has no keys of it", where=case_id, remedy="see 'rightsflow erasures list'")
    facts: Facts = {"keys": count, "by": who}
    at = services().now().isoformat()
    register.complete(case_id, UNLISTED, at, receipt=facts, record=Record(UNLISTED, "", facts, actor=who), actor=who)
    return count


def settle_stays(case_id: str, system: str, identity: Mapping[str, Iterable[str]], stays: Iterable[str]) -> None:
    """Note which of the places of one system, in which keys of an erased person were kept, hold them no more.

    Args:
        case_id: that erased.
        system: in which something has gone.
        identity: keys of the person, by kind.
        stays: places by now, of every system.
    """
    before, standing = list(stays), set(_standing(system, identity))
    looked = {
        f"{system}.{table.name}.{column.name}"
        for table in services().contracts.systems[system].tables
        for column in table.identities
        if column.identity in identity
    }
    now = [place for place in before if place in standing or place not in looked]
    if now != before:
        services().register.put_stays(case_id, now, services().now())


def _standing(system: str, keys: Mapping[str, Iterable[str]]) -> list[str]:
    """Columns of one system that hold one of the keys, as ``system.table.column``."""
    provided = services()
    found: list[str] = []
    for table in provided.contracts.systems[system].tables:
        for column in table.identities:
            spelling = spelling_of(table, column, keys.get(column.identity, ()))
            if spelling.keys and provided.systems.connector(system).resolve(table.name, spelling):
                found.append(f"{system}.{table.name}.{column.name}")
    return found


def _own_keys(case_id: str) -> dict[str, list[str]]:
    """Keys of the data subject by kind, without kinds that people share."""
    kinds = services().contracts.vocabulary.identities
    found = load_search(case_id).identity()
    return {kind: sorted(values) for kind, values in found.items() if kind in kinds and not kinds[kind].shared}
