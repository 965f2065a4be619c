"""What ``rightsflow evidence verify`` looks at: the register with its log, one case, or a file.

A file brings public keys, and whoever can write a file can make a key. Held against its own keys alone it is whole at
most, never proven: ``ok`` is false and the command ends with :data:`UNPROVEN`. The register is held against the keys
of the installation's own folder, or those that are given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from data_contracts.errors import EvidenceBroken, RequestInvalid
from flows import wiring
from flows.settings import settings
from flows.wiring import Installation
from flows.wiring.evidence import evidence_files
from tasks.rules.officer.dossiers import RECOUNT

UNPROVEN: Final = 3
"""Exit code of what is whole by keys that it brought itself."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What shall be verified, and what it is held against.

    Attributes:
        what: a case or run, a file, or nothing for the whole register.
        keys: files of public keys.
        checkpoints: files of checkpoints.
        proof: a file of proofs.
        tsa_ca: file of the certificates that time stamps are believed for; None: that of the settings.
    """

    what: str
    keys: tuple[Path, ...] = ()
    checkpoints: tuple[Path, ...] = ()
    proof: Path | None = None
    tsa_ca: Path | None = None


def exit_code(facts: Mapping[str, Any]) -> int:
    """0 for what is whole and proven, 1 for what is not whole, 3 for what is whole by its own keys alone."""
    if not facts["whole"]:
        return 1
    return 0 if facts["ok"] else UNPROVEN


def verified(asked: Asked) -> dict[str, Any]:
    """What was found, as facts.

    Raises:
        EvidenceBroken: when there is no evidence of that name, or a file cannot be read.
        RequestInvalid: when an option does not belong to what is verified.
    """
    ca, policy = asked.tsa_ca or settings().tsa_ca_file, settings().tsa_policy
    against = evidence_files.Against(
        evidence_files.read_keys(asked.keys),
        evidence_files.read_checkpoints(asked.checkpoints),
        asked.proof,
        evidence_files.read_stamps(asked.checkpoints),
        evidence_files.check_of(ca, policy),
    )
    if asked.what and Path(asked.what).is_file():
        return _facts(evidence_files.verify_against(Path(asked.what), against, RECOUNT))
    if asked.proof is not None:
        raise RequestInvalid("proofs are of an exported case", where="--proof", remedy="give the exported file as well")
    with wiring.opened() as installation:
        return _facts(_of_register(installation, asked.what, against))


def _of_register(installation: Installation, case: str, against: evidence_files.Against) -> list[Any]:
    cases = installation.register.evidence_cases()
    shelf = installation.evidence
    if not case:
        found: list[Any] = [shelf.verify(one, against.keys) for one in cases]
        return [*found, shelf.verify_log(against.keys, against.checkpoints, against.stamped, against.check)]
    if against.checkpoints:
        remedy = "leave the case out: the whole register is held against it"
        raise RequestInvalid("a checkpoint is of all cases", where="--checkpoint", remedy=remedy)
    if case not in cases:
        remedy = "give a case id, an exported file, a dossier, a log or proofs"
        raise EvidenceBroken("there is no evidence of that name", where=case, remedy=remedy)
    return [shelf.verify(case, against.keys)]


def _facts(found: list[Any]) -> dict[str, Any]:
    logs = [one for one in found if isinstance(one, evidence_files.LogVerification)]
    whole, proven = all(one.is_whole for one in found), not any(one.trust_on_first_use for one in found)
    return {
        "ok": whole and proven,
        "whole": whole,
        "proven": whole and proven,
        "cases": [
            {
                "case": one.case_id,
                "records": one.records,
                "whole": one.is_whole,
                "purged": one.is_purged,
                "findings": [str(finding) for finding in one.findings],
                "keys": list(one.keyids),
                "trust_on_first_use": one.trust_on_first_use,
            }
            for one in found
            if not isinstance(one, evidence_files.LogVerification)
        ],
        "log": _log_facts(logs[0]) if logs else None,
    }


def _log_facts(log: evidence_files.LogVerification) -> dict[str, Any]:
    return {
        "origin": log.origin,
        "size": log.size,
        "root": log.root,
        "waiting": log.waiting,
        "cases": log.cases,
        "purged": log.purged,
        "checkpoints": log.checkpoints,
        "whole": log.is_whole,
        "findings": [str(finding) for finding in log.findings],
        "stamps": log.stamps.good,
        "stamped_until": log.stamps.last.isoformat() if log.stamps.last is not None else "",
        "stamps_unverified": log.stamps.unverified,
        "keys": list(log.keyids),
        "trust_on_first_use": log.trust_on_first_use,
    }
