"""Art. 17: the right to erasure, paragraph by paragraph."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from data_contracts.case.request import Statement
from data_contracts.errors import AnswerRefused, ContractInvalid, RequestInvalid
from data_contracts.vocabulary import ErasureGround, Gate, Right, TableErasure
from tasks.search.holds import held_subjects, lift_hold, open_holds, set_hold
from tasks.services import services, use
from tests.flows.company import House, lost

_REST = {ErasureGround.NO_LONGER_NEEDED, ErasureGround.UNLAWFUL, ErasureGround.LEGAL_DUTY, ErasureGround.CHILD}


def erase(house: House, ground: ErasureGround | None = None, *purposes: str) -> str:
    """The case id of a request for erasure."""
    return house.open(Right.ERASURE, statement=Statement(erasure_ground=ground, purposes=list(purposes)))


def hold(house: House, *systems: str) -> str:
    """A hold on the subject, by a key that the request does not name."""
    number = house.company.subject.customer_no
    made = set_hold({"customer_no": [number]}, "CLAIM-7", systems, operator="marc", code=house.code("marc"))
    return made.hold_id


@contextmanager
def declared(system: str, table: str = "", **facts: Any) -> Iterator[None]:
    """The contracts, with what the test declares of a system or one of its tables."""
    contracts = services().contracts
    own = contracts.systems[system]
    tables = tuple(replace(t, **facts) if t.name == table else t for t in own.tables)
    changed = replace(own, tables=tables) if table else replace(own, **facts)
    with use(replace(services(), contracts=replace(contracts, systems={**contracts.systems, system: changed}))):
        yield


# --- paragraph 1: grounds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", sorted(_REST))
def test_1_a_d_e_f_reach_everything_that_no_exemption_keeps(house: House, ground: ErasureGround) -> None:
    """The ground is on record, and the erasure is the same as without one."""
    case_id = erase(house, ground)

    assert house.walk(case_id) == "granted_in_part"
    entry = house.installation.register.step(case_id, "plan")
    assert entry is not None
    assert entry.receipt["ground"] == f"art17_1_{ground.value}"
    assert not [line for line in house.plan(case_id) if line["note"] == "other_basis"]


def test_1_b_withdrawn_consent_reaches_what_rests_on_it_alone(house: House) -> None:
    """Advertising and the health mark go; the contract stays, and the notice tells why."""
    before, case_id = house.rows(), erase(house, ErasureGround.CONSENT_WITHDRAWN)

    assert house.walk(case_id) == "granted_in_part"
    gone = lost(before, house.rows())
    assert {"adtech.cookie", "adtech.impression", "crm.customer"} <= set(gone)
    assert not {"crm.subscription", "billing.account", "support.ticket"} & set(gone)
    number = house.company.subject.customer_no
    query = "SELECT health_priority, email IS NULL FROM customer WHERE customer_no = ?"
    assert house.ask("crm", query, number) == [(None, 0)]
    assert "rest on another legal basis" in house.mails()[-1]


def test_1_b_named_purposes_alone_are_ended(house: House) -> None:
    """Who withdraws the consent to advertising keeps the priority for health reasons."""
    before, case_id = house.rows(), erase(house, ErasureGround.CONSENT_WITHDRAWN, "audience")

    assert house.walk(case_id) == "granted_in_part"
    assert set(lost(before, house.rows())) == {"adtech.cookie", "adtech.impression"}
    entry = house.installation.register.step(case_id, "plan")
    assert entry is not None
    assert entry.receipt["purposes"] == ["audience"]


def test_1_c_objection_reaches_objected_purposes(house: House) -> None:
    """The score of who may leave goes; what the contract needs stays."""
    case_id = erase(house, ErasureGround.OBJECTION, "churn")

    assert house.walk(case_id) == "granted_in_part"
    number = house.company.subject.customer_no
    query = "SELECT churn_score, last_name != '***' FROM customer WHERE customer_no = ?"
    assert house.ask("crm", query, number) == [(None, 1)]


def test_1_ground_that_reaches_nothing_is_refused_with_its_reason(house: House) -> None:
    """Art. 12(4): nothing is erased, and the notice tells why and what can be done."""
    before, case_id = house.rows(), erase(house, ErasureGround.CONSENT_WITHDRAWN, "contract")

    assert house.walk(case_id) == "refused"
    assert lost(before, house.rows()) == {}
    assert "What we hold about you is also used on another legal basis" in house.mails()[-1]


# --- paragraph 1: rows that cannot be read any more ----------------------------------------------------------------


def test_1_shredded_rows_stay_without_their_key(house: House) -> None:
    """The key's row is deleted and that is proven; the rows that it made readable stay, and the plan says so."""
    before, case_id = house.rows(), erase(house)
    with declared("weblogs", "access_log", erase=TableErasure.SHRED, shred_key="error_report"):
        assert house.walk(case_id) == "granted_in_part"

    gone = lost(before, house.rows())
    assert "weblogs.error_report" in gone
    assert "weblogs.access_log" not in gone
    (line,) = [line for line in house.plan(case_id) if line["action"] == "shred"]
    assert (line["table"], line["rows"] > 0) == ("access_log", True)
    assert house.installation.verify_case(case_id).is_whole


