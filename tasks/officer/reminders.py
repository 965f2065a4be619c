"""The DPO hears once that something in a register is about to end, and once that it has (charter 3.3, 3.5, 7b, 7c)."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from data_contracts.evidence.records import canonical, digest
from data_contracts.officer.entries import RegisterName
from tasks.case.clock import today
from tasks.notices.letters import tell_officer
from tasks.rules.clock.warnings import OVERDUE
from tasks.rules.officer.registers import Ending, endings
from tasks.services import services

_WHAT: Final = {
    RegisterName.PROCESSORS: ("Attestations", "Nothing goes to a processor without what the policy asks for."),
    RegisterName.TRAINING: ("Trainings", "Who is no longer trained may not decide at gates."),
    RegisterName.DPIAS: ("Reviews of impact assessments (Art. 35(11))", "Enter the review, with its next date."),
    RegisterName.RECIPIENTS: ("Authorisations of recipients", "Nothing goes to a recipient afterwards."),
}
_DIGITS: Final = 12


def remind_of_registers() -> int:
    """Write to the DPO of what ends; the number of mails that left now. What ends together is told together.

    Raises:
        SystemUnavailable: when the mail server cannot be reached; trying again helps.
        StepFailed: when it refuses the mail for good.
    """
    return sum(_told(together) for together in _together())


def _together() -> Iterator[list[Ending]]:
    """What of one register ends on one day, and is as near."""
    provided, day = services(), today()
    for name in RegisterName:
        found = endings(provided.register.entries(name), day, provided.policy.register_reminder_days)
        ordered = sorted(found, key=lambda one: (one.until, one.level, one.key))
        for _, together in groupby(ordered, key=lambda one: (one.until, one.level)):
            yield list(together)


def _told(together: list[Ending]) -> bool:
    first = together[0]
    things, consequence = _WHAT[first.register]
    until = f"{first.until:%Y-%m-%d}"
    is_due = first.register is RegisterName.DPIAS
    verb = ("were due" if is_due else "ended") if first.level == OVERDUE else ("are due" if is_due else "end")
    ends = f"{verb} on {until}"
    keys = [one.key for one in together]
    lines = [
        f"{things} that {ends}: {', '.join(keys)}.",
        consequence,
        f"See: rightsflow register {first.register.value}. Renew: rightsflow register set {first.register.value} KEY",
    ]
    # Who was trained is no business of a subject line.
    about = digest(canonical([first.register.value, until, first.level, keys]))[:_DIGITS]
    return tell_officer(f"register:{about}", f"Register of {first.register.value}: {len(keys)} {ends}", lines)
