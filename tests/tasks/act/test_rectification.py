"""Rectification on systems of each kind: what is there is looked at, changed and proven."""

from typing import Any

import pytest

from data_contracts.case.request import FieldChange
from data_contracts.vocabulary import Decision, Gate, Right
from flows.rights.rectification import carry_out
from tests.tasks.act.small import Small

_EMAIL = "user.contact.email"
_LANGUAGE = "user.demographic.language"
_NEW = "Ann@New.example"


def _asks(small: Small, *changes: FieldChange) -> str:
    return small.open(Right.RECTIFICATION, changes=list(changes))


def _email(value: str = _NEW, **facts: Any) -> FieldChange:
    return FieldChange(field=_EMAIL, value=value, **facts)


def _outcome(small: Small, case_id: str) -> str:
    small.walk(case_id, carry_out)
    return small.house.outcome(case_id)


def _values(small: Small, system: str, table: str, column: str) -> list[object]:
    return [row[column] for row in small.rows(system, table)]


def test_an_identity_key_is_changed_as_each_system_stores_it(small: Small) -> None:
    """As typed in one, in its normal form in the other; the proof finds the rows under the new address."""
    case_id = _asks(small, _email())

    assert _outcome(small, case_id) == "granted"
    assert _values(small, "crm", "customer", "email") == [_NEW, "bob@x.example"]
    assert _values(small, "web", "account", "email") == [_NEW.lower(), "bob@x.example"]
    (proof,) = small.evidence(case_id, "prove")
    assert "crm.customer keys: 0 remain, 0 kept" in proof["counts"]


def test_several_values_of_one_table_and_one_without_key(small: Small) -> None:
    """The rows of a table that has no primary key are found by what refers to the customer."""
    case_id = _asks(small, _email(), FieldChange(field=_LANGUAGE, value="nl"))

    assert _outcome(small, case_id) == "granted"
    assert _values(small, "crm", "customer", "language") == ["nl", "fr"]
    assert _values(small, "crm", "log", "language") == ["nl", "nl", "fr"]


def test_the_old_value_narrows_rows_without_a_key(small: Small) -> None:
    """Only the row that holds the wrong value changes; the other one of the same person stays."""
    case_id = _asks(small, FieldChange(field="crm.log.language", value="nl", was="de"))

    assert _outcome(small, case_id) == "granted"
    assert _values(small, "crm", "log", "language") == ["fr", "nl", "fr"]


def test_two_values_change_places(small: Small) -> None:
    """Each row is known by its key before anything changes, so that no row is changed twice."""
    small.add("web", "account", {"id": 9, "email": "ann2@x.example"})
    small.add(
        "crm",
        "customer",
        {"id": 3, "no": "C1", "email": "ann2@x.example", "language": "fr", "vip": None, "remark": None},
    )
    one, other = "ann@x.example", "ann2@x.example"

    small.walk(_asks(small, _email(other, was=one), _email(one, was=other)), carry_out)

    assert _values(small, "web", "account", "email") == [other, "bob@x.example", one]


def test_an_old_value_that_is_nowhere_changes_nothing(small: Small) -> None:
    """The wrong value named is not there: nothing is put right, and that is told."""
    case_id = _asks(small, _email(was="nobody@x.example"))

    assert _outcome(small, case_id) == "nothing_found"
    assert _values(small, "crm", "customer", "email") == ["Ann@X.example", "bob@x.example"]
    assert "and found none" in small.house.mails()[-1]


@pytest.mark.parametrize("system", ["crm", "web"])
def test_killed_after_a_change_it_goes_on(small: Small, system: str) -> None:
    """The process dies when a system is changed; run again, each change is there once and the proof holds."""
    case_id = _asks(small, _email())
    small.breaks(system, "dies")
    with pytest.raises(KeyboardInterrupt):
        small.walk(case_id, carry_out)
    small.breaks(system, "")

    assert _outcome(small, case_id) == "granted"
    (facts,) = small.evidence(case_id, "change", system)
    assert (sum(facts["rows"].values()), facts["attempt"]) == (1, 2)
    assert len([mail for mail in small.house.mails() if "has been handled" in mail]) == 1


def test_walked_again_after_its_end_it_stays_as_it_is(small: Small) -> None:
    """What was sealed is destroyed by then; nothing asks for it."""
    case_id = _asks(small, _email())
    small.walk(case_id, carry_out)
    states, mails = small.house.states(case_id), len(small.house.mails())

    small.walk(case_id, carry_out)

    assert (small.house.states(case_id), len(small.house.mails())) == (states, mails)


def test_what_is_not_done_goes_to_a_person(small: Small) -> None:
    """A system that claims to have changed and did not is found out by rows, keys and values."""
    case_id = _asks(small, _email())
    small.breaks("web", "idle")
    while (entry := small.waits(case_id, carry_out)) is not None and entry.gate is not Gate.MISMATCH:
        small.agree(entry)
    assert entry is not None
    assert "web.account: keys (1 rows); web.account: values (1 rows)" in entry.description

    small.breaks("web", "")
    small.house.answer(entry, Decision.RETRY)

    assert _outcome(small, case_id) == "granted"
    assert _values(small, "web", "account", "email") == [_NEW.lower(), "bob@x.example"]


def test_an_address_of_somebody_else_is_not_given_twice(small: Small) -> None:
    """Where values are there only once, the row stays and the reason is told; other systems go on."""
    case_id = _asks(small, _email("bob@x.example"))

    assert _outcome(small, case_id) == "granted_in_part"
    assert _values(small, "web", "account", "email") == ["ann@x.example", "bob@x.example"]
    assert _values(small, "crm", "customer", "email") == ["bob@x.example", "bob@x.example"]
    assert "stands in this system already" in small.house.mails()[-1]


def test_a_supplementary_statement_is_stored_where_a_contract_says(small: Small) -> None:
    """Below the one that is there already; nobody else's row is touched."""
    case_id = small.open(Right.RECTIFICATION, supplement="I disputed this.")

    assert _outcome(small, case_id) == "granted"
    assert _values(small, "crm", "customer", "remark") == ["Older.\nI disputed this.", None]
    assert "was stored with your data, in CRM – customer" in small.house.mails()[-1]


def test_before_and_after_are_keyed_digests(small: Small) -> None:
    """Evidence holds no value, and the same value gives the same digest in the same place only."""
    case_id = _asks(small, _email("ann@x.example"))

    small.walk(case_id, carry_out)

    (crm,) = small.evidence(case_id, "change", "crm")
    (web,) = small.evidence(case_id, "change", "web")
    assert web["before"] == web["after"]
    assert crm["before"] != crm["after"]
    assert "x.example" not in str([crm, web]).lower()
