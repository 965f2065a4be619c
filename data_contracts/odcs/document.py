"""One ODCS document read into the shapes of :mod:`data_contracts.company.contract`.

Steps, each of which notes faults and goes on with what it could read:

1. the official JSON schema (:mod:`data_contracts.odcs.schema`);
2. the official pydantic model, to read;
3. the ``dsr`` blocks (:mod:`data_contracts.odcs.dsr`), resolved with the defaults of the level above.

What is only wrong in the company of other documents is found by :mod:`data_contracts.odcs.checks`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from open_data_contract_standard.model import OpenDataContractStandard
from open_data_contract_standard.model import Server as OfficialServer
from pydantic import ValidationError

from data_contracts.company.contract import Server, SystemContract
from data_contracts.fault import Fault
from data_contracts.odcs.dsr import ContractDsr
from data_contracts.odcs.notes import Notes
from data_contracts.odcs.reading.yaml_file import Document, NodePath
from data_contracts.odcs.references import Outline, Resolver, outline
from data_contracts.odcs.retention import read_retentions
from data_contracts.odcs.schema import keys_of, place_of, schema_faults
from data_contracts.odcs.tables import Surroundings, notice_in, read_table


@dataclass(frozen=True, slots=True)
class Written:
    """A document that the official model could read; ``model`` is None when it could not."""

    document: Document
    model: OpenDataContractStandard | None
    faults: tuple[Fault, ...]

    @property
    def outline(self) -> Outline | None:
        """What other documents may refer to; None when it could not be read."""
        return outline(self.model) if self.model else None


@dataclass(frozen=True, slots=True)
class SystemReading:
    """A system's contract with what was wrong with it, and the lines of its elements by table and field.

    ``guesses`` are those of the faults behind which everything could be read.
    """

    system: SystemContract
    faults: tuple[Fault, ...]
    lines: Mapping[tuple[str, str], int]
    guesses: frozenset[Fault]


def written(document: Document) -> Written:
    """Steps 1 and 2: ``document`` as the official model."""
    if not isinstance(document.data, dict):
        return Written(document, None, document.faults or (_not_a_contract(document),))
    faults = _all_faults(document)
    known = {key: value for key, value in document.data.items() if key in keys_of(OpenDataContractStandard)}
    try:
        return Written(document, OpenDataContractStandard.model_validate(known), faults)
    except ValidationError:
        # What the model refuses, the schema has refused with a better text; an own one only where it has not.
        return Written(document, None, faults or (_not_a_contract(document),))


def _all_faults(document: Document) -> tuple[Fault, ...]:
    """What is wrong in writing, and what ODCS refuses on lines that were written right."""
    misread = {fault.line for fault in document.faults}
    placed = []
    for fault in document.faults:
        path: NodePath = tuple(int(part) if part.isdecimal() else part for part in fault.field.split("."))
        table, field, _ = place_of(document.data, path)
        placed.append(replace(fault, table=table, field=field))
    return (*placed, *(fault for fault in schema_faults(document) if fault.line not in misread))


def _not_a_contract(document: Document) -> Fault:
    remedy = "begin with `apiVersion: v3.2.0` and `kind: DataContract`; docs/connect/contracts.md shows one"
    return Fault(document.file, "", "", "is no ODCS document", remedy, 1)


def resolved(
    model: OpenDataContractStandard, document: Document, outlines: Mapping[str, Outline | None]
) -> SystemReading:
    """Step 3: the contract, with every reference resolved and every default filled in.

    Args:
        model: the document as the official model.
        document: the same as written, for lines.
        outlines: what references may lead to, by file name.
    """
    notes = Notes(document)
    dsr = notes.dsr((), model.customProperties, ContractDsr)
    if dsr is None and not notes.has_dsr(model.customProperties):
        remedy = "say who controls the data: `customProperties: [{property: dsr, value: {controller: …}}]`"
        notes.fault((), what="has no `dsr` block", remedy=remedy)
    system = _system(model, dsr or ContractDsr(controller=""), Resolver(outlines, notes))
    return SystemReading(system, tuple(notes.faults), notes.lines, frozenset(notes.guesses))


def _system(model: OpenDataContractStandard, dsr: ContractDsr, resolver: Resolver) -> SystemContract:
    name = model.id or ""
    notice = notice_in(model.authoritativeDefinitions)
    around = Surroundings(name, dsr, read_retentions(model, resolver.notes), resolver, notice)
    tables = enumerate(model.schema_ or [])
    servers = enumerate(model.servers or [])
    return SystemContract(
        name=name,
        title=model.name or name,
        version=model.version or "",
        controller=dsr.controller,
        tables=tuple(read_table(table, ("schema", place), around=around) for place, table in tables if table.name),
        subjects=tuple(dsr.subjects),
        recipients=tuple(dsr.recipients),
        automated=dsr.automated,
        backup_days=dsr.backups.kept_days if dsr.backups else 0,
        canary=dsr.canary,
        servers=tuple(_server(server, ("servers", place), resolver.notes) for place, server in servers),
        file=resolver.notes.file,
        description=(model.description.purpose if model.description else None) or "",
        labels=dsr.label,
        descriptions=dsr.description,
    )


def _server(server: OfficialServer, path: NodePath, notes: Notes) -> Server:
    location = server.location or server.path or server.endpointUrl or ""
    if "@" in urlsplit(location).netloc:
        notes.fault(
            path,
            what="the server's location carries a user or a password",
            remedy="remove it; a credential belongs in the environment or a secret block, never in a contract",
        )
    return Server(name=server.server or "", type=server.type or "", location=location)
