"""What the operators' desk shows and takes in: what must not be shown in Prefect (law 1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """An open case, for the list.

    Attributes:
        waits_at: kinds of the gates that are open.
        run: address of its flow run in the Prefect UI; empty where none is known.
    """

    case_id: str
    right: str
    state: str
    response_due: date
    is_paused: bool
    waits_at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitingArrival:
    """A mail that nobody has read yet, for the list.

    Attributes:
        case_id: the case that it was filed with; empty for one that waits to be told what it asks.
        why: a code of why it waits, where that is known.
    """

    arrival: str
    received_on: date
    response_due: date
    case_id: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class ArrivedLetter:
    """A mail as a person reads it."""

    sender: str = field(repr=False)
    name: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    attachments: tuple[str, ...] = field(default=(), repr=False)
    is_readable: bool = True
    """False: its form is broken, or reading it takes too much memory or time; it is kept as it came."""


@dataclass(frozen=True, slots=True)
class Happened:
    """Something on the time line of a case: it moved, a gate opened, or a person answered at one.

    Attributes:
        what: the state it moved to, or the gate.
        cause: of a move; of an answer, what was decided; empty where a gate opened.
        who: whose answer it was.
        is_clock_back: before it, the clock was set back.
    """

    on: date
    kind: Literal["move", "gate", "answer"]
    what: str
    cause: str = ""
    who: str = ""
    is_clock_back: bool = False


@dataclass(frozen=True, slots=True)
class DeskCase:
    """One case at the desk: facts without values, and what can be opened.

    Attributes:
        history: first to last.
        pauses: from when to when the clock stood still; None: it still does.
        gates: kind, and the Markdown that people are shown, of those that are open.
        texts: how many free texts wait to be read.
        proofs: names of what was shown as proof and is not destroyed yet.
        has_values: whether old and new values of a rectification can be compared.
        has_letter: whether a letter's text is sealed.
        has_record: whether the scan of a letter is.
        has_advice: whether the DPO advised on it.
        mails: those that answered ours and were filed with it: name, day, and whether somebody has read it.
        verdict: how far its act is proven and what that leaves open, as ``rightsflow case`` tells it; None before
            it was looked at.
    """

    case: WaitingCase
    history: tuple[Happened, ...]
    gates: tuple[tuple[str, str], ...]
    texts: int
    proofs: tuple[str, ...]
    has_values: bool
    has_letter: bool
    has_record: bool = False
    has_advice: bool = False
    verdict: Mapping[str, Any] | None = None
    received_on: date | None = None
    is_extended: bool = False
    pauses: tuple[tuple[date, date | None], ...] = ()
    mails: tuple[tuple[str, date, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class FreeText:
    """A text to be read before it goes out (Art. 15(4))."""

    column: str
    number: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TextDecision:
    """What was decided about one text: ``release``, ``redact`` or ``withhold``; the passages that are taken out."""

    column: str
    number: int
    decision: str
    passages: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ShownProof:
    """Something that was shown as proof, to be looked at once and destroyed."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


Values = Sequence[Mapping[str, object]]
"""Old and new values by place, as ``rightsflow changes`` writes them."""
