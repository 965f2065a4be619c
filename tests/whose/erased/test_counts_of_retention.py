"""What retention tells of rows is what went, wherever the process was killed: in evidence, result and report alike."""

import json
from base64 import b64decode
from typing import Any, cast

import pytest

from data_contracts.officer.retaining import Counted
from data_contracts.vocabulary import Decision
from flows.duties.retention import Retained, begin_planned, carry_on
from flows.duties.retention_report import retention_report
from flows.runs.gates import WaitingForPerson
from flows.runs.report_markdown import markdown
from tasks.rules.act.retaining import counted_once
from tasks.services import services
from tests.flows.company import Recording
from tests.flows.rights.test_counts_of_acts import Dying, Killed, Moment
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, kept, number, table

_VISITS = kept(
    table(
        "visits",
        number(),
        column("at", "date", category="system.operations"),
        column("mail", identity="email", assertion="self_asserted"),
    ),
    "at", 1, then="delete",
)  # fmt: skip
_PEOPLE = kept(
    table(
        "people",
        number(),
        column("ended", "date", category="system.operations", erase="keep", hold="tax"),
        column("name", category="user.name", erase="clear"),
        column("mail", identity="email", assertion="confirmed", erase="clear"),
        account="email",
        erase="columns",
    ),
    "ended", 1, then="columns",
)  # fmt: skip
_MADE = (
    "CREATE TABLE visits (id integer PRIMARY KEY, at date, mail varchar(40))",
    "CREATE TABLE people (id integer PRIMARY KEY, ended date, name varchar(40), mail varchar(40))",
    (
        "INSERT INTO visits VALUES (1, '2020-01-01', 'a'), (2, '2020-01-01', 'b'), (3, '2020-01-01', 'c'),"
        " (4, '2026-03-01', 'd')"
    ),
    (
        "INSERT INTO people VALUES (1, '2020-01-01', 'Ana', 'a'), (2, '2020-01-01', 'Ben', 'b'),"
        " (3, '2026-03-01', 'Eve', 'e')"
    ),
)
_WENT = {"keep_visits": 3, "keep_people": 2}
"""Three visits of 2020 are over on 31 March 2026, and the names of two people; a visit and a name of March are not."""


def _begun(town: MakeTown, *moments: Moment) -> tuple[Town, str]:
    made = town([_VISITS, _PEOPLE], *_MADE)
    run_id = begin_planned("", "k")
    with pytest.raises(WaitingForPerson) as waiting:
        carry_on(run_id)
    made.house.answer(waiting.value.entry, Decision.APPROVE)
    systems, left = cast("Recording", services().systems), list(moments)
    systems.instead["sys"] = lambda inner: Dying(inner, left)
    return made, run_id


def _ended(run_id: str) -> Retained:
    while True:
        try:
            done = carry_on(run_id)
        except Killed:
            continue
        if done.outcome == "proven":  # a server may have to be asked once more after its client died
            return done


def _in_evidence(run_id: str) -> dict[str, int]:
    envelopes, _ = services().register.evidence(run_id)
    said = [json.loads(b64decode(str(one["payload"])))["predicate"] for one in envelopes]
    (facts,) = (one["facts"] for one in said if one["step"] == "retention approved")
    return {line["rule"]: line["over"] - line["spared"] - line["left"] for line in facts["lines"]}


@pytest.mark.parametrize("moments", [(), ("before",), ("inside",), ("after",), ("inside", "before", "after")])
def test_what_went_is_told_wherever_it_was_killed(town: MakeTown, moments: tuple[Moment, ...]) -> None:
    """Evidence, the result and the report say three visits and two names, to the row."""
    made, run_id = _begun(town, *moments)

    done = _ended(run_id)

    assert made.ask("SELECT id, name FROM people ORDER BY id") == [(1, None), (2, None), (3, "Eve")]
    assert made.ask("SELECT id FROM visits") == [(4,)]
    assert _in_evidence(run_id) == {line.rule: line.due - line.left for line in done.lines} == _WENT
    assert not any(line.uncounted for line in done.lines)
    report = markdown(retention_report(done, "en"))
    assert "| sys | visits | keep\\_visits | 1 year after at | 3 | 0 | 3 | 0 |" in report


def test_rows_that_came_meanwhile_make_it_unknown(town: MakeTown, url: str) -> None:
    """Killed after its commit; then somebody writes five old visits: how many went in all, nobody can tell."""
    if not url.startswith("sqlite"):
        pytest.skip("how it is told does not depend on the database")
    made, run_id = _begun(town, "after")
    with pytest.raises(Killed):
        carry_on(run_id)
    made.ask_to(f"INSERT INTO visits VALUES {', '.join(map(_visit, range(5, 10)))}")  # noqa: S608  # our own words

    done = _ended(run_id)

    told = {line.rule: (line.due, line.uncounted) for line in done.lines}
    assert told["keep_people"] == (2, False)
    # More than a tenth more than people saw is due: the rule is left out, and asked about again.
    assert told["keep_visits"] == (3, True)
    assert [(one.place, one.due) for one in done.untouched] == [("sys.visits: keep_visits", 3)]
    assert len(made.ask("SELECT id FROM visits")) == 6


def _visit(number_of: int) -> str:
    return f"({number_of}, '2020-01-01', 'x')"


@pytest.mark.parametrize(
    ("first", "now", "told"),
    [
        ((3, 0), (3, 0), (3, 0, False)),
        ((3, 0), (0, 0), (3, 0, False)),
        ((3, 1), (1, 1), (3, 1, False)),
        ((3, 0), (5, 0), (3, 0, True)),
    ],
)
def test_counts_of_two_attempts(first: tuple[int, int], now: tuple[int, int], told: tuple[Any, ...]) -> None:
    """As over and spared: nothing had gone; all had; the spared one stays; others came, so that it is unknown."""
    before, found = (Counted("s", "t", "r", "rows", *pair, digest="d") for pair in (first, now))
    beside = Counted("s", "u", "q", "rows", 9, 0, digest="e")

    line = counted_once({"d": before, "e": beside}, [found, beside])[0]

    assert (line.over, line.spared, line.uncounted) == told
