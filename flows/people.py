"""Enrolling operators: a TOTP secret that is shown once and kept sealed (RFC 6238)."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyotp

from data_contracts.errors import RequestInvalid
from data_contracts.ports import Operator
from data_contracts.vocabulary import OperatorRole
from flows import wiring

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,59}")


def enrol(
    name: str,
    roles: tuple[OperatorRole, ...],
    *,
    valid_until: datetime | None = None,
    training_until: datetime | None = None,
) -> dict[str, Any]:
    """Add an operator, or give one a new secret, roles and dates; the facts hold the secret, for this one time.

    Raises:
        RequestInvalid: when the name cannot be typed at a gate.
    """
    if not _NAME.fullmatch(name):
        remedy = "use letters, digits and . _ @ -"
        raise RequestInvalid("that cannot be an operator's name", where="name", remedy=remedy)
    secret = pyotp.random_base32()
    with wiring.opened() as installation:
        sealed = installation.seal_operator_secret(name, secret)
        installation.register.put_operator(Operator(name, roles, valid_until, training_until, secret=sealed))
    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Rightsflow")
    return {"name": name, "roles": [role.value for role in roles], "secret": secret, "uri": uri}


def operators_facts() -> dict[str, Any]:
    """Everybody who may decide; no secrets."""
    with wiring.opened() as installation:
        found = installation.register.operators()
    return {
        "operators": [
            {
                "name": one.name,
                "roles": ", ".join(one.roles),
                "active": one.is_active,
                "valid_until": one.valid_until or "",
                "training_until": one.training_until or "",
                "locked_until": one.locked_until or "",
            }
            for one in found
        ]
    }


def lapse(name: str) -> dict[str, Any]:
    """Take an operator out of force.

    Raises:
        RequestInvalid: when there is none of that name.
    """
    with wiring.opened() as installation:
        found = installation.register.operator(name)
        if found is None:
            raise RequestInvalid("no such operator", where=name, remedy="see 'rightsflow operator list'")
        installation.register.put_operator(replace(found, is_active=False))
    return {"name": name, "active": False}
