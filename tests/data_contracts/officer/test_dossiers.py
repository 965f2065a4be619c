"""Shapes of the authority's dossier."""

import json
from datetime import date

import pytest

from data_contracts.case.subjects import SubjectKey
from data_contracts.officer.dossiers import Scope, facts_lines, scope_of
from data_contracts.vocabulary import Right


@pytest.mark.parametrize(
    "scope",
    [
        Scope(case_id="C-7K3M-9QXT"),
        Scope(keys=(SubjectKey("email", "ab"), SubjectKey("phone", "cd"))),
        Scope(since=date(2026, 1, 1), until=date(2026, 3, 31), right=Right.ERASURE),
    ],
)
def test_scope_is_read_back(scope: Scope) -> None:
    """A run that is started again knows what it is about."""
    assert scope_of(json.loads(json.dumps(scope.facts()))) == scope


@pytest.mark.parametrize("cases", [[], [b'{"case":"A"}'], [b'{"case":"A"}', b'{"case":"B"}']])
def test_facts_are_json_whatever_there_is(cases: list[bytes]) -> None:
    """No case, one, several: written by lines, read whole."""
    written = b"".join(facts_lines({"about": {}, "person": None}, cases, [], {"statistics": {"received": len(cases)}}))

    assert [case["case"] for case in json.loads(written)["cases"]] == ["A", "B"][: len(cases)]
