"""From URLs to connectors."""

import pytest

from data_contracts.company.contract import SystemContract
from data_contracts.errors import SettingsInvalid
from integrations.systems.directory import DirectorySystems, open_connector
from integrations.systems.memory import MemoryConnector
from integrations.systems.parquet.connector import ParquetConnector
from integrations.systems.sql.connection.engine import sql_url
from integrations.systems.sql.connector import SqlConnector

CRM = SystemContract("crm", "CRM", "1", "telco", ())


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("postgresql://reader:secret@db/crm", SqlConnector),
        ("mysql://reader@db/crm", SqlConnector),
        ("sqlite:////data/crm.sqlite", SqlConnector),
        ("file:///data/lake", ParquetConnector),
        ("parquet+file:///data/lake", ParquetConnector),
        ("s3://bucket/lake", ParquetConnector),
        ("memory://", MemoryConnector),
    ],
)
def test_the_scheme_chooses(url: str, kind: type) -> None:
    """Each scheme has its connector, and nothing is connected yet."""
    assert isinstance(open_connector(CRM, url, time_zone="Europe/Paris"), kind)


@pytest.mark.parametrize("url", ["gopher://x", "not a url", "", "nosuchdb+nosuchdriver://x"])
def test_a_url_that_fits_none(url: str) -> None:
    """What no connector fits is told without quoting the URL, which may hold a password."""
    with pytest.raises(SettingsInvalid) as caught:
        open_connector(CRM, url, time_zone="Europe/Paris")

    assert not url or url not in str(caught.value)


def test_drivers_we_ship_are_filled_in() -> None:
    """A plain URL works as people know it."""
    assert sql_url("postgres://db/crm").drivername == "postgresql+psycopg"
    assert sql_url("mariadb://db/crm").drivername == "mariadb+pymysql"
    assert sql_url("postgresql+asyncpg://db/crm").drivername == "postgresql+asyncpg"


def test_systems_by_name() -> None:
    """A system is opened once, when first asked for."""
    systems = DirectorySystems({"crm": CRM, "shop-eu": CRM}, {"crm": "memory://"}, time_zone="Europe/Paris")

    assert systems.names() == ["crm", "shop-eu"]
    assert systems.connector("crm") is systems.connector("crm")
    with pytest.raises(SettingsInvalid, match="RIGHTSFLOW_SYSTEM_SHOP_EU_URL"):
        systems.connector("shop-eu")
    systems.close()
