"""The answer package of a case, unsealed for an operator."""

from pathlib import Path
from typing import Any

from data_contracts.evidence.records import Facts, Record, canonical, digest
from flows import wiring
from flows.wiring.packages import unpack_package
from tasks.case.sealed import PACKAGE
from tasks.services import services


def unseal_package(case_id: str, folder: Path, *, account: str) -> dict[str, Any]:
    """Write the answer package to a folder; who unsealed it goes into evidence.

    Raises:
        VaultSealed: when there is no package, or its time is over.
    """
    with wiring.opened() as installation:
        provided = services()
        provided.register.case(case_id)
        with provided.vault.read(case_id, PACKAGE) as package:
            files = unpack_package(package, folder)
        when = installation.now().isoformat()
        facts: Facts = {"by": f"local-account:{account}", "files": len(files)}
        provided.register.complete(
            case_id, "unseal", digest(canonical([account, when]))[:16], receipt={}, record=Record("unseal", "", facts)
        )
    return {"case": case_id, "folder": str(folder), "files": [str(file) for file in files]}
