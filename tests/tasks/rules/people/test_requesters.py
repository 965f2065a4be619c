"""LIL Art. 84 and 85, decree 2019-536 Art. 124: who else may exercise which right, with what proof, and how far."""

import pytest

from data_contracts.company.company import Policy
from data_contracts.company.contract import Table
from data_contracts.errors import AnswerRefused, SettingsInvalid
from data_contracts.gates.gates import GateAnswer
from data_contracts.told.notices import LeftOut
from data_contracts.vocabulary import Decision, HeirPurpose, Requester, Right, SharedTreatment
from tasks.rules.act.redaction import ACCESS, UNREAD, Disclosure, disclosure
from tasks.rules.people.requesters import (
    Capacity,
    accepted_capacities,
    check_capacity,
    narrowed,
    requester_at,
    why_not,
)
from tests.flows.company import NOW
from tests.tasks.rules.examples import a_column, a_key, a_table

POLICY = Policy(
    gates={},
    identity_methods={},
    requester_proofs={
        Requester.AGENT: ["mandate"],
        Requester.HEIR: ["acte_de_notoriete", "livret_de_famille"],
        Requester.TRUSTED_THIRD_PARTY: ["directive_certificate"],
    },
)


@pytest.mark.parametrize("right", list(Right))
def test_rights_that_end_at_death(right: Right) -> None:
    """Heirs have neither portability nor restriction (Art. 85 II); agents and trusted third parties may have all."""
    ends = right in {Right.PORTABILITY, Right.RESTRICTION}

    assert why_not(Requester.HEIR, right) == ("ends_at_death" if ends else "")
    assert {why_not(who, right) for who in (Requester.AGENT, Requester.TRUSTED_THIRD_PARTY, Requester.SUBJECT)} == {""}


@pytest.mark.parametrize(
    ("who", "right", "enough"),
    [
        (Requester.AGENT, Right.ERASURE, {"mandate"}),
        (Requester.TRUSTED_THIRD_PARTY, Right.PORTABILITY, {"directive_certificate death_certificate"}),
        (
            Requester.HEIR,
            Right.ERASURE,
            {"acte_de_notoriete death_certificate accounts", "livret_de_famille death_certificate accounts"},
        ),
    ],
)
def test_what_is_enough(who: Requester, right: Right, enough: set[str]) -> None:
    """A capacity is one proof of the policy, a proof of death where there was one, and the purpose of heirs."""
    assert set(accepted_capacities(POLICY, who, right)) == enough


def test_heirs_have_three_purposes_of_access() -> None:
    """Art. 85 II: the estate, goods and memories (1°), accounts (2°)."""
    purposes = {name.split()[-1] for name in accepted_capacities(POLICY, Requester.HEIR, Right.ACCESS)}

    assert purposes == {purpose.value for purpose in HeirPurpose}


def test_words_stand_in_any_order() -> None:
    """What a person typed is read by its words."""
    found = check_capacity(POLICY, Requester.HEIR, Right.ACCESS, " estate  death_certificate livret_de_famille ")

    assert found == Capacity(("livret_de_famille", "death_certificate"), HeirPurpose.ESTATE)


@pytest.mark.parametrize(
    "reference", ["", "mandate", "acte_de_notoriete estate", "acte_de_notoriete death_certificate"]
)
def test_what_is_not_enough(reference: str) -> None:
    """Without every part the capacity is not shown."""
    with pytest.raises(AnswerRefused, match="not enough"):
        check_capacity(POLICY, Requester.HEIR, Right.ACCESS, reference)


def test_two_people_approve_the_same() -> None:
    """Where policy asks for two people, the second cannot widen what the first approved."""
    first = "livret_de_famille death_certificate estate"
    before = [
        GateAnswer("zoe", Decision.ASK_MORE, NOW, "totp", ""),
        GateAnswer("claire", Decision.APPROVE, NOW, "totp", "", first),
    ]

    assert check_capacity(POLICY, Requester.HEIR, Right.ACCESS, first, before=before).purpose is HeirPurpose.ESTATE
    with pytest.raises(AnswerRefused, match="another capacity"):
        check_capacity(POLICY, Requester.HEIR, Right.ACCESS, first.replace("estate", "accounts"), before=before)


def test_silent_policy_is_an_error() -> None:
    """A policy that names no proof never says yes."""
    with pytest.raises(SettingsInvalid, match="agent"):
        accepted_capacities(POLICY.model_copy(update={"requester_proofs": {}}), Requester.AGENT, Right.ACCESS)


def test_gate_says_whom_it_is_about() -> None:
    """The gate's subject names who acts and how often they were asked."""
    assert requester_at("trusted_third_party:2") is Requester.TRUSTED_THIRD_PARTY


ACCOUNT = a_table(
    "account",
    a_key(),
    a_column("number", category="user.unique_id"),
    a_column("balance", category="user.financial"),
    a_column("note", category="user.content.private"),
)


def shown(purpose: HeirPurpose | None, table: Table = ACCOUNT, rows: int = 2) -> Disclosure:
    """What heirs are shown of a table."""
    return narrowed(ACCESS, purpose).own(table, rows, UNREAD)


def test_whole_right_is_not_narrowed() -> None:
    """Without a purpose of heirs everything is shown that the right shows."""
    assert shown(None) == disclosure(ACCOUNT, 2)


def test_estate_shows_what_settles_it_and_says_what_is_left_out() -> None:
    """Account and money are shown with their key, other values are named as left out."""
    found = shown(HeirPurpose.ESTATE)

    assert found.columns == (*ACCOUNT.primary_key, "number", "balance")
    assert found.left_out == (LeftOut(ACCOUNT.system, "account", "note", "requester_scope", 2),)


def test_key_alone_says_that_there_are_rows_and_is_not_shown() -> None:
    """A table of which no value serves the purpose is left out whole; one without rows is not named."""
    logs = a_table("log", a_key(), a_column("page", category="user.behavior.browsing_history"))

    assert shown(HeirPurpose.ACCOUNTS, logs) == Disclosure(
        (), frozenset(), (LeftOut(logs.system, "log", "", "requester_scope", 2),)
    )
    assert shown(HeirPurpose.ACCOUNTS, logs, 0).left_out == ()
    assert shown(HeirPurpose.ACCOUNTS, rows=0).left_out == ()


def test_rows_of_several_people_are_narrowed_too() -> None:
    """What a contract calls harmless of shared rows is shown to heirs only where it serves their purpose."""
    home = a_table(
        "home", a_key(), a_column("town", category="user.contact.address.city", shared=SharedTreatment.INCLUDE)
    )

    assert narrowed(ACCESS, HeirPurpose.ACCOUNTS).shared(home, 1).columns == ("town",)
    assert narrowed(ACCESS, HeirPurpose.ESTATE).shared(home, 1).columns == ()
