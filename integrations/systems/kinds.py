"""The one table of kinds of systems: which part of a URL leads to which connector.

A kind is a module with a :class:`SystemKind` called ``KIND``, and one line in :data:`MODULES`. A module is imported
when the first system of its kind is opened.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Literal, Protocol

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.connecting import Connector
from data_contracts.odcs.drafts.shapes import DraftSystem

__all__ = ["MODULES", "MOST_VALUES", "SystemKind", "kind_of", "values_asked_in"]

MOST_VALUES: Final = 200
"""Values of a text column that a draft looks at, at most."""


class Opening(Protocol):
    """Makes a connector; nothing is connected before it is used."""

    def __call__(
        self,
        contract: SystemContract,
        url: str,
        *,
        time_zone: str,
        beside: Iterable[SystemContract],
        apart: Collection[str],
    ) -> Connector:
        """The connector for ``url``.

        Raises:
            SettingsInvalid: when the URL fits no connector of the kind.
        """


class Looking(Protocol):
    """Looks at a live system for a draft of its contract."""

    def __call__(self, url: str, *, name: str, tables: Sequence[str], sample: int) -> DraftSystem:
        """What can be seen of the system at ``url``."""


@dataclass(frozen=True, slots=True)
class SystemKind:
    """A kind of system.

    Attributes:
        open: makes its connector.
        look: looks at a system for a draft; None: a person writes its contract.
        values_in: where an audit asks whether values are as the contract says; empty: they cannot be asked.
    """

    open: Opening
    look: Looking | None = None
    values_in: Literal["database", "files", ""] = ""


MODULES: Final[Mapping[str, str]] = {
    "file": "integrations.systems.parquet.kind",
    "s3": "integrations.systems.parquet.kind",
    "memory": "integrations.systems.memory",
}
"""The module of each kind by the scheme of its URLs. Every other scheme is a dialect of SQLAlchemy."""
_DATABASE: Final = "integrations.systems.sql.kind"
_SAYS_AS_MUCH: Final = "parquet+"
"""Before ``file`` and ``s3`` it may stand, and changes nothing."""


def kind_of(url: str) -> SystemKind:
    """The kind of the system at ``url``."""
    scheme = url.partition(":")[0].lower().removeprefix(_SAYS_AS_MUCH)
    kind: SystemKind = import_module(MODULES.get(scheme, _DATABASE)).KIND
    return kind


def values_asked_in(url: str) -> str:
    """Where values of the system at ``url`` are asked: ``database``, ``files``, or nowhere."""
    return kind_of(url).values_in
