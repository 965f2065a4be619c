"""Reading a contracts folder: every file, every fault at once.

A folder holds ``systems/*.odcs.yaml`` (what each system holds), ``vocabulary.yaml`` (parties, purposes, holds,
identity kinds), ``organisation.yaml`` and ``policy.yaml``. :func:`load` gives the contracts only when the whole set is
without fault; :func:`check` gives the faults. Neither touches a live system.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from data_contracts.company.company import Organisation, Policy, Vocabulary
from data_contracts.company.contract import Contracts
from data_contracts.company.meaning import meaning_of, name_of
from data_contracts.fault import Fault, in_reading_order
from data_contracts.odcs.checks.rules import ADVICE, RULES, WHOLE_SET_RULES
from data_contracts.odcs.checks.subject import ORGANISATION, POLICY, VOCABULARY, ContractSet, Rule
from data_contracts.odcs.document import SystemReading, resolved, written
from data_contracts.odcs.reading.company_files import invalid, read_one
from data_contracts.odcs.reading.yaml_file import read

SYSTEMS: Final = "systems"
SUFFIX: Final = ".odcs.yaml"


@dataclass(frozen=True, slots=True)
class _Folder:
    """What reading a folder gave: the set where all of it could be read, and the faults."""

    contracts: ContractSet | None
    faults: tuple[Fault, ...]


def load(folder: Path) -> Contracts:
    """The contracts of ``folder``, checked together.

    Raises:
        ContractInvalid: when anything in the folder is wrong; it carries every fault.
    """
    read_folder = _read(folder)
    if read_folder.contracts is None or read_folder.faults:
        raise invalid(read_folder.faults) from None
    systems = sorted(read_folder.contracts.systems, key=lambda system: system.name)
    by_name = {system.name: system for system in systems}
    zone, files = read_folder.contracts.organisation.time_zone, _texts(folder)
    made = Contracts(by_name, read_folder.contracts.vocabulary, digest_of(folder), zone, files=files)
    return replace(made, meaning=name_of(meaning_of(made)))


def load_texts(files: Mapping[str, str]) -> Contracts:
    """The contracts of files that were kept, by path in their folder; see :func:`load`.

    Raises:
        ContractInvalid: when this version of the software finds a fault in them.
    """
    with TemporaryDirectory() as place:
        for name, text in files.items():
            file = Path(place) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        return load(Path(place))


def check(folder: Path) -> list[Fault]:
    """Everything that is wrong in ``folder``, in reading order; empty when nothing is."""
    return list(_read(folder).faults)


def advice(folder: Path) -> list[Fault]:
    """What the author of a set without fault should know; it stops nothing."""
    contracts = _read(folder).contracts
    return [told for rule in ADVICE for told in rule(contracts)] if contracts else []


def digest_of(folder: Path) -> str:
    """SHA-256 over names and bytes of every file that is read, in hex."""
    total = hashlib.sha256()
    for path in _files(folder):
        content = path.read_bytes()
        total.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def _texts(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in _files(folder)}


def _files(folder: Path) -> list[Path]:
    company = [folder / name for name in (ORGANISATION, POLICY, VOCABULARY)]
    return [*company, *sorted((folder / SYSTEMS).glob(f"*{SUFFIX}"))]


def _read(folder: Path) -> _Folder:
    systems = _read_systems(folder)
    vocabulary, vocabulary_faults = read_one(folder / VOCABULARY, Vocabulary)
    organisation, organisation_faults = read_one(folder / ORGANISATION, Organisation)
    policy, policy_faults = read_one(folder / POLICY, Policy)
    faults = [*systems.faults, *vocabulary_faults, *organisation_faults, *policy_faults]
    if vocabulary is None or organisation is None or policy is None:
        return _Folder(None, tuple(in_reading_order(faults)))
    contracts = ContractSet(tuple(r.system for r in systems.readings), vocabulary, organisation, policy)
    rules = (*RULES, *WHOLE_SET_RULES) if systems.is_whole else RULES
    # What two cases of a column have in common is one fault.
    guesses = {fault for reading in systems.readings for fault in reading.guesses}
    known = [fault for fault in faults if fault not in guesses]
    found = _located(iter(dict.fromkeys(_beyond(known, contracts, rules))), systems, folder)
    return _Folder(contracts, tuple(in_reading_order([*faults, *found])))


@dataclass(frozen=True, slots=True)
class _Systems:
    """Every system's reading; ``is_whole`` is False when a document could not be read at all."""

    readings: tuple[SystemReading, ...]
    faults: tuple[Fault, ...]
    is_whole: bool


def _read_systems(folder: Path) -> _Systems:
    paths = sorted((folder / SYSTEMS).glob(f"*{SUFFIX}"))
    documents = [written(read(path)) for path in paths]
    outlines = {document.document.file: document.outline for document in documents}
    readings = tuple(resolved(d.model, d.document, outlines) for d in documents if d.model is not None)
    faults = [*chain.from_iterable(d.faults for d in documents), *chain.from_iterable(r.faults for r in readings)]
    is_whole = len(readings) == len(documents)
    return _Systems(readings, (*faults, *_misplaced(folder, paths)), is_whole)


def _misplaced(folder: Path, paths: list[Path]) -> Iterator[Fault]:
    """Files that somebody may think are read (law 6: a system nobody looks into must not pass as empty)."""
    for path in sorted((folder / SYSTEMS).glob("*.y*ml")):
        if path not in paths:
            yield Fault(path.name, "", "", "is not read", f"name it `<system>{SUFFIX}`, or move it out of the folder")
    if not paths:
        yield Fault(SYSTEMS, "", "", "the folder has no contract", f"write `{SYSTEMS}/<system>{SUFFIX}`")


def _beyond(known: Sequence[Fault], contracts: ContractSet, rules: Sequence[Rule]) -> Iterator[Fault]:
    """What ``rules`` find beyond ``known``: a field or a table that could not be read right is not judged again."""
    places = {(fault.file, fault.table, fault.field) for fault in known}
    for rule in rules:
        for fault in rule(contracts):
            is_table_known = bool(fault.table) and (fault.file, fault.table, "") in places
            if not is_table_known and (fault.file, fault.table, fault.field) not in places:
                yield fault


def _located(faults: Iterator[Fault], systems: _Systems, folder: Path) -> Iterator[Fault]:
    """``faults`` with the line of what they are about."""
    lines = {reading.system.file: reading.lines for reading in systems.readings}
    for fault in faults:
        own = lines.get(fault.file)
        if own is None:
            document = read(folder / fault.file)
            yield replace(fault, line=document.line(tuple(fault.field.split("."))))
        else:
            yield replace(fault, line=own.get((fault.table, fault.field), own.get((fault.table, ""), 1)))
