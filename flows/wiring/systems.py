"""Systems that hold personal data: connectors over their addresses, and values judged where they are."""

from dataclasses import dataclass

from data_contracts.case.judging import Judge
from data_contracts.company.contract import Contracts
from flows.wiring.addresses import Addresses
from integrations.quality.judge import GreatExpectationsJudge, PlainJudge
from integrations.quality.live_values import AskedSystems
from integrations.systems.directory import DirectorySystems
from integrations.systems.kinds import values_asked_in

__all__ = ["DirectorySystems", "LiveSystems"]


@dataclass(frozen=True)
class LiveSystems:
    """The systems of an installation.

    Attributes:
        addresses: where they are.
        time_zone: IANA name; of times that a system stores without zone.
    """

    addresses: Addresses
    time_zone: str

    def directory(self, contracts: Contracts) -> DirectorySystems:
        """Connectors of every system of the contracts that has an address."""
        return DirectorySystems(contracts.systems, self.addresses.of(contracts), time_zone=self.time_zone)

    def values(self, contracts: Contracts, *, judged: bool) -> AskedSystems:
        """Systems that are asked about values, with Great Expectations unless ``judged`` is false."""
        urls = self.addresses.of(contracts)
        return AskedSystems(contracts.systems, urls, asked_in=values_asked_in, judged=judged)

    def judge(self, name: str) -> Judge:
        """What judges evidence, retention and declared formats, by its name in the settings."""
        return PlainJudge() if name == "plain" else GreatExpectationsJudge()
