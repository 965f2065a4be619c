"""What the copy with the toy right runs: a case from request to archive, told in each language."""

import pytest

from data_contracts.vocabulary import Right
from tests.flows.company import House
from tests.flows.conftest import house, housed, seeded  # noqa: F401  # fixtures


@pytest.mark.parametrize(
    ("language", "name"),
    [("en", "right to confirmation"), ("fr", "droit à la confirmation"), ("nl", "recht op bevestiging")],
)
def test_case_of_a_new_right_goes_to_its_archive(house: House, language: str, name: str) -> None:  # noqa: F811  # as above
    """Identity, search, plan, approval, answer; told in the requester's language."""
    case_id = house.open(Right("confirmation"), language=language)
    outcome = house.walk(case_id)

    assert outcome == "granted"
    assert house.installation.register.case(case_id).is_ended
    assert all(name in mail for mail in house.mails())
    assert len(house.mails()) == 2
