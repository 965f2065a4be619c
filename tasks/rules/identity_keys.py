"""One form for each identity key, so that the same key is found however it was typed or stored.

>>> normal_form("email", "  Luis@Example.COM ")
'luis@example.com'
>>> normal_form("phone", "06 12 34 56 78")
'+33612345678'
"""

import phonenumbers

HOME_REGION = "FR"
"""The region of a telephone number typed without its country code."""


def normal_form(rule: str, value: object, *, region: str = HOME_REGION) -> str:
    """``value`` in the normal form of an identity kind.

    Args:
        rule: ``verbatim``, ``email`` (trimmed, lower case) or ``phone`` (E.164).
        value: as typed or stored.
        region: ISO 3166 region for telephone numbers without a country code.

    Returns:
        The normal form; empty when ``value`` cannot be a key of that kind.
    """
    text = str(value).strip()
    if rule == "email":
        return text.lower() if "@" in text else ""
    if rule == "phone":
        return _e164(text, region)
    return text


def _e164(text: str, region: str) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
