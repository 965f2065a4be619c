"""Keyed digests of identity keys: the same key gives the same digest wherever and however it was typed."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from data_contracts.subjects import SubjectKey
from tasks.rules.identity_keys import normal_form
from tasks.services import services


def subject_keys_of(identity: Mapping[str, Iterable[str]]) -> list[SubjectKey]:
    """A data subject's keys as digests, sorted; values that cannot be keys of their kind are left out.

    Args:
        identity: values by identity kind of the vocabulary, as typed or stored.
    """
    digests = Digests()
    found = (digests.of(kind, value) for kind, values in identity.items() for value in values)
    return sorted({key for key in found if key is not None})


class Digests:
    """Makes many digests with one look at the organisation's key."""

    def __init__(self) -> None:
        """Take the key and the vocabulary from the services."""
        provided = services()
        self._key = provided.pseudonym_key()
        self._identities = provided.contracts.vocabulary.identities

    def of(self, kind: str, value: str) -> SubjectKey | None:
        """The digest of one key; None when the kind is unknown or the value cannot be of it."""
        known = self._identities.get(kind)
        form = normal_form(known.normalise, value) if known else ""
        if not form:
            return None
        return SubjectKey(kind, hmac.digest(self._key, f"subject:{kind}={form}".encode(), hashlib.sha256).hex())
