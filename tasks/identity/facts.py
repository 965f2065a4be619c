"""Proof of identity by knowledge: facts of a contract that the data subject knows and we hold (Art. 12(6)).

The weakest way, for what cannot hurt anybody much; the policy says where it is enough. Nobody learns from a try
whether a person is known: what was typed is sealed and compared by the case's flow, not by the page; only a few tries
are taken for a case, and for the keys it names, whichever cases they come with.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from data_contracts.case.plan import TablePath
from data_contracts.case.request import ProvenSubject
from data_contracts.connectors.keys import KeyValue, Selection
from data_contracts.errors import RequestInvalid, SystemUnavailable
from data_contracts.evidence.records import Facts, Record
from tasks.case.sealed import read_json, typed_request, write_json
from tasks.case.subject_keys import subject_keys_of
from tasks.identity.contacts import held_for
from tasks.identity.online import accepted_ways, note_proof
from tasks.identity.proofs import FACTS
from tasks.rules.people.assurance import mailbox_known_by, shows_or_changes
from tasks.search.searching import rows_that_hold
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import step

MOST_TRIES: Final = 3
_TRIES_WINDOW: Final = timedelta(days=30)
_LONGEST: Final = 254
_TYPED: Final = "facts."


def offered_facts(case_id: str) -> Sequence[str]:
    """Facts that can be asked for, as ``system.table.column``; none where knowledge is not enough, or was tried out."""
    wanted = services().policy.identity_facts
    if not wanted or FACTS not in accepted_ways(case_id):
        return ()
    return wanted if _tries(case_id) < MOST_TRIES else ()


def take_facts(case_id: str, typed: Mapping[str, str]) -> None:
    """Seal what somebody says they know; the case's flow, which compares it, is to be woken.

    Raises:
        RequestInvalid: when the case takes no facts now, or too few or other ones are given.
    """
    offered = offered_facts(case_id)
    said = {name: value.strip() for name, value in typed.items() if value.strip()}
    needed = services().policy.identity_facts_needed
    if len(said) < needed or not set(said) <= set(offered) or any(len(value) > _LONGEST for value in said.values()):
        raise RequestInvalid("too few facts, or none that is asked for", where="facts", remedy=f"give {needed}")
    for key in _limited_keys(case_id):
        if services().register.count_call(key, _TRIES_WINDOW, services().now()) > MOST_TRIES:
            return  # as if it were taken in: nobody learns that these keys were tried before
    number = _tries(case_id)
    write_json(case_id, _step(number), said)
    services().register.claim(case_id, _step(number))


def has_facts_to_compare(case_id: str) -> bool:
    """Whether somebody said facts that were not compared yet."""
    tries = _tries(case_id)
    return tries > 0 and not is_done(case_id, _step(tries - 1))


@step("compare facts")
def compare_facts(case_id: str) -> None:
    """Compare what was said with what is held, once for each try; destroyed afterwards."""
    provided = services()
    for number in range(_tries(case_id)):
        name = _step(number)
        if is_done(case_id, name) or not provided.vault.has(case_id, name):
            continue
        said = read_json(case_id, name)
        try:
            proven, is_away = _proven(case_id, said), False
        except SystemUnavailable:
            proven, is_away = None, True  # a person checks at the gate, or the data subject tries again
        if proven is not None and FACTS in accepted_ways(case_id):
            note_proof(case_id, FACTS, proven, by="somebody who knows what is in the contract")
        provided.vault.remove(case_id, name)
        facts: Facts = {"facts": sorted(said), "fits": proven is not None, "system_away": is_away}
        record = Record(name, "", facts)
        provided.register.complete(case_id, name, receipt={"fits": proven is not None}, record=record)


def _proven(case_id: str, said: Mapping[str, str]) -> ProvenSubject | None:
    """Who knows these facts; None where they do not fit, or fit several people, or lead to no address."""
    typed = typed_request(case_id)
    known = {
        (kind, value)
        for kind, values in typed.identity.items()
        for value in values
        if all(_fits(kind, value, name, fact) for name, fact in said.items())
    }
    if not known:
        return None
    may_be_named = not shows_or_changes(services().register.case(case_id).right)
    identity = _grouped(known)
    address = mailbox_known_by(known, held_for(case_id, identity), named=typed.reply_to if may_be_named else "")
    if not address:
        return None
    return ProvenSubject(address=address, identity=identity, dropped=sorted(set(typed.identity) - set(identity)))


def _fits(kind: str, value: str, name: str, fact: str) -> bool:
    """Whether a fact is what we hold for a key, of one row and no other."""
    system, table, column = name.split(".", 2)
    held = _held(kind, value, (system, table), column)
    return len(held) == 1 and any(_plain(one) == _plain(fact) for one in held)


def _held(kind: str, value: str, path: TablePath, column: str) -> frozenset[KeyValue]:
    provided = services()
    ways = rows_that_hold(kind, value, path)
    connector = provided.systems.connector(path[0])
    found = connector.find_keys(Selection(path[1], ways), [(column,)])[column,] if ways else frozenset()
    return frozenset(key[0] for key in found)


def _plain(value: object) -> str:
    """A value as people may write it: no case, no accents, no spaces or dots; a date in the order of its language."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.strftime("%d%m%Y")
    if isinstance(value, Decimal):
        value = format(value.normalize(), "f")
    text = unicodedata.normalize("NFKD", str(value)).casefold()
    letters = "".join(letter for letter in text if letter.isalnum())
    try:
        return date.fromisoformat(str(value).strip()).strftime("%d%m%Y")
    except ValueError:
        return letters


def _grouped(keys: set[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for kind, value in sorted(keys):
        grouped.setdefault(kind, []).append(value)
    return grouped


def _limited_keys(case_id: str) -> list[str]:
    """What tries are counted by: each key that the request names, under its keyed digest."""
    return [f"facts:{key.digest[:40]}" for key in subject_keys_of(typed_request(case_id).identity)]


def _tries(case_id: str) -> int:
    return sum(1 for name, _ in services().register.steps(case_id) if name.startswith(_TYPED))


def _step(number: int) -> str:
    """What a try is called, as a step and as what is sealed for it."""
    return f"{_TYPED}{number}"
