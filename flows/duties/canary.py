"""Canaries (Art. 32(1)(d)): once a month a made-up person is planted, found, changed and erased in each system.

She is one run, which may start again from its first line at any time:

1. her rows are planted in each system that allows it, and searched by her keys;
2. a value of hers is put right and she is erased, as a case does it, unless the search led to somebody else;
3. the witness looks for her; what the contract keeps of her is taken away, and the witness looks again.

What a system refuses is its result, and she is taken away all the same. A system that is away leaves the run open:
the next one goes on with the same canary. She opens no case, so that nobody is told of her.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from prefect import flow

from data_contracts.connectors.canaries import CanaryStanding, CanaryState
from data_contracts.errors import ActUnproven, RightsflowError, TerminalError
from flows import wiring
from flows.runs.artifacts import show_table
from flows.runs.leases import carrying
from flows.runs.systems import systems_named
from tasks.act.erasure import measure_system
from tasks.act.rectification import RECTIFY
from tasks.canaries.canaries import (
    begin_run,
    change,
    close_run,
    end_in,
    erase,
    find,
    is_measured,
    look_for,
    note_failure,
    note_measured,
    plant,
    seal_request,
    standing_of,
    systems_of,
    take_away,
)
from tasks.case.clock import today
from tasks.rules.canaries.words import line_of
from tasks.search.locate import pending_systems, search_system, survey_system
from tasks.services import services
from tasks.steps.step import guarded

__all__ = ["Canaries", "canary", "carry_out"]

_GOOD = frozenset({CanaryState.NOT_ALLOWED, CanaryState.CLEAN})


@dataclass(frozen=True, slots=True)
class Canaries:
    """How each system stands with its canary, in the order of their names."""

    systems: tuple[CanaryStanding, ...]

    @property
    def is_good(self) -> bool:
        """Whether every canary was found, changed and erased, and nothing is left of one."""
        return all(one.state in _GOOD for one in self.systems)

    @property
    def said(self) -> str:
        """One line for each system."""
        return "\n".join(line_of(one) for one in self.systems)

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "ok": self.is_good,
            "systems": [
                {"system": one.system, "state": one.state.value, "at": one.at.isoformat() if one.at else None}
                | {"said": line_of(one), "result": one.result.facts() if one.result else None}
                for one in self.systems
            ],
        }


@flow(name="canary", persist_result=False)
def canary(system: str = "") -> str:
    """Have a made-up person found, changed and erased in each system whose contract allows it; once a month.

    Args:
        system: One system; empty: all.
    """
    with wiring.opened():
        done = guarded(lambda _: carry_out(system), "canary")("")
        rows = [{"system": one.system, "state": one.state.value, "what": line_of(one)} for one in done.systems]
        show_table("canary", f"{today():%Y-%m}", rows, title="**Canaries by system.**")
    if not done.is_good:
        bad = "; ".join(line_of(one) for one in done.systems if one.state not in _GOOD)
        raise ActUnproven(bad, where="canary", remedy="mend what it names, then run `rightsflow canary`")
    return done.said


def carry_out(system: str = "") -> Canaries:
    """Have a canary in every system, or in the one named. Services must be open.

    Raises:
        SettingsInvalid: when no contract has the system.
    """
    names = systems_named(system)
    allowed = [name for name in names if services().contracts.systems[name].canary]
    if allowed:
        run_id = begin_run(allowed).run_id
        with carrying(run_id):
            _carry_on(run_id)
    return Canaries(tuple(standing_of(name) for name in names))


def _carry_on(run_id: str) -> None:
    """Lead a canary through her life in every system of a run; one system's error stops no other (law 6)."""
    systems = systems_of(run_id)
    failed = {name: error for name in systems if (error := _error_of(partial(plant, run_id, name)))}
    failed |= _search(run_id, [name for name in seal_request(run_id) if name in systems])
    for name in reversed(systems):
        error = failed.get(name) or _error_of(partial(_change_and_erase, run_id, name))
        _end(run_id, name, error)
    close_run(run_id)


def _end(run_id: str, system: str, error: RightsflowError | None) -> None:
    """Take her away and keep the result; what may go better another time leaves the run open, and is noted."""
    lasting = str(error) if isinstance(error, TerminalError) else ""
    ending = _error_of(partial(take_away, run_id, system))
    if ending is None and (error is None or lasting):
        ending = _error_of(partial(end_in, run_id, system, lasting))
    if again := ending or (None if lasting else error):
        note_failure(run_id, system, again)


def _search(run_id: str, systems: Sequence[str]) -> dict[str, RightsflowError]:
    """Search her by her keys in these systems; what went wrong, by system."""
    failed = {name: error for name in systems if (error := _error_of(partial(survey_system, run_id, name)))}
    while asked := pending_systems(run_id, beyond={*services().contracts.systems} - ({*systems} - {*failed})):
        for name in asked:
            if error := _error_of(partial(search_system, run_id, name)):
                failed[name] = error
    return failed


def _change_and_erase(run_id: str, system: str) -> None:
    if not find(run_id, system):
        return  # it led to somebody else: nothing is done by it
    if not is_measured(run_id, system):
        RECTIFY.measure(run_id, system)
        change(run_id, system)
        measure_system(run_id, system)
        note_measured(run_id, system)
    erase(run_id, system)
    look_for(run_id, system)


def _error_of(act: Callable[[], object]) -> RightsflowError | None:
    """What went wrong with an act; None: nothing."""
    try:
        act()
    except RightsflowError as error:
        return error
    return None
