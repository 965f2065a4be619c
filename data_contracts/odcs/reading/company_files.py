"""The files of a contracts folder that say who the organisation is and what it has decided.

They are read without the contracts beside them: a command that shows where cases stand needs no more.
"""

from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel

from data_contracts.company.company import Organisation, Policy
from data_contracts.errors import ContractInvalid
from data_contracts.fault import Fault
from data_contracts.odcs.reading.strict import validate
from data_contracts.odcs.reading.yaml_file import read

__all__ = ["ORGANISATION", "POLICY", "invalid", "load_organisation", "load_policy", "read_one"]

ORGANISATION: Final = "organisation.yaml"
POLICY: Final = "policy.yaml"

ModelT = TypeVar("ModelT", bound=BaseModel)


def load_organisation(folder: Path) -> Organisation:
    """The organisation profile.

    Raises:
        ContractInvalid: when the file is missing or wrong.
    """
    return _load_one(folder / ORGANISATION, Organisation)


def load_policy(folder: Path) -> Policy:
    """The policy.

    Raises:
        ContractInvalid: when the file is missing or wrong.
    """
    return _load_one(folder / POLICY, Policy)


def read_one(path: Path, model: type[ModelT]) -> tuple[ModelT | None, list[Fault]]:
    """What a file says, None where it cannot be read as that, and every fault."""
    document = read(path)
    if document.data is None:
        return None, list(document.faults)
    reading = validate(model, document.data)
    faults = [
        Fault(
            document.file,
            "",
            ".".join(map(str, finding.path)),
            finding.what,
            finding.remedy,
            document.line(finding.path),
        )
        for finding in reading.findings
    ]
    return reading.model, [*document.faults, *faults]


def invalid(faults: tuple[Fault, ...]) -> ContractInvalid:
    """The error that carries these faults."""
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    remedy = "correct each line below, then run `rightsflow contracts check`"
    return ContractInvalid(f"the contracts have {count}", remedy=remedy, faults=faults)


def _load_one(path: Path, model: type[ModelT]) -> ModelT:
    value, faults = read_one(path, model)
    if value is None or faults:
        raise invalid(tuple(faults)) from None
    return value
