"""What the intake site and the APIs of other programs are made of."""

from integrations.intake.drp_api import AgentRequest, drp_api
from integrations.intake.opendsr_api import HandedOn, opendsr_api
from integrations.intake.permissions_api import AskedOverHttp, permissions_app
from integrations.intake.requests_api import KeyUsed, requests_api
from integrations.intake.site.app import site_app

__all__ = [
    "AgentRequest",
    "AskedOverHttp",
    "HandedOn",
    "KeyUsed",
    "drp_api",
    "opendsr_api",
    "permissions_app",
    "requests_api",
    "site_app",
]
