"""The question at the gate ``subjects``: which of the accounts that a search reached are the data subject's (law 8).

Shown are, by number: each account with the ways that led to it, how many rows hang on it, and whether it holds a proven
key; and what else was mentioned in the data subject's rows. Keys are masked, for the text lies in Prefect's database.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field

from data_contracts.company.contract import Table
from data_contracts.connectors.keys import Selection
from data_contracts.errors import RightsflowError
from data_contracts.evidence.records import canonical, digest
from data_contracts.text.normal_form import normal_form, normal_forms
from data_contracts.vocabulary import Gate
from tasks.case.accounts import proven_forms, seal_shown
from tasks.case.subject_keys import Digests
from tasks.gates.gates import Question
from tasks.rules.search.accounts import ANSWERS, Admission, Shown, masked, named_accounts
from tasks.rules.search.found import Group
from tasks.rules.search.routes import ACCOUNT, PROVEN, Way, way_in_words
from tasks.rules.search.traversal import Search, begin
from tasks.search.mentions import Mention, changed_hands, mentions
from tasks.search.searching import ask
from tasks.services import services

_MOST_ACCOUNTS = 20


@dataclass(frozen=True, slots=True)
class ReachedAccount:
    """An account that a search reached.

    Attributes:
        ways: by which table, column and key, in words; free of personal data.
    """

    kind: str
    value: str = field(repr=False)
    is_proven: bool
    ways: tuple[str, ...]


def reached_accounts(search: Search, handled: Container[str] = ()) -> list[ReachedAccount]:
    """The accounts that a search reached, in the order of their keyed digests, with the ways that led to each.

    Args:
        search: the search.
        handled: systems that a person handles outside the software; they are not asked.

    Raises:
        SystemUnavailable: when a system that holds accounts cannot be asked.
    """
    digests = Digests()
    accounts = {(kind, str(key[0])) for kind, keys in search.accounts().items() for key in keys}
    proven = {(slot[1], str(key[0])) for slot, keys in search.found.keys.items() if slot[0] == ACCOUNT for key in keys}
    ways = _ways_by_account(search, handled)
    found = [
        ReachedAccount(kind, value, (kind, value) in proven, tuple(sorted(ways.get((kind, value), ()))))
        for kind, value in accounts
    ]
    return sorted(found, key=lambda one: (one.kind, str(digests.of(one.kind, one.value))))


def needs_a_person(search: Search, handled: Container[str]) -> bool:
    """Whether a person must say whose accounts, or whose keys, the search reached (law 8)."""
    return search.is_ambiguous() or (search.admission is None and bool(changed_hands(search, handled)))


def subjects_question(case_id: str, search: Search, handled: Container[str]) -> Question:
    """What the gate asks; what is shown is sealed beside it.

    Raises:
        SystemUnavailable: when a system that holds accounts cannot be asked.
    """
    reached, named = reached_accounts(search, handled), proven_forms(case_id)
    mentioned = mentions(search, handled)
    shown = Shown(
        tuple((one.kind, one.value) for one in reached),
        tuple(one.is_proven for one in reached),
        tuple((one.kind, one.value) for one in mentioned),
    )
    digests = Digests()
    facts = {
        "accounts": [[one.kind, str(digests.of(one.kind, one.value)), one.is_proven] for one in reached],
        "mentioned": [[kind, str(digests.of(kind, value))] for kind, value in shown.mentioned],
        "known": len(search.admission.known) if search.admission else 0,
    }
    seal_shown(case_id, digest(canonical(facts)), shown)
    return Question(
        gate=Gate.SUBJECTS,
        description=_text(case_id, search, reached, mentioned, named_accounts(shown, named)),
        facts=facts,
        options=ANSWERS,
    )


def _text(
    case_id: str,
    search: Search,
    reached: list[ReachedAccount],
    mentioned: list[Mention],
    named: list[str],
) -> str:
    unproven = sum(not one.is_proven for one in reached)
    why = f"The search reached **{len(reached)} account{'s' if len(reached) > 1 else ''}**"
    why += f", of which {unproven} hold{'s' if unproven == 1 else ''} no key that was proven" if unproven else ""
    lines = [
        f"**Case {case_id}: whose accounts are these?** {why}. It stopped, and shows nobody anything until you answer.",
        "",
        "| | account | holds a proven key | reached by | rows |",
        "| --- | --- | --- | --- | --- |",
        *(_account_line(search, number, one) for number, one in enumerate(reached[:_MOST_ACCOUNTS], 1)),
    ]
    if len(reached) > _MOST_ACCOUNTS:
        lines.append(f"\n… and {len(reached) - _MOST_ACCOUNTS} more.")
    if mentioned:
        lines += ["", "Keys that were followed nowhere:", ""]
        lines += [
            f"- K{number}: {one.kind} {_masked(search, one.kind, one.value)}, in {one.where} ({one.why})"
            for number, one in enumerate(mentioned, 1)
        ]
    answers = (
        "Answer *refuse* with the reason when you cannot tell whose data these are; *named* to take in only what holds "
        f"a key that was named ({', '.join(named) or 'no account'}); *chosen* with a list such as `A1 K1` of the "
        "accounts and keys that you made sure are the data subject's; *all* when you made sure that every account is."
    )
    lines += ["", answers]
    return "\n".join(lines)


def _account_line(search: Search, number: int, one: ReachedAccount) -> str:
    rows, tables = _rows_of(search, one)
    counted = f"{rows} in {tables} tables" if rows >= 0 else "could not be counted"
    ways = "<br>".join(f"`{way}`" for way in one.ways) or "an account that leads to it"
    is_proven = "yes" if one.is_proven else "**no**"
    return f"| A{number} | {one.kind} {_masked(search, one.kind, one.value)} | {is_proven} | {ways} | {counted} |"


def _rows_of(search: Search, one: ReachedAccount) -> tuple[int, int]:
    """How many rows of how many tables an account leads to; -1 where a system cannot be asked."""
    alone = Admission({one.kind: frozenset({(one.value,)})}, is_final=True)
    found = begin(search.contracts, {}, routes=search.routes, admission=alone)
    rows = tables = 0
    try:
        while pending := [name for name in search.contracts.systems if found.has_questions(name)]:
            for name in pending:
                found = ask(found, name, services().systems.connector(name))
        for name, system in search.contracts.systems.items():
            selections = [Selection(t.name, ways) for t in system.tables if (ways := found.conditions(t))]
            counts = services().systems.connector(name).count(selections) if selections else []
            rows, tables = rows + sum(counts), tables + sum(1 for count in counts if count)
    except RightsflowError:
        return -1, 0
    return rows, tables


@dataclass(frozen=True, slots=True)
class _Led:
    """One way that led to an account; ``forms`` are the keys that the account's row holds there."""

    account: tuple[str, str] = field(repr=False)
    words: str
    kind: str = ""
    forms: frozenset[str] = field(default=frozenset(), repr=False)


