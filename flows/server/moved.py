"""Run as ``python -m flows.server.moved``: copies every table of Prefect's server from one database to another."""

import os
import sys
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from prefect.server.database.orm_models import Base

from flows.server.moving import FROM, TO
from flows.wiring.registers import copy_tables

_NUL: Final = "\x00"
"""PostgreSQL's text cannot hold it; a log line may."""


def _copy(source: str, target: str) -> int:
    old, new = sa.create_engine(source), sa.create_engine(target)
    with old.connect() as reading, new.begin() as writing:
        reading.exec_driver_sql("BEGIN IMMEDIATE")
        return copy_tables(reading, writing, Base.metadata, mended=_without_nul)


def _without_nul(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value.replace(_NUL, "\ufffd") if isinstance(value, str) else value for name, value in row.items()}


if __name__ == "__main__":
    sys.stdout.write(f"moved {_copy(os.environ[FROM], os.environ[TO]):,} rows\n")
