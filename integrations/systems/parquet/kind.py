"""The kind of folders of Parquet datasets, on a disk or in S3."""

from collections.abc import Collection, Iterable
from typing import Final

from data_contracts.company.contract import SystemContract
from integrations.systems.kinds import SystemKind
from integrations.systems.parquet.connector import ParquetConnector
from integrations.systems.parquet.reflecting import reflect_parquet

__all__ = ["KIND"]


def _open(
    contract: SystemContract, url: str, *, time_zone: str, beside: Iterable[SystemContract], apart: Collection[str]
) -> ParquetConnector:
    del beside, apart  # a folder holds one system
    return ParquetConnector(contract, url, time_zone=time_zone)


KIND: Final = SystemKind(open=_open, look=reflect_parquet, values_in="files")
