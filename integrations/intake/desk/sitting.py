"""Who sits at the desk: the visit of an operator who signed in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException

from integrations.intake.desk.door import DeskDoor
from integrations.intake.web.cookies import CookieSeal, Visit
from integrations.intake.web.limiting import Limiter
from integrations.intake.web.pages import Pages

_IDLE: Final = 900
_LONGEST: Final = timedelta(hours=8)
_SKEW: Final = timedelta(minutes=1)
_MOST_FIELDS: Final = 3_000


class Desk(Pages):
    """The desk, and who sits at it."""

    def __init__(self, door: DeskDoor, *, key: bytes, is_https: bool, address: str = "") -> None:
        """Read words and templates.

        Args:
            door: of the house.
            key: that cookies are signed with.
            is_https: see :class:`CookieSeal`.
            address: that people open; empty: nobody comes back here from a sign-in elsewhere.
        """
        seal = CookieSeal(key, name="rf_desk", is_https=is_https, longest_seconds=_IDLE)
        super().__init__(Path(__file__).parent, door.organisation, seal, most_fields=_MOST_FIELDS)
        self.door = door
        self.address = address
        self.limits = Limiter(door, key)

    def operator(self, visit: Visit) -> str:
        """Who is signed in.

        Raises:
            HTTPException: 401 for nobody.
        """
        name, session, since = (visit.facts.get(fact) for fact in ("operator", "session", "since"))
        if not isinstance(name, str) or not isinstance(session, int) or not isinstance(since, str):
            raise HTTPException(401)
        age = datetime.now(UTC) - datetime.fromisoformat(since)
        # From a time that is not yet: the clock was ahead, and nobody knows how old the session is.
        if not -_SKEW <= age <= _LONGEST or not self.door.is_signed_in(name, session):
            raise HTTPException(401)
        return name
