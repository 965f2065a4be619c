"""Ask the ledger and the list of restrictions: may a data subject's data be used, or shared (charter 2.4)?

Many people are asked about in batches: two statements a batch, whatever its size (law 12).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from data_contracts.case.legible import check, is_key
from data_contracts.case.permissions import RestrictedUse, Restriction, StanceEntry
from data_contracts.case.subjects import SubjectKey
from data_contracts.errors import RequestInvalid
from tasks.case.subject_keys import Digests
from tasks.recipients.who_may import recipients
from tasks.rules.others.permissions import KEY_INVALID, Answer, Asked, answer, processing, sharing
from tasks.services import services

_INVALID = Answer(may=False, reason=KEY_INVALID)


def use_of(purpose: str, recipient: str = "", use: RestrictedUse | None = None) -> Asked:
    """The question about now: may data be processed for ``purpose``, or go to ``recipient`` for it?

    Raises:
        RequestInvalid: when the vocabulary has no such purpose or recipient.
    """
    if recipient:
        return sharing(recipients(), purpose, recipient, local_now(), use)
    return processing(services().contracts.vocabulary, purpose, local_now(), use)


def local_now() -> datetime:
    """The time in the organisation's zone; a recipient's days are local days."""
    provided = services()
    return provided.now().astimezone(ZoneInfo(provided.organisation.time_zone))


def ask_about(asked: Asked, identity: Mapping[str, Iterable[str]]) -> Answer:
    """The answer for one data subject, known by one key or several: what was said under any of them counts.

    Raises:
        RequestInvalid: when a kind is unknown, a value cannot be of its kind, or nobody is named.
    """
    digests = Digests()
    given = [(kind, value) for kind, values in known_kinds(identity).items() for value in values]
    for kind, value in given:
        check(f"identity.{kind}", is_key, value)
    keys = [digests.known(kind, value) for kind, value in given]
    named = [key.digest for known in keys for key in known]
    if not named or not all(keys):
        raise RequestInvalid("a value given cannot be of its kind", where="identity", remedy="check how it is written")
    register = services().register
    return answer(asked, register.stances_of(named, asked.purposes), register.restrictions_of(named))


def ask_about_each(asked: Asked, batches: Iterable[Sequence[tuple[str, str]]]) -> Iterator[list[Answer]]:
    """The answers for many keys, each a data subject of its own, batch by batch in their order.

    Args:
        asked: the question.
        batches: identity kind and value of each key. A value that cannot be of its kind is answered with no.

    Raises:
        RequestInvalid: when a kind is unknown.
    """
    yield from (answers for answers, _ in ask_with_digests(asked, batches))


def ask_with_digests(
    asked: Asked, batches: Iterable[Sequence[tuple[str, str]]]
) -> Iterator[tuple[list[Answer], list[str]]]:
    """As :func:`ask_about_each`, with the keyed digest of each key; empty for a value that cannot be of its kind."""
    digests = Digests()
    unheard = answer(asked, (), ())
    for batch in batches:
        known_kinds(dict(batch))
        keys = [digests.known(kind, value) for kind, value in batch]
        yield _answers(asked, keys, unheard), [known[0].digest if known else "" for known in keys]


def known_kinds(identity: Mapping[str, Iterable[str]]) -> Mapping[str, Iterable[str]]:
    """``identity``, whose kinds are all of the vocabulary.

    Raises:
        RequestInvalid: when one is not.
    """
    identities = services().contracts.vocabulary.identities
    if not set(identity) <= set(identities):
        known = ", ".join(sorted(identities))
        raise RequestInvalid("no such identity kind", where="identity", remedy=f"use one of: {known}")
    return identity


def _answers(asked: Asked, keys: Sequence[Sequence[SubjectKey]], unheard: Answer) -> list[Answer]:
    """The answer about each key, by the digests that something may stand under."""
    register, named = services().register, [key.digest for known in keys for key in known]
    stances: dict[str, list[StanceEntry]] = defaultdict(list)
    for entry in register.stances_of(named, asked.purposes):
        stances[entry.key.digest].append(entry)
    restrictions: dict[str, list[Restriction]] = defaultdict(list)
    for one in register.restrictions_of(named):
        restrictions[one.key.digest].append(one)
    heard = stances.keys() | restrictions.keys()

    def of(known: Sequence[SubjectKey]) -> Answer:
        if not known:
            return _INVALID
        names = [key.digest for key in known if key.digest in heard]
        said = [entry for name in names for entry in stances[name]]
        return answer(asked, said, [one for name in names for one in restrictions[name]]) if names else unheard

    return [of(known) for known in keys]
