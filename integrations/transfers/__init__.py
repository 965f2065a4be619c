"""Handing data over to other controllers (Art. 20(2)): by SFTP, by HTTPS, or into an import that a service takes."""

from integrations.transfers.transfers import Credentials, DirectTransfers

__all__ = ["Credentials", "DirectTransfers"]
