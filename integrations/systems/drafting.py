"""From the URL of a live system to what can be seen of it for a draft of its contract."""

from collections.abc import Sequence

from data_contracts.errors import SettingsInvalid
from data_contracts.odcs.drafts.shapes import DraftSystem
from integrations.systems.kinds import MOST_VALUES, kind_of


def look_at(url: str, *, name: str = "", tables: Sequence[str] = (), sample: int = MOST_VALUES) -> DraftSystem:
    """What can be seen of the system at ``url``.

    Args:
        url: as for a connector (:mod:`integrations.systems.directory`).
        name: the system's name; that of the database or folder when empty.
        tables: which tables; all when empty.
        sample: how many values of each text column are looked at, from 0 to 200; none is kept.

    Raises:
        SettingsInvalid: when nothing fits the URL, or no draft can be made of what lies there.
        ContractMismatch: when there is no such table.
        SystemUnavailable: when the system cannot be reached; trying again can help.
    """
    look = kind_of(url).look
    if look is None:
        raise SettingsInvalid(
            "no draft can be made of a system of this kind",
            where=name,
            remedy="write its contract: docs/connect/contracts.md",
        )
    return look(url, name=name, tables=tables, sample=sample)
