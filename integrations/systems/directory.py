"""From the URL of a system to its connector, and all systems of an installation by name.

============================================  ==========================================================
URL                                           connector
============================================  ==========================================================
``postgresql://…``, ``mysql://…``,            :class:`~integrations.systems.sql.connector.SqlConnector`; any other
``mariadb://…``, ``sqlite:///path``           SQLAlchemy URL too
``file:///folder``, ``s3://bucket/folder``    :class:`~integrations.systems.parquet.connector.ParquetConnector`;
                                              ``parquet+file`` and ``parquet+s3`` say the same
``memory://``                                 :class:`~integrations.systems.memory.MemoryConnector`, empty
============================================  ==========================================================
"""

from collections.abc import Collection, Iterable, Mapping
from threading import Lock

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.connecting import Connector
from data_contracts.errors import SettingsInvalid
from data_contracts.ports.credentials import connection_variable
from integrations.systems.kinds import kind_of


def open_connector(
    contract: SystemContract,
    url: str,
    *,
    time_zone: str,
    beside: Iterable[SystemContract] = (),
    apart: Collection[str] = (),
) -> Connector:
    """The connector for ``url``; nothing is connected before it is used.

    Args:
        contract: what the system holds.
        url: see the table above.
        time_zone: IANA name; of times that the system stores without zone.
        beside: other systems that lie in the same database: their tables are declared there.
        apart: databases of the same server that are other systems.

    Raises:
        SettingsInvalid: when no connector fits the URL.
    """
    return kind_of(url).open(contract, url, time_zone=time_zone, beside=beside, apart=apart)


def _database(url: str) -> str:
    """A URL without account and options.

    >>> _database("postgresql://ann:secret@db/crm?sslmode=require"), _database("postgresql+psycopg://bob@db/crm")
    ('postgresql://db/crm', 'postgresql://db/crm')
    """
    scheme, _, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest.partition('?')[0].rpartition('@')[2]}"


class DirectorySystems:
    """Connectors by system name, each opened when first asked for; implements the port ``Systems``.

    Args:
        contracts: by system name.
        urls: by system name; a system may be left out as long as nobody asks for it.
        time_zone: IANA name, for all of them.
    """

    def __init__(self, contracts: Mapping[str, SystemContract], urls: Mapping[str, str], *, time_zone: str) -> None:
        self._contracts = dict(contracts)
        self._urls = dict(urls)
        self._time_zone = time_zone
        self._open: dict[str, Connector] = {}
        self._lock = Lock()

    def connector(self, system: str) -> Connector:
        """The system's connector, the same one each time.

        Raises:
            SettingsInvalid: when there is no contract or no URL for the system.
        """
        with self._lock:
            if system not in self._open:
                self._open[system] = self._opened(system)
            return self._open[system]

    def _opened(self, system: str) -> Connector:
        if system not in self._contracts or not self._urls.get(system):
            raise SettingsInvalid(
                "the system has no connection configured",
                where=system,
                remedy=f"run `rightsflow secret set {connection_variable(system)}`, or set that variable",
            )
        url = self._urls[system]
        beside = [self._contracts[name] for name in self._contracts if name != system and self._is_same(name, url)]
        return open_connector(
            self._contracts[system], url, time_zone=self._time_zone, beside=beside, apart=self._apart(system)
        )

    def _apart(self, system: str) -> frozenset[str]:
        """Databases of the server of a system that are other systems, where one account may read several."""
        if not self._urls[system].startswith(("mysql", "mariadb")):
            return frozenset()
        server, _, own = _database(self._urls[system]).rpartition("/")
        others = (_database(url).rpartition("/") for name, url in self._urls.items() if name != system and url)
        return frozenset(database for other, _, database in others if other == server) - {own}

    def _is_same(self, system: str, url: str) -> bool:
        """Whether a system lies in the database at ``url``, whoever signs in there."""
        other = self._urls.get(system, "")
        return bool(other) and _database(other) == _database(url)

    def names(self) -> list[str]:
        """Systems of the contracts, by name."""
        return sorted(self._contracts)

    def close(self) -> None:
        """Give back all connections."""
        with self._lock:
            for connector in self._open.values():
                connector.close()
            self._open.clear()
