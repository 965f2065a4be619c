"""The demo company's customers: who they are, where they live, how long they have been customers.

The first six are known, so that a demonstration can name them (:data:`SUBJECT` and others); the rest are drawn.
"""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from integrations.demo import words
from integrations.demo.draw import Draw, Flags, Numbers, T, Times, pick, some

FEWEST = 10
"""A company with fewer customers has no room for the known ones and the others."""

SUBJECT, HOUSEMATE, FAMILY, FAMILY_TOO, REFERRED, REFERRER = range(6)
"""Places of the known customers: the demo subject; who lives with her; two who gave one telephone number; the one
whom she recommended us to; the one who recommended us to her."""
KNOWN = REFERRER + 1
"""How many customers are known."""

_FICTION = ("+3363998", "+3319900", "+3326191", "+3335301", "+3346571", "+3353649")
"""France: numbers set aside for audiovisual works, 10,000 each. Source: Arcep, decision 2018-0881, national plan."""
_PER_RANGE = 10_000
_STRIDE = 7919
"""A prime that does not divide the number of numbers: each customer gets another one, in no visible order."""
_FIRST_NUMBER = 142
_OF_AGE = 18 * 366
"""Days, at least eighteen years."""

_COUNTRIES = {"FR": "France", "BE": "Belgique"}


@dataclass(frozen=True, slots=True)
class People:
    """The customers, column by column, and the visitors of the website who are none."""

    customer_nos: list[str]
    civilities: list[str]
    first_names: list[str]
    last_names: list[str]
    languages: list[str]
    emails: list[str | None]
    """As typed: any case, now and then a blank at the end."""
    phones: list[str | None]
    """E.164."""
    households: Numbers
    streets: list[str]
    postal_codes: list[str]
    cities: list[str]
    countries: list[str]
    cookies: list[str | None]
    strangers: list[str]
    """Cookies of visitors who are no customers."""
    born: Times
    started: Times
    ended: Times
    """NaT while the contract runs."""

    def __len__(self) -> int:
        """How many customers there are."""
        return len(self.customer_nos)

    @property
    def full_names(self) -> list[str]:
        """First and last name."""
        return [f"{first} {last}" for first, last in zip(self.first_names, self.last_names, strict=True)]

    @property
    def postal_addresses(self) -> list[str]:
        """Street, town and country in one text."""
        parts = zip(self.streets, self.postal_codes, self.cities, self.countries, strict=True)
        return [f"{street}, {code} {city}, {_COUNTRIES[country]}" for street, code, city, country in parts]

    @property
    def clean_emails(self) -> list[str | None]:
        """E-mail addresses in their normal form."""
        return [email and email.strip().lower() for email in self.emails]


@dataclass(frozen=True, slots=True)
class _Home:
    street: str
    postal_code: str
    city: str
    country: str
    is_dutch: bool
    """Dutch is spoken there."""


