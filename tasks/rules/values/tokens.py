"""Pseudonyms made of nothing but chance, that are known again as such (Recital 26; Art. 4(5)).

Ten signs are chance, six say that the ten are ours: a run that comes back leaves them as they are, and nothing leads
from them to what they replaced.

>>> token = new_token(b"key", lambda size: bytes(range(size)))
>>> len(token), is_token(b"key", token), is_token(b"key", "LM000042"), is_token(b"other", token)
(16, True, False, False)
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Final

_CHANCE: Final = 10
_CHECK: Final = 6


def new_token(key: bytes, chance: Callable[[int], bytes]) -> str:
    """A pseudonym of 16 signs.

    Args:
        key: of the organisation; it makes the check, not the chance.
        chance: gives as many random bytes as it is asked for.
    """
    drawn = base64.b32encode(chance(_CHANCE)).decode()[:_CHANCE].lower()
    return drawn + _check(key, drawn)


def is_token(key: bytes, value: str) -> bool:
    """Whether ``value`` is a pseudonym that :func:`new_token` made with this key."""
    drawn, check = value[:_CHANCE], value[_CHANCE:]
    return len(value) == _CHANCE + _CHECK and hmac.compare_digest(check.encode(), _check(key, drawn).encode())


def _check(key: bytes, drawn: str) -> str:
    mac = hmac.digest(key, f"token:{drawn}".encode(), hashlib.sha256)
    return base64.b32encode(mac).decode()[:_CHECK].lower()
