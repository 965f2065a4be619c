"""Systems as somebody names them at the command line or in a form: one, or all."""

from data_contracts.errors import SettingsInvalid
from tasks.services import services


def systems_named(system: str) -> tuple[str, ...]:
    """The system of that name; where none is named, all of the contracts.

    Raises:
        SettingsInvalid: when no contract has the system.
    """
    contracts = services().contracts
    if system and system not in contracts.systems:
        known = ", ".join(contracts.systems)
        raise SettingsInvalid("no contract has this system", where=system, remedy=f"name one of: {known}")
    return (system,) if system else tuple(contracts.systems)
