"""What can go wrong, as one tree. The class decides what happens next, the message helps a person.

::

    RightsflowError
    ├── TransientError              trying again can help: a task retries, then a gate opens
    │   ├── SystemUnavailable       a system refused the connection, timed out or went away
    │   └── CaseBusy                another process carries the case on
    └── TerminalError               trying again cannot help: a person must act
        ├── ContractInvalid         contracts, vocabulary, policy or organisation profile are wrong
        ├── ContractMismatch        the live schema is not what the contract says (law 6)
        ├── RequestInvalid          a request as typed cannot be registered
        ├── CaseUnknown             no case of that name in the register
        ├── MoveRefused             a case cannot go from where it stands to there
        ├── ActRefused              an act was ordered that no approved and confirmed plan of the case covers (law 14)
        ├── DecisionUnproven        what the register says was decided at a gate is not what people signed (law 5)
        ├── AnswerRefused           an answer at a gate was not accepted; the gate stays open
        ├── DeliveryUncertain       a message may or may not have left; only a person can find out
        ├── MailHeld                an address had too many mails today; only a person can have more sent
        ├── RecipientUntold         a recipient must be told, and only a person can (Art. 19)
        ├── StepFailed              a step broke in a way nobody foresaw; details are sealed in the vault
        ├── RecipientRefused        nothing may go to a recipient: not entered, or not in force that day (law 11)
        ├── ActUnproven         after acting, what remains is not what the plan keeps (law 7)
        ├── EvidenceBroken          an evidence chain does not verify (law 9)
        ├── VaultSealed             sealed data cannot be opened: key destroyed, absent or wrong
        └── SettingsInvalid         the installation itself is set up wrongly

Messages say what failed, where (system, table, case id) and the remedy. They never hold personal data or a
vendor's text: both would end in Prefect's database (law 1). Every error survives pickling.
"""

from collections.abc import Sequence
from typing import Self

from data_contracts.fault import Fault


class RightsflowError(Exception):
    """Base of all errors of this software.

    Args:
        what: what failed, as a sentence without its full stop.
        where: the place: system, table, field, file or case id. Empty when the sentence names it.
        remedy: an instruction that a person can carry out.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        """Keep the three parts apart, so that callers can show them apart."""
        self.what = what
        self.where = where
        self.remedy = remedy
        self.detail = ""
        super().__init__(str(self))

    def with_detail(self, detail: str) -> Self:
        """The same error, with what a driver said: for the vault alone, in no message and in no pickle (law 1)."""
        self.detail = detail
        return self

    def __str__(self) -> str:
        """``where: what. Remedy: remedy.``, the sentence for a person."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}. Remedy: {self.remedy}." if self.remedy else f"{head}."

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with keyword arguments (Prefect moves errors between processes)."""
        return _rebuild, (type(self), self.what, self.where, self.remedy)


def _rebuild(kind: type[RightsflowError], what: str, where: str, remedy: str) -> RightsflowError:
    return kind(what, where=where, remedy=remedy)


class TransientError(RightsflowError):
    """Trying again can help."""


class TerminalError(RightsflowError):
    """Trying again cannot help: a person must act."""


class SystemUnavailable(TransientError):
    """A system could not be reached or broke off; nothing is known about what it holds."""


class CaseBusy(TransientError):
    """Another process carries the case on; one at a time may (law 3)."""


class ContractInvalid(TerminalError):
    """Contracts, vocabulary, policy or organisation profile are wrong.

    Args:
        faults: every fault that was found, in reading order; shown one a line.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "", faults: Sequence[Fault] = ()) -> None:
        """Keep the faults apart, so that callers can show them one by one."""
        self.faults = tuple(faults)
        super().__init__(what, where=where, remedy=remedy)

    def __str__(self) -> str:
        """The sentence, then one line for each fault."""
        return "\n".join([super().__str__(), *(f"- {fault}" for fault in self.faults)])

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with the faults."""
        return _rebuild_invalid, (self.what, self.where, self.remedy, self.faults)


def _rebuild_invalid(what: str, where: str, remedy: str, faults: tuple[Fault, ...]) -> ContractInvalid:
    return ContractInvalid(what, where=where, remedy=remedy, faults=faults)


class ContractMismatch(TerminalError):
    """The live schema is not what the contract says, so nothing can be concluded from it."""


class RequestInvalid(TerminalError):
    """A request as typed cannot be registered."""


class CaseUnknown(TerminalError):
    """No case of that name in the register."""


class MoveRefused(TerminalError):
    """A case cannot go from where it stands to there."""


class ActRefused(TerminalError):
    """An act was ordered before people approved it, after they refused it, or under another case's approval."""


class DecisionUnproven(TerminalError):
    """What the register says was decided at a gate is not carried by the signed answers of enough people."""


class AnswerRefused(TerminalError):
    """An answer at a gate was not accepted; the gate stays open."""


class DeliveryUncertain(TerminalError):
    """A message may or may not have left: the connection broke after its text was handed over."""


class MailHeld(TerminalError):
    """A mail was held back: its address had as many today as are sent before identity is proven."""


class RecipientUntold(TerminalError):
    """A recipient must be told what was done with data that it received, and only a person can."""


class StepFailed(TerminalError):
    """A step broke in a way nobody foresaw; its details are sealed in the vault."""


class RecipientRefused(TerminalError):
    """Nothing may go to a recipient that is not in the register of recipients and in force that day."""


class ActUnproven(TerminalError):
    """After acting, what remains is not what the plan keeps.

    Args:
        remains: one fact a line of what nobody decided about yet: system, place, check, rows; no personal data.
    """

    def __init__(
        self, what: str, *, where: str = "", remedy: str = "", remains: Sequence[tuple[str, str, str, int]] = ()
    ) -> None:
        """Keep what remains apart, so that a person can decide about it."""
        self.remains = tuple(remains)
        super().__init__(what, where=where, remedy=remedy)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with what remains."""
        return _rebuild_unproven, (self.what, self.where, self.remedy, self.remains)


def _rebuild_unproven(
    what: str, where: str, remedy: str, remains: Sequence[tuple[str, str, str, int]]
) -> "ActUnproven":
    return ActUnproven(what, where=where, remedy=remedy, remains=remains)


class EvidenceBroken(TerminalError):
    """An evidence chain does not verify."""


class VaultSealed(TerminalError):
    """Sealed data cannot be opened: its key is destroyed, absent or another one."""


class SettingsInvalid(TerminalError):
    """The installation is set up wrongly."""
