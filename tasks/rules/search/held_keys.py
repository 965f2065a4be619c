"""Which live counts tell that data subjects will have to be told apart by a person (law 8)."""

from collections.abc import Iterator
from dataclasses import dataclass

from data_contracts.company.company import Vocabulary
from data_contracts.company.contract import SystemContract, Table
from data_contracts.connectors.held_keys import HeldKeys


@dataclass(frozen=True, slots=True, order=True)
class HeldBySeveral:
    """How many keys of a column several accounts hold; a count, no personal data."""

    system: str
    table: str
    column: str
    count: int
    is_of_accounts: bool = False

    def __str__(self) -> str:
        """One line for a person."""
        place = f"{self.system}.{self.table}.{self.column}"
        if self.is_of_accounts:
            return (
                f"{place}: values that tell accounts apart, each in two or more rows: {self.count}. "
                "Remedy: join these rows, or tell accounts apart by another kind."
            )
        return (
            f"{place}: keys that two or more accounts hold: {self.count}. "
            "Remedy: correct the accounts, or be ready to say at the gate `subjects` whose they are."
        )


def questions(contract: SystemContract, vocabulary: Vocabulary) -> Iterator[HeldKeys]:
    """What to count in a system: each identity column of each table of accounts."""
    for table in contract.tables:
        for account in table.account_columns[:1]:
            yield from _of_table(table, account.name, vocabulary)


def _of_table(table: Table, account: str, vocabulary: Vocabulary) -> Iterator[HeldKeys]:
    kinds = vocabulary.identities
    for column in table.identities:
        yield HeldKeys(
            table.name,
            column.name,
            account,
            rule=kinds[column.identity].normalise,
            account_rule=kinds[table.account].normalise,
            when=column.when,
        )


def told(system: str, asked: HeldKeys, count: int) -> HeldBySeveral | None:
    """What to tell of a count; None when no key is held by several."""
    return HeldBySeveral(system, asked.table, asked.column, count, asked.is_of_accounts) if count else None
