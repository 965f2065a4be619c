"""Contracts that plans were made under, kept so that what was approved can be carried out as it was meant."""

from collections.abc import Mapping
from typing import Protocol


class ContractSets(Protocol):
    """Where sets of contracts are kept: texts of files, none of them with personal data."""

    def put_contract_set(self, name: str, files: Mapping[str, str]) -> None:
        """Keep a set; one of that name that is kept already stays.

        Args:
            name: of what it says (:attr:`data_contracts.company.contract.Contracts.name`).
            files: text by path in the contracts' folder.
        """

    def contract_set(self, name: str) -> Mapping[str, str] | None:
        """Files of the set of that name; None where none is kept."""
