"""What the copy with the toy kind runs: a case from request to archive over a folder of CSV files."""

from pathlib import Path

import pytest

from data_contracts.vocabulary import Right
from tests.whose.town import a_town, column, table


def test_person_is_erased_from_a_folder_of_csv_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Her row goes, another person's row stays, and the erasure is proven."""
    folder = tmp_path / "customers"
    folder.mkdir()
    file = folder / "customer.csv"
    file.write_text("id,email\n1,ana@example.org\n2,ben@example.org\n", encoding="utf-8")
    url = f"csv://{folder}"
    monkeypatch.setenv("RIGHTSFLOW_SYSTEM_SYS_URL", url)
    tables = [
        table(
            "customer",
            column("id", key=True),
            column("email", identity="email", assertion="confirmed"),
            account="email",
        )
    ]

    with a_town(tmp_path, url, tables) as town:
        case_id = town.open(Right.ERASURE, email="ana@example.org")
        outcome = town.house.walk(case_id)
        case = town.house.installation.register.case(case_id)

    assert outcome == "granted"
    assert case.is_ended
    assert file.read_text("utf-8").splitlines() == ["id,email", "2,ben@example.org"]
