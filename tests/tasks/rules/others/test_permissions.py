"""Charter 2.4, Art. 7, 18(2), 21: may data be used for a purpose, or go to a recipient? Silence is never a yes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.case.permissions import (
    ALL_MARKETING,
    ALL_PARTNERS,
    ANY,
    RestrictedUse,
    Restriction,
    Stance,
    StanceEntry,
)
from data_contracts.case.subjects import SubjectKey
from data_contracts.company.company import Party, Purpose, Vocabulary
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import LegalBasis, PartyRole, RestrictionGround
from tasks.rules.others import permissions as rule
from tasks.rules.others.permissions import Answer, answer, processing, sharing
from tasks.rules.others.recipients import Recipients
from tests.tasks.rules.examples import contracts_of

NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_KEY = SubjectKey("email", "0" * 64)
_PURPOSES = {
    "contract": Purpose(use="essential.service", basis=LegalBasis.CONTRACT),
    "accounting": Purpose(use="essential.legal_obligation", basis=LegalBasis.LEGAL_OBLIGATION),
    "churn": Purpose(use="analytics", basis=LegalBasis.LEGITIMATE_INTEREST),
    "title": Purpose(use="personalize", basis=LegalBasis.CONSENT),
    "offers": Purpose(use="marketing.communications", basis=LegalBasis.CONSENT, direct_marketing=True),
    "segments": Purpose(use="marketing.advertising.profiling", basis=LegalBasis.LEGITIMATE_INTEREST, profiling=True),
}
_PARTIES = {
    "energy": Party(role=PartyRole.CONTROLLER, name="Energy SAS", country="FR", authorised_until="2026-12-31"),
    "mailer": Party(role=PartyRole.PROCESSOR, name="Mailer Inc.", country="US"),
}
_VOCABULARY: Vocabulary = contracts_of().vocabulary.model_copy(update={"purposes": _PURPOSES, "parties": _PARTIES})


def said(stance: Stance, purpose: str = ANY, recipient: str = ANY, *, ago: int = 1, version: str = "") -> StanceEntry:
    """Something said some hours ago."""
    return StanceEntry(_KEY, purpose, recipient, stance, NOW - ago * _HOUR, "test", version)


def a_restriction(**facts: Any) -> Restriction:
    """A restriction of everything, since a day."""
    return replace(Restriction("C-1", _KEY, RestrictionGround.ACCURACY, purposes=(), since=NOW - 24 * _HOUR), **facts)


def asked(purpose: str, *stances: StanceEntry, to: str = ANY, **how: Any) -> str:
    """The reason of the answer."""
    question = (
        sharing(Recipients(_VOCABULARY), purpose, to, NOW, **how)
        if to
        else processing(_VOCABULARY, purpose, NOW, **how)
    )
    return answer(question, stances, ()).reason


OBJECTED, CONSENTED, WITHDRAWN, INFORMED = Stance.OBJECTED, Stance.CONSENTED, Stance.WITHDRAWN, Stance.INFORMED
TOLD = said(INFORMED, version="2026-01")


@pytest.mark.parametrize(
    ("purpose", "stances", "reason"),
    [
        ("contract", [], rule.NECESSARY),
        ("contract", [said(OBJECTED)], rule.NECESSARY),
        ("accounting", [said(OBJECTED, "accounting")], rule.NECESSARY),
        ("churn", [], rule.NO_OBJECTION),
        ("churn", [said(OBJECTED, "churn")], rule.OBJECTED),
        ("churn", [said(OBJECTED)], rule.OBJECTED),
        ("churn", [said(OBJECTED, "segments")], rule.NO_OBJECTION),
        ("churn", [said(OBJECTED, ALL_MARKETING)], rule.NO_OBJECTION),
        ("churn", [said(OBJECTED, ANY, ALL_PARTNERS)], rule.NO_OBJECTION),
        ("churn", [said(OBJECTED, ago=-1)], rule.NO_OBJECTION),
        ("segments", [], rule.NO_OBJECTION),
        ("segments", [said(OBJECTED, ALL_MARKETING)], rule.OBJECTED),
        ("title", [], rule.NO_CONSENT),
        ("title", [said(CONSENTED, "offers")], rule.NO_CONSENT),
        ("title", [said(CONSENTED)], rule.NO_CONSENT),
        ("title", [said(CONSENTED, "title")], rule.CONSENTED),
        ("title", [said(CONSENTED, "title", "energy")], rule.NO_CONSENT),
        ("title", [said(CONSENTED, "title", ago=2), said(WITHDRAWN, "title")], rule.WITHDRAWN),
        ("title", [said(CONSENTED, "title"), said(WITHDRAWN, "title", ago=2)], rule.CONSENTED),
        ("title", [said(CONSENTED, "title"), said(WITHDRAWN, "title")], rule.WITHDRAWN),
        ("offers", [said(CONSENTED, "offers", ago=2), said(OBJECTED, ALL_MARKETING)], rule.OBJECTED),
        ("offers", [said(CONSENTED, "offers"), said(OBJECTED, ALL_MARKETING, ago=2)], rule.CONSENTED),
    ],
)
def test_use_for_a_purpose(purpose: str, stances: list[StanceEntry], reason: str) -> None:
    """Consent where it is the basis, no objection where one may be made, and neither where the data are needed."""
    assert asked(purpose, *stances) == reason


@pytest.mark.parametrize(
    ("earlier", "later", "reason"),
    [
        (said(OBJECTED, "churn", ago=2), said(Stance.OBJECTION_ENDED, "churn"), rule.NO_OBJECTION),
        (said(OBJECTED, "churn", ago=2), said(Stance.OBJECTION_ENDED), rule.OBJECTED),
        (said(OBJECTED, ago=2), said(Stance.OBJECTION_ENDED, "churn"), rule.NO_OBJECTION),
        (said(OBJECTED, "churn"), said(Stance.OBJECTION_ENDED, "churn"), rule.OBJECTED),
        (said(OBJECTED, "churn", ago=2), said(INFORMED, "churn", version="1"), rule.OBJECTED),
    ],
)
def test_what_is_as_wide_or_narrower_takes_an_objection_back(
    earlier: StanceEntry, later: StanceEntry, reason: str
) -> None:
    """Who ends an objection to one thing does not end one to another; of two at the same moment the stricter counts."""
    assert asked("churn", earlier, later) == reason


@pytest.mark.parametrize(
    ("purpose", "stances", "reason"),
    [
        ("churn", [], rule.NOT_INFORMED),
        ("churn", [said(INFORMED)], rule.NOT_INFORMED),
        ("churn", [TOLD], rule.NO_OBJECTION),
        ("churn", [TOLD, said(OBJECTED, ANY, ALL_PARTNERS)], rule.OBJECTED),
        ("churn", [TOLD, said(OBJECTED, ANY, "energy")], rule.OBJECTED),
        ("churn", [TOLD, said(OBJECTED, ANY, "mailer")], rule.NO_OBJECTION),
        ("churn", [TOLD, said(OBJECTED, "churn")], rule.OBJECTED),
        ("contract", [TOLD, said(OBJECTED, ANY, ALL_PARTNERS)], rule.OBJECTED),
        ("accounting", [TOLD, said(OBJECTED, ANY, ALL_PARTNERS)], rule.NECESSARY),
        ("offers", [said(CONSENTED, "offers")], rule.NOT_INFORMED),
        ("offers", [TOLD, said(CONSENTED, "offers")], rule.NO_CONSENT),
        ("offers", [said(INFORMED, ANY, "energy", version="1"), said(CONSENTED, "offers")], rule.NO_CONSENT),
        ("offers", [TOLD, said(CONSENTED, "offers", "mailer")], rule.NO_CONSENT),
        ("offers", [TOLD, said(CONSENTED, "offers"), said(CONSENTED, "offers", "energy")], rule.CONSENTED),
        ("offers", [TOLD, said(CONSENTED, "offers"), said(CONSENTED, "offers", ALL_PARTNERS)], rule.CONSENTED),
        ("churn", [TOLD, said(OBJECTED, ago=2), said(CONSENTED, "churn")], rule.OBJECTED),
        ("churn", [TOLD, said(OBJECTED, ago=2), said(CONSENTED, "churn", "energy")], rule.NO_OBJECTION),
        ("churn", [TOLD, said(OBJECTED, ago=2), said(Stance.OBJECTION_ENDED)], rule.NO_OBJECTION),
        ("offers", [said(CONSENTED, "offers", "energy")], rule.CONSENTED),
        ("offers", [said(CONSENTED, "offers", ALL_PARTNERS)], rule.CONSENTED),
        ("offers", [said(CONSENTED, "offers", "energy", ago=2), said(WITHDRAWN, "offers")], rule.WITHDRAWN),
        (
            "offers",
            [said(OBJECTED, ANY, ALL_PARTNERS, ago=2), said(CONSENTED, "offers", "energy")],
            rule.CONSENTED,
        ),
        ("offers", [said(OBJECTED, ANY, ALL_PARTNERS, ago=2), said(CONSENTED, "offers")], rule.OBJECTED),
    ],
)
def test_sharing_with_a_partner(purpose: str, stances: list[StanceEntry], reason: str) -> None:
    """Nothing goes to a partner without information and a chance to object."""
    assert asked(purpose, *stances, to="energy") == reason


def test_processor_is_asked_as_our_own_processing() -> None:
    """Who prints our invoices decides nothing; still it must be entered and authorised."""
    assert asked("contract", said(OBJECTED, ANY, ALL_PARTNERS), to="mailer") == rule.NECESSARY


def test_recipient_out_of_force_is_refused_first() -> None:
    """Law 11: whatever the person said."""
    question = sharing(Recipients(_VOCABULARY), "churn", "energy", datetime(2027, 1, 1, tzinfo=UTC))

    assert answer(question, [TOLD], ()) == Answer(may=False, reason="recipient_no_longer_authorised")


@pytest.mark.parametrize(
    ("restriction", "use", "reason"),
    [
        (a_restriction(), None, rule.RESTRICTED),
        (a_restriction(purposes=("title",)), None, rule.RESTRICTED),
        (a_restriction(purposes=("churn",)), None, rule.CONSENTED),
        (a_restriction(lifted_at=NOW), None, rule.CONSENTED),
        (a_restriction(), RestrictedUse.CLAIMS, rule.CONSENTED),
        (a_restriction(), RestrictedUse.CONSENT, rule.CONSENTED),
        (a_restriction(since=NOW), RestrictedUse.CONSENT, rule.RESTRICTED),
    ],
)
def test_restricted_data_are_stored_and_nothing_else(
    restriction: Restriction, use: RestrictedUse | None, reason: str
) -> None:
    """Art. 18(2): storage, consent given since, claims, rights of others, public interest, each to be named."""
    question = processing(_VOCABULARY, "title", NOW, use)

    assert answer(question, [said(CONSENTED, "title")], [restriction]).reason == reason


def test_consent_withdrawn_since_does_not_open_restricted_data() -> None:
    """Art. 7(3) holds for the consent of Art. 18(2) as for any other."""
    question = processing(_VOCABULARY, "churn", NOW, RestrictedUse.CONSENT)
    stances = [said(CONSENTED, "churn", ago=2), said(WITHDRAWN, "churn")]

    assert answer(question, stances, [a_restriction()]).reason == rule.RESTRICTED


_STANCES = st.builds(
    said,
    st.sampled_from(list(Stance)),
    st.sampled_from([ANY, ALL_MARKETING, *_PURPOSES]),
    st.sampled_from([ANY, ALL_PARTNERS, *_PARTIES]),
    ago=st.integers(0, 5),
    version=st.sampled_from(["", "1"]),
)


def test_consent_to_our_own_use_opens_no_restricted_data_to_a_partner() -> None:
    """Art. 18(2): the consent must be to the sharing that is asked about."""
    question = sharing(Recipients(_VOCABULARY), "churn", "energy", NOW, RestrictedUse.CONSENT)

    own = answer(question, [TOLD, said(CONSENTED, "churn")], [a_restriction()])
    named = answer(question, [TOLD, said(CONSENTED, "churn", "energy")], [a_restriction()])

    assert (own.reason, named.reason) == (rule.RESTRICTED, rule.NO_OBJECTION)


@given(st.lists(_STANCES, max_size=6))
def test_where_consent_is_the_basis_a_yes_to_sharing_has_one_that_names_it(stances: list[StanceEntry]) -> None:
    """Whatever else was said."""
    if asked("offers", *stances, to="energy") == rule.CONSENTED:
        assert any(one.stance is CONSENTED and one.recipient in {"energy", ALL_PARTNERS} for one in stances)


@pytest.mark.parametrize(("purpose", "recipient"), [("espionage", "energy"), ("churn", "anybody")])
def test_unknown_purpose_or_recipient_is_an_error(purpose: str, recipient: str) -> None:
    """Nobody can have agreed to what does not exist; what was typed is not repeated."""
    with pytest.raises(RequestInvalid, match="no such") as refused:
        sharing(Recipients(_VOCABULARY), purpose, recipient, NOW)

    assert "espionage" not in str(refused.value)
    assert "anybody" not in str(refused.value)


@given(st.lists(_STANCES, max_size=6), st.sampled_from(sorted(_PURPOSES)), st.sampled_from([ANY, "energy", "mailer"]))
def test_order_of_entry_says_nothing(stances: list[StanceEntry], purpose: str, to: str) -> None:
    """What was said counts by its own moment, whenever it was entered."""
    assert asked(purpose, *stances, to=to) == asked(purpose, *reversed(stances), to=to)


@given(st.lists(_STANCES, max_size=6))
def test_objection_to_marketing_made_last_always_wins(stances: list[StanceEntry]) -> None:
    """Art. 21(3): the data are no longer processed for such purposes."""
    assert asked("offers", *stances, said(OBJECTED, ALL_MARKETING, ago=0)) == rule.OBJECTED
