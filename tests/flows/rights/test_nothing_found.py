"""Art. 15(1): who asks is told also that we hold nothing; nothing found is a result, told as such."""

from pathlib import Path

import pytest

from data_contracts.vocabulary import Right
from flows.wiring.packages import unpack_package
from tests.flows.company import House

_STRANGER = {"email": ["nobody@nowhere.example"]}


def test_access_tells_that_we_hold_nothing(house: House, tmp_path: Path) -> None:
    """The data subject gets a mail and a package that says where we looked, and holds no row."""
    case_id = house.open(Right.ACCESS, identity=_STRANGER)

    assert house.walk(case_id) == "nothing_found"
    assert "found none about you" in house.mails()[-1]
    with house.installation.services.vault.read(case_id, "package.zip") as blob:
        files = unpack_package(blob, tmp_path / "package")
    assert files
    assert not [file for file in files if file.suffix in {".csv", ".parquet"}]


def test_erasure_tells_that_there_was_nothing_to_erase(house: House) -> None:
    """No row of any system is touched, and the mail says that none was found."""
    before = house.rows()

    assert house.walk(house.open(Right.ERASURE, identity=_STRANGER)) == "nothing_found"
    assert "so there was nothing to erase." in house.mails()[-1]
    assert house.rows() == before


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
def test_nothing_found_is_in_the_evidence(house: House, right: Right) -> None:
    """That we looked everywhere and found nothing can be shown years later."""
    case_id = house.open(right, identity=_STRANGER)

    house.walk(case_id)

    assert house.installation.verify_case(case_id).is_whole
    assert {line["rows"] for line in house.plan(case_id)} == {0}
    assert {line["system"] for line in house.plan(case_id)} == set(house.installation.contracts.systems)


def test_staged_data_are_destroyed_at_the_end(house: House) -> None:
    """What remains of an access case is its package and notices; of an erasure nothing can be opened any more."""
    access, erasure = house.open(Right.ACCESS), house.open(Right.ERASURE)

    for case_id in (access, erasure):
        house.walk(case_id)

    vault = house.installation.services.vault
    assert {name.split(".")[0] for name in vault.names(access)} == {"package", "notice"}
    assert vault.names(erasure) == []
