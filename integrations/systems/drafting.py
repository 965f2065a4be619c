"""From the URL of a live system to what can be seen of it for a draft of its contract."""

from collections.abc import Sequence
from typing import Final

from data_contracts.odcs.drafts.shapes import DraftSystem
from integrations.systems.parquet.reflecting import reflect_parquet
from integrations.systems.sql.reflecting import MOST_VALUES, reflect_sql

_PARQUET: Final = frozenset({"file", "s3", "parquet+file", "parquet+s3"})


def look_at(url: str, *, name: str = "", tables: Sequence[str] = (), sample: int = MOST_VALUES) -> DraftSystem:
    """What can be seen of the system at ``url``: a SQL database or a folder of Parquet datasets.

    Args:
        url: as for a connector (:mod:`integrations.systems.directory`).
        name: the system's name; that of the database or folder when empty.
        tables: which tables; all when empty.
        sample: how many values of each text column are looked at, from 0 to 200; none is kept.

    Raises:
        SettingsInvalid: when nothing fits the URL.
        ContractMismatch: when there is no such table.
        SystemUnavailable: when the system cannot be reached; trying again can help.
    """
    reflect = reflect_parquet if url.partition(":")[0].lower() in _PARQUET else reflect_sql
    return reflect(url, name=name, tables=tables, sample=sample)
