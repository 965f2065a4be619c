"""Names of the credentials that connect us: of systems, and of parties that are told or handed data.

Each is an environment variable, or a credential of that name kept sealed (``rightsflow secret set``).
"""

from collections.abc import Iterable, Iterator
from typing import Final

OPERATORS_SIGN_IN: Final = "RIGHTSFLOW_OPERATORS_SIGN_IN_SECRET"
"""The secret of our client where operators sign in."""
RECIPIENT: Final = ("URL", "SECRET", "USER", "PASSWORD", "KEY", "TOKEN", "CA_FILE")
"""What a party's credentials say."""


def connection_variable(system: str) -> str:
    """What holds the URL of a system's connection.

    >>> connection_variable("web-shop")
    'RIGHTSFLOW_SYSTEM_WEB_SHOP_URL'
    """
    return f"RIGHTSFLOW_SYSTEM_{_written(system)}_URL"


def recipient_variable(party: str, what: str) -> str:
    """What holds a party's credential, one of :data:`RECIPIENT`.

    >>> recipient_variable("energy-partner", "KEY")
    'RIGHTSFLOW_RECIPIENT_ENERGY_PARTNER_KEY'
    """
    return f"RIGHTSFLOW_RECIPIENT_{_written(party)}_{what}"


def credential_names(systems: Iterable[str], parties: Iterable[str]) -> Iterator[str]:
    """Every name under which a credential is looked for."""
    yield OPERATORS_SIGN_IN
    yield from (connection_variable(system) for system in systems)
    yield from (recipient_variable(party, what) for party in parties for what in RECIPIENT)


def _written(name: str) -> str:
    return name.upper().replace("-", "_")
