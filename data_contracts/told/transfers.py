"""Handing data over to another controller (Art. 20(2)): what is sent, and the port that sends it.

The rules of :mod:`data_contracts.ports.register` for adapters hold here too.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Literal, Protocol

from data_contracts.company.company import Transmission

MediaType = Literal["application/zip", "application/json", "text/csv"]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One file that is sent.

    Attributes:
        name: a file name that belongs to the case alone, so that sending again replaces and never doubles.
        open: opens its bytes anew, as a stream; always the same bytes.
    """

    name: str
    media_type: MediaType
    open: Callable[[], AbstractContextManager[BinaryIO]]


class Transfers(Protocol):
    """Sends files to a recipient whose identity is proven before the first byte of them leaves."""

    def send(self, recipient: str, way: Transmission, parcels: Sequence[Parcel], *, key: str) -> str:
        """Send each parcel once; returns how the recipient was proven, e.g. ``host-key SHA256:…``.

        Args:
            recipient: key of the party, for its credentials.
            way: how the party takes data.
            parcels: what is sent, in order.
            key: names this transmission; the same key sent again is the same transmission.

        Raises:
            RecipientRefused: when the other side is not who it must be; nothing has left.
            SystemUnavailable: when it cannot be reached or breaks off; no whole file has arrived under its name,
                and sending again with the same key is safe.
            StepFailed: when it refuses the log-in or the files for good.
            SettingsInvalid: when a credential is missing or cannot be used.
        """
