"""What a home keeps of the register's newest record, so that a register that was put back is noticed."""

import json
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

    def knows_record(self, newest: Newest) -> bool:
        """Whether that very record is in the register's log."""
