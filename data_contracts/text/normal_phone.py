"""Telephone numbers in E.164, however they were typed or stored.

A number without its country code is one of the region's, and never read as that of another country (law 8). Digits
without a plus are first read as a national number; only where that is none, as the international form of SMS gateways.

>>> sorted(phones("06 12 34 56 78 (bureau)", "FR")), sorted(phones("33612345678", "FR"))
(['+33612345678'], ['+33612345678'])
>>> sorted(phones("0612345678 / 0145678901", "FR")), sorted(phones("0475 12 34 56", "BE"))
(['+33145678901', '+33612345678'], ['+32475123456'])
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult

_ESCAPES: Final = {"%2b": "+", "%20": " ", "%28": "(", "%29": ")", "%2d": "-"}
_ESCAPE: Final = re.compile("|".join(_ESCAPES), re.IGNORECASE)
_CONTEXT: Final = re.compile(r"([0-9 .()-]+);[^,\s]*phone-context=(\+[0-9]+)[^,\s]*", re.IGNORECASE)
_PARAMETER: Final = re.compile(r";(?:ext|isub|phone-context)=[^;,\s]*", re.IGNORECASE)
_EXTENSION: Final = re.compile(
    r"(?<=[0-9)])[ ,;]*(?:ext(?:ension)?|poste|app(?:areil)?|int(?:erne)?|durchwahl|x|#)"
    r"[ .:]*[0-9]{1,6}\b(?![ .-]*[0-9])",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"[+(]{0,4}[0-9](?:[0-9 .()/-]*[0-9])?")
_NO_REGION: Final = "ZZ"
_MOST_SIGNS: Final = 2_000
_MOST_GROUPS: Final = 16
_LEAST_DIGITS: Final = 4
_AMBIGUOUS: Final = 2


@lru_cache(maxsize=4096)
def phones(text: str, region: str) -> frozenset[str]:
    """Every telephone number that ``text`` holds, in E.164; ``text`` as :func:`data_contracts.text.plain_text.plain`.

    Args:
        text: one number, with whatever people write around it, or several.
        region: ISO 3166-1 country of a number without its country code; empty: such a number is none.
    """
    written = _ascii(text[:_MOST_SIGNS])
    written = _CONTEXT.sub(r"\2 \1", written) if "phone-context" in written else written
    written = _EXTENSION.sub(";", _PARAMETER.sub("", written))
    runs = _NUMBER.findall(re.sub(r"(\(?\+)", r";\1", written))
    found = (_numbers(run, region or _NO_REGION, is_alone=len(runs) == 1) for run in runs)
    return frozenset(number for numbers in found for number in numbers)


def _ascii(text: str) -> str:
    """Digits, pluses and dashes of any script as ASCII has them."""
    signs = text if text.isascii() else "".join(map(_ascii_sign, text))
    return _ESCAPE.sub(lambda found: _ESCAPES[found.group().lower()], signs)


def _ascii_sign(sign: str) -> str:
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    compatible = unicodedata.normalize("NFKC", sign)
    if unicodedata.category(sign) == "Pd" or sign == "\u2212":
        return "-"
    return compatible if compatible in {"+", "(", ")", ".", "/"} else sign


def _numbers(run: str, region: str, *, is_alone: bool) -> frozenset[str]:
    """The numbers of a run of digits: it as a whole, else its parts at slashes, else at blanks."""
    if whole := _number(run, region, is_valid=not is_alone):
        return frozenset({whole})
    parts = run.split("/")
    if len(parts) > 1:
        return frozenset(number for part in parts for number in _numbers(part, region, is_alone=False))
    groups = run.split()
    splits = _splits(groups, region) if 1 < len(groups) <= _MOST_GROUPS else []
    # Blanks that can be read in two ways tell nothing: no stranger's number is made of them.
    return splits[0] if len(splits) == 1 else frozenset()


def _splits(groups: list[str], region: str) -> list[frozenset[str]]:
    """The ways in which ``groups`` are valid numbers, one after the other, and nothing besides; two tell enough."""
    ways: list[list[frozenset[str]]] = [[] for _ in range(len(groups) + 1)]
    ways[0].append(frozenset())
    for end in range(1, len(groups) + 1):
        for start in range(end):
            number = _number(" ".join(groups[start:end]), region, is_valid=True) if ways[start] else ""
            if number:
                ways[end] = [*ways[end], *(found | {number} for found in ways[start])][:_AMBIGUOUS]
    return ways[-1]


def _number(text: str, region: str, *, is_valid: bool) -> str:
    """One number in E.164; empty where ``text`` is none, or, with ``is_valid``, may be none."""
    digits = "".join(sign for sign in text if sign.isdigit())
    if len(digits) < _LEAST_DIGITS:
        return ""
    home = _read(text, region)
    if home and phonenumbers.is_valid_number(home):
        return _e164(home)
    abroad = None if "+" in text else _read(f"+{digits.removeprefix('00')}", _NO_REGION)
    if abroad and phonenumbers.is_valid_number(abroad):
        return _e164(abroad)
    return _e164(home) if home and not is_valid else ""


def _read(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    # A number that only its own town understands is somebody else's in the next.
    is_possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return number if is_possible else None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    form = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    again = _read(form, _NO_REGION)
    # A form that reads as another number would lead from one key to the next.
    return form if again and phonenumbers.format_number(again, PhoneNumberFormat.E164) == form else ""
