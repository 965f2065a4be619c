"""Rows of the demo company's marketing: who may be written to, what they agreed to, what was sent."""

import numpy as np

from integrations.demo import words
from integrations.demo.draw import Draw, Rows, Tables, Times, as_text, owned, pick, some
from integrations.demo.people import SUBJECT, People

_TOPICS = ("offers", "partners", "profiling")


def marketing_tables(draw: Draw, people: People) -> Tables:
    """Profiles of customers with an e-mail address and of some prospects, their consents and mailings."""
    profiles = _profiles(draw, people)
    changed = np.array(profiles["changed_on"], dtype="datetime64[D]")
    return {"profile": profiles, "consent": _consents(draw, changed), "mailing": _mailings(draw, len(changed))}


def _profiles(draw: Draw, people: People) -> Rows:
    customers = np.flatnonzero([email is not None for email in people.emails])
    prospects = len(people) // 10
    size = len(customers) + prospects
    strangers = [f"prospect{place}@{domain}" for place, domain in enumerate(draw.texts(words.MAIL_DOMAINS, prospects))]
    nobody: list[str | None] = [None] * prospects
    return {
        "profile_id": (40_001 + np.arange(size)).tolist(),
        "email": pick(people.clean_emails, customers) + strangers,
        "customer_no": pick(people.customer_nos, customers) + nobody,
        "cookie_id": pick(people.cookies, customers) + nobody,
        "first_name": pick(people.first_names, customers) + nobody,
        "language": pick(people.languages, customers) + draw.texts(("fr", "nl"), prospects),
        "segment": some(draw.texts(words.SEGMENTS, size), draw.flags(0.7, size) | (np.arange(size) == SUBJECT)),
        "opted_out": draw.flags(0.15, size).tolist(),
        "changed_on": as_text(draw.days_ago(1_200, size)),
        "restricted": [False] * size,
    }


def _consents(draw: Draw, changed: Times) -> Rows:
    """Up to three topics each, answered before the profile's last change."""
    counts = draw.numbers(0, len(_TOPICS), len(changed))
    counts[SUBJECT] = len(_TOPICS)
    owner, place = owned(counts)
    size = len(owner)
    days = changed[owner] - draw.numbers(0, 60, size).astype("timedelta64[D]")
    return {
        "profile_id": (40_001 + owner).tolist(),
        "topic": pick(_TOPICS, place),
        "given_at": as_text(draw.in_daytime(days)),
        "granted": draw.flags(0.6, size).tolist(),
        "ip_address": some(draw.addresses(size), draw.flags(0.9, size)),
    }


def _mailings(draw: Draw, profiles: int) -> Rows:
    counts = draw.rng.poisson(2.5, profiles)
    counts[SUBJECT] = 8
    owner, _ = owned(counts)
    size = len(owner)
    sent = draw.in_daytime(draw.days_ago(450, size))
    opened = sent + draw.numbers(60, 2 * 24 * 3600, size).astype("timedelta64[s]")
    was_opened = draw.flags(0.4, size)
    opened[~was_opened | (opened >= draw.today)] = np.datetime64("NaT")
    return {
        "mailing_id": (100_001 + np.arange(size)).tolist(),
        "profile_id": (40_001 + owner).tolist(),
        "campaign": draw.texts(words.CAMPAIGNS, size),
        "sent_at": as_text(sent),
        "opened_at": as_text(opened),
        "clicked": (was_opened & draw.flags(0.3, size)).tolist(),
    }
