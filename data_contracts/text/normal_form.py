"""The one normal form of identity keys: for what is asked, and for what is stored.

A key is found where :func:`normal_forms` of a stored value has its :func:`normal_form`, in every kind of system.

>>> normal_form("email", "  Luis@Example.COM ", "FR"), normal_form("phone", "06 12 34 56 78", "FR")
('luis@example.com', '+33612345678')
>>> sorted(normal_forms("email", b"ana@example.org, Ben <ben@example.org>", "FR"))
['ana@example.org', 'ben@example.org']
"""

from data_contracts.text.normal_email import emails
from data_contracts.text.normal_phone import phones
from data_contracts.text.plain_text import as_text, plain


def normal_form(rule: str, value: object, region: str) -> str:
    """``value`` in the normal form of an identity kind.

    Args:
        rule: ``verbatim`` (without white space around it and signs that nobody sees), ``email`` or ``phone`` (E.164).
        value: one key, as typed or stored.
        region: ISO 3166-1 country of a telephone number without its country code; empty: it is not known.

    Returns:
        The normal form; empty when ``value`` cannot be a key of that kind, or holds several.
    """
    forms = normal_forms(rule, value, region)
    return next(iter(forms)) if len(forms) == 1 else ""


def normal_forms(rule: str, value: object, region: str) -> frozenset[str]:
    """Every key that a stored value holds, in normal form: a field may hold two addresses or numbers; empty: none.

    Args:
        rule: as for :func:`normal_form`.
        value: what is stored: text, bytes (UTF-8, else Latin-1), a number.
        region: as for :func:`normal_form`.
    """
    text = plain(as_text(value))
    if rule == "email":
        return emails(text)
    if rule == "phone":
        return phones(text, region)
    return frozenset({text.strip()} - {""})
