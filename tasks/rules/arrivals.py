"""What a mail asks, where its own words say it without doubt; everything else is read by a person.

A right is taken from a mail only when it names exactly one, by its article or by its name in the law. Nothing is lost
where it is taken wrongly: identity is verified and people decide at the gates, and a case is withdrawn or opened anew.

>>> right_named("Demande", "Je demande l'accès à mes données (article 15 du RGPD).")
<Right.ACCESS: 'access'>
>>> right_named("Your invoice", "I would like a copy of invoice 12, and my address is wrong.") is None
True
"""

import re
from collections.abc import Mapping
from typing import Final

from data_contracts.vocabulary import Right

_LAW: Final = re.compile(r"\b(gdpr|rgpd|avg|dsgvo|2016/679|data protection|protection des données)\b", re.IGNORECASE)
_ARTICLE: Final = re.compile(r"\bart(?:icles?|ikel(?:en)?|\.)?\s*(15|16|17|18|20|21)\b", re.IGNORECASE)
_ARTICLES: Final = {
    "15": Right.ACCESS,
    "16": Right.RECTIFICATION,
    "17": Right.ERASURE,
    "18": Right.RESTRICTION,
    "20": Right.PORTABILITY,
    "21": Right.OBJECTION,
}
_NAMES: Final[Mapping[Right, str]] = {
    Right.ACCESS: r"right of access|subject access request|droit d.accès|recht (op|van) inzage|inzagerecht",
    Right.RECTIFICATION: r"right to rectification|droit (de|à la) rectification|recht op rectificatie",
    Right.ERASURE: (
        r"right to (erasure|be forgotten)|droit à l.(effacement|oubli)|recht op (gegevenswissing|vergetelheid)"
    ),
    Right.RESTRICTION: r"right to restriction|droit à la limitation|recht op beperking",
    Right.PORTABILITY: r"right to (data )?portability|droit à la portabilité|recht op (gegevens)?overdraagbaarheid",
    Right.OBJECTION: r"right to object|droit d.opposition|recht van bezwaar",
}
"""Names of the rights in the Regulation's own languages."""
_PATTERNS: Final = {right: re.compile(pattern, re.IGNORECASE) for right, pattern in _NAMES.items()}
_AUTOMATIC: Final = frozenset({"bulk", "list", "junk", "auto_reply"})


def right_named(subject: str, text: str) -> Right | None:
    """The one right that a mail names; None where it names none, or several."""
    words = f"{subject}\n{text}"
    named = {right for right, pattern in _PATTERNS.items() if pattern.search(words)}
    if _LAW.search(words):
        named |= {_ARTICLES[number] for number in _ARTICLE.findall(words)}
    return named.pop() if len(named) == 1 else None


def is_automatic(headers: Mapping[str, str]) -> bool:
    """Whether a program wrote a mail: an answer to ours, a bounce, a list (RFC 3834, section 2).

    Args:
        headers: by name in lower case.
    """
    if headers.get("auto-submitted", "no").partition(";")[0].strip().lower() != "no":
        return True
    if headers.get("precedence", "").strip().lower() in _AUTOMATIC or "list-id" in headers:
        return True
    return headers.get("return-path", "x").strip() == "<>"
