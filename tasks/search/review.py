"""Free texts that a person must read before they go out (gate ``review``, Art. 15(4)).

The order:

1. after staging, texts are counted, column by column (``texts``); without any there is no gate;
2. an operator takes the texts out of the vault, which is noted, reads them, and hands the decisions back, proven by a
   code: they are sealed, and the gate asks about their digest. Other decisions are another question (law 5);
3. the gate is approved: the decisions are fixed (``review``), and the package is made by them, by the same digest.

Nothing of a text ever leaves the vault but into the operator's folder and the package.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from data_contracts.case.plan import TablePath
from data_contracts.company.contract import Table
from data_contracts.company.row_cases import Part, parts_of
from data_contracts.errors import EvidenceBroken, RequestInvalid
from data_contracts.evidence.records import Facts, Record, canonical, digest
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import AccessTreatment, Decision, Gate
from tasks.case.sealed import read_json, write_json
from tasks.gates.gates import Question, deciding_people
from tasks.rules.act.redaction import UNREAD, Reviewed, Showing, Texts
from tasks.rules.act.reviewing import MARK, Reading, counted, outgoing, require_all
from tasks.search.staged import StagedRows, staged_counts
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import step

SEALED = "review"
"""The vault's name of the decisions."""

Column = tuple[str, str, str]
"""System, table, column."""


@step("look for texts")
def look_for_texts(case_id: str, showing: Showing) -> int:
    """Count the texts that a person must read; how many there are in all."""
    entry = services().register.step(case_id, "texts")
    if entry is None or entry.state != "done":
        counts = {".".join(place): len(_numbers(case_id, place)) for place in _columns(case_id, showing)}
        services().register.complete(
            case_id,
            "texts",
            receipt={"texts": counts},
            record=Record("texts", "", {"texts": counts}) if counts else None,
        )
    return sum(to_read(case_id).values())


def to_read(case_id: str) -> dict[str, int]:
    """How many texts each column holds that a person must read; empty while nobody has looked."""
    entry = services().register.step(case_id, "texts")
    return dict(entry.receipt["texts"]) if entry is not None and entry.state == "done" else {}  # type: ignore[call-overload]  # written above


def texts_of(case_id: str, column: str) -> Iterator[tuple[int, str]]:
    """Number and text of every text of a column, in the order of rows; numbers count rows from 1."""
    yield from _texts(case_id, _place(column))


def seal_readings(
    case_id: str, readings: Mapping[str, Sequence[tuple[int, Reading]]], operator: str, proof: str
) -> str:
    """Seal what an operator decided about every text; returns the digest that the gate asks about.

    Raises:
        RequestInvalid: when a text is not decided about, or a redaction fits no text; nothing is sealed then.
    """
    if is_settled(case_id):
        raise RequestInvalid("the texts are decided about already", where=case_id, remedy="look at the case")
    texts = {column: dict(texts_of(case_id, column)) for column in to_read(case_id)}
    numbers = {column: [number for number, _ in given] for column, given in readings.items()}
    require_all(to_read(case_id), numbers, {column: set(found) for column, found in texts.items()})
    sealed = {column: _sealed(column, given, texts[column]) for column, given in readings.items()}
    name = digest(canonical(sealed))
    counts = {column: part["counts"] for column, part in sealed.items()}
    facts: Facts = {"decisions": name, "proof": proof, "texts": counts}
    record = Record("texts read", "", facts, actor=operator)
    # Who decided is noted first: were the process killed in between, the texts are asked about again.
    services().register.complete(case_id, "texts read", name[:16], receipt={}, record=record)
    write_json(case_id, SEALED, {"digest": name, "columns": sealed})
    return name