def draw_people(draw: Draw, size: int) -> People:
    """``size`` customers, the known ones first."""
    households, leads = _households(draw, size)
    homes = pick(_homes(draw, size), leads)
    languages = ["nl" if home.is_dutch else "fr" for home in homes]
    names = _names(draw, languages)
    english = draw.flags(0.06, size).tolist()
    started, ended = _contracts(draw, size)
    people = People(
        customer_nos=[f"TX{100_001 + place:08d}" for place in range(size)],
        civilities=[civility for civility, _, _ in names],
        first_names=[first for _, first, _ in names],
        last_names=_family_names(draw, [last for _, _, last in names], leads),
        languages=["en" if one else language for one, language in zip(english, languages, strict=True)],
        emails=[None] * size,
        phones=some([_phone(place) for place in range(size)], draw.flags(0.92, size)),
        households=households,
        streets=[home.street for home in homes],
        postal_codes=[home.postal_code for home in homes],
        cities=[home.city for home in homes],
        countries=[home.country for home in homes],
        cookies=some(draw.hex_ids(size), draw.flags(0.6, size)),
        strangers=draw.hex_ids(size // 16),
        born=started - draw.numbers(_OF_AGE, 75 * 365, size).astype("timedelta64[D]"),
        started=started,
        ended=ended,
    )
    return _with_known(_with_emails(draw, _with_shared_phones(draw, people)), draw)


def _households(draw: Draw, size: int) -> tuple[Numbers, Numbers]:
    """Household number of each customer, and the place of the first customer who lives there."""
    moved_in = draw.flags(0.7, size)
    moved_in[[SUBJECT, FAMILY, REFERRED, REFERRER, REFERRER + 1]] = True
    moved_in[[HOUSEMATE, FAMILY_TOO]] = False
    numbers = np.cumsum(moved_in) - 1
    return numbers, np.flatnonzero(moved_in)[numbers]


def _homes(draw: Draw, size: int) -> list[_Home]:
    kinds = draw.texts(("FR",) * 7 + ("BE-fr", "BE-nl", "BE-nl"), size)
    kinds[SUBJECT] = kinds[FAMILY] = "FR"
    house_numbers = draw.numbers(1, 240, size).tolist()
    french, dutch = draw.texts(words.STREETS_FR, size), draw.texts(words.STREETS_NL, size)
    towns = {
        "FR": draw.texts(words.PLACES_FR, size),
        "BE-fr": draw.texts(words.PLACES_BE_FR, size),
        "BE-nl": draw.texts(words.PLACES_BE_NL, size),
    }
    homes = []
    for place, (kind, number) in enumerate(zip(kinds, house_numbers, strict=True)):
        is_dutch = kind == "BE-nl"
        street = f"{dutch[place]} {number}" if is_dutch else f"{number} {french[place]}"
        homes.append(_Home(street, *towns[kind][place], country=kind[:2], is_dutch=is_dutch))
    return homes


def _names(draw: Draw, languages: list[str]) -> list[tuple[str, str, str]]:
    """Civility, first and last name that fit the language."""
    size = len(languages)
    firsts = {"fr": draw.texts(words.FIRST_NAMES_FR, size), "nl": draw.texts(words.FIRST_NAMES_NL, size)}
    lasts = {"fr": draw.texts(words.LAST_NAMES_FR, size), "nl": draw.texts(words.LAST_NAMES_NL, size)}
    return [(*firsts[language][place], lasts[language][place]) for place, language in enumerate(languages)]


def _family_names(draw: Draw, names: list[str], leads: Numbers) -> list[str]:
    """Six in ten of a household bear the name of its first."""
    shared = draw.flags(0.6, len(names)).tolist()
    return [names[lead] if one else name for name, lead, one in zip(names, leads.tolist(), shared, strict=True)]


def _contracts(draw: Draw, size: int) -> tuple[Times, Times]:
    """Start and end of contracts: most are young, some are older than the ten years that invoices are kept."""
    tenure = np.minimum(draw.rng.exponential(580, size) + 10, 13 * 365).astype(np.int64)
    started = draw.today - tenure.astype("timedelta64[D]")
    ended = started + (tenure * draw.rng.random(size)).astype(np.int64).astype("timedelta64[D]")
    ended[~draw.flags(0.12, size)] = np.datetime64("NaT")
    return started, ended


def _phone(place: int) -> str | None:
    """The fictional number of the customer at ``place``; None when no more are set aside."""
    if place >= len(_FICTION) * _PER_RANGE:
        return None
    number = (place * _STRIDE + _FIRST_NUMBER) % (len(_FICTION) * _PER_RANGE)
    return f"{_FICTION[number // _PER_RANGE]}{number % _PER_RANGE:04d}"


def fictional_numbers(numbers: Numbers) -> list[str]:
    """Fictional telephone numbers in E.164 for whole numbers of any size."""
    return [
        f"{_FICTION[number // _PER_RANGE]}{number % _PER_RANGE:04d}"
        for number in (numbers % (len(_FICTION) * _PER_RANGE)).tolist()
    ]


def _with_shared_phones(draw: Draw, people: People) -> People:
    """One in twenty of those who live with somebody gave the number of who moved in before."""
    together = np.flatnonzero(np.diff(people.households) == 0) + 1
    phones = list(people.phones)
    for place in together[draw.flags(0.05, len(together))].tolist():
        phones[place] = phones[place - 1]
    return replace(people, phones=phones)


def _with_emails(draw: Draw, people: People) -> People:
    """Addresses made of names, each one once, as people type them."""
    size = len(people)
    domains = draw.texts(words.MAIL_DOMAINS, size)
    manners = draw.rng.random(size).tolist()
    seen: Counter[str] = Counter()
    emails: list[str] = []
    for first, last, domain, manner in zip(people.first_names, people.last_names, domains, manners, strict=True):
        local = f"{_plain(first)}.{_plain(last)}"
        seen[f"{local}@{domain}"] += 1
        repeat = seen[f"{local}@{domain}"]
        emails.append(_typed(f"{local}{repeat if repeat > 1 else ''}", domain, manner))
    known: Flags = np.arange(size) < FEWEST
    return replace(people, emails=some(emails, draw.flags(0.93, size) | known))


def _plain(name: str) -> str:
    """The name in the letters of an e-mail address."""
    letters = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "Oe"))
    return "".join(letter for letter in letters if letter.isascii() and (letter.isalnum() or letter == "-"))


