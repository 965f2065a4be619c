"""Where systems are: their addresses, with what opens them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from data_contracts.company.contract import Contracts
from data_contracts.ports.credentials import connection_variable
from flows.home.secrets import KeptCredentials, secret_block

__all__ = ["Addresses"]


@dataclass(frozen=True)
class Addresses:
    """Where the systems of an installation are.

    Attributes:
        demo: folder of the demo company's systems.
        credentials: addresses that are kept sealed.
    """

    demo: Path
    credentials: KeptCredentials

    def of(self, contracts: Contracts) -> dict[str, str]:
        """Connection by system name: a credential of ours, else the embedded demo systems, else a Secret block."""
        embedded = self._embedded()
        variables = {name: connection_variable(name) for name in contracts.systems}
        own = self.credentials.own_of(variables.values())
        found = {name: own[v] or embedded.get(name) or secret_block(v) for name, v in variables.items()}
        return {name: url for name, url in found.items() if url}

    def _embedded(self) -> Mapping[str, str]:
        databases = {file.stem: f"sqlite:///{file}" for file in self.demo.glob("*.db")}
        return databases | {sub.name: sub.as_uri() for sub in self.demo.glob("*") if sub.is_dir()}
