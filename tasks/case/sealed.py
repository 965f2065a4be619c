"""Reading and writing a case's sealed blobs: the request, the search, what was located.

Keys keep their type (a date stays a date) through tagged JSON, because a database compares by type.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from data_contracts.case.plan import Located, TablePath
from data_contracts.case.request import ProvenSubject, SubjectRequest
from data_contracts.connectors.keys import Condition, Key, When
from data_contracts.errors import RequestInvalid
from tasks.case.parts import has_part, lost, note_sealed, require_parts, was_sealed
from tasks.services import services
from tasks.steps.remembering import remembered

REQUEST = "request"
PACKAGE = "package.zip"
REACH = "reach"
"""Systems that a person handled and that answer again."""
PROVEN = "proven"
"""Who software proved the data subject to be, and where they can be reached."""
LOCATED = "located"

_READERS: Mapping[str, Any] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "Decimal": Decimal,
    "UUID": UUID,
    "bytes": bytes.fromhex,
}


def write_json(case_id: str, name: str, value: object) -> None:
    """Seal a JSON value, replacing what was there."""
    with services().vault.write(case_id, name) as blob:
        blob.write(json.dumps(value, default=_tagged).encode())


def keep_json(case_id: str, name: str, value: object) -> None:
    """Seal a JSON value, replacing what was there; where it is empty nothing is kept."""
    if value:
        write_json(case_id, name, value)
    elif services().vault.has(case_id, name):
        services().vault.remove(case_id, name)


def seal_once(case_id: str, name: str, make: Callable[[], object]) -> None:
    """Seal a JSON value that must stay the same whatever is killed, and note it; one that is sealed stays.

    Raises:
        VaultSealed: when it was sealed, and is gone: it is not made anew.
    """
    if not was_sealed(case_id, name):
        if not services().vault.has(case_id, name):
            write_json(case_id, name, make())
        note_sealed(case_id, name)
    require_parts(case_id, [name])


def read_json(case_id: str, name: str) -> Any:  # noqa: ANN401  # JSON
    """The sealed JSON value, tagged types restored."""
    with services().vault.read(case_id, name) as blob:
        return json.loads(blob.read(), object_hook=_untagged)


def sealed_text(case_id: str, name: str) -> str:
    """A sealed text; empty where the name is, or where no text was sealed.

    Raises:
        VaultSealed: when one was, and it is gone.
    """
    if not name or not has_part(case_id, name):
        return ""
    with services().vault.read(case_id, name) as blob:
        return blob.read().decode()


def subject_request(case_id: str) -> SubjectRequest:
    """What the data subject wrote; once software proved who it is, with the proven keys and address alone (law 4).

    Everything that searches, tells or compares goes through here, so that nothing reaches what nobody proved.

    Raises:
        RequestInvalid: when the request was registered but never sealed (its receipt was never given).
        VaultSealed: when who was proven is gone: what was typed never takes its place.
    """
    request = typed_request(case_id)
    if not has_part(case_id, PROVEN):
        return request
    proven = ProvenSubject.model_validate(read_json(case_id, PROVEN))
    return request.model_copy(update={"identity": proven.identity, "reply_to": proven.address})


def typed_request(case_id: str) -> SubjectRequest:
    """What the data subject wrote, as it was typed.

    Raises:
        RequestInvalid: see :func:`subject_request`; and when the case has ended, with which it was destroyed.
        VaultSealed: when a step was done with it, and it is gone.
    """
    if not services().vault.has(case_id, REQUEST):
        register = services().register
        if register.case(case_id).is_ended:
            what = "what the data subject wrote was destroyed when the case ended"
            raise RequestInvalid(what, where=case_id, remedy="nothing more is to be done in this case")
        if any(entry.state == "done" for entry in register.steps(case_id).values()):
            raise lost(case_id, REQUEST)
        raise RequestInvalid(
            "the request's content was never sealed", where=case_id, remedy="register the request again"
        )
    return SubjectRequest.model_validate(read_json(case_id, REQUEST))


def write_located(case_id: str, located: Located) -> None:
    """Seal where the subject's rows are."""
    write_json(
        case_id,
        LOCATED,
        {
            "conditions": plain_conditions(located.conditions),
            "shared": plain_conditions(located.shared),
            "own_keys": plain_conditions(located.own_keys),
            "by_hand": dict(located.by_hand),
            "subjects": dict(located.subjects),
        },
    )


def read_located(case_id: str) -> Located:
    """Where the subject's rows are."""
    return remembered(case_id, LOCATED, _located, lambda: read_json(case_id, LOCATED))


def _located(plain: Mapping[str, Any]) -> Located:
    return Located(
        conditions=conditions_of(plain["conditions"]),
        shared=conditions_of(plain["shared"]),
        own_keys=conditions_of(plain.get("own_keys", ())),  # not there in what was sealed before there were any
        by_hand=plain["by_hand"],
        subjects=plain["subjects"],
    )


def plain_keys(keys: Mapping[tuple[str, ...], frozenset[Key]]) -> list[Any]:
    """Keys by slot or columns as JSON."""
    return [[list(slot), [list(key) for key in values]] for slot, values in keys.items()]


def keys_of(plain: Iterable[Any]) -> dict[tuple[str, ...], frozenset[Key]]:
    """The inverse of :func:`plain_keys`."""
    return {tuple(slot): frozenset(tuple(key) for key in values) for slot, values in plain}


def plain_ways(ways: Iterable[Condition]) -> list[Any]:
    """Conditions on one table as JSON."""
    return [_plain_way(way) for way in ways]


def _plain_way(way: Condition) -> list[Any]:
    whens = [[one.column, list(one.values), one.negated] for one in way.when]
    return [list(way.columns), [list(key) for key in way.keys], way.normalise, whens, way.as_database]


def ways_of(plain: Iterable[Any]) -> tuple[Condition, ...]:
    """The inverse of :func:`plain_ways`."""
    return tuple(_way_of(*way) for way in plain)


def _way_of(  # one sealed condition; the last two are left out by what was sealed before there were any
    columns: list[str],
    keys: list[list[Any]],
    rule: Any,  # noqa: ANN401  # a rule's name
    whens: Sequence[Any] = (),
    as_database: bool = False,  # noqa: FBT001, FBT002  # as sealed
) -> Condition:
    held = tuple(When(column, tuple(values), *negated) for column, values, *negated in whens)
    return Condition(tuple(columns), frozenset(map(tuple, keys)), rule, held, as_database)


def plain_conditions(conditions: Mapping[TablePath, tuple[Condition, ...]]) -> list[Any]:
    """Conditions by table path as JSON."""
    return [[list(path), plain_ways(ways)] for path, ways in conditions.items()]


def conditions_of(plain: Iterable[Any]) -> dict[TablePath, tuple[Condition, ...]]:
    """The inverse of :func:`plain_conditions`."""
    return {(path[0], path[1]): ways_of(ways) for path, ways in plain}


def _tagged(value: object) -> object:
    if isinstance(value, bytes):
        return {"#bytes": value.hex()}
    if isinstance(value, datetime | date | time):
        return {f"#{type(value).__name__}": value.isoformat()}
    if isinstance(value, Decimal | UUID):
        return {f"#{type(value).__name__}": str(value)}
    raise TypeError(type(value).__name__)


def _untagged(value: dict[str, Any]) -> object:
    if len(value) == 1:
        (tag,) = value
        if tag[:1] == "#" and tag[1:] in _READERS:
            return _READERS[tag[1:]](value[tag])
    return value
