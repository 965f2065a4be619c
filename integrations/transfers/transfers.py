"""Chooses the way that a party's entry names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from data_contracts.company.company import Transmission
from data_contracts.told.transfers import Parcel
from integrations.transfers.sftp import SftpLogin, send_by_sftp
from integrations.transfers.web import WebAccess, post_files, post_import

__all__ = ["Credentials", "DirectTransfers"]

Credentials = Callable[[str, str], str]
"""A recipient's credential by party key and name: ``USER``, ``PASSWORD``, ``KEY``, ``TOKEN``, ``CA_FILE``; or empty."""


@dataclass(frozen=True, slots=True)
class DirectTransfers:
    """The port ``Transfers``.

    Attributes:
        credentials: where a recipient's credentials are found.
        timeout: seconds that connecting, and each answer, may take.
    """

    credentials: Credentials
    timeout: float = 30.0

    def send(self, recipient: str, way: Transmission, parcels: Sequence[Parcel], *, key: str) -> str:
        """Send each parcel once; see :class:`data_contracts.told.transfers.Transfers` for errors."""
        if way.via == "sftp":
            login = SftpLogin(
                user=self.credentials(recipient, "USER"),
                password=self.credentials(recipient, "PASSWORD"),
                private_key=self.credentials(recipient, "KEY"),
                timeout=self.timeout,
            )
            return send_by_sftp(recipient, way, parcels, login)
        access = WebAccess(self.credentials(recipient, "TOKEN"), self.credentials(recipient, "CA_FILE"), self.timeout)
        send = post_import if way.via == "import" else post_files
        return send(recipient, way, parcels, access=access, key=key)
