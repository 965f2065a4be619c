"""The intake site as a web application, with the APIs of other programs below it."""

from typing import Any

from flows.doors.api import ProgramsDoor
from flows.doors.drp import AgentsHouse
from flows.doors.opendsr import ControllersHouse
from flows.doors.site import PublicDoor
from flows.wiring import Installation
from flows.wiring.calling import SafeCaller, opendsr_signer
from flows.wiring.site import drp_api, opendsr_api, requests_api, site_app
from flows.wiring.web import BehindProxies, read_networks

__all__ = ["public_site"]


def public_site(installation: Installation) -> Any:  # noqa: ANN401  # an ASGI application
    """The intake site over an installation, and the API of programs; https where its public address says so."""
    provided = installation.services
    is_https = provided.site_url.startswith("https:")
    programs = {"/api": requests_api(ProgramsDoor(installation, SafeCaller()))}
    if installation.settings.drp_business_id:
        programs["/drp"] = drp_api(AgentsHouse(installation, SafeCaller()), key=provided.door_key())
    signer = opendsr_signer(installation.settings)
    if signer is not None:
        address = f"{provided.site_url}/opendsr"
        programs["/opendsr"] = opendsr_api(ControllersHouse(installation, SafeCaller()), signer, address)
    site = site_app(PublicDoor(installation), key=provided.door_key(), is_https=is_https, doors=programs)
    return BehindProxies(site, read_networks(installation.settings.trusted_proxies))
