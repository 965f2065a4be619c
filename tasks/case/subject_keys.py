"""Keyed digests of identity keys: the same key gives the same digest wherever and however it was typed."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from data_contracts.case.legible import is_key
from data_contracts.case.subjects import SubjectKey
from data_contracts.text.normal_form import normal_form
from tasks.rules.search.older_forms import older_forms
from tasks.services import services


def subject_keys_of(identity: Mapping[str, Iterable[str]]) -> list[SubjectKey]:
    """A data subject's keys as digests, sorted; values that cannot be keys of their kind are left out.

    Args:
        identity: values by identity kind of the vocabulary, as typed or stored.
    """
    digests = Digests()
    found = (digests.of(kind, value) for kind, values in identity.items() for value in values)
    return sorted({key for key in found if key is not None})


def known_keys_of(identity: Mapping[str, Iterable[str]]) -> list[SubjectKey]:
    """The digests under which something may stand about a data subject: those of now, and of older forms of a key."""
    digests = Digests()
    return sorted({key for kind, values in identity.items() for value in values for key in digests.known(kind, value)})


class Digests:
    """Makes many digests with one look at the organisation's key."""

    def __init__(self) -> None:
        """Take the key and the vocabulary from the services."""
        provided = services()
        self._key = provided.pseudonym_key()
        self._identities = provided.contracts.vocabulary.identities
        self._region = provided.contracts.vocabulary.company.country

    def of(self, kind: str, value: str) -> SubjectKey | None:
        """The digest of one key; None when the kind is unknown or the value cannot be of it."""
        known = self._identities.get(kind)
        form = normal_form(known.normalise, value, self._region) if known and is_key(value) else ""
        return self.of_form(kind, form) if form else None

    def known(self, kind: str, value: str) -> list[SubjectKey]:
        """The digests under which something may stand about one key, that of now first; none where it is none."""
        now = self.of(kind, value)
        if now is None or self._identities[kind].normalise != "email":
            return [] if now is None else [now]
        older = older_forms(value, normal_form("email", value, self._region))
        return [now, *(self.of_form(kind, form) for form in sorted(older))]

    def of_form(self, kind: str, form: str) -> SubjectKey:
        """The digest of a key in normal form, as :func:`tasks.rules.search.inside.keys_held` gives it."""
        return SubjectKey(kind, hmac.digest(self._key, f"subject:{kind}={form}".encode(), hashlib.sha256).hex())
