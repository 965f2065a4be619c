"""The company's own files: parties, purposes, holds, the organisation profile and the policy."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale

from data_contracts.case.rights import FACTS_OF
from data_contracts.company.company import Contact, CountryProfile, Organisation, Purpose
from data_contracts.company.contract import Column
from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import ORGANISATION, POLICY, VOCABULARY, ContractSet
from data_contracts.vocabulary import Duty, Gate, LegalBasis, PartyRole

_EEA_CODES: Final = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
_EEA: Final = frozenset(_EEA_CODES.split())
"""Where Chapter V asks for no safeguard: the Union and, by the EEA Agreement, Iceland, Liechtenstein and Norway."""
_NO_COUNTRIES: Final = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
_SPECIAL_GROUND: Final = re.compile(r"A9-2-[a-j]")
_OBJECTABLE: Final = frozenset({LegalBasis.CONSENT, LegalBasis.LEGITIMATE_INTEREST})
GATES: Final = {right: facts.gates for right, facts in FACTS_OF.items()}
"""Gates that a flow can open, by right; the policy must say who answers each."""
DUTY_GATES: Final = {Duty.RETENTION: (Gate.APPROVAL,), Duty.INCIDENT: (Gate.APPROVAL,)}
"""The same by duty."""
_BY_ADDRESS: Final = frozenset({"mail_link", "client_space", "facts"})
"""Ways of checking identity after which something is sent to an address that we hold."""


def own_party(contracts: ContractSet) -> Iterator[Fault]:
    """The company is a party and a controller."""
    company, parties = contracts.vocabulary.company, contracts.vocabulary.parties
    party = parties.get(company.key)
    if party is None or party.role is not PartyRole.CONTROLLER:
        what = f"the company `{company.key}` is not in `parties` as a controller"
        yield Fault(VOCABULARY, "", "company.key", what, f"add `{company.key}` to `parties` with `role: controller`")


def processors(contracts: ContractSet) -> Iterator[Fault]:
    """A processor names the controller it works for (Art. 28(3)); nobody else does."""
    parties = contracts.vocabulary.parties
    known = {key for key, party in parties.items() if party.role is PartyRole.CONTROLLER}
    for name, party in parties.items():
        place = (VOCABULARY, "", f"parties.{name}")
        if party.role is PartyRole.PROCESSOR and party.for_ not in known:
            yield Fault(*place, "is a processor, but `for` names no controller", "add `for: <a controller's key>`")
        if party.role is not PartyRole.PROCESSOR and party.for_:
            yield Fault(*place, f"is a {party.role}, but says `for`", "remove `for`, or write `role: processor`")


def transfers(contracts: ContractSet) -> Iterator[Fault]:
    """A party outside the European Economic Area names the safeguard of the transfer (Art. 15(2), 46)."""
    for name, party in contracts.vocabulary.parties.items():
        if party.country not in _EEA and not party.transfer:
            what = f"is in {party.country}, outside the EEA, but names no safeguard"
            remedy = "add `transfer`: adequacy, scc, bcr, …"
            yield Fault(VOCABULARY, "", f"parties.{name}", what, remedy)


def countries(contracts: ContractSet) -> Iterator[Fault]:
    """Country codes are codes of countries (ISO 3166-1)."""
    vocabulary, organisation = contracts.vocabulary, contracts.organisation
    places = [(VOCABULARY, "company.country", vocabulary.company.country)]
    places += [(VOCABULARY, f"parties.{name}.country", party.country) for name, party in vocabulary.parties.items()]
    places.append((ORGANISATION, "country", organisation.country))
    places += _contact_countries("", organisation)
    for code, profile in organisation.countries.items():
        places += [(ORGANISATION, f"countries.{code}", code), *_contact_countries(f"countries.{code}.", profile)]
    known = set(Locale("en").territories) - _NO_COUNTRIES
    for file, field, code in places:
        if code not in known:
            yield Fault(file, "", field, f"`{code}` is the code of no country", "write its ISO 3166-1 code, e.g. FR")


def _contact_countries(prefix: str, profile: Organisation | CountryProfile) -> Iterator[tuple[str, str, str]]:
    for name in ("requests", "dpo", "authority"):
        contact: Contact | None = getattr(profile, name)
        if contact is not None:
            yield ORGANISATION, f"{prefix}{name}.address.country", contact.address.country


def recipients_known_by(contracts: ContractSet) -> Iterator[Fault]:
    """A recipient is told of a data subject by kinds of keys that there are (Art. 19)."""
    kinds = contracts.vocabulary.identities
    for name, party in contracts.vocabulary.parties.items():
        for kind in party.art19.keys if party.art19 else []:
            if kind not in kinds:
                what = f"is told of data subjects by `{kind}`, which is no identity kind"
                yield Fault(VOCABULARY, "", f"parties.{name}", what, "write kinds of `identities` in `art19.keys`")


def legal_bases(contracts: ContractSet) -> Iterator[Fault]:
    """A purpose says what its legal basis asks for (Art. 6(1)(c), 6(1)(f) with 13(1)(d), 9(2), 21(2))."""
    for name, purpose in contracts.vocabulary.purposes.items():
        for what, remedy in _wrong_with(purpose):
            yield Fault(VOCABULARY, "", f"purposes.{name}", what, remedy)


def _wrong_with(purpose: Purpose) -> Iterator[tuple[str, str]]:
    if purpose.basis is LegalBasis.LEGAL_OBLIGATION and not purpose.law.strip():
        yield "rests on a legal obligation (A6-1-c), but names no law", "add `law`"
    if purpose.basis is LegalBasis.LEGITIMATE_INTEREST and not purpose.interest.strip():
        yield "rests on a legitimate interest (A6-1-f), but does not say which", "add `interest`"
    if purpose.special and not _SPECIAL_GROUND.fullmatch(purpose.special):
        yield "`special` is no ground of Art. 9(2)", "write A9-2-a to A9-2-j"
    if purpose.direct_marketing and purpose.basis not in _OBJECTABLE:
        yield f"is direct marketing, but rests on {purpose.basis}", "write `basis: A6-1-a` or `A6-1-f`"


def holds(contracts: ContractSet) -> Iterator[Fault]:
    """A hold names its law, and one without a computable end says who ends it (Art. 17(3))."""
    for name, hold in contracts.vocabulary.holds.items():
        if not hold.law.strip():
            yield Fault(VOCABULARY, "", f"holds.{name}", "names no law", "add `law`")
        if hold.open_ended and not hold.note.strip():
            yield Fault(VOCABULARY, "", f"holds.{name}", "is open-ended, but does not say who ends it", "add `note`")


def organisation(contracts: ContractSet) -> Iterator[Fault]:
    """The profile's time zone and its financial year exist, as the law's clock runs by them."""
    profile = contracts.organisation
    try:
        ZoneInfo(profile.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Fault(ORGANISATION, "", "time_zone", "is no time zone", "write a name such as Europe/Paris")
    try:
        date.fromisoformat(f"2024-{profile.financial_year_end}")
    except ValueError:
        yield Fault(ORGANISATION, "", "financial_year_end", "is no day of the year", "write MM-DD, e.g. 12-31")


def remedies(contracts: ContractSet) -> Iterator[Fault]:
    """A refusal can name the judicial remedy in each language, to whoever lives in each country (Art. 12(4))."""
    profile = contracts.organisation
    local = {f"countries.{code}.court": one.court for code, one in profile.countries.items() if one.court}
    for field, court in {"court": profile.court, **local}.items():
        for language in profile.languages:
            if not court.get(language, "").strip():
                what = f"does not say in `{language}` which court a data subject can go to, so nothing could be refused"
                yield Fault(ORGANISATION, "", field, what, f"add `{language}: …`, or take it out of `languages`")


def gates(contracts: ContractSet) -> Iterator[Fault]:
    """Every gate that a flow can open has a rule of who answers it."""
    for part, matters in (("gates", GATES), ("duties", DUTY_GATES)):
        for matter, needed in matters.items():
            for gate in needed:
                if contracts.policy.rule(matter, gate) is None:
                    what = f"no rule says who answers the gate `{gate}` of {matter}"
                    yield Fault(POLICY, "", f"{part}.{matter}", what, f"add `{gate}: {{roles: […], people: 1}}`")


def identity_methods(contracts: ContractSet) -> Iterator[Fault]:
    """Each right has a way of checking identity (Art. 12(6); law 4)."""
    for right in GATES:
        if not contracts.policy.identity_methods.get(right):
            what = f"no way of checking identity is enough for {right}"
            yield Fault(POLICY, "", "identity_methods", what, f"add `{right}: [...]`")


def contact_systems(contracts: ContractSet) -> Iterator[Fault]:
    """Where links and answers are sent to is known; none named is a choice: a link goes to typed addresses alone."""
    named, known = contracts.policy.contact_systems, {system.name for system in contracts.systems}
    for name in named:
        if name not in known and set(named) & known:  # all unknown: the shipped policy beside other contracts
            what = f"`{name}` is the name of no system"
            yield Fault(POLICY, "", "contact_systems", what, f"write one of: {', '.join(sorted(known))}")


def addresses_to_send_to(contracts: ContractSet) -> Iterator[Fault]:
    """Contact systems that can never hold an address that we vouch for: no link is sent there, a person checks."""
    named, known = contracts.policy.contact_systems, {system.name for system in contracts.systems}
    is_needed = any(_BY_ADDRESS & set(ways) for ways in contracts.policy.identity_methods.values())
    if (
        is_needed
        and set(named) & known
        and not any(_is_address(column, system.name, named) for system, _, column in contracts.columns())
    ):
        what = "none of these systems has a column of e-mail addresses that you vouch for, so no link is sent to one"
        remedy = (
            "add `assertion: confirmed` to the column whose addresses were confirmed, or name systems that have one"
        )
        yield Fault(POLICY, "", "contact_systems", what, remedy)


def _is_address(column: Column, system: str, named: list[str]) -> bool:
    return system in named and column.identity == "email" and column.is_vouched and column.inside is None
