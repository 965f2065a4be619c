"""The time line of a case as people read it: its moves, and at each gate who decided what."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from data_contracts.case.case import Move
from data_contracts.doors.desk import Happened
from data_contracts.gates.gates import GateEntry
from tasks.case.clock import day_of
from tasks.rules.clock.clocks import in_sequence, moves_set_back


def history_of(moves: Sequence[Move], gates: Sequence[GateEntry]) -> tuple[Happened, ...]:
    """Everything that happened, first to last, also where the clock was set back. Services must be open."""
    return tuple(in_sequence(list(_moved(moves)), [list(_at(gate)) for gate in gates]))


def _at(gate: GateEntry) -> Iterator[tuple[datetime, Happened]]:
    """A gate opens before it is answered."""
    yield gate.opened_at, Happened(day_of(gate.opened_at), "gate", gate.gate.value)
    for answer in gate.answers:
        said = answer.decision.value
        yield answer.at, Happened(day_of(answer.at), "answer", gate.gate.value, said, answer.operator)


def _moved(moves: Sequence[Move]) -> Iterator[tuple[datetime, Happened]]:
    for move, back in moves_set_back(moves):
        yield move.at, Happened(day_of(move.at), "move", move.to.value, move.cause, is_clock_back=bool(back))
