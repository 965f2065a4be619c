"""What ``rightsflow secret`` does: facts as JSON-ready dictionaries, never a value."""

import getpass
from difflib import get_close_matches
from typing import Any

from data_contracts.errors import RequestInvalid
from data_contracts.ports.credentials import credential_names
from data_contracts.ports.sealed_rows import Credential, credential_context
from flows import wiring
from flows.home.secrets import secret_block
from tasks.gates.operators import note_use
from tasks.services import services


def keep(name: str, value: str) -> dict[str, Any]:
    """Seal a credential in the register; who did is remembered.

    Raises:
        RequestInvalid: when nothing looks for a credential of that name, or the value is empty or no line of text.
    """
    said = value.strip()
    if not said or "\0" in said:
        raise RequestInvalid("there is no credential to keep", where=name, remedy="type it, or give it by --stdin")
    with wiring.opened() as installation:
        _check_name(name)
        sealed = installation.services.seal_secret(said.encode(), credential_context(name))
        services().register.put_credential(Credential(name, sealed, installation.now(), _account()))
        note_use(_account(), "set credential", name, f"local-account:{_account()}")
    return {"name": name, "kept": True}


def listed() -> dict[str, Any]:
    """Names of credentials that are kept sealed: when they were set, and by whom."""
    with wiring.opened():
        found = services().register.credentials()
    return {"credentials": [{"name": one.name, "set": one.at.date().isoformat(), "by": one.by} for one in found]}


def remove(name: str) -> dict[str, Any]:
    """Remove a credential; who did is remembered.

    Raises:
        RequestInvalid: when none of that name is kept.
    """
    with wiring.opened():
        if not services().register.remove_credential(name):
            kept = ", ".join(one.name for one in services().register.credentials()) or "none"
            raise RequestInvalid("no credential of that name is kept", where=name, remedy=f"kept are: {kept}")
        note_use(_account(), "remove credential", name, f"local-account:{_account()}")
    return {"name": name, "kept": False}


def in_blocks(installation: wiring.Installation) -> list[str]:
    """A sentence for each credential that comes from a Prefect Secret block."""
    return [
        f"{name}: comes from a Prefect Secret block, which whoever may ask Prefect's server reads in clear."
        f" Remedy: run `rightsflow secret set {name}` and delete the block."
        for name in _names()
        if secret_block(name) and not installation.credentials.own(name)
    ]


def _names() -> list[str]:
    contracts = services().contracts
    return list(credential_names(contracts.systems, contracts.vocabulary.parties))


def _check_name(name: str) -> None:
    known = _names()
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.5)
        remedy = f"did you mean {', '.join(near)}?" if near else "docs/run/settings.md says which names there are"
        raise RequestInvalid("nothing looks for a credential of that name", where=name, remedy=remedy)


def _account() -> str:
    return getpass.getuser()
