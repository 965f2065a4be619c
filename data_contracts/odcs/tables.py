"""Reading tables and columns: native ODCS facts and ``dsr`` blocks become one resolved shape."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from open_data_contract_standard.model import AuthoritativeDefinition, SchemaObject, SchemaProperty

from data_contracts.company import taxonomy
from data_contracts.company.contract import Case, Column, Retention, Table
from data_contracts.company.row_cases import said_when
from data_contracts.company.value_rules import value_rules
from data_contracts.inside.paths import Inside
from data_contracts.odcs.dsr import CaseDsr, ColumnDsr, ContractDsr, InsideDsr, TableDsr
from data_contracts.odcs.notes import Notes
from data_contracts.odcs.reading.yaml_file import NodePath
from data_contracts.odcs.references import Resolver, refers_by_table, when_of
from data_contracts.vocabulary import DataSource, Sensitivity, TableErasure

_LENGTH: Final = re.compile(r"(?:char|varchar2?|varying|text|string)\s*\(\s*(\d+)")
_ZONED: Final = re.compile("timestamptz|with (local )?time zone|datetimeoffset")
_UTC: Final = "Etc/UTC"
_NOTICE: Final = "privacyNotice"
_DELETE: Final = "delete"
_NO_TABLE_DSR: Final = TableDsr(erase=TableErasure.NONE)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a table takes from the levels above it."""

    system: str
    contract: ContractDsr
    retentions: tuple[Retention, ...]
    resolver: Resolver
    notice: str = ""

    @property
    def notes(self) -> Notes:
        """Where faults are noted."""
        return self.resolver.notes


def read_table(table: SchemaObject, path: NodePath, *, around: Surroundings) -> Table:
    """The table at ``path``; what it leaves open is filled in from its contract."""
    notes = around.notes
    notes.remember(path)
    dsr = notes.dsr(path, table.customProperties, TableDsr)
    if dsr is None and not notes.has_dsr(table.customProperties):
        remedy = "say what erasure does: `customProperties: [{property: dsr, value: {erase: …, purposes: […]}}]`"
        notes.fault(path, what="the table has no `dsr` block", remedy=remedy)
    dsr = dsr or _NO_TABLE_DSR
    if not dsr.purposes and dsr.erase is not TableErasure.NONE:
        dsr = dsr.model_copy(update={"purposes": around.contract.purposes})
    name = table.name or ""
    return Table(
        system=around.system,
        name=name,
        columns=_columns(table, path, dsr=dsr, notes=notes),
        erase=dsr.erase,
        purposes=tuple(dsr.purposes),
        hold=dsr.hold,
        controller=dsr.controller or around.contract.controller,
        recipients=tuple(dsr.recipients or around.contract.recipients),
        references=around.resolver.references(table, path),
        retentions=tuple(item for item in around.retentions if item.table == name),
        description=table.description or "",
        physical_name="" if table.physicalName in (None, name) else table.physicalName,
        labels=dsr.label,
        descriptions=dsr.description,
        account=dsr.account,
        shred_key=dsr.shred_key,
        public=dsr.public,
        notice=notice_in(table.authoritativeDefinitions) or around.notice,
    )


def notice_in(definitions: list[AuthoritativeDefinition] | None) -> str:
    """The address of the information notice that they name (Art. 13, 14); empty when they name none."""
    return next((found.url for found in definitions or [] if found.type == _NOTICE and found.url), "")


def _columns(table: SchemaObject, path: NodePath, *, dsr: TableDsr, notes: Notes) -> tuple[Column, ...]:
    keys = refers_by_table(table)
    found = []
    for place, column in enumerate(table.properties or []):
        inner = (*path, "properties", place)
        notes.remember(inner)
        if column.name:
            is_key = bool(column.primaryKey or column.relationships or column.name in keys)
            own = _column_dsr(column, inner, is_key=is_key, notes=notes)
            _note_unsupported(column, inner, notes)
            is_personal = _is_personal(own, is_key=is_key)
            sensitivity = _sensitivity(column, inner, notes)
            made = _column(column, own, table=dsr, sensitivity=sensitivity, is_personal=is_personal)
            cases = tuple(_case(column, own, case, made, table=dsr) for case in (own.cases if own else ()))
            _note_sources(cases, inner, notes)
            found.append(replace(made, cases=cases))
    return tuple(found)


def _case(column: SchemaProperty, dsr: ColumnDsr | None, case: CaseDsr, own: Column, *, table: TableDsr) -> Case:
    """Rows in which other rules hold for the column; what the case does not say is as the column says."""
    said = {name: getattr(case, name) for name in case.model_fields_set - {"when", "erase"}}
    deletes_row = case.erase == _DELETE
    if "erase" in case.model_fields_set:
        # What the column's hold keeps is what the column's own `erase` says.
        said = {"hold": "", **said, "erase": None if deletes_row else case.erase}
    merged = (dsr or ColumnDsr()).model_copy(update=said)
    is_personal = taxonomy.is_personal(merged.category) if "category" in said else own.is_personal
    sensitivity, source = own.sensitivity, merged.source
    rules = _column(column, merged, table=table, sensitivity=sensitivity, is_personal=is_personal)
    return Case(when_of(case.when), rules, deletes_row, says_source=source is not None)


