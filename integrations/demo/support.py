"""Rows of the demo company's support: tickets as callers opened them, what was written, what employees noted.

Callers name themselves in many ways: by customer number, by an e-mail address in capitals, by a telephone number with
dots or the international prefix, or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from integrations.demo import texts, words
from integrations.demo.draw import Draw, Flags, Numbers, Rows, Tables, Times, as_text, owned, pick, some
from integrations.demo.people import SUBJECT, People

_FIRST_TICKET = 20_001
_SUBJECT_TICKETS = 4
_OLD_EMAIL = "maelle.lefevre@courriel.example"
"""An address of the subject that only support knows."""


@dataclass(frozen=True, slots=True)
class _Openings:
    """Who opened each ticket, in which language and when."""

    owner: Numbers
    languages: list[str]
    opened: Times


def support_tables(draw: Draw, people: People) -> Tables:
    """Tickets of customers over the last two and a half years, with messages and notes."""
    counts = draw.rng.poisson(1.0, len(people))
    counts[SUBJECT] = _SUBJECT_TICKETS
    owner, _ = owned(counts)
    opened = draw.in_daytime(np.maximum(draw.days_ago(900, len(owner)), people.started[owner]))
    openings = _Openings(owner, pick(people.languages, owner), opened)
    return {
        "ticket": _tickets(draw, people, openings),
        "message": _messages(draw, people, openings),
        "note": _notes(draw, openings),
    }


def _tickets(draw: Draw, people: People, openings: _Openings) -> Rows:
    owner, size = openings.owner, len(openings.owner)
    closed = draw.in_daytime(_days_later(draw, openings.opened, 12))
    closed[(closed >= draw.today) | draw.flags(0.03, size)] = np.datetime64("NaT")
    ill = draw.flags(0.01, size)
    health = some(draw.texts(texts.HEALTH, size), ill)
    return {
        "ticket_id": (_FIRST_TICKET + np.arange(size)).tolist(),
        **_requesters(draw, people, owner),
        "topic": [texts.TOPICS[one][number] for one, number in _by_language(draw, openings.languages, texts.TOPICS)],
        "health_details": [texts.HEALTH[0], *health[1:]],
        "agent_login": some(draw.texts(words.AGENTS, size), draw.flags(0.95, size)),
        "opened_at": as_text(openings.opened),
        "closed_at": as_text(closed),
    }


def _requesters(draw: Draw, people: People, owner: Numbers) -> Rows:
    """What callers said of themselves. The subject's tickets show every way; the last names an old address."""
    size = len(owner)
    numbers = some(pick(people.customer_nos, owner), draw.flags(0.7, size))
    emails = some(pick(people.emails, owner), draw.flags(0.6, size))
    styles = draw.numbers(0, len(_PHONE_STYLES) - 1, size).tolist()
    written = [_written(phone, style) for phone, style in zip(pick(people.phones, owner), styles, strict=True)]
    phones = some(written, draw.flags(0.6, size))
    subject, email, phone = people.customer_nos[SUBJECT], people.clean_emails[SUBJECT], people.phones[SUBJECT]
    numbers[:_SUBJECT_TICKETS] = [subject, None, None, subject]
    emails[:_SUBJECT_TICKETS] = [None, email and email.upper(), None, _OLD_EMAIL]
    phones[:_SUBJECT_TICKETS] = [None, None, _written(phone, 1), _written(phone, 3)]
    return {
        "customer_no": numbers,
        "requester_name": some(pick(people.full_names, owner), draw.flags(0.9, size)),
        "requester_email": emails,
        "requester_phone": phones,
    }


_PHONE_STYLES = (
    "{e164}",
    "{0}.{1}.{2}.{3}.{4}",
    "{0} {1} {2} {3} {4}",
    "0033 {short} {1} {2} {3} {4}",
    "{0}{1}{2}{3}{4}",
)
"""Ways of writing a French number; ``short`` is the first digit after the prefix."""


def _written(phone: str | None, style: int) -> str | None:
    """A telephone number as somebody types it."""
    if phone is None:
        return None
    national = "0" + phone.removeprefix("+33")
    pairs = [national[start : start + 2] for start in range(0, len(national), 2)]
    return _PHONE_STYLES[style].format(*pairs, e164=phone, short=national[1])


def _messages(draw: Draw, people: People, openings: _Openings) -> Rows:
    """A question each, and mostly an answer."""
    counts = 1 + draw.flags(0.75, len(openings.owner)).astype(np.int64)
    ticket, place = owned(counts)
    languages = pick(openings.languages, ticket)
    asked: Flags = place == 0
    questions = [texts.QUESTIONS[one][number] for one, number in _by_language(draw, languages, texts.QUESTIONS)]
    answers = [texts.ANSWERS[one][number] for one, number in _by_language(draw, languages, texts.ANSWERS)]
    names = pick(people.full_names, openings.owner[ticket])
    opened = openings.opened[ticket]
    written = np.where(asked, opened, draw.in_daytime(_days_later(draw, opened, 2)))
    return {
        "ticket_id": (_FIRST_TICKET + ticket).tolist(),
        "seq": (place + 1).tolist(),
        "written_at": as_text(written),
        "author": ["requester" if one else "agent" for one in asked.tolist()],
        "body": [
            f"{question}\n{name}" if one else answer
            for one, question, answer, name in zip(asked.tolist(), questions, answers, names, strict=True)
        ],
    }


def _notes(draw: Draw, openings: _Openings) -> Rows:
    """An employee's note on two tickets in five, and on each of the subject's."""
    noted = draw.flags(0.4, len(openings.owner)) | (openings.owner == SUBJECT)
    tickets = np.flatnonzero(noted)
    size = len(tickets)
    return {
        "note_id": (60_001 + np.arange(size)).tolist(),
        "ticket_id": (_FIRST_TICKET + tickets).tolist(),
        "agent_login": draw.texts(words.AGENTS, size),
        "noted_at": as_text(openings.opened[tickets] + draw.numbers(60, 7_200, size).astype("timedelta64[s]")),
        "remark": draw.texts(texts.NOTES, size),
    }


def _days_later(draw: Draw, times: Times, most: int) -> Times:
    """Days, one to ``most`` after ``times``, but not after today."""
    days = times.astype("datetime64[D]") + draw.numbers(1, most, len(times)).astype("timedelta64[D]")
    latest: Times = np.minimum(days, draw.today)
    return latest


def _by_language(draw: Draw, languages: list[str], choices: Mapping[str, tuple[str, ...]]) -> list[tuple[str, int]]:
    """For each language, itself and the place of one of its texts."""
    chance = draw.rng.random(len(languages)).tolist()
    return [(language, int(one * len(choices[language]))) for language, one in zip(languages, chance, strict=True)]
