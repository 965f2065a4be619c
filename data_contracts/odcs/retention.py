"""Reading retention items: ``slaProperties`` with ``property: retention`` (Art. 5(1)(e))."""

from typing import Final

from open_data_contract_standard.model import OpenDataContractStandard
from open_data_contract_standard.model import ServiceLevelAgreementProperty as Sla

from data_contracts.company.contract import Retention
from data_contracts.odcs.dsr import RetentionDsr
from data_contracts.odcs.notes import Notes
from data_contracts.odcs.reading.yaml_file import NodePath
from data_contracts.vocabulary import RetentionAction

_UNITS: Final = ("d", "mo", "y")


def read_retentions(model: OpenDataContractStandard, notes: Notes) -> tuple[Retention, ...]:
    """The retention items of a document; every one whose table is declared."""
    tables = {table.name for table in model.schema_ or []}
    found = []
    for place, sla in enumerate(model.slaProperties or []):
        if sla.property == "retention":
            path = ("slaProperties", place)
            notes.remember(path)
            found.append(_retention(sla, path, notes))
            table = found[-1].table
            if table and table not in tables:
                what = f"starts from `{sla.element}`, but no table `{table}` is declared"
                notes.fault(path, what=what, remedy="name a declared table and its column in `element`")
    return tuple(found)


def _retention(sla: Sla, path: NodePath, notes: Notes) -> Retention:
    dsr = notes.dsr(path, sla.customProperties, RetentionDsr)
    if dsr is None and not notes.has_dsr(sla.customProperties):
        remedy = "say what happens: `customProperties: [{property: dsr, value: {then: delete}}]`"
        notes.fault(path, what="has no `dsr` block", remedy=remedy)
    dsr = dsr or RetentionDsr(then=RetentionAction.DELETE)
    table, column = _start(sla, path, notes)
    return Retention(
        id=_id(sla, path, notes),
        table=table,
        column=column,
        value=_value(sla, path, notes),
        unit=_unit(sla, path, notes),
        start=dsr.start,
        then=dsr.then,
        hold=dsr.hold,
        driver=sla.driver or "",
        description=sla.description or "",
        labels=dsr.label,
    )


def _id(sla: Sla, path: NodePath, notes: Notes) -> str:
    if not sla.id:
        notes.fault(path, what="the retention item has no `id`", remedy="give it one, unique in the document")
    return sla.id or ""


def _start(sla: Sla, path: NodePath, notes: Notes) -> tuple[str, str]:
    table, dot, column = (sla.element or "").rpartition(".")
    if dot and table and column:
        return table, column
    what = "does not name the column that its period starts from"
    notes.fault(path, what=what, remedy="write `element: table.column`, one column")
    return "", ""


def _value(sla: Sla, path: NodePath, notes: Notes) -> int:
    if type(sla.value) is int and sla.value > 0:
        return sla.value
    notes.fault(path, what="`value` is not a positive whole number", remedy="write how many units, e.g. `value: 10`")
    return 1


def _unit(sla: Sla, path: NodePath, notes: Notes) -> str:
    if sla.unit in _UNITS:
        return sla.unit
    notes.fault(path, what="`unit` is not `d`, `mo` or `y`", remedy="write one of the three (`m` could be minutes)")
    return "d"
