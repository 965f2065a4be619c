"""What the intake site needs of the rest of the house; ``flows/doors/site.py`` gives it.

None of it tells whether a person is known: every method does the same work and answers the same for everybody.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import BinaryIO, Protocol

from data_contracts.case.documents import Document, DocumentKind
from data_contracts.company.company import Organisation
from data_contracts.doors.pages import CaseStatus, Receipt, SignIn, Submitted


class SiteDoor(Protocol):
    """The installation, as far as people may reach it through pages."""

    @property
    def organisation(self) -> Organisation:
        """Who we are, in every page."""

    @property
    def identity_labels(self) -> Mapping[str, Mapping[str, str]]:
        """What a form may ask for to find somebody: kind to its label by language."""

    @property
    def rectifiable(self) -> Mapping[str, Mapping[str, str]]:
        """What can be put right on request (Art. 16): data category to its label by language."""

    @property
    def partners(self) -> Mapping[str, str]:
        """Whom portable data can be sent to (Art. 20(2)): key to name."""

    @property
    def purposes(self) -> Mapping[str, Mapping[str, str]]:
        """What can be objected to (Art. 21): key to its label by language."""

    def count(self, key: str, window: timedelta) -> int:
        """Count one try under a key; how many there are in the window that runs now."""

    def uncount(self, key: str, window: timedelta) -> None:
        """Give one try back."""

    def register(self, submitted: Submitted) -> Receipt:
        """Register a request durably; sealed when this returns.

        Raises:
            RequestInvalid: when something cannot be what it is given as; ``where`` names the field.
        """

    def link_case(self, token: str) -> CaseStatus | None:
        """The case that an identity link is about, while it is in force; looking does not use it."""

    def confirm(self, token: str) -> str:
        """The reader of the mailbox confirms that it is them; the case.

        Raises:
            RequestInvalid: when the link opens nothing.
        """

    def deny(self, token: str) -> str:
        """The reader of the mailbox says that it was not them; the case.

        Raises:
            RequestInvalid: when the link opens nothing.
        """

    def stop_case(self, token: str) -> CaseStatus | None:
        """The case whose change of contacts a link stops, while it is in force; looking does not use it."""

    def stop_change(self, token: str) -> str:
        """Whoever reads the old address stops the change; the case.

        Raises:
            RequestInvalid: when the link opens nothing.
        """

    def take_back_case(self, token: str) -> CaseStatus | None:
        """The case that a link takes back, while it is in force and nothing was done; looking does not use it."""

    def take_back(self, token: str) -> str:
        """The reader of the proven address takes the request back; the case.

        Raises:
            RequestInvalid: when the link opens nothing, or it is too late.
        """

    def is_package_link(self, token: str) -> bool:
        """Whether a link opens a package now; looking does not use it."""

    def package(self, token: str) -> tuple[str, AbstractContextManager[BinaryIO]]:
        """The case and its package, once.

        Raises:
            RequestInvalid: when the link opens nothing.
        """

    def ask_package_link(self, case_id: str, code: str) -> None:
        """Have a new link to the package sent to the proven address; nothing tells whether one is sent."""

    def withdraw(self, case_id: str, code: str) -> bool:
        """Take a request back that nobody was proven to have made yet; False where it is too late for that."""

    @property
    def fact_labels(self) -> Mapping[str, Mapping[str, str]]:
        """What may be asked where knowledge is enough: ``system.table.column`` to its label by language."""

    @property
    def sign_in(self) -> SignIn | None:
        """How people sign in to the client space; None where there is none."""

    def prove_by_account(self, case_id: str, code: str, claims: Mapping[str, object]) -> None:
        """Take in who signed in, by the claims of a checked ID token.

        Raises:
            RequestInvalid: when the code does not open the case, it takes no sign-in, or the account proves too little.
        """

    def take_facts(self, case_id: str, code: str, typed: Mapping[str, str]) -> None:
        """Take in what somebody says they know; nothing tells whether it fits.

        Raises:
            RequestInvalid: when the code does not open the case, or too little is given.
        """

    def send_document(self, case_id: str, code: str, kind: DocumentKind, document: Document) -> None:
        """Seal a document that was sent as proof.

        Raises:
            RequestInvalid: when the code does not open the case, or it takes no such document now.
        """

    def status(self, case_id: str, code: str) -> CaseStatus | None:
        """Where a case stands; None where the code does not open it or there is none."""
