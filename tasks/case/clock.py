"""The clock of a case: when its answer is due today, whether it stands still, and until when more time can be told.

The register keeps the last day to answer; here it is computed anew from the day of receipt, the timeline and what a
person said about the day a proof came, whenever one of them changed (law 10). What counts is
``tasks/rules/clock/deadlines``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from data_contracts.case.case import Case, Move
from data_contracts.case.plan import Clock
from tasks.rules.act.exemptions import Calendar
from tasks.rules.clock.deadlines import Pause, Place, last_day_to_stop, response_due, stands_still
from tasks.rules.clock.pauses import pauses_in
from tasks.services import services

IDENTITY = "identity"
PROOF_CAME = "proof_came_on"
"""Key of the identity step's receipt: the day the proof came, where one was awaited."""
GROUND = "ground"
"""Key of the identity step's receipt: why identity was not verified, where no person said it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The clock of a case on one day.

    Attributes:
        response_due: the last day to answer; None while a proof is outstanding: there is none then.
        days_left: until then, negative when it is over; None without such a day, or once the case has ended.
        notice_by: the last day to tell of an extension; None where none can be told, or the clock stands still.
    """

    response_due: date | None
    days_left: int | None
    is_paused: bool
    notice_by: date | None


def place() -> Place:
    """Whose days, weekends and holidays count: the organisation's."""
    organisation = services().organisation
    return Place(organisation.time_zone, organisation.country, organisation.holidays_subdivision or None)


def today() -> date:
    """The day it is at the organisation's place."""
    return day_of(services().now())


def day_of(moment: datetime) -> date:
    """The day it was at the organisation's place."""
    return moment.astimezone(ZoneInfo(services().organisation.time_zone)).date()


def calendar_of(as_of: date) -> Calendar:
    """The day that retention periods are counted to, where the organisation is."""
    organisation = services().organisation
    return Calendar(as_of, organisation.time_zone, organisation.financial_year_end)


def pauses_of(case: Case) -> list[Pause]:
    """When the case's clock stood still; the last pause is open while the proof is outstanding."""
    register = services().register
    identity = register.step(case.case_id, IDENTITY)
    return pauses_of_timeline(register.timeline(case.case_id), identity.receipt if identity is not None else {})


def pauses_of_timeline(timeline: Sequence[Move], identity: Mapping[str, object]) -> list[Pause]:
    """As :func:`pauses_of`, of a time line and what the identity step noted."""
    came = str(identity.get(PROOF_CAME) or "")
    return pauses_in(
        timeline,
        time_zone=services().organisation.time_zone,
        came_on=date.fromisoformat(came) if came else None,
    )


def clock_of(case: Case, *, extended: bool | None = None, proved_on: date | None = None) -> Clock:
    """The dates of the case as they follow from what happened.

    Args:
        case: the case.
        extended: as if it were extended, or were not; None: as it is.
        proved_on: the day on which the outstanding proof came, before the register knows.
    """
    pauses = pauses_of(case)
    if pauses and proved_on is not None:
        pauses = [*pauses[:-1], Pause(pauses[-1].asked_on, proved_on)]
    return response_due(
        case.received_at,
        place=place(),
        pauses=pauses,
        extended=case.is_extended if extended is None else extended,
        asked_within_days=services().policy.proof_asked_within_days,
    )


def is_paused(case: Case) -> bool:
    """Whether the clock stands still: a proof is outstanding that was asked for soon enough."""
    return case.awaits_proof and _stands_still(case, pauses_of(case))


def _stands_still(case: Case, pauses: Sequence[Pause]) -> bool:
    """The same, of a case that awaits a proof and whose pauses are known."""
    return stands_still(
        case.received_at,
        place=place(),
        pauses=pauses,
        extended=case.is_extended,
        asked_within_days=services().policy.proof_asked_within_days,
    )


def cases_standing_still() -> list[Case]:
    """Open cases whose clock stands still, in as many statements however many there are."""
    found = services().register.awaiting_proof(identity_step=IDENTITY)
    return [one.case for one in found if _stands_still(one.case, pauses_of_timeline(one.timeline, one.identity))]


def last_day_to_ask(case: Case) -> date:
    """The last day on which asking for a proof stops the clock; one that is asked for later does not."""
    return last_day_to_stop(
        case.received_at,
        place=place(),
        pauses=[pause for pause in pauses_of(case) if pause.proved_on is not None],
        extended=case.is_extended,
        asked_within_days=services().policy.proof_asked_within_days,
    )


def standing(case: Case) -> Standing:
    """The case's clock today."""
    if is_paused(case):
        return Standing(None, None, is_paused=True, notice_by=None)
    days_left = None if case.is_ended else (case.response_due - today()).days
    can_extend = not case.is_ended and not case.is_extended
    return Standing(case.response_due, days_left, is_paused=False, notice_by=case.response_due if can_extend else None)
