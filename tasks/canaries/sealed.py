"""A canary's rows and keys, as they are sealed under her run: the next process knows her by them (law 1, law 2)."""

import secrets
from typing import Final

from data_contracts.case.request import SubjectRequest
from data_contracts.connectors.rehearsing import MadeUpRow
from tasks.case.parts import has_part, note_sealed
from tasks.case.sealed import REQUEST, read_json, seal_once, write_json
from tasks.rules.canaries.canary import NAME, Canary

_TOKEN_BYTES: Final = 5


def token_of(run_id: str) -> str:
    """The random part of her keys, the same in each system and however often the run starts again."""
    seal_once(run_id, NAME, lambda: {"token": secrets.token_hex(_TOKEN_BYTES)})
    return str(read_json(run_id, NAME)["token"])


def seal_canary(run_id: str, system: str, canary: Canary) -> None:
    """Seal what is planted in a system, before it is, and note it."""
    rows = [[row.table, dict(row.values)] for row in canary.rows]
    identity = {kind: list(keys) for kind, keys in canary.identity.items()}
    sealed = {"rows": rows, "identity": identity, "left_out": list(canary.left_out)}
    write_json(run_id, f"{NAME}.{system}", sealed)
    note_sealed(run_id, f"{NAME}.{system}")


def sealed_canary(run_id: str, system: str) -> Canary | None:
    """What was sealed of a system; None: nothing was.

    Raises:
        VaultSealed: when something was, and it is gone: rows of hers may stand there.
    """
    if not has_part(run_id, f"{NAME}.{system}"):
        return None
    told = read_json(run_id, f"{NAME}.{system}")
    rows = tuple(MadeUpRow(table, values) for table, values in told["rows"])
    identity = {kind: tuple(keys) for kind, keys in told["identity"].items()}
    return Canary(token_of(run_id), rows, identity, tuple(told["left_out"]))


def planted_canary(run_id: str, system: str) -> Canary:
    """What was planted in a system."""
    canary = sealed_canary(run_id, system)
    assert canary is not None  # noqa: S101  # sealed before she is planted
    return canary


def request_of(run_id: str) -> SubjectRequest:
    """What she asks for."""
    return SubjectRequest.model_validate(read_json(run_id, REQUEST))
