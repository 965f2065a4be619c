"""Where the embedded database of a home has its files."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["PORT", "Places"]

PORT: Final = 5432
"""Of no network: a part of the socket's name."""
_LONGEST_SOCKET: Final = 100
"""The system takes 107 bytes."""


@dataclass(frozen=True, slots=True)
class Places:
    """Folders and files below one home.

    Attributes:
        home: of the installation.
    """

    home: Path

    @property
    def folder(self) -> Path:
        """Everything of it but its password and its log."""
        return self.home / "database"

    @property
    def data(self) -> Path:
        """Its files."""
        return self.folder / "data"

    @property
    def is_unfinished(self) -> bool:
        """Whether the data of an older version were being taken over when the process ended."""
        return any(place.exists() for place in (self.renewing, self.taken_over, self.dumps))

    @property
    def renewing(self) -> Path:
        """There while the data of an older version are taken over."""
        return self.folder / "renewing"

    @property
    def dumps(self) -> Path:
        """What an older version held, on the way to the new one."""
        return self.folder / "dumps"

    @property
    def version(self) -> str:
        """Major version of the data."""
        return (self.data / "PG_VERSION").read_text("ascii").strip()

    @property
    def made(self) -> Path:
        """There once it has been set up."""
        return self.folder / "made"

    @property
    def old_data(self) -> Path:
        """The data of an older version, while they are taken over."""
        return self.folder / "data-before"

    @property
    def taken_over(self) -> Path:
        """The data of an older version that are taken over, until they are removed."""
        return self.folder / "data-taken-over"

    @property
    def software(self) -> Path:
        """A copy of the programs that read the data."""
        return self.folder / "software"

    @property
    def holds_register(self) -> Path:
        """There once the home's register is in it."""
        return self.folder / "holds-register"

    @property
    def password(self) -> Path:
        """What opens it, as libpq reads it."""
        return self.home / "keys" / "database-password"

    @property
    def sockets(self) -> Path:
        """The socket's folder: in the home, or where its path would be too long for a socket, a short one of ours."""
        inside = self.folder / "socket"
        if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) < _LONGEST_SOCKET:
            return inside
        name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"rightsflow-{os.geteuid()}-{name}"

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.sockets / f".s.PGSQL.{PORT}"
