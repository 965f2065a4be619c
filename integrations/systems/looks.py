"""What values look like: the looks that a draft's guesses are made by.

Values come in, the name of a look goes out; nothing is kept. IBAN and card numbers are only recognised where
``python-stdnum`` is installed (``pip install rightsflow[draft]``), because most numbers of their length are neither.
"""

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from ipaddress import ip_address
from typing import Any, Final

import phonenumbers

from data_contracts.odcs.drafts.guessing import Look

_MOST: Final = 0.6
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PHONE: Final = re.compile(r"(?:\+|0)[\d\s().\-/]{7,24}")
_WORDS: Final = 5
_PIECE: Final = re.compile(r"""[^\s"'<>{}\[\],;=]+""")
_WORTH: Final = re.compile(r"[^\s{}\[\]]")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_CARD: Final = re.compile(r"\d{13,19}")
_MASKED_CARD: Final = re.compile(r"(?:\d{4,6})?[*xX•]{4,12}\d{4}")
_DESK: Final = re.compile(
    r"(?:admin|billing|compta|contact|desk|facturation|help|hello|hr|info|kontakt|office|orders?|reception|rh|sales|service"
    r"|shop|support|ventes?|verkoop|vertrieb)[\w.+-]*@\S+",
    re.IGNORECASE,
)
_SECRET: Final = re.compile(
    r"\$(?:2[abxy]|5|6|7|y|argon2\w*|pbkdf2[\w-]*|scrypt)\$\S+|(?:pbkdf2|bcrypt|scrypt|argon2)\S*\$\S+"
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_+/=-]{24,}")
_MEDICAL: Final = re.compile(r"[A-TV-Z]\d{2}(?:\.\d{1,2})?|(?:A|B|AB|O)[+-]")
_CODE: Final = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z/_.-])[A-Za-z0-9/_.-]{4,24}")


def looks_of(values: Sequence[object]) -> frozenset[Look]:
    """What at least six of ten non-empty values look like; empty when they look like nothing known."""
    texts = [text for text in (str(value).strip() for value in values if value is not None) if text]
    if not texts:
        return frozenset()
    return frozenset(look for look, is_one in _tests().items() if sum(map(is_one, texts)) >= _MOST * len(texts))


def looks_inside(values: Sequence[object]) -> frozenset[Look]:
    """What lies inside at least six of ten containers, given as text: addresses, telephone numbers."""
    texts = [str(value) for value in values if value is not None and _WORTH.search(str(value))]
    if not texts:
        return frozenset()
    tests = {look: test for look, test in _tests().items() if look in {Look.EMAIL, Look.PHONE}}
    found = {look: sum(any(map(is_one, _PIECE.findall(text))) for text in texts) for look, is_one in tests.items()}
    return frozenset(look for look, count in found.items() if count >= _MOST * len(texts))


def _tests() -> dict[Look, Callable[[str], bool]]:
    tests: dict[Look, Callable[[str], bool]] = {
        Look.DESK: lambda text: _DESK.fullmatch(text) is not None,
        Look.EMAIL: lambda text: _EMAIL.fullmatch(text) is not None,
        Look.PHONE: _is_phone,
        Look.IP_ADDRESS: _is_ip_address,
        Look.SECRET: lambda text: _SECRET.fullmatch(text) is not None,
        Look.TOKEN: _is_token,
        Look.MEDICAL: lambda text: _MEDICAL.fullmatch(text) is not None,
        Look.CODE: lambda text: _CODE.fullmatch(text) is not None,
        Look.PROSE: lambda text: len(_WORD.findall(text)) >= _WORDS,
    }
    iban, luhn = _stdnum("stdnum.iban"), _stdnum("stdnum.luhn")
    if iban is not None and luhn is not None:
        tests[Look.IBAN] = lambda text: bool(iban.is_valid(text))
        tests[Look.CARD] = lambda text: _is_card(text, luhn)
    return tests


def _stdnum(module: str) -> Any:  # noqa: ANN401  # a module without types, that may be absent
    try:
        return import_module(module)
    except ImportError:
        return None


def _is_token(text: str) -> bool:
    """Long, without a blank, with digits and letters."""
    return _TOKEN.fullmatch(text) is not None and bool(re.search(r"\d", text)) and bool(re.search(r"[A-Za-z]", text))


def _is_phone(text: str) -> bool:
    """An international number, or a French national one: dates and order numbers are neither."""
    if not _PHONE.fullmatch(text):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, "FR"))
    except phonenumbers.NumberParseException:
        return False


def _is_ip_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_card(text: str, luhn: Any) -> bool:  # noqa: ANN401  # as above
    digits = re.sub(r"[ -]", "", text)
    if _MASKED_CARD.fullmatch(digits):
        return True
    return _CARD.fullmatch(digits) is not None and bool(luhn.is_valid(digits))
