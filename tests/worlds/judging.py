"""What is wrong with what Rightsflow does for the two people of a world, beside what the oracle expects."""

from collections.abc import Iterator

from data_contracts.company.contract import Contracts
from data_contracts.vocabulary import Decision
from tasks.rules.search.traversal import Search
from tests.worlds.asking import Office, an_office
from tests.worlds.oracle import Expected, expected
from tests.worlds.worlds import PEOPLE, Person, World

_ASKING = PEOPLE[:2]


def wrongs(world: World, contracts: Contracts | None = None) -> list[str]:
    """Every difference, in words; empty where all is as it must be."""
    with an_office(world, contracts) as office:
        return [f"{who}: {wrong}" for who in _ASKING for wrong in _wrongs(office, who)]


def gates(world: World) -> int:
    """How many of the two are asked about at the gate ``subjects``."""
    with an_office(world) as office:
        return sum(office.searched(who).is_ambiguous() for who in _ASKING)


def _wrongs(office: Office, who: Person) -> Iterator[str]:
    search, right = office.searched(who), expected(office.world, who)
    if search.is_ambiguous() is not right.asks:
        yield f"the gate is {'open' if search.is_ambiguous() else 'not open'}"
    if not search.is_ambiguous():
        yield from _done(office, search, right)
    elif right.asks:
        yield from _answered(office, who, right)


def _answered(office: Office, who: Person, asked: Expected) -> Iterator[str]:
    """Where the gate opened: *named* closes it, and so does the list of her own accounts."""
    number = office.world.asks[who].get("customer_no", "").lower()
    named = asked.hers if len(asked.hers) == 1 else asked.hers & {number}
    right = expected(office.world, who, accounts=named, keys_lead=False)
    yield from (f"named: {wrong}" for wrong in _done(office, office.answered(who, Decision.NAMED), right))
    own = {f"N-{who}", f"N-{who}2"}
    search = office.answered(who, Decision.CHOSEN, own)
    admitted = search.admission
    if admitted is not None and admitted.vouched:
        taken = {str(key[0]) for keys in admitted.accounts.values() for key in keys}
        if not taken <= own:
            yield "chosen: an account was entered that was not chosen"
        yield from (f"chosen: {wrong}" for wrong in _done(office, search, expected(office.world, who, accounts=taken)))


def _done(office: Office, search: Search, right: Expected) -> Iterator[str]:
    """What access, erasure and rectification do that they must not do, or leave out."""
    located = search.located({})
    packed, in_part = office.packed(located)
    for what, done, wanted in (
        ("packed", packed, right.own),
        ("packed as shared", in_part, right.shared),
        ("erased", office.erased(located), right.own),
        ("rectified", office.rectified(located), right.own),
    ):
        if strange := done - wanted:
            yield f"{what}, and not hers: {sorted(strange)}"
        if missing := wanted - done:
            yield f"hers, and not {what}: {sorted(missing)}"
