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

from data_contracts.case.rights import FACTS_OF
from data_contracts.vocabulary import Right

_LAW: Final = re.compile(r"\b(gdpr|rgpd|avg|dsgvo|2016/679|data protection|protection des données)\b", re.IGNORECASE)
_ARTICLES: Final = {facts.article: right for right, facts in FACTS_OF.items()}
_ARTICLE: Final = re.compile(rf"\bart(?:icles?|ikel(?:en)?|\.)?\s*({'|'.join(_ARTICLES)})\b", re.IGNORECASE)
_PATTERNS: Final = {right: re.compile(facts.names, re.IGNORECASE) for right, facts in FACTS_OF.items()}
_PROGRAMS: Final = ("x-autoreply", "x-autorespond", "x-ms-exchange-generated-message-source", "x-failed-recipients")
"""Headers that programs alone write."""
_CASE: Final = re.compile(r"\bC-[0-9A-Z]{4}-[0-9A-Z]{4}\b")
_ANSWER: Final = re.compile(r"^\s*(re|aw|sv|antw|tr|fw|fwd|wg)\s*(\[\d+\])?\s*:", re.IGNORECASE)
_QUOTED: Final = re.compile(
    r"^\s*(>|-+\s*(original message|message d.origine|oorspronkelijk bericht|forwarded message|attached:)|_{10,}|"
    r"(on|le|op)\b.{0,200}\b(wrote|a écrit|schreef)\b.{0,80}:\s*$)",
    re.IGNORECASE,
)
_SIGNATURE: Final = re.compile(r"^--\s*$")
_SENTENCE: Final = re.compile(r"(?<!\bart)[.!?;](?=\s|$)|\n\s*\n", re.IGNORECASE)
_NOT_ASKED: Final = re.compile(
    r"\b(not|never|no longer|don.t|doesn.t|didn.t|ne|n.(?=\w)|pas|jamais|aucun\w*|niet|geen|nooit)\b"
    r"|\b(you (have|can|may)|your right|vous (disposez|avez|pouvez|bénéficiez))\b"
    r"|\b(u (heeft|hebt|kunt|beschikt)|uw recht)\b",
    re.IGNORECASE,
)
"""A sentence that denies, or that tells somebody else of a right, asks nothing; a person reads it."""


def right_named(subject: str, text: str) -> Right | None:
    """The one right that a mail's own words name; None where they name none, or several, or deny one.

    Quoted lines and a signature are somebody else's words, and so is the subject of an answer.
    """
    own = own_words(text)
    sentences = [*([] if _ANSWER.match(subject) else [subject]), *_SENTENCE.split(own)]
    is_law = _LAW.search("\n".join(sentences)) is not None
    named: set[Right] = set()
    for sentence in sentences:
        said = {right for right, pattern in _PATTERNS.items() if pattern.search(sentence)}
        said |= {_ARTICLES[number] for number in _ARTICLE.findall(sentence)} if is_law else set()
        if said and _NOT_ASKED.search(sentence):
            return None
        named |= said
    return named.pop() if len(named) == 1 else None


def own_words(text: str) -> str:
    r"""What the sender wrote: without quoted lines, what stands under a quoted mail's head, and the signature.

    >>> own_words("Thank you.\n\n> your right of access\n-- \nAna")
    'Thank you.'
    """
    own = []
    for line in text.splitlines():
        if _SIGNATURE.match(line):
            break
        if not _QUOTED.match(line):
            own.append(line)
        elif not line.lstrip().startswith(">"):
            break
    return "\n".join(own).strip()


def is_automatic(headers: Mapping[str, str], *, is_report: bool = False) -> bool:
    """Whether a program wrote a mail: an answer to ours, a bounce, a receipt (RFC 3834, section 2; RFC 3462).

    A mail that came through a list or a group address is a person's: the group writes ``Precedence`` and ``List-Id``.

    Args:
        headers: by name in lower case.
        is_report: its type is ``multipart/report``.
    """
    if is_report or headers.get("auto-submitted", "no").partition(";")[0].strip().lower() != "no":
        return True
    if headers.get("precedence", "").strip().lower() in {"junk", "auto_reply"}:
        return True
    if any(headers.get(name, "no").strip().lower() not in {"", "no"} for name in _PROGRAMS):
        return True
    return headers.get("return-path", "x").strip() == "<>"


def cases_answered(headers: Mapping[str, str], subject: str) -> tuple[str, ...]:
    """Cases that a mail answers: by what it replies to, else by its subject, else by what that refers to.

    >>> cases_answered(
    ...     {"in-reply-to": "<C-7K3M-9QXT.receipt@shop.example>", "references": "<C-AAAA-AAAA.x@y>"}, "Re: x"
    ... )
    ('C-7K3M-9QXT',)
    """
    for said in (headers.get("in-reply-to", ""), subject, headers.get("references", "")):
        if found := tuple(dict.fromkeys(_CASE.findall(said))):
            return found
    return ()