def _typed(local: str, domain: str, manner: float) -> str:
    """The address as somebody types it: mostly small, else as names are written, in capitals, with a blank."""
    if manner < 0.30:  # noqa: PLR2004  # shares of people, said once
        return f"{local}@{domain.capitalize()}"
    if manner < 0.33:  # noqa: PLR2004
        return f"{local}@{domain}".upper()
    if manner < 0.34:  # noqa: PLR2004
        return f"{local}@{domain} "
    return f"{local}@{domain}".lower()


def _with_known(people: People, draw: Draw) -> People:
    """The known customers as a demonstration needs them: a long history for the subject, one number for the family."""
    names = {SUBJECT: ("Mme", "Maëlle", "d'Hauteville-Lefèvre"), HOUSEMATE: ("M.", "Noël", "Delattre")}
    emails = {SUBJECT: "Maelle.dHauteville@Example.org", HOUSEMATE: "noel.delattre@poste.example.net"}
    phones = {place: _phone(place) for place in range(REFERRER + 1)}
    phones[FAMILY_TOO] = phones[FAMILY]
    born, started, ended = people.born.copy(), people.started.copy(), people.ended.copy()
    started[SUBJECT] = draw.today - np.timedelta64(4_560, "D")
    born[SUBJECT] = np.datetime64("1979-02-28")
    ended[SUBJECT] = draw.today - np.timedelta64(240, "D")
    ended[[HOUSEMATE, FAMILY, FAMILY_TOO]] = np.datetime64("NaT")
    return replace(
        people,
        civilities=_put(people.civilities, {place: name[0] for place, name in names.items()}),
        first_names=_put(people.first_names, {place: name[1] for place, name in names.items()}),
        last_names=_put(people.last_names, {place: name[2] for place, name in names.items()}),
        languages=_put(people.languages, dict.fromkeys((SUBJECT, HOUSEMATE), "fr")),
        emails=_put(people.emails, emails),
        phones=_put(people.phones, phones),
        cookies=_put(people.cookies, {SUBJECT: "5f0c1d2e-7a3b-4c8d-9e6f-a1b2c3d4e5f6"}),
        born=born,
        started=started,
        ended=ended,
    )


def _put(column: list[T], values: Mapping[int, T]) -> list[T]:
    """The column with some values exchanged."""
    return [values.get(place, value) for place, value in enumerate(column)]
