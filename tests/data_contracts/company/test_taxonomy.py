"""Categories of data."""

import pytest

from data_contracts.company import taxonomy


@pytest.mark.parametrize(
    ("category", "is_personal", "is_special"),
    [
        ("system", False, False),
        ("system.operations", False, False),
        ("user.contact.email", True, False),
        ("user.health_and_medical", True, True),
        ("user.health_and_medical.genetic", True, True),
        ("user.biometric.voice", True, True),
        ("user.demographic.gender", True, False),
        ("user.demographic.religious_belief", True, True),
        ("systematic", True, False),
        ("", True, False),
    ],
)
def test_category_is_judged_by_its_branch(category: str, is_personal: bool, is_special: bool) -> None:  # noqa: FBT001  # a table of cases
    """Art. 9(1) and Art. 4(1): what is not known to be impersonal counts as personal."""
    assert (taxonomy.is_personal(category), taxonomy.is_special(category)) == (is_personal, is_special)


def test_taxonomy_is_whole() -> None:
    """The 85 keys of fideslang 3.1, each below a key that is there too."""
    parents = {key.rpartition(".")[0] for key in taxonomy.CATEGORIES} - {""}

    assert len(taxonomy.CATEGORIES) == 85
    assert parents <= taxonomy.CATEGORIES
