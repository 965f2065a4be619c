"""The record of processing activities (Art. 30), as it follows from contracts and vocabulary, in keys.

The words are put to it elsewhere (``integrations/channels/reports/registers.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from data_contracts.officer.entries import Entry, RegisterName


@dataclass(frozen=True, slots=True)
class Place:
    """A table that serves a purpose, with those of its columns that do."""

    system: str
    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Activity:
    """What is done for one purpose on behalf of one controller.

    Attributes:
        controller: key of the party that decides: our own, or whom we process for (Art. 30(2)).
        joint: keys of the parties that decide together with us (Art. 26).
        subjects: whose data they are, as the contracts name them.
        assessments: references of impact assessments (Art. 35).
    """

    purpose: str
    controller: str
    joint: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    assessments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessingRecord:
    """Both records of Art. 30.

    Attributes:
        own: what we do as controller (1), by purpose in the vocabulary's order; also purposes that no table serves.
        for_others: what we do for other controllers (2); empty where no contract names one.
    """

    own: tuple[Activity, ...]
    for_others: tuple[Activity, ...]


@dataclass(frozen=True, slots=True)
class RegisterShown:
    """A register, as it is printed.

    Attributes:
        standings: how each entry in force stands, by key.
        history: every row, oldest first; None: it is not shown.
    """

    name: RegisterName
    entries: tuple[Entry, ...]
    standings: Mapping[str, str] = field(default_factory=dict)
    history: tuple[Entry, ...] | None = None
