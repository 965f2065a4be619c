"""What the doors of programs with a key share."""

from datetime import timedelta

from flows.wiring import Installation
from flows.wiring.calling import SafeCaller
from tasks.intake.api_keys import key_in_force
from tasks.services import use


class KeyedDoor:
    """An installation as programs with a key may reach it, in whichever thread a call comes."""

    def __init__(self, installation: Installation, caller: SafeCaller) -> None:
        """Keep the installation, and what checks addresses."""
        self._services = installation.services
        self._caller = caller

    def client(self, api_key: str) -> tuple[str, tuple[str, ...]] | None:
        """Name and scopes of a key in force."""
        with use(self._services):
            found = key_in_force(api_key)
            return None if found is None else (found.name, found.scopes)

    def count(self, key: str, window: timedelta) -> int:
        """Count one try under a key."""
        return self._services.register.count_call(key, window, self._services.now())

    def uncount(self, key: str, window: timedelta) -> None:
        """Give one try back."""
        self._services.register.uncount_call(key, window, self._services.now())
