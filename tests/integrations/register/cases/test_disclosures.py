"""The ledger of disclosures: noted once, found by any key of the data subject, and by nobody else's."""

from dataclasses import replace
from datetime import UTC, datetime

from data_contracts.case.disclosures import Disclosed, Received, noted
from data_contracts.case.subjects import SubjectKey
from integrations.register import SqlRegister

_EMAIL, _NUMBER, _OTHER = SubjectKey("email", "a" * 64), SubjectKey("no", "b" * 64), SubjectKey("email", "c" * 64)
_FIRST = Received(datetime(2026, 2, 1, 8, tzinfo=UTC), "printco", "invoicing", ("billing.invoice",), "billing")
_SECOND = replace(_FIRST, at=datetime(2026, 3, 1, 8, tzinfo=UTC), recipient="mailer", places=())


def test_found_by_any_key_once_and_oldest_first(register: SqlRegister) -> None:
    """A disclosure noted under two keys of one person is one; another person's is not found."""
    entries = [noted(_SECOND, _EMAIL), noted(_FIRST, _EMAIL), noted(_FIRST, _NUMBER), noted(_SECOND, _OTHER)]

    assert register.note_disclosures(entries) == 4

    assert register.disclosures_of([_NUMBER, _EMAIL]) == [_FIRST, _SECOND]
    assert register.disclosures_of([_NUMBER]) == [_FIRST]


def test_noted_once(register: SqlRegister) -> None:
    """The same line twice, in one go or in two, is one disclosure; only what is new counts."""
    assert register.note_disclosures([noted(_FIRST, _EMAIL)] * 2) == 1
    assert register.note_disclosures([noted(_FIRST, _EMAIL), noted(_SECOND, _EMAIL)]) == 1

    assert register.disclosures_of([_EMAIL]) == [_FIRST, _SECOND]


def test_the_same_name_is_the_same_disclosure(register: SqlRegister) -> None:
    """A step that runs again at another moment names its disclosure as before: what was noted stays."""
    register.note_disclosures([Disclosed(_FIRST, _EMAIL, "d" * 64)])

    assert register.note_disclosures([Disclosed(replace(_FIRST, at=_SECOND.at), _EMAIL, "d" * 64)]) == 0
    assert register.disclosures_of([_EMAIL]) == [_FIRST]


def test_nothing_is_a_result(register: SqlRegister) -> None:
    """No entries, no keys, no disclosures."""
    assert register.note_disclosures([]) == 0
    assert register.disclosures_of([]) == []
    assert register.disclosures_of([_EMAIL]) == []
