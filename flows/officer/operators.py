"""Enrolling operators: a TOTP secret that is shown once and kept sealed (RFC 6238)."""

import getpass
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyotp

from data_contracts.errors import RequestInvalid
from data_contracts.gates.operators import Operator
from data_contracts.text.mail_address import deliverable
from data_contracts.vocabulary import OperatorRole
from flows import wiring
from tasks.gates.factors.by_organisation import link_account
from tasks.gates.factors.enrolling import reset_passkeys
from tasks.gates.operators import note_use, password_digest
from tasks.gates.sessions import end_sessions
from tasks.gates.step_up.challenges import passkeys
from tasks.officer.registers import note_training, training_ends

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,59}")


def enrol(
    name: str,
    roles: tuple[OperatorRole, ...],
    *,
    valid_until: datetime | None = None,
    trained_until: str = "",
    instead: bool = False,
) -> dict[str, Any]:
    """Add an operator, or give one a new secret, roles and dates; the facts hold the secret, for this one time.

    Args:
        name: as it is typed at gates.
        roles: what they may do.
        valid_until: when that ends.
        trained_until: the last day of the training; it is entered into the register of training first.
        instead: whether somebody of that name may lose their secret, roles and dates for these.

    Until when the person is trained is what the register of training says.

    Raises:
        RequestInvalid: when the name cannot be typed at a gate, or the day is none; or somebody has the name.
    """
    if not _NAME.fullmatch(name):
        remedy = "use letters, digits and . _ @ -"
        raise RequestInvalid("that cannot be an operator's name", where="name", remedy=remedy)
    secret = pyotp.random_base32()
    with wiring.opened() as installation:
        known = installation.register.operator(name)
        if known is not None and not instead:
            remedy = "choose another name, or say --replace: the secret that is in use ends then"
            raise RequestInvalid("an operator of that name is enrolled already", where=name, remedy=remedy)
        sealed = installation.seal_operator_secret(name, secret)
        if trained_until:
            note_training(name, trained_until, actor=f"local-account:{getpass.getuser()}")
        made = Operator(name, roles, valid_until, training_ends(name), secret=sealed)
        if known is not None:
            made = replace(made, password=known.password, oidc_subject=known.oidc_subject)
        installation.register.put_operator(made)
        note_use(name, "be enrolled", ", ".join(roles), f"local-account:{getpass.getuser()}")
    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Rightsflow")
    return {"name": name, "roles": [role.value for role in roles], "secret": secret, "uri": uri}


def is_enrolled(name: str) -> bool:
    """Whether somebody has that name, in force or not."""
    with wiring.opened() as installation:
        return installation.register.operator(name) is not None


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
        installation.register.put_operator(replace(_known(installation, name), is_active=False))
        note_use(name, "be taken out of force", "", f"local-account:{getpass.getuser()}")
    return {"name": name, "active": False}


def set_password(name: str, password: str) -> dict[str, Any]:
    """Give an operator a password for the desk; only its digest is kept.

    Raises:
        RequestInvalid: when there is none of that name, or the password would be guessed.
    """
    with wiring.opened() as installation:
        found = _known(installation, name)
        installation.register.put_operator(replace(found, password=password_digest(name, password)))
        note_use(name, "get a password", "", f"local-account:{getpass.getuser()}")
    return {"name": name, "password": "set"}


def unlock(name: str) -> dict[str, Any]:
    """Let an operator in again who was locked out after failed proofs.

    Raises:
        RequestInvalid: when there is none of that name.
    """
    with wiring.opened() as installation:
        found = _known(installation, name)
        installation.register.put_operator(replace(found, failures=0, locked_until=None))
        note_use(name, "be unlocked", "", f"local-account:{getpass.getuser()}")
    return {"name": name, "locked": False}


def set_mail(name: str, address: str) -> dict[str, Any]:
    """Say where an operator gets mail about their account.

    Raises:
        RequestInvalid: when there is none of that name, or no mail can go there.
    """
    with wiring.opened() as installation:
        _known(installation, name)
        if deliverable(address) is None:
            raise RequestInvalid("no mail can go to that address", where=name, remedy="correct it")
        installation.register.put_operator_mail(name, address.strip())
        note_use(name, "get an address for mail", "", f"local-account:{getpass.getuser()}")
    return {"name": name, "mail": "set"}


def link(name: str, value: str) -> dict[str, Any]:
    """Say whose account of the organisation's sign-in an operator has.

    Raises:
        RequestInvalid: when there is none of that name, the account is none or another operator's, or no sign-in is
            configured.
    """
    with wiring.opened():
        link_account(name, value, proof=f"local-account:{getpass.getuser()}")
    return {"name": name, "linked": True}


def passkeys_facts(name: str) -> dict[str, Any]:
    """The passkeys of an operator; fingerprints are those of the keys in evidence.

    Raises:
        RequestInvalid: when there is none of that name, or passkeys are not configured.
    """
    with wiring.opened() as installation:
        known, check = _known(installation, name), passkeys()
        rows = [
            {
                "label": one.label,
                "added": one.added_at.date().isoformat(),
                "used": one.used_at.date().isoformat() if one.used_at else "",
                "key": check.fingerprint(one.public_key),
            }
            for one in installation.register.passkeys(name)
        ]
    return {"name": name, "codes": bool(known.secret), "passkeys": rows}


def reset(name: str, *, operator: str, code: str) -> dict[str, Any]:
    """Remove every passkey of somebody who lost them, and end their sessions; another operator does it.

    Raises:
        AnswerRefused: when who does it may not, or is the same person.
        RequestInvalid: when there is none of that name.
    """
    with wiring.opened() as installation:
        gone, told = reset_passkeys(name, by=operator, code=code)
        end_sessions(name)
        codes = bool(_known(installation, name).secret)
    return {"name": name, "removed": gone, "mailed": told, "codes": codes}


def uses_facts(name: str, since: datetime | None) -> dict[str, Any]:
    """What operators did, newest first; of one where a name is given."""
    with wiring.opened() as installation:
        found = installation.register.uses(operator=name, since=since)
    rows = [
        {
            "at": use.at.isoformat(),
            "operator": use.operator,
            "what": use.what,
            "where": use.where,
            "proof": use.proof,
            "accepted": "yes" if use.is_accepted else "no",
            "note": use.note,
        }
        for use in found
    ]
    return {"uses": rows}


def _known(installation: wiring.Installation, name: str) -> Operator:
    found = installation.register.operator(name)
    if found is None:
        raise RequestInvalid("no such operator", where=name, remedy="see 'rightsflow operator list'")
    return found
