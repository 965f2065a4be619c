"""What the desk needs of the rest of the house; ``flows/doors/desk.py`` gives it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from data_contracts.company.company import Organisation
from data_contracts.doors.desk import (
    ArrivedLetter,
    DeskCase,
    FreeText,
    ShownProof,
    TextDecision,
    Values,
    WaitingArrival,
    WaitingCase,
)
from data_contracts.gates.passkeys import TouchedFor
from data_contracts.officer.page import ListedCase, Overview, ShownRun
from integrations.intake.desk.factors import DecidingDesk, FactorsDesk


class ArrivalsDesk(Protocol):
    """Mails that are no case yet; ``flows/doors/arrivals.py`` gives it."""

    reasons: Sequence[str]
    """Why a mail may be set aside, as codes."""

    @property
    def identity_labels(self) -> Mapping[str, Mapping[str, str]]:
        """Keys that a mail may name beside its sender's address: kind to its label by language."""

    def waiting(self) -> Sequence[WaitingArrival]:
        """What waits to be read, the one due first on top."""

    def read(self, arrival: str, operator: str) -> ArrivedLetter:
        """What somebody wrote; who reads it is remembered.

        Raises:
            RequestInvalid, VaultSealed: when nothing arrived under that name, or it was settled.
            AnswerRefused: when the operator may not read it.
        """

    def assign(self, arrival: str, said: Mapping[str, str], operator: str, code: str | TouchedFor) -> str:
        """Open the case that a mail asks for; its name.

        Raises:
            RequestInvalid: when no right is chosen, it was settled, or no case can be made of it.
            AnswerRefused: when the operator may not, or the code is wrong.
        """

    def set_aside(self, arrival: str, reason: str, operator: str, code: str | TouchedFor) -> None:
        """Say that a mail is no request; raises as :meth:`assign` does."""


class OfficerDesk(Protocol):
    """The DPO's page; ``flows/doors/officer.py`` gives it."""

    def require(self, operator: str) -> None:
        """That an operator may look at it.

        Raises:
            AnswerRefused: when none of their roles may.
        """

    def may(self, operator: str) -> bool:
        """Whether an operator may look at it."""

    def overview(self) -> Overview:
        """The page."""

    def cases(self, right: str, state: str, days: str) -> Sequence[ListedCase]:
        """Cases of a right, a state and a bucket of days to the last day; open ones where no state is named."""

    def proven(self, verdict: str) -> Sequence[ListedCase]:
        """Cases answered in the last months whose act has that verdict, the last told first."""

    def runs(self) -> Sequence[ShownRun]:
        """Runs of duties, newest first."""

    def run(self, run_id: str) -> ShownRun:
        """One run.

        Raises:
            CaseUnknown: when there is none of that name.
        """

    def report(self, month: str, language: str) -> tuple[str, bytes]:
        """The monthly report: its file name, and its pages.

        Raises:
            RequestInvalid: when it is no month.
        """


class DeskDoor(Protocol):
    """The installation, as far as a signed-in operator may reach it; who looks at personal data is remembered."""

    @property
    def organisation(self) -> Organisation:
        """Who we are."""

    def count(self, key: str, window: timedelta) -> int:
        """Count one try under a key; how many there are in the window that runs now."""

    def uncount(self, key: str, window: timedelta) -> None:
        """Give one try back."""

    def sign_in(self, name: str, password: str, code: str, *, caller: str) -> int:
        """Sign an operator in; the number of the session, by which it is known until it ends.

        Failures count for the caller and the name together.

        Raises:
            AnswerRefused: with the same words whatever was wrong.
        """

    def is_signed_in(self, name: str, session: int) -> bool:
        """Whether the session is the operator's, who is in force now."""

    def sign_out(self, name: str) -> None:
        """End every session of the operator."""

    @property
    def factors(self) -> FactorsDesk:
        """Passkeys, and the organisation's sign-in."""

    @property
    def deciding(self) -> DecidingDesk:
        """Open questions."""

    @property
    def arrivals(self) -> ArrivalsDesk:
        """Mails that are no case yet."""

    @property
    def officer(self) -> OfficerDesk:
        """The DPO's page."""

    def waiting(self) -> Sequence[WaitingCase]:
        """Open cases, the one due first on top."""

    def case(self, case_id: str) -> DeskCase:
        """One case.

        Raises:
            CaseUnknown: when there is none of that name.
        """

    def texts(self, case_id: str, operator: str) -> Sequence[FreeText]:
        """Texts that wait to be read.

        Raises:
            RequestInvalid: when none do.
            AnswerRefused: when the operator may not answer the gate.
        """

    def decide_texts(
        self, case_id: str, decisions: Sequence[TextDecision], operator: str, code: str | TouchedFor
    ) -> None:
        """Seal what was decided about every text, proven by a fresh code or a touch, and let the gate ask about it.

        Raises:
            RequestInvalid: when a text is not decided about, or a passage is not in it.
            AnswerRefused: when the operator may not, or the code is wrong.
        """

    def values(self, case_id: str, operator: str) -> Values:
        """Old and new values of a rectification.

        Raises:
            RequestInvalid, VaultSealed: when there are none to show.
        """

    def letter(self, case_id: str, operator: str) -> str:
        """What the data subject wrote, word for word.

        Raises:
            RequestInvalid: when nothing is sealed.
        """

    def advice(self, case_id: str, operator: str) -> Sequence[str]:
        """What the DPO advised about a case, oldest first.

        Raises:
            AnswerRefused: when the operator may not approve it.
        """

    def record(self, case_id: str, operator: str) -> ShownProof:
        """The scan of a letter.

        Raises:
            VaultSealed: when there is none.
        """

    def proof(self, case_id: str, name: str, operator: str) -> ShownProof:
        """Something that was shown as proof.

        Raises:
            RequestInvalid: when it is not there.
        """
