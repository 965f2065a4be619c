"""One table of rights: whoever adds a right fills in a row, and everything that reads the table knows it."""

import re

import pytest

from data_contracts.case.request import Statement
from data_contracts.case.rights import FACTS_OF, GATES_OF_ALL
from data_contracts.vocabulary import Right


def test_every_right_has_a_row() -> None:
    """And nothing else has one."""
    assert set(FACTS_OF) == set(Right)


@pytest.mark.parametrize("right", list(Right))
def test_row_is_whole(right: Right) -> None:
    """Its gates, fields and names can be used as they stand."""
    facts = FACTS_OF[right]

    assert set(facts.gates) >= set(GATES_OF_ALL)
    assert facts.asks <= set(Statement.model_fields)
    assert re.compile(facts.names).groups >= 0
    assert bool(facts.acts) is (facts.recipients_are_asked is not None)


@pytest.mark.parametrize("field", ["article", "place"])
def test_no_two_rights_share(field: str) -> None:
    """An article is taken for one right, and one case acts first."""
    assert len({getattr(facts, field) for facts in FACTS_OF.values()}) == len(Right)
