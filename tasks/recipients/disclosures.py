"""Noting who received what about whom, under keyed digests (Art. 15(1)(c); CJEU C-154/21)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from data_contracts.case.disclosures import AT_REQUEST, Disclosed, Received, noted
from data_contracts.case.subjects import SubjectKey
from data_contracts.errors import RecipientRefused, RequestInvalid
from data_contracts.evidence.records import canonical, digest
from tasks.case.subject_keys import Digests, known_keys_of, subject_keys_of
from tasks.search.locate import load_search
from tasks.services import services

BATCH: Final = 1000
"""Lines that are noted in one transaction."""


@dataclass(frozen=True, slots=True)
class DisclosureLine:
    """A disclosure as a system wrote it down.

    Attributes:
        number: of the line, for errors.
        kind: an identity kind.
        value: the data subject's key.
    """

    number: int
    kind: str
    value: str = field(repr=False)
    received: Received


def check_lines(lines: Iterable[DisclosureLine]) -> int:
    """That every line can be noted; how many there are. Nothing is noted while one of them cannot be.

    Raises:
        RecipientRefused: when a recipient is not in the register of recipients.
        RequestInvalid: when a key, a purpose or a time is none; no value is quoted.
    """
    vocabulary, now = services().contracts.vocabulary, services().now()
    digests, count = Digests(), 0
    for count, line in enumerate(lines, 1):  # noqa: B007  # the count is the result
        where = f"line {line.number}"
        if line.received.recipient not in vocabulary.parties:
            raise RecipientRefused(
                "the recipient is not in the register of recipients", where=where, remedy="enter it in vocabulary.yaml"
            )
        if line.received.purpose not in {*vocabulary.purposes, AT_REQUEST}:
            raise RequestInvalid("no such purpose", where=where, remedy="name a purpose of vocabulary.yaml")
        if digests.of(line.kind, line.value) is None:
            raise RequestInvalid("the key is none of its kind", where=where, remedy="check kind and value")
        if line.received.at > now:
            raise RequestInvalid("the time lies in the future", where=where, remedy="give the time of the disclosure")
    return count


def note_lines(lines: Iterable[DisclosureLine]) -> int:
    """Note lines that were checked, batch by batch; how many were new."""
    digests = Digests()
    entries = (noted(line.received, key) for line in lines if (key := digests.of(line.kind, line.value)))
    return sum(services().register.note_disclosures(batch) for batch in _batches(entries))


def note_transmission(case_id: str, received: Received) -> None:
    """Note that a case's data were sent; once, however often it is called (law 3)."""
    keys = _keys(case_id)
    names = {key: digest(canonical([case_id, received.recipient, key.digest])) for key in keys}
    services().register.note_disclosures(Disclosed(received, key, names[key]) for key in keys)


def received_about(case_id: str) -> list[Received]:
    """Who has received what about the case's data subject, oldest first, by every key the search has led to."""
    return services().register.disclosures_of(known_keys_of(load_search(case_id).identity()))


def _keys(case_id: str) -> list[SubjectKey]:
    """The keys that the subject gave, and those that were found to be the subject's."""
    return subject_keys_of(load_search(case_id).identity())


def _batches(entries: Iterator[Disclosed]) -> Iterator[list[Disclosed]]:
    while batch := list(islice(entries, BATCH)):
        yield batch
