"""What the copy with the toy right runs: a case of it goes from request to archive, in each language."""

from pathlib import Path

import pytest

from data_contracts.vocabulary import Right
from tests.flows.rights.test_which import *  # noqa: F403  # the copy's own right is looked at as the others are
from tests.whose.town import a_town, column, table

_TABLES = [
    table(
        "customer",
        column("id", key=True),
        column("email", identity="email", assertion="confirmed"),
        account="email",
    )
]

_FILLED = (
    "CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT)",
    "INSERT INTO customer VALUES (1, 'ana@example.org')",
)


@pytest.mark.parametrize("language", ["fr", "en", "nl"])
def test_case_of_the_toy_right_is_archived(tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its data subject is written to and its evidence kept."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    monkeypatch.setenv("RIGHTSFLOW_SYSTEM_SYS_URL", url)
    with a_town(tmp_path, url, _TABLES, *_FILLED) as town:
        case_id = town.house.open(Right("hearing"), language=language, identity={"email": ["ana@example.org"]})
        outcome = town.house.walk(case_id)
        case = town.house.installation.register.case(case_id)

    assert outcome == "granted"
    assert case.is_ended
