"""What the intake site needs of the rest of the house; ``flows/doors/site.py`` gives it.

None of it tells whether a person is known: every method does the same work and answers the same for everybody.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from data_contracts.company import Organisation
from data_contracts.doors import CaseStatus, Receipt, Submitted


class SiteDoor(Protocol):
    """The installation, as far as people may reach it through pages."""

    @property
    def organisation(self) -> Organisation:
        """Who we are, in every page."""

    @property
    def identity_labels(self) -> Mapping[str, Mapping[str, str]]:
        """What a form may ask for to find somebody: kind to its label by language."""

    @property
    def partners(self) -> Mapping[str, str]:
        """Whom portable data can be sent to (Art. 20(2)): key to name."""

    @property
    def purposes(self) -> Mapping[str, Mapping[str, str]]:
        """What can be objected to (Art. 21): key to its label by language."""

    def count(self, key: str, window: timedelta) -> int:
        """Count one try under a key; how many there are in the window that runs now."""

    def register(self, submitted: Submitted) -> Receipt:
        """Register a request durably; sealed when this returns.

        Raises:
            RequestInvalid: when something cannot be what it is given as; ``where`` names the field.
        """

    def status(self, case_id: str, code: str) -> CaseStatus | None:
        """Where a case stands; None where the code does not open it or there is none."""
