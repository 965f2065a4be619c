"""What a witness looks for: each key of a data subject in all the ways a system may have written it (law 7).

The patterns keep to what PostgreSQL, PCRE and Python have in common, and carry their own bounds: no letter, digit or
sign of an address stands before or after.

>>> from data_contracts.connectors.witnessing import matcher
>>> needles, unsearched = needles_of({"email": {"ana@example.org"}, "customer_no": {"7"}}, {"email": "email"}, "FR")
>>> [
...     bool(matcher(needles).search(text))
...     for text in ("to=Ana%40Example.org", "ana@example.org.uk", "joana@example.org")
... ]
[True, False, False]
>>> unsearched
('customer_no',)
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

import phonenumbers

from data_contracts.connectors.witnessing import Needle

_BEFORE: Final = r"(?:(?<![\w.+%-])|(?<=%[0-9a-f][0-9a-f])|(?<=\\[nrtbf]))"
"""Nothing of the same word before; what an escape (``%20``, ``\\n``) ends with is none of it."""
_AFTER: Final = r"(?![\w-])(?!\.[\w-])"
_AT: Final = r"(?:@|%40|&#64;|&#x40;|\\u0040|=40|\(at\))"
_BETWEEN_DIGITS: Final = r"[^0-9A-Za-z+@]?[^0-9A-Za-z+@]?"
"""Blanks, dots, dashes, brackets, slashes: two at most, of any script."""
_LEAST_SIGNS: Final = 5
_LEAST_DIGITS: Final = 7
_BOUNDED_DIGITS: Final = 10
"""Fewer digits stand in amounts and numbers of all kinds; such a key counts only as a whole value."""
_RUN: Final = re.compile(r"[a-z0-9]+")
"""What no spelling of a key writes otherwise."""


def needles_of(
    keys: Mapping[str, Iterable[str]], rules: Mapping[str, str], region: str
) -> tuple[tuple[Needle, ...], tuple[str, ...]]:
    """The needles for keys of a data subject, and the kinds of keys that are too short to be looked for in any text.

    Args:
        keys: keys in normal form or as typed, by kind.
        rules: how a kind is normalised, by kind; ``verbatim`` where it is not named.
        region: ISO 3166-1 country of telephone numbers without their country code.
    """
    made: dict[tuple[str, str], Needle] = {}
    short: set[str] = set()
    for kind in sorted(keys):
        for key in sorted(set(keys[kind])):
            needle = _needle(kind, key.strip(), rules.get(kind, "verbatim"), region)
            if needle is None:
                short.add(kind)
            else:
                made[kind, needle.pattern] = needle
    return tuple(made.values()), tuple(sorted(short))


def _needle(kind: str, key: str, rule: str, region: str) -> Needle | None:
    if rule == "email" and "@" in key:
        return _of_address(kind, key)
    if rule == "phone" and (needle := _of_number(kind, key, region)):
        return needle
    return _of_text(kind, key)


def _of_address(kind: str, key: str) -> Needle:
    local, _, domain = key.rpartition("@")
    locals_ = "|".join(sorted(set(map(_escaped, _locals(local)))))
    domains = "|".join(sorted(set(map(_escaped, _domains(domain)))))
    pattern = f"{_BEFORE}(?:{locals_}){_AT}(?:{domains}){_AFTER}"
    known = [run for part in (local, domain) if part.isascii() for run in _RUN.findall(part.lower())]
    return Needle(kind, pattern, pieces=tuple(known))


def _locals(local: str) -> Iterable[str]:
    for form in _forms(local):
        yield form
        yield form.replace("+", "%2B")
        yield _json(form)


def _domains(domain: str) -> Iterable[str]:
    for form in _forms(domain):
        yield form
        yield _json(form)
    try:
        yield domain.encode("idna").decode()
    except UnicodeError:
        yield domain
    yield ".".join(_unicode(label) for label in domain.split("."))


def _unicode(label: str) -> str:
    """A label of a domain as people read it."""
    try:
        return label.encode().decode("idna")
    except UnicodeError:
        return label


def _of_number(kind: str, key: str, region: str) -> Needle | None:
    try:
        number = phonenumbers.parse(key, region or None)
    except phonenumbers.NumberParseException:
        return None
    country = str(number.country_code)
    national = phonenumbers.national_significant_number(number)
    prefix = _trunk_prefix(number, national)
    digits = _BETWEEN_DIGITS.join(national)
    abroad = rf"(?:\+|00)?{_BETWEEN_DIGITS.join(country)}{_BETWEEN_DIGITS}(?:\(?{prefix}\)?)?{_BETWEEN_DIGITS}{digits}"
    forms = [abroad] if not prefix else [abroad, f"{prefix}{_BETWEEN_DIGITS}{digits}"]
    if not prefix and len(national) >= _LEAST_DIGITS:
        forms.append(digits)
    return Needle(kind, rf"(?<![0-9])(?:{'|'.join(forms)})(?![0-9])", pieces=tuple(national))


def _trunk_prefix(number: phonenumbers.PhoneNumber, national: str) -> str:
    """What stands before a number at home instead of its country code: ``0`` in most of Europe; empty: nothing."""
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    prefix, _, rest = "".join(filter(str.isdigit, written)).partition(national)
    return prefix if not rest else ""


def _of_text(kind: str, key: str) -> Needle | None:
    digits = key.isdigit()
    if len(key) < (_LEAST_DIGITS if digits else _LEAST_SIGNS):
        return None
    forms = "|".join(sorted({_escaped(form) for own in _forms(key) for form in (own, _json(own))}))
    known = tuple(_RUN.findall(key.lower())) if key.isascii() else ()
    if digits and len(key) < _BOUNDED_DIGITS:
        return Needle(kind, forms, pieces=known, is_whole=True)
    return Needle(kind, f"{_BEFORE}(?:{forms})(?![\\w-])", pieces=known)


def _forms(text: str) -> set[str]:
    """The text as given, composed and decomposed, and in small letters of the whole of Unicode."""
    return {
        unicodedata.normalize(form, case)
        for form in ("NFC", "NFD")
        for case in (text, text.lower(), text.upper() if not text.isascii() else text)
    }


def _json(text: str) -> str:
    """As JSON writes it where it keeps to ASCII."""
    return "".join(sign if sign.isascii() else f"\\u{ord(sign):04x}" for sign in text)


def _escaped(text: str) -> str:
    """The text as a pattern; only what is a sign of patterns is escaped, for each kind of engine."""
    return re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", text)
