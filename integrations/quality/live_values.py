"""Asks live systems whether the contract's rules for values hold: the port ``LiveValues``.

============================================  =====================================================================
URL                                           asked by
============================================  =====================================================================
``postgresql://…``, ``mysql://…``,            Great Expectations, pushed down into the database, says whether a rule
``sqlite:///path``, any SQLAlchemy URL        holds; a count of ours says for how many rows it does not
``file:///folder``, ``s3://bucket/folder``    pyarrow, batch by batch
============================================  =====================================================================

Whether a rule holds and the count must agree. Where they do not, a row was written between the two: both are asked once
more, and what still disagrees is told as not evaluated.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

import sqlalchemy as sa

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.quality import Checked, ValueCheck
from data_contracts.errors import SettingsInvalid, StepFailed, SystemUnavailable
from data_contracts.ports.credentials import connection_variable
from integrations.quality.file_counts import check_files
from integrations.quality.sql_counts import SqlCounts
from integrations.quality.sql_expectations import Place, hold

__all__ = ["AskedSystems"]

Judge = Callable[[str, Place, Sequence[ValueCheck]], Sequence[bool | None]]
"""Whether each check of a table holds in the database at a URL; None where it could not be evaluated."""


class AskedSystems:
    """Implements :class:`data_contracts.connectors.quality.LiveValues` over systems with their URLs.

    Args:
        contracts: by system name.
        urls: by system name, as connectors take them.
        asked_in: by URL, where values are asked: ``database``, ``files``, or nowhere.
        judged: also by Great Expectations; without it our own counts alone decide, which costs no heavy import.
    """

    def __init__(
        self,
        contracts: Mapping[str, SystemContract],
        urls: Mapping[str, str],
        *,
        asked_in: Callable[[str], str],
        judged: bool = True,
    ) -> None:
        self._contracts = dict(contracts)
        self._urls = dict(urls)
        self._asked_in = asked_in
        self._judge: Judge | None = hold if judged else None

    def check(self, system: str, checks: Sequence[ValueCheck]) -> list[Checked]:
        """The answer to each check, in the order given."""
        url = self._urls.get(system, "")
        if not url:
            raise SettingsInvalid(
                "the system has no connection configured",
                where=system,
                remedy=f"run `rightsflow secret set {connection_variable(system)}`, or set that variable",
            )
        place = self._asked_in(url)
        if not place:
            raise SettingsInvalid(
                "values of a system of this kind cannot be asked",
                where=system,
                remedy="check them in the system itself",
            )
        found: list[Checked] = []
        for table, asked in groupby(checks, key=lambda check: check.table):
            live = self._contracts[system].table(table).physical_name or table
            if place == "files":
                found += check_files(url, live, list(asked), system=system)
            else:
                found += self._in_database(system, url, live, list(asked))
        return found

    def _in_database(self, system: str, url: str, live: str, checks: list[ValueCheck]) -> list[Checked]:
        schema, _, name = live.rpartition(".")
        counts = SqlCounts(url)
        place = Place(schema or None, name)
        try:
            found = self._agreed(counts, url, place, checks)
            doubtful = [place_ for place_, one in enumerate(found) if one.is_error]
            if doubtful:  # written to meanwhile, perhaps
                again = self._agreed(counts, url, place, [checks[place_] for place_ in doubtful])
                for place_, one in zip(doubtful, again, strict=True):
                    found[place_] = one
            return found
        except (sa.exc.OperationalError, sa.exc.InterfaceError):
            raise SystemUnavailable(
                "the database could not be reached, or broke off", where=system, remedy="see that it runs, try again"
            ) from None
        finally:
            counts.close()

    def _agreed(self, counts: SqlCounts, url: str, place: Place, checks: Sequence[ValueCheck]) -> list[Checked]:
        rows = counts.count(place.schema, place.name, checks)
        if self._judge is None:
            return [Checked(check, number or 0, number is None) for check, number in zip(checks, rows, strict=True)]
        verdicts = self._judged(self._judge, url, place, checks)
        return [
            Checked(check, number or 0, number is None or holds is None or holds != (number == 0))
            for check, number, holds in zip(checks, rows, verdicts, strict=True)
        ]

    @staticmethod
    def _judged(judge: Judge, url: str, place: Place, checks: Sequence[ValueCheck]) -> Sequence[bool | None]:
        try:
            return judge(url, place, checks)
        except Exception:  # noqa: BLE001  # whatever the package raises may quote a value
            raise StepFailed(
                "rules for values could not be evaluated",
                where=place.name,
                remedy="check the installed great-expectations against requirements.lock, then run it again",
            ) from None
