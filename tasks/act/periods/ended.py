"""The end of a hold, witnessed: what an erasure had to keep goes by retention, and the keys are looked for once more.

Retention erases whoever's rows are over. Rows of somebody whose data were erased but for a hold are known among them by
the list of erasures. Their keys are sealed with the run before anything goes, so that a run that was cut off still has
them; afterwards the witness looks for them, for many people in one look, and the verdict stands in the evidence of the
run and of each case (law 7).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Any, Final

from data_contracts.case.erased import RowHit
from data_contracts.case.verdicts import Conclusion
from data_contracts.connectors.witnessing import Looked, Testimony
from data_contracts.evidence.records import Facts, Record
from tasks.act.periods.expired import Scope, going
from tasks.case.parts import has_part
from tasks.case.sealed import read_json, seal_once
from tasks.proof.witnessing import look
from tasks.rules.act.witness import not_looked, place_name
from tasks.rules.search.needles import needles_of
from tasks.rules.search.returned import Gathering, Listed, ReturnedPerson, kept_of, listed_by_digest
from tasks.search.erased_keys import settle_stays
from tasks.search.returned import KeyReader, own_columns
from tasks.services import services

_ENDED: Final = "hold ended"
_SEALED: Final = "ending"
_PEOPLE: Final = 100
"""Whose keys are looked for in one look."""
_TOO_LONG: Final = "too_long"
_OFF: Final = "witness_off"


def seal_ending(run_id: str, name: str, scope: Scope) -> None:
    """Seal the keys of people on the list of erasures whose rows are about to go; what is sealed already stays.

    Args:
        run_id: the run of retention.
        name: of its step.
        scope: what it erases.

    Raises:
        VaultSealed: when they were sealed, and are gone: rows that went already tell nothing of them any more.
    """
    blob, listed = _blob(name, scope.connector.system), listed_by_digest(services().register.erased_keys())
    if listed or has_part(run_id, blob):
        seal_once(run_id, blob, partial(_plain_ending, scope, listed))


def witness_ending(run_id: str, name: str, system: str) -> Facts:
    """Look for the keys of those whose rows went; what the evidence says of it, empty where there was nobody.

    Raises:
        VaultSealed: when these keys were sealed, and are gone.
    """
    provided = services()
    plain: list[Any] = read_json(run_id, _blob(name, system)) if has_part(run_id, _blob(name, system)) else []
    if not plain:
        return {}
    places: dict[str, int] = {}
    unseen: set[tuple[str, str]] = set()
    began = monotonic()
    for part in (plain[start : start + _PEOPLE] for start in range(0, len(plain), _PEOPLE)):
        if monotonic() - began > provided.policy.witness.total_seconds:
            unseen.add((system, _TOO_LONG))
            break
        seen = _look(system, [identity for _, identity in part])
        for sighting in (sighting for one in seen for sighting in one.sightings):
            places[place_name(sighting)] = places.get(place_name(sighting), 0) + sighting.rows
        unseen |= set(not_looked(system, seen))
    if not provided.policy.witness.rights:
        unseen.add((system, _OFF))
    verdict = _conclusion(places, unseen)
    but_for: list[object] = [[place, rows] for place, rows in sorted(places.items())]
    facts: Facts = {
        "people": len(plain),
        "verdict": verdict.value,
        "but_for": but_for,  # type: ignore[dict-item]  # JSON
        "not_looked": [list(pair) for pair in sorted(unseen)],  # type: ignore[misc]  # JSON
    }
    _note_in_cases(run_id, system, facts, plain)
    return facts


def _conclusion(places: Mapping[str, int], unseen: Iterable[tuple[str, str]]) -> Conclusion:
    if any(unseen):
        return Conclusion.NOT_LOOKED_AT
    return Conclusion.PROVEN_BUT_FOR if places else Conclusion.PROVEN


def _note_in_cases(run_id: str, system: str, facts: Facts, people: Iterable[Any]) -> None:
    """The same in the evidence of each case; and the list of erasures knows what has gone."""
    register = services().register
    stays = {key.case_id: key.stays for key in register.erased_keys()}
    for cases, identity in people:
        for case_id in cases:
            record = Record(_ENDED, system, {**facts, "run": run_id})
            done = {"verdict": facts["verdict"]}
            register.complete(case_id, _ENDED, f"{run_id} {system}", receipt=done, record=record)
            settle_stays(case_id, system, identity, stays.get(case_id, ()))


def _look(system: str, people: Iterable[Mapping[str, Sequence[str]]]) -> list[Looked]:
    vocabulary = services().contracts.vocabulary
    if not services().policy.witness.rights:
        return []
    keys: dict[str, set[str]] = {}
    for identity in people:
        for kind, values in identity.items():
            keys.setdefault(kind, set()).update(values)
    rules = {kind: one.normalise for kind, one in vocabulary.identities.items()}
    sought, _ = needles_of(keys, rules, vocabulary.company.country)
    return look(system, Testimony(sought))


def _plain_ending(scope: Scope, listed: Listed) -> list[Any]:
    """The cases and keys of each of these people, as JSON."""
    people = _ending(scope, listed)
    return [[sorted(one.cases), {kind: sorted(keys) for kind, keys in one.identity.items()}] for one in people]


def _ending(scope: Scope, listed: Listed) -> tuple[ReturnedPerson, ...]:
    """People on the list whose rows are about to go, by what these rows hold."""
    gathered = Gathering()
    for table, selection, lost in going(scope):
        columns = [column for column in own_columns(table) if not lost or column.name in lost]
        if not columns or selection.is_empty:
            continue
        reader = KeyReader(columns)
        for batch in scope.connector.read(selection, reader.names):
            for hit in _hits(table.name, reader, batch.to_pylist(), listed):
                gathered.add(scope.connector.system, hit)
    return gathered.people()


def _hits(table: str, reader: KeyReader, rows: Iterable[Mapping[str, Any]], listed: Listed) -> Iterator[RowHit]:
    return (hit for row in rows if (hit := kept_of(table, reader.held(row), listed)) is not None)


def _blob(name: str, system: str) -> str:
    return f"{_SEALED}.{name.replace(' ', '-')}.{system}"
