"""What is wrong with a contract: where, what, and the remedy.

>>> print(Fault("crm.odcs.yaml", "customer", "email", what="has no category", remedy="add `category`"))
crm.odcs.yaml: customer.email: has no category. Remedy: add `category`.
"""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault of one file.

    Attributes:
        file: the file's name, relative to the contracts folder's ``systems`` or to the folder itself.
        table: empty when the fault is not about one table.
        field: a column, the id of a retention item, or a dotted path; empty when it is about the table or file.
        what: what is wrong, without the full stop.
        remedy: an instruction, without the full stop.
        line: counted from 1; None when no line says it (something is missing altogether).
    """

    file: str
    table: str
    field: str
    what: str
    remedy: str
    line: int | None = dataclasses.field(default=None, compare=False)

    def __str__(self) -> str:
        """One line for a person; ``file:line`` is a form that editors jump to."""
        place = ".".join(part for part in (self.table, self.field) if part)
        file = self.file if self.line is None else f"{self.file}:{self.line}"
        head = f"{file}: {place}" if place else file
        return f"{head}: {self.what}. Remedy: {self.remedy}."


def in_reading_order(faults: list[Fault]) -> list[Fault]:
    """``faults`` without repetitions, file by file from the first line to the last."""
    return sorted(set(faults), key=lambda fault: (fault.file, fault.line or 0, fault))
