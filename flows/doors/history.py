"""The time line of a case as people read it: its moves, and at each gate who decided what."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from data_contracts.case import Move
from data_contracts.desk import Happened
from data_contracts.ports import GateEntry
from tasks.clock import day_of


def history_of(moves: Sequence[Move], gates: Sequence[GateEntry]) -> tuple[Happened, ...]:
    """Everything that happened, first to last. Services must be open; a gate opens before it is answered."""
    return tuple(one for _, one in sorted(_all(moves, gates), key=lambda found: found[0]))


def _all(moves: Sequence[Move], gates: Sequence[GateEntry]) -> Iterator[tuple[datetime, Happened]]:
    for gate in gates:
        yield gate.opened_at, Happened(day_of(gate.opened_at), "gate", gate.gate.value)
        for answer in gate.answers:
            said = answer.decision.value
            yield answer.at, Happened(day_of(answer.at), "answer", gate.gate.value, said, answer.operator)
    for move in moves:
        yield move.at, Happened(day_of(move.at), "move", move.to.value, move.cause)
