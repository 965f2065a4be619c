"""What a rule is given, and how it says what is wrong."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from data_contracts.company.company import Organisation, Policy, Vocabulary
from data_contracts.company.contract import Column, Reference, SystemContract, Table
from data_contracts.fault import Fault
from data_contracts.odcs.reading import company_files

VOCABULARY: Final = "vocabulary.yaml"
ORGANISATION: Final = company_files.ORGANISATION
POLICY: Final = company_files.POLICY


@dataclass(frozen=True, slots=True)
class ContractSet:
    """Everything in a contracts folder, as far as it could be read.

    Attributes:
        systems: in the order of their files; two may, wrongly, have one name.
    """

    systems: tuple[SystemContract, ...]
    vocabulary: Vocabulary
    organisation: Organisation
    policy: Policy

    def tables(self) -> Iterator[tuple[SystemContract, Table]]:
        """Every table with its system."""
        for system in self.systems:
            for table in system.tables:
                yield system, table

    def columns(self) -> Iterator[tuple[SystemContract, Table, Column]]:
        """Every column with its table and system."""
        for system, table in self.tables():
            for column in table.columns:
                yield system, table, column

    def rules(self) -> Iterator[tuple[SystemContract, Table, Column]]:
        """Every column under every rule that holds for it in some rows, with its table and system."""
        for system, table in self.tables():
            for column in table.rules:
                yield system, table, column

    def references(self) -> Iterator[tuple[SystemContract, Table, Reference]]:
        """Every reference with the table and the system that it starts from."""
        for system, table in self.tables():
            for reference in table.references:
                yield system, table, reference

    def find(self, system: str, name: str) -> Table:
        """The table that a resolved reference leads to."""
        return next(t for s, t in self.tables() if s.name == system and t.name == name)


Rule: TypeAlias = Callable[[ContractSet], Iterable[Fault]]


def at_column(system: SystemContract, table: Table, column: str, *, what: str, remedy: str) -> Fault:
    """A fault of a column, or of another field of a table."""
    return Fault(system.file, table.name, column, what, remedy)


def at_table(system: SystemContract, table: Table, *, what: str, remedy: str) -> Fault:
    """A fault of a table."""
    return Fault(system.file, table.name, "", what, remedy)


def listed(words: Iterable[str]) -> str:
    """Words a person may choose from."""
    return ", ".join(sorted(words)) or "nothing yet"
