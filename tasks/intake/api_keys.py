"""Keys of programs that ask us something: made once, shown once, kept as a digest."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from data_contracts.doors.api_keys import ApiKey
from data_contracts.errors import RequestInvalid
from tasks.services import services

_BYTES = 32


def make_api_key(name: str, scopes: Iterable[str], *, valid_until: datetime | None = None) -> str:
    """A new key of a program, to be shown once; an older one of the same name ends."""
    key = secrets.token_urlsafe(_BYTES)
    services().register.put_api_key(ApiKey(name, _digest(key), tuple(sorted(set(scopes))), valid_until))
    return key


def end_api_key(name: str) -> None:
    """End the key of a program.

    Raises:
        RequestInvalid: when there is none of that name.
    """
    found = [key for key in services().register.api_keys() if key.name == name]
    if not found:
        raise RequestInvalid("no such key", where="name", remedy="list them with `rightsflow api-key list`")
    services().register.put_api_key(replace(found[0], is_active=False))


def may_ask(api_key: str, scope: str) -> bool | None:
    """Whether the holder of a key may ask this; None for one that is unknown, ended, or whose time is over."""
    found = key_in_force(api_key)
    return None if found is None else scope in found.scopes


def key_in_force(api_key: str) -> ApiKey | None:
    """The key, known and in force; None for any other."""
    # The digest is looked up, not the key compared: how long it takes tells nothing about keys that exist.
    found = services().register.api_key_of(_digest(api_key))
    if found is None or not found.is_active:
        return None
    if found.valid_until is not None and found.valid_until <= services().now():
        return None
    return found


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
