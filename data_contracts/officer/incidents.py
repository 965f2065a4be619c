"""Incidents: personal data breaches (Art. 33, 34) and attacks that clients are warned of (charter 6).

What staff type about an incident is sealed in the vault under the run; the register holds its kind, its dates and the
names of tables. Who is told stands in the register as keyed digests, and their addresses in the vault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, field_validator


class IncidentKind(StrEnum):
    """What happened, in the words of EDPB guidelines 9/2022, paragraph 17."""

    CONFIDENTIALITY = "confidentiality"
    """Disclosed to, or seen by, whoever should not."""
    INTEGRITY = "integrity"
    """Altered."""
    AVAILABILITY = "availability"
    """Lost, or out of reach."""
    ATTACK = "attack"
    """Phishing, viruses and the like, of which clients are warned (charter 6); no breach of ours."""


class Risk(StrEnum):
    """What a person concluded for the rights and freedoms of those affected (Art. 33(1), 34(1))."""

    UNDECIDED = "undecided"
    NONE = "none"
    """Unlikely to result in a risk: nobody is told, the register says why (Art. 33(5))."""
    RISK = "risk"
    """The authority is told (Art. 33(1))."""
    HIGH = "high"
    """The people are told as well (Art. 34(1))."""


class _Typed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class IncidentWords(_Typed):
    """What people are told, in one language (Art. 34(2))."""

    nature: str = Field(min_length=1, max_length=2_000)
    consequences: str = Field(default="", max_length=2_000)
    measures: str = Field(default="", max_length=2_000)
    """Taken or proposed."""
    advice: str = Field(default="", max_length=2_000)
    """What the reader can do."""


class IncidentFacts(_Typed):
    """What staff know so far; more can be said later (Art. 33(4))."""

    title: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")
    began: str = Field(default="", max_length=40)
    found: str = Field(default="", max_length=200)
    """How and when it was found."""
    tables: list[str] = Field(default_factory=list)
    """What was affected, as ``system`` or ``system.table``; of an attack: none, all clients are warned."""
    words: dict[str, IncidentWords] = Field(min_length=1)
    """By language."""
    processor: str = Field(default="", max_length=200)
    """Of whose making it was, where a processor told us (Art. 33(2))."""
    late_because: str = Field(default="", max_length=2_000)
    """Why the authority is told after 72 hours (Art. 33(1))."""
    not_told_because: str = Field(default="", max_length=2_000)
    """Why people are not told in spite of a high risk (Art. 34(3))."""

    @field_validator("words")
    @classmethod
    def _known_languages(cls, words: dict[str, IncidentWords]) -> dict[str, IncidentWords]:
        if not set(words) <= {"fr", "en", "nl"}:
            message = "write words in fr, en or nl"
            raise ValueError(message)
        return words


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as the register holds it."""

    run_id: str
    kind: IncidentKind
    aware_at: datetime
    """When we became aware: from then on the 72 hours run."""
    risk: Risk
    authority_told_at: datetime | None
    authority_reference: str
    people_told_at: datetime | None
    closed_at: datetime | None
    counts: Mapping[str, int] = field(default_factory=dict)
    """``people``, ``with_address``, ``without_address``, and rows as ``system.table``; empty before the search."""


class SendingState(StrEnum):
    """Where one notice stands."""

    WAITING = "waiting"
    HANDED_OVER = "handed_over"
    """It may or may not have left: a process died while the mail server took it."""
    SENT = "sent"
    FAILED = "failed"
    """The mail server refused it for good."""


class Incidents(Protocol):
    """The part of the register that holds incidents, and who is told of them."""

    def put_incident(self, run_id: str, kind: IncidentKind, aware_at: datetime) -> Incident:
        """Enter an incident under its run; the one that is there, where it is."""

    def incident(self, run_id: str) -> Incident:
        """The incident.

        Raises:
            CaseUnknown: when there is none of that name.
        """

    def incidents(self) -> list[Incident]:
        """All, newest first."""

    def note_incident(  # noqa: PLR0913  # what may change
        self,
        run_id: str,
        *,
        risk: Risk | None = None,
        counts: Mapping[str, int] | None = None,
        authority_told_at: datetime | None = None,
        authority_reference: str = "",
        people_told_at: datetime | None = None,
        closed_at: datetime | None = None,
    ) -> Incident:
        """Note what was decided or done; what is not given stays."""

    def put_sendings(self, run_id: str, digests: Sequence[tuple[int, str]]) -> int:
        """Enter who is to be told, as number and keyed digest; how many were new: each is entered once."""

    def forget_sendings(self, run_id: str) -> None:
        """Take out who was to be told, as long as everybody waits: those affected are sought anew.

        Raises:
            StepFailed: when somebody was told, or may have been.
        """

    def sendings(self, run_id: str, state: SendingState, most: int) -> list[int]:
        """Numbers of notices that stand so, the lowest first, at most so many."""

    def mark_sendings(self, run_id: str, numbers: Sequence[int], state: SendingState) -> None:
        """Note where notices stand."""

    def count_sendings(self, run_id: str) -> Mapping[SendingState, int]:
        """How many notices stand where."""


@dataclass(frozen=True, slots=True)
class IncidentFile:
    """Everything the authority is told (Art. 33(3)), and the register of incidents keeps (Art. 33(5)).

    Attributes:
        due: the moment by which the authority is told.
        rows: affected rows by table.
        categories: affected columns by data category.
        subjects: categories of people, as the contracts name them.
        sent: notices by where they stand.
    """

    incident: Incident
    facts: IncidentFacts = field(repr=False)
    due: datetime
    rows: Mapping[str, int]
    categories: Mapping[str, int]
    subjects: tuple[str, ...]
    sent: Mapping[SendingState, int]
