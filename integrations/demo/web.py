"""Rows of the demo company's Parquet systems: website logs and advertising cookies.

Visitors are customers who were given a cookie, and some whom nobody knows.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from integrations.demo import words
from integrations.demo.draw import Draw, Numbers, Times, owned, pick, some
from integrations.demo.people import SUBJECT, People

_TEXT = pa.string()
_TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Dated:
    """A table and the time of each of its rows, by which it is cut into files."""

    table: pa.Table
    times: Times


@dataclass(frozen=True, slots=True)
class _Visitors:
    cookies: list[str]
    customer_nos: list[str | None]


def weblogs_tables(draw: Draw, people: People) -> dict[str, Dated]:
    """Calls of web pages over thirteen months, and errors over seven."""
    visitors = _visitors(people)
    return {"access_log": _access_log(draw, visitors), "error_report": _error_reports(draw, visitors)}


def adtech_tables(draw: Draw, people: People) -> dict[str, Dated]:
    """Cookies, and the banners that their bearers saw over seven months."""
    visitors = _visitors(people)
    return {"cookie": _cookies(draw, visitors), "impression": _impressions(draw, visitors)}


def _visitors(people: People) -> _Visitors:
    known: list[tuple[str, str | None]] = [
        (cookie, number) for cookie, number in zip(people.cookies, people.customer_nos, strict=True) if cookie
    ]
    everybody = known + [(cookie, None) for cookie in people.strangers]
    return _Visitors([cookie for cookie, _ in everybody], [number for _, number in everybody])


def _moments(draw: Draw, most_days: int, size: int) -> Times:
    """Times in order, so that each month's file holds them as they came."""
    return np.sort(draw.in_daytime(draw.days_ago(most_days, size)))


def _table(times: Times, name: str, columns: dict[str, tuple[pa.DataType, object]], required: set[str]) -> Dated:
    fields = [pa.field(name, _TIME, nullable=False)]
    fields += [pa.field(key, kind, nullable=key not in required) for key, (kind, _) in columns.items()]
    arrays = [pa.array(times.astype("datetime64[us]")).cast(pa.timestamp("us")).cast(_TIME)]
    arrays += [pa.array(values, kind) for kind, values in columns.values()]
    return Dated(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), times)


def _shuffled(draw: Draw, counts: Numbers) -> Numbers:
    owner, _ = owned(counts)
    return draw.rng.permutation(owner)


def _access_log(draw: Draw, visitors: _Visitors) -> Dated:
    counts = draw.rng.poisson(5.5, len(visitors.cookies))
    counts[SUBJECT] = 40
    who = _shuffled(draw, counts)
    size = len(who)
    statuses = draw.texts((200,) * 18 + (404, 502), size)
    columns = {
        "customer_no": (_TEXT, some(pick(visitors.customer_nos, who), draw.flags(0.6, size))),
        "cookie_id": (_TEXT, pick(visitors.cookies, who)),
        "ip_address": (_TEXT, draw.addresses(size)),
        "method": (_TEXT, draw.texts(("GET", "GET", "GET", "POST"), size)),
        "page": (_TEXT, draw.texts(words.PAGES, size)),
        "status": (pa.int32(), statuses),
        "user_agent": (_TEXT, draw.texts(words.USER_AGENTS, size)),
    }
    return _table(_moments(draw, 395, size), "called_at", columns, {"page"})


def _error_reports(draw: Draw, visitors: _Visitors) -> Dated:
    counts = draw.rng.poisson(0.3, len(visitors.cookies))
    counts[SUBJECT] = 3
    who = _shuffled(draw, counts)
    size = len(who)
    columns = {
        "cookie_id": (_TEXT, some(pick(visitors.cookies, who), draw.flags(0.9, size) | (who == SUBJECT))),
        "page": (_TEXT, draw.texts(words.PAGES, size)),
        "error": (_TEXT, draw.texts(words.ERRORS, size)),
        "device": (_TEXT, draw.texts(words.USER_AGENTS, size)),
    }
    return _table(_moments(draw, 210, size), "reported_at", columns, set())


def _cookies(draw: Draw, visitors: _Visitors) -> Dated:
    who = draw.rng.permutation(len(visitors.cookies))
    size = len(who)
    interests = [f"{one}, {two}" for one, two in zip(*(draw.texts(words.INTERESTS, size) for _ in "12"), strict=True)]
    columns = {
        "cookie_id": (_TEXT, pick(visitors.cookies, who)),
        "interests": (_TEXT, some(interests, draw.flags(0.8, size) | (who == SUBJECT))),
        "opted_out": (pa.bool_(), draw.flags(0.1, size)),
    }
    return _table(_moments(draw, 395, size), "set_at", columns, {"cookie_id", "opted_out"})


def _impressions(draw: Draw, visitors: _Visitors) -> Dated:
    counts = draw.rng.poisson(3.5, len(visitors.cookies))
    counts[SUBJECT] = 30
    who = _shuffled(draw, counts)
    size = len(who)
    columns = {
        "cookie_id": (_TEXT, pick(visitors.cookies, who)),
        "banner": (_TEXT, draw.texts(words.BANNERS, size)),
        "site": (_TEXT, draw.texts(words.SITES, size)),
        "clicked": (pa.bool_(), draw.flags(0.03, size)),
    }
    return _table(_moments(draw, 210, size), "shown_at", columns, {"cookie_id"})