# --- paragraph 1: parts that go later ------------------------------------------------------------------------------


def test_1_backups_are_told_with_their_last_day(house: House) -> None:
    """The day by which the last backup is overwritten stands in the notice and in evidence."""
    case_id = erase(house)
    with declared("crm", backup_days=35):
        house.walk(case_id)

    entry = house.installation.register.step(case_id, "backups")
    assert entry is not None
    assert entry.receipt == {"until": {"crm": "2026-05-05"}}
    assert "overwritten by 5 May 2026 at the latest" in house.mails()[-1]


# --- paragraph 2 ---------------------------------------------------------------------------------------------------


def test_2_public_data_are_told(house: House) -> None:
    """People at the gate and the data subject read that others who show the data are told."""
    case_id = erase(house)
    with declared("support", "message", public=True):
        entry = house.until(Gate.APPROVAL, case_id)
        house.walk(case_id)

    assert "others who show it are to be told (Art. 17(2))" in entry.description
    assert "What had been made public" in house.mails()[-1]


# --- paragraph 3 ---------------------------------------------------------------------------------------------------


def test_3_e_hold_keeps_what_it_covers(house: House) -> None:
    """In the systems that it names nothing is erased, and the data subject is told the ground."""
    hold(house, "support")
    before, case_id = house.rows(), erase(house)

    assert house.walk(case_id) == "granted_in_part"
    assert not [path for path in lost(before, house.rows()) if path.startswith("support.")]
    grounds = {line["ground"]["hold"] for line in house.plan(case_id) if line["system"] == "support"}
    assert grounds == {"litigation"}
    assert "establish, exercise or defend legal claims" in house.mails()[-1]


def test_3_e_hold_set_after_approval_changes_the_plan(house: House) -> None:
    """What was approved no longer holds: people see the new plan before anything is done."""
    case_id = erase(house)
    entry = house.until(Gate.APPROVAL, case_id)
    for _ in range(entry.people):
        entry = house.agree(entry)

    hold(house)
    again = house.until(Gate.APPROVAL, case_id)

    assert again.digest != entry.digest
    before = house.rows()
    assert house.walk(case_id) == "refused"
    assert lost(before, house.rows()) == {}


def test_3_e_hold_that_is_lifted_keeps_nothing(house: House) -> None:
    """It stays on record who set and who lifted it."""
    hold_id = hold(house)
    assert [subject.systems for subject in held_subjects()] == [()]

    house.clock.advance(house.installation.settings.sweep_every * 6)
    lift_hold(hold_id, operator="claire", code=house.code("claire"))

    assert open_holds() == []
    (lifted,) = services().register.holds()
    assert (lifted.set_by, lifted.lifted_by) == ("marc", "claire")
    assert house.walk(erase(house)) == "granted_in_part"
    with pytest.raises(RequestInvalid, match="no hold of that id"):
        lift_hold(hold_id, operator="marc", code=house.code("marc"))


def test_3_e_only_a_proven_person_sets_a_hold(house: House) -> None:
    """Law 5: the role and the code are needed, and each code counts once."""
    who = {"email": [house.company.subject.email]}

    with pytest.raises(AnswerRefused):
        set_hold(who, "CLAIM-7", (), operator="zoe", code=house.code("zoe"))
    with pytest.raises(AnswerRefused):
        set_hold(who, "CLAIM-7", (), operator="marc", code="000000")
    assert open_holds() == []


@pytest.mark.parametrize(
    ("identity", "reference", "systems"),
    [
        ({"email": ["nobody"]}, "CLAIM-7", ()),
        ({"email": ["a@x.example"]}, "a@x.example", ()),
        ({"email": ["a@x.example"]}, "CLAIM-7", ("payroll",)),
    ],
)
def test_3_e_hold_names_somebody_and_a_claim(
    house: House, identity: dict[str, list[str]], reference: str, systems: tuple[str, ...]
) -> None:
    """A hold on nobody, under a name, or on a system that is not there is refused."""
    with pytest.raises(RequestInvalid):
        set_hold(identity, reference, systems, operator="marc", code=house.code("marc"))


def test_3_e_hold_needs_its_ground_in_the_vocabulary(house: House) -> None:
    """Without a hold for legal claims nobody could be told why."""
    contracts = services().contracts
    bare = replace(contracts, vocabulary=contracts.vocabulary.model_copy(update={"holds": {}}))
    with use(replace(services(), contracts=bare)), pytest.raises(ContractInvalid):
        hold(house)
