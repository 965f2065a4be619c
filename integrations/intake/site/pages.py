"""What every page of the intake site needs: its door and its limits, beside what all pages share."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from data_contracts.doors.pages import CaseStatus
from integrations.intake.site.door import SiteDoor
from integrations.intake.web.cookies import CookieSeal, Visit
from integrations.intake.web.limiting import Limit, Limiter
from integrations.intake.web.pages import Pages

HAND_IN: Final = Limit("hand-in", 30, timedelta(hours=1))
"""Requests from one address: a household or an office, not a machine that floods us."""
LOOK: Final = Limit("status", 60, timedelta(hours=1))
"""Wrong codes and links from one address, whichever cases they are about."""
CODE: Final = Limit("code", 10, timedelta(hours=1))
"""Wrong codes for one case from one address; whoever has the right one elsewhere is let in."""


class Site(Pages):
    """The intake site."""

    def __init__(self, door: SiteDoor, *, key: bytes, is_https: bool) -> None:
        """Read words and templates.

        Args:
            door: the rest of the house.
            key: signs cookies and forms.
            is_https: whether visitors come over https; only a site on this machine alone may do without.
        """
        super().__init__(Path(__file__).parent, door.organisation, CookieSeal(key, name="rf_visit", is_https=is_https))
        self.door = door
        self.limits = Limiter(door, key)


def case_page(site: Site, call: Request, visit: Visit, case: CaseStatus, **said: str) -> Response:
    """Where a case stands, and what can be done about it.

    Args:
        site: the site.
        call: what is answered.
        visit: with the case's code.
        case: where it stands.
        said: ``sent``: what was just taken in (``document``, ``facts``, ``sign_in``); ``fault``: code of what was wrong
            with it; ``wrong``: kind of the document that it is about.
    """
    shown = {"sent": "", "fault": "", "wrong": "", **said}
    offered = {"may_sign_in": site.door.sign_in is not None, "fact_labels": site.door.fact_labels}
    status = 422 if shown["fault"] else 200
    return site.page(call, "case.html.j2", status=status, visit=visit, case=case, **offered, **shown)