def _ways_by_account(search: Search, handled: Container[str]) -> dict[tuple[str, str], set[str]]:
    """By kind and value of each account: the ways in words that led to it."""
    tables = [t for t in search.contracts.tables() if t.account and t.system not in handled]
    led = [one for table in tables for group, way in search.ways_into(table) for one in _led(search, table, group, way)]
    holding: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for one in led:
        for form in one.forms:
            holding.setdefault((one.kind, form), set()).add(one.account)
    found: dict[tuple[str, str], set[str]] = {}
    for one in led:
        why = _said_of(search, one, holding)
        if why or not one.kind:  # its own key, which nobody else holds, leads nowhere
            found.setdefault(one.account, set()).add(f"{one.words}{why}")
    return found


def _said_of(search: Search, one: _Led, holding: Mapping[tuple[str, str], set[tuple[str, str]]]) -> str:
    """Why a key led to an account; empty where it did not."""
    if any((form,) in search.keys((PROVEN, one.kind)) for form in one.forms):
        return " (proven)"
    return " (of another account)" if any(len(holding[one.kind, form]) > 1 for form in one.forms) else ""


def _led(search: Search, table: Table, group: Group, way: Way) -> Iterator[_Led]:
    """The accounts that one way leads to."""
    ways = tuple(search.by_way((table.system, table.name), way, group))
    words = f"{table.system}.{table.name}: {way_in_words(way)}"
    kinds, region = search.contracts.vocabulary.identities, search.contracts.vocabulary.company.country
    for column in table.account_columns if ways else ():
        wanted = (column.name, *(way.columns if way.identity else ()))
        connector = services().systems.connector(table.system)
        for key in connector.find_keys(Selection(table.name, ways, when=column.when), [wanted])[wanted]:
            if form := normal_form(kinds[table.account].normalise, key[0], region):
                kind = way.identity.identity if way.identity else ""
                forms = normal_forms(kinds[kind].normalise, key[1], region) if kind else frozenset[str]()
                yield _Led((table.account, form), words, kind, forms)


def _masked(search: Search, kind: str, value: str) -> str:
    return masked(search.contracts.vocabulary.identities[kind].normalise, value)