def review_question(case_id: str) -> Question:
    """What the gate asks: read the texts; or, when decisions are sealed, may the texts go out by them?"""
    sealed = read_json(case_id, SEALED) if services().vault.has(case_id, SEALED) else None
    if sealed is None:
        facts = {"texts": to_read(case_id), "decisions": "", "looked": _looked(case_id)}
        return Question(Gate.REVIEW, _please_read(case_id), facts, options=(Decision.RETRY,))
    told = {column: "{} released, {} in part, {} withheld".format(*part["counts"]) for column, part in _parts(sealed)}
    description = (
        f"**Case {case_id}: may these texts go out as they were decided?**\n\n{_listed(told)}\n\nAnswer *approve*; "
        "to change a decision, hand in others with `rightsflow review`."
    )
    return Question(Gate.REVIEW, description, _facts(case_id, sealed), options=(Decision.APPROVE,))


@step("review")
def settle_review(case_id: str) -> bool:
    """Fix the decisions that people approved at the gate; False when these are others by now."""
    gate = services().register.gate(case_id, Gate.REVIEW)
    sealed = read_json(case_id, SEALED)
    if (
        gate is None
        or gate.outcome is not Decision.APPROVE
        or gate.digest != digest(canonical(_facts(case_id, sealed)))
    ):
        return False
    texts = {column: part["counts"] for column, part in _parts(sealed)}
    people = list(deciding_people(gate))
    facts: Facts = {"decisions": sealed["digest"], "texts": texts, "decided_by": people}
    record = Record("review", "", facts, actor=", ".join(people))
    services().register.complete(
        case_id, "review", receipt={"decisions": sealed["digest"], "texts": texts}, record=record
    )
    return True


def is_settled(case_id: str) -> bool:
    """Whether the decisions are fixed."""
    return is_done(case_id, "review")


def review_gate(case_id: str) -> GateEntry | None:
    """The newest gate ``review`` of a case."""
    return services().register.gate(case_id, Gate.REVIEW)


def reviewed(case_id: str) -> Mapping[TablePath, Texts]:
    """What was decided about texts, by table; columns that were looked at and hold none are there with zeros."""
    entry = services().register.step(case_id, "review")
    decided: Mapping[str, Any] = entry.receipt["texts"] if entry is not None and entry.state == "done" else {}  # type: ignore[assignment]  # written by settle_review
    found: dict[TablePath, dict[str, Reviewed]] = {}
    for column, count in to_read(case_id).items():
        if column in decided or not count:
            system, table, name = _place(column)
            found.setdefault((system, table), {})[name] = Reviewed(*decided.get(column, ()))
    return found


class ReadRows:
    """The staged rows of a case, with texts as people decided."""

    def __init__(self, case_id: str) -> None:
        """Take the decisions that were approved.

        Raises:
            EvidenceBroken: when the sealed decisions are not those that were approved.
        """
        self._staged = StagedRows(case_id)
        self._changed = _changed(case_id)

    @contextmanager
    def open(self, path: TablePath) -> Iterator[Iterator[pa.RecordBatch]]:
        """The batches of one table; see :meth:`tasks.search.staged.StagedRows.open`."""
        with self._staged.open(path) as batches:
            changed = {column[2]: texts for column, texts in self._changed.items() if column[:2] == path}
            yield _with_texts(batches, changed) if changed else batches


def _with_texts(
    batches: Iterator[pa.RecordBatch], changed: Mapping[str, Mapping[int, str]]
) -> Iterator[pa.RecordBatch]:
    first = 1
    for batch in batches:
        made = batch
        for name, texts in changed.items():
            values = [texts.get(first + at, value) for at, value in enumerate(_strings(batch, name))]
            place = batch.schema.get_field_index(name)
            made = made.set_column(place, name, pa.array(values, pa.string()))
        first += batch.num_rows
        yield made


def _changed(case_id: str) -> dict[Column, dict[int, str]]:
    """Texts that do not go out as they are stored, by column and number."""
    entry = services().register.step(case_id, "review")
    if entry is None or entry.state != "done":
        return {}
    sealed = read_json(case_id, SEALED)
    if sealed["digest"] != entry.receipt["decisions"]:
        raise EvidenceBroken(
            "the sealed decisions about texts are not those that were approved", where=case_id, remedy="tell the DPO"
        )
    return {_place(column): {int(n): text for n, text in part["changed"].items()} for column, part in _parts(sealed)}


