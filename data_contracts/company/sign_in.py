"""Issuers of OpenID Connect: one where data subjects sign in, one where operators do; never one for the other."""

from pydantic import BaseModel, ConfigDict, Field


class Issuer(BaseModel):
    """Somebody who says who signed in, and our client there."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    issuer: str = Field(pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])")
    """As in ``iss``; what it serves is found under ``/.well-known/openid-configuration``."""
    client_id: str = Field(min_length=1)
    scopes: list[str] = Field(default_factory=lambda: ["openid", "email"])


class ClientSpace(Issuer):
    """The organisation's client space, where a data subject signs in (OpenID Connect; charter 2.2)."""

    keys: dict[str, str] = Field(min_length=1)
    """Which claim of the ID token is which identity kind of the vocabulary."""


class OperatorsSignIn(Issuer):
    """The organisation's own sign-in, where operators sign in; their roles stay ours."""

    claim: str = Field(default="sub", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,59}$")
    """Whose value names an operator's account. ``sub`` never changes hands; an address or a name can."""
