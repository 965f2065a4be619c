r"""Which text can be: NUL, lone surrogates and control signs are in no key, name or value that a person means.

They break databases (PostgreSQL keeps no NUL), files in UTF-8 (half a character has no form there), mails and searches.
So every door refuses them, with the field's name and nothing of what it held. Three kinds of text:

1. a *line* (name, address, code): no control sign at all; a *key* is one, but for blanks around it, which nobody means;
2. a *value* of a system: a line, or several, with tabs;
3. a *letter*, which is told as it came: anything but NUL and half a character. What a mail holds of these is left out,
   because a mail must not be lost.

>>> is_line("Zoë"), is_line("Zoë\t"), is_key(" a@b.example\n"), is_key("a\x00@b.example"), is_letter("Dear all,\n\x0c")
(True, False, True, False, True)
"""

import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

from data_contracts.case.request import Statement
from data_contracts.errors import RequestInvalid

__all__ = ["check", "check_statement", "is_key", "is_letter", "is_line", "is_value", "mended"]

_BLANKS: Final = " \t\r\n"
_LINE_BREAKS: Final = frozenset("\t\r\n")
_NEVER: Final = "Cs"
"""Surrogates: half of a character, which stands alone wherever Python sees one."""
_NOT_IN_A_LINE: Final = frozenset({"Cc", "Zl", "Zp", _NEVER})


def is_line(text: str) -> bool:
    """Whether text is one line without a control sign."""
    return text.isprintable() or not any(unicodedata.category(sign) in _NOT_IN_A_LINE for sign in text)


def is_key(text: str) -> bool:
    """Whether text can be an identity key, as far as its signs go; blanks around it are nobody's."""
    return is_line(text.strip(_BLANKS))


def is_value(text: str) -> bool:
    """Whether text can be a value in a system: lines with tabs."""
    return all(sign in _LINE_BREAKS or is_line(sign) for sign in text)


def is_letter(text: str) -> bool:
    """Whether text can be kept as somebody wrote it."""
    return text.isprintable() or not any(sign == "\0" or unicodedata.category(sign) == _NEVER for sign in text)


def check(name: str, rule: Callable[[str], bool], *texts: str) -> None:
    """That what was typed into a field can be.

    Args:
        name: of the field, as the caller knows it; a name of ours, never what was typed.
        rule: :func:`is_line`, :func:`is_key`, :func:`is_value` or :func:`is_letter`.
        texts: what was typed.

    Raises:
        RequestInvalid: when one cannot; it is not quoted.
    """
    if not all(rule(text) for text in texts):
        raise RequestInvalid(
            f"{name} holds a control sign or half a character",
            where=name,
            remedy="type it again; if it was copied, take out what cannot be seen",
        )


def check_statement(statement: Statement) -> None:
    """That what a right asks can be.

    Raises:
        RequestInvalid: when a field cannot; it is named and not quoted.
    """
    check("requester_name", is_line, statement.requester_name)
    check("changes.field", is_line, *(change.field for change in statement.changes))
    check("changes.value", is_value, *(change.value for change in statement.changes))
    check("changes.was", is_value, *(change.was for change in statement.changes))
    check("supplement", is_value, statement.supplement)
    check("fields", is_line, *statement.fields)
    check("purposes", is_line, *statement.purposes)
    check("situation", is_letter, statement.situation)
    check("send_to", is_line, statement.send_to)


def mended(text: str, rule: Callable[[str], bool] = is_letter) -> str:
    """Text without the signs that ``rule`` does not take, for what must not be refused."""
    return text if rule(text) else "".join(_taken(text, rule))


def _taken(text: str, rule: Callable[[str], bool]) -> Iterable[str]:
    return (sign for sign in text if rule(sign))