def _sealed(column: str, given: Sequence[tuple[int, Reading]], texts: Mapping[int, str]) -> dict[str, Any]:
    """Counts of what was decided about a column, and the texts that do not go out as they are."""
    counts = counted(reading for _, reading in given)
    out = {number: outgoing(texts[number], reading, f"{column}, number {number}") for number, reading in given}
    changed = {str(number): text for number, text in out.items() if text != texts[number]}
    return {"counts": [counts.released, counts.redacted, counts.withheld], "changed": changed}


def _columns(case_id: str, showing: Showing) -> Iterator[Column]:
    """Columns with free text that would go out once a person has read it, where there are rows."""
    counts = staged_counts(case_id)
    for part in _parts_of_tables():
        table = part.table
        rows = counts.get((table.system, part.name), 0)
        reviews = _review_columns(table) if rows else []
        shown = showing.own(table, rows, dict.fromkeys(reviews, Reviewed(released=1))).columns if reviews else ()
        yield from ((table.system, part.name, name) for name in reviews if name in shown)


def _parts_of_tables() -> Iterator[Part]:
    for table in services().contracts.tables():
        yield from parts_of(table)


def _review_columns(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.access is AccessTreatment.REVIEW]


def _numbers(case_id: str, place: Column) -> list[int]:
    return [number for number, _ in _texts(case_id, place)]


def _texts(case_id: str, place: Column) -> Iterator[tuple[int, str]]:
    number = 0
    with StagedRows(case_id).open(place[:2]) as batches:
        for batch in batches:
            for text in _strings(batch, place[2]):
                number += 1
                if text is not None and text.strip():
                    yield number, text


def _strings(batch: pa.RecordBatch, name: str) -> list[str | None]:
    values = batch.column(batch.schema.get_field_index(name)).to_pylist()
    return [value if value is None or isinstance(value, str) else str(value) for value in values]


def _place(column: str) -> Column:
    """The parts of ``system.table.column``, which the contracts know; names may have dots in them."""
    for part in _parts_of_tables():
        head = f"{part.table.system}.{part.name}."
        if column.startswith(head) and column.removeprefix(head) in _review_columns(part.table):
            return part.table.system, part.name, column.removeprefix(head)
    raise RequestInvalid("there is no such column to review", where="answers", remedy="keep the names of the file")


def _facts(case_id: str, sealed: Mapping[str, Any]) -> dict[str, object]:
    return {"texts": to_read(case_id), "decisions": sealed["digest"]}


def _parts(sealed: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(sealed["columns"].items())


def _looked(case_id: str) -> int:
    """How often somebody had the gate look again; each time is a new question."""
    gates = services().register.gates(case_id, kind=Gate.REVIEW)
    return sum(1 for gate in gates if gate.outcome is Decision.RETRY)


def _please_read(case_id: str) -> str:
    texts = to_read(case_id)
    return (
        f"**Case {case_id}: {sum(texts.values())} free texts must be read before they go out.**\n\n"
        f"{_listed({column: str(count) for column, count in texts.items() if count})}\n\n"
        f"Take them out with `rightsflow review {case_id} --to FOLDER --as YOU --code CODE`, decide, and hand the "
        "decisions back with `--from FILE`. Then this gate can be approved; answer *retry* to have it look again."
    )


def _listed(counts: Mapping[str, str]) -> str:
    return "\n".join(f"- `{column}`: {count}" for column, count in sorted(counts.items()))


__all__ = [
    "MARK",
    "UNREAD",
    "ReadRows",
    "is_settled",
    "look_for_texts",
    "review_gate",
    "review_question",
    "reviewed",
    "seal_readings",
    "settle_review",
    "texts_of",
    "to_read",
]
