"""Identity keys as typed at the command line."""

from collections.abc import Iterable

from data_contracts.errors import RequestInvalid


def pairs(identity: Iterable[str]) -> dict[str, list[str]]:
    """Values by identity kind, of ``kind=value``.

    Raises:
        RequestInvalid: when one is not written so; it is not quoted.

    >>> pairs(["email=a@b.org", "email=c@d.org"])
    {'email': ['a@b.org', 'c@d.org']}
    """
    found: dict[str, list[str]] = {}
    for given in identity:
        kind, mark, value = given.partition("=")
        if not mark or not value.strip():
            raise RequestInvalid("an identity is given as kind=value", where="--identity", remedy="e.g. email=a@b.org")
        found.setdefault(kind.strip(), []).append(value)
    return found