def _note_sources(cases: Iterable[Case], path: NodePath, notes: Notes) -> None:
    for case in cases:
        if case.rules.is_personal and case.rules.category and not case.says_source:
            what = f"does not say where its values come from in the rows with {said_when(case.when)}"
            notes.fault(path, what=what, remedy=f"add `source` to the case: one of {', '.join(DataSource)}")


def _is_personal(dsr: ColumnDsr | None, *, is_key: bool) -> bool:
    """Whether the column is more than a key; a label alone does not make a key personal."""
    if dsr is None or (is_key and dsr.model_fields_set <= {"label"}):
        return False
    return taxonomy.is_personal(dsr.category)


def _column_dsr(column: SchemaProperty, path: NodePath, *, is_key: bool, notes: Notes) -> ColumnDsr | None:
    """The column's ``dsr``; a bare key column needs none, any other column that has none is a fault."""
    dsr = notes.dsr(path, column.customProperties, ColumnDsr)
    if dsr is None and not is_key and not notes.has_dsr(column.customProperties):
        remedy = "say what it holds: `customProperties: [{property: dsr, value: {category: …, source: …}}]`"
        notes.fault(path, what="the column has no `dsr` block", remedy=remedy)
    says_source = dsr is None or dsr.source is not None or notes.is_open(path)
    if dsr is not None and dsr.category and not says_source and taxonomy.is_personal(dsr.category):
        remedy = f"add `source`: one of {', '.join(DataSource)}"
        notes.fault(path, what="does not say where its values come from", remedy=remedy)
    return dsr


def _column(
    column: SchemaProperty, dsr: ColumnDsr | None, *, table: TableDsr, sensitivity: Sensitivity, is_personal: bool
) -> Column:
    dsr = dsr or ColumnDsr()
    inherited = table.purposes if is_personal else []
    return Column(
        name=column.name or "",
        logical_type=column.logicalType or "",
        physical_type=column.physicalType or "",
        description=column.description or "",
        primary_key=bool(column.primaryKey),
        primary_key_position=max(column.primaryKeyPosition or 0, 0),
        required=bool(column.required or column.primaryKey),
        unique=bool(column.unique),
        max_length=_max_length(column),
        zone=_zone(column),
        is_zoned=_is_zoned(column),
        rules=value_rules(column),
        is_personal=is_personal,
        category=dsr.category,
        source=dsr.source or DataSource.OBSERVED,
        identity=dsr.identity,
        assertion=dsr.assertion,
        when=when_of(dsr.when),
        country=dsr.country,
        inside=_inside(dsr.inside),
        normalised=dsr.normalised,
        purposes=tuple(dsr.purposes or inherited),
        sensitivity=sensitivity,
        erase=dsr.erase,
        replacement=dsr.replacement,
        hold=dsr.hold,
        rectify=dsr.rectify,
        about=dsr.about,
        access=dsr.access,
        shared=dsr.shared,
        marker=dsr.marker,
        labels=dsr.label,
    )


def _inside(dsr: InsideDsr | None) -> Inside | None:
    match dsr:
        case None:
            return None
        case InsideDsr(items=separator) if separator:
            return Inside("items", separator=separator)
        case InsideDsr(xml=path) if path:
            return Inside("xml", path)
        case InsideDsr(entries=key) if key:
            return Inside("entries", key)
        case InsideDsr(members=True):
            return Inside("members")
        case _:
            return Inside("json", dsr.json_path)


def _zone(column: SchemaProperty) -> str:
    """The zone that a timestamp's options name; ODCS: UTC, where they say that there is one and not which."""
    options = column.logicalTypeOptions or {}
    return str(options.get("defaultTimezone") or (_UTC if options.get("timezone") is True else ""))


def _is_zoned(column: SchemaProperty) -> bool:
    is_said = (column.logicalTypeOptions or {}).get("timezone") is True
    return column.logicalType == "timestamp" and (is_said or bool(_ZONED.search((column.physicalType or "").lower())))


def _max_length(column: SchemaProperty) -> int | None:
    """The longest text the column takes: the shorter of what its options and its physical type say."""
    lengths = [int(found) for found in _LENGTH.findall((column.physicalType or "").lower())]
    option = (column.logicalTypeOptions or {}).get("maxLength")
    if isinstance(option, int):
        lengths.append(option)
    return min(lengths, default=None)


def _sensitivity(column: SchemaProperty, path: NodePath, notes: Notes) -> Sensitivity:
    if column.classification is None:
        return Sensitivity.INTERNAL
    try:
        return Sensitivity(column.classification)
    except ValueError:
        remedy = f"write one of {', '.join(Sensitivity)}"
        notes.fault(path, what="`classification` is not one of its values", remedy=remedy)
        return Sensitivity.RESTRICTED


def _note_unsupported(column: SchemaProperty, path: NodePath, notes: Notes) -> None:
    if column.physicalName not in (None, column.name):
        what = "has a `physicalName` other than its name"
        notes.fault(path, what=what, remedy="name the column as the live system does; `businessName` is for people")
    if column.properties or column.items or column.map:
        what = "describes what is inside the column, which is not read"
        notes.fault(path, what=what, remedy="describe the column as a whole, with the most sensitive thing it holds")
