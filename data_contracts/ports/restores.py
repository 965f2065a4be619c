"""What a home keeps of the register's newest record, so that a register that was put back is noticed."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest record that the register had; no personal data.

    Attributes:
        origin: name of the register's log.
        case: of the record.
        seq: its number in the case's evidence.
        record: its digest.
    """

    origin: str
    case: str
    seq: int
    record: str

    def as_text(self) -> str:
        """As it lies in a file."""
        return json.dumps(asdict(self)) + "\n"


def newest_of(text: str) -> Newest | None:
    """What a file says; None where it is cut off or none of ours."""
    try:
        said = json.loads(text)
        return Newest(str(said["origin"]), str(said["case"]), int(said["seq"]), str(said["record"]))
    except (ValueError, KeyError, TypeError):
        return None


class NewestRecords(Protocol):
    """The part of the register that knows its newest record."""

    def newest_record(self) -> Newest | None:
        """The newest record; None before the first."""

    def records_of(self, names: Collection[str]) -> dict[str, int]:
        """How many records of evidence each of these cases has; those that the register does not know are left out."""

    def knows_record(self, newest: Newest) -> bool:
        """Whether that very record is in the register's log."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One thing that a case did to the world, noted beside the register; no personal data.

    Attributes:
        case: that did it.
        records: how many records of evidence the case had then.
        what: ``opened``, ``began`` (an act), ``handed over`` (a mail or letter, about to leave), ``sent`` (it left)
            or ``became`` (a state).
        step: of the ledger, or the state.
        system: that the step works on; empty for the whole case.
        at: ISO 8601, UTC.
    """

    case: str
    records: int
    what: str
    step: str = ""
    system: str = ""
    at: str = ""

    def as_text(self) -> str:
        """As a line of a file."""
        return json.dumps(asdict(self), separators=(",", ":")) + "\n"

    def __str__(self) -> str:
        """As a person reads it."""
        return " ".join(
            one for one in (self.what, self.step, self.system, f"({self.at[:16]})" if self.at else "") if one
        )


@dataclass(frozen=True, slots=True)
class Committed:
    """What a transaction of the register did, told once it is committed.

    Attributes:
        noted: what its case did to the world.
        record: case, number and digest of the last record of evidence that it wrote; None where it wrote none.
    """

    noted: Sequence[Noted] = ()
    record: tuple[str, int, str] | None = None


Witness = Callable[[Committed], None]


def noted_of(line: str) -> Noted | None:
    """What a line says; None where it was cut off."""
    try:
        said = json.loads(line)
        return Noted(**{**said, "records": int(said["records"])})
    except (ValueError, KeyError, TypeError):
        return None
