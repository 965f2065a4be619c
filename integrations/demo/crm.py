"""Rows of the demo company's CRM."""

import numpy as np

from integrations.demo import texts, words
from integrations.demo.draw import Draw, Flags, Rows, Tables, as_text, owned, pick, some
from integrations.demo.people import REFERRED, REFERRER, SUBJECT, People

_CHANNELS = ("call", "mail", "chat", "shop")


def crm_tables(draw: Draw, people: People) -> Tables:
    """Households, customers, their lines, what they and we talked about, and contracts sold for the energy partner."""
    return {
        "household": _households(people),
        "customer": _customers(draw, people),
        "subscription": _subscriptions(draw, people),
        "interaction": _interactions(draw, people),
        "energy_contract": _energy_contracts(draw, people),
    }


def _households(people: People) -> Rows:
    numbers, leads = np.unique(people.households, return_index=True)
    left = people.ended.copy()
    # A household is vacated on the last end of its customers' contracts, once all have ended.
    latest = np.full(len(numbers), np.datetime64("1900-01-01"))
    np.maximum.at(latest, people.households, np.where(np.isnat(left), np.datetime64("9999-12-31"), left))
    latest[latest == np.datetime64("9999-12-31")] = np.datetime64("NaT")
    return {
        "household_id": (numbers + 70_001).tolist(),
        "street": pick(people.streets, leads),
        "postal_code": pick(people.postal_codes, leads),
        "city": pick(people.cities, leads),
        "country": pick(people.countries, leads),
        "vacated_on": as_text(latest),
    }


def _customers(draw: Draw, people: People) -> Rows:
    size = len(people)
    ill = draw.flags(0.015, size)
    ill[SUBJECT] = True
    scores = [f"{score / 1000:.3f}" for score in draw.numbers(0, 1000, size).tolist()]
    return {
        "customer_no": people.customer_nos,
        "household_id": (people.households + 70_001).tolist(),
        "civility": some(people.civilities, draw.flags(0.9, size)),
        "first_name": people.first_names,
        "last_name": people.last_names,
        "birth_date": some(as_text(people.born), draw.flags(0.95, size) | _is_known(size)),
        "email": people.emails,
        "phone": people.phones,
        "postal_address": people.postal_addresses,
        "language": people.languages,
        "portal_login": [f"user-{login[:13]}" for login in draw.hex_ids(size)],
        "health_priority": some([bool(one) for one in ill.tolist()], ill | draw.flags(0.3, size)),
        "marketing_optin": draw.flags(0.4, size).tolist(),
        "churn_score": some(scores, draw.flags(0.8, size) | _is_known(size)),
        "referred_by": _referrers(draw, people),
        "restricted": [False] * size,
        "contract_started_on": as_text(people.started),
        "contract_ended_on": as_text(people.ended),
    }


def _is_known(size: int) -> Flags:
    known: Flags = np.arange(size) <= REFERRER
    return known


def _referrers(draw: Draw, people: People) -> list[str | None]:
    """One in twelve was recommended by another customer."""
    size = len(people)
    known = _is_known(size)
    other = (np.arange(size) + draw.numbers(1, size - 1, size)) % size
    # Whom the known customers know is said below, so that a demonstration can tell.
    flags = draw.flags(1 / 12, size) & ~known & ~known[other]
    referred: list[str | None] = some(pick(people.customer_nos, other), flags)
    referred[SUBJECT] = people.customer_nos[REFERRER]
    referred[REFERRED] = people.customer_nos[SUBJECT]
    return referred


def _subscriptions(draw: Draw, people: People) -> Rows:
    """A line for each, and an option now and then; only the line has a number."""
    counts = 1 + draw.flags(0.35, len(people)).astype(np.int64)
    counts[SUBJECT] = 2
    owner, place = owned(counts)
    return {
        "subscription_id": (300_001 + np.arange(len(owner))).tolist(),
        "customer_no": pick(people.customer_nos, owner),
        "line_number": some(pick(people.phones, owner), place == 0),
        "plan": draw.texts(words.PLANS, len(owner)),
        "started_on": as_text(people.started[owner]),
        "ended_on": as_text(people.ended[owner]),
    }


def _interactions(draw: Draw, people: People) -> Rows:
    """What agents noted over the last three years, never before the contract began."""
    counts = draw.rng.poisson(2.5, len(people))
    counts[SUBJECT] = 9
    owner, _ = owned(counts)
    size = len(owner)
    days = np.maximum(draw.days_ago(1_000, size), people.started[owner])
    return {
        "interaction_id": (800_001 + np.arange(size)).tolist(),
        "customer_no": pick(people.customer_nos, owner),
        "occurred_at": as_text(draw.in_daytime(days)),
        "channel": draw.texts(_CHANNELS, size),
        "agent_login": some(draw.texts(words.AGENTS, size), draw.flags(0.9, size)),
        "note": some(draw.texts(texts.INTERACTIONS, size), draw.flags(0.85, size)),
    }


def _energy_contracts(draw: Draw, people: People) -> Rows:
    """What one customer in twelve signed with the energy partner in our shops; the partner's data, not ours."""
    signed = draw.flags(0.08, len(people))
    signed[SUBJECT] = True
    owner = np.flatnonzero(signed)
    size = len(owner)
    return {
        "energy_contract_id": (40_001 + np.arange(size)).tolist(),
        "customer_no": pick(people.customer_nos, owner),
        "delivery_point": [f"{number:014d}" for number in draw.numbers(10**12, 10**13, size).tolist()],
        "tariff": draw.texts(("base", "off-peak", "green"), size),
        "started_on": as_text(np.maximum(draw.days_ago(700, size), people.started[owner])),
    }
