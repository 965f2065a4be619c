"""Four figures of a draft beside what a person wrote down: found, found, false, and marks left."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from data_contracts.company import taxonomy
from data_contracts.odcs.drafts.text import marks_in
from data_contracts.odcs.marks import TODO
from tests.drafts.written import Written


@dataclass(frozen=True, slots=True)
class Measure:
    """What a draft found, of what a person declared; a column that is only asked about is not found."""

    columns: int
    personal: int
    personal_found: int
    references: int
    references_found: int
    proposed: int
    false: tuple[str, ...]
    missed: tuple[str, ...]
    marks: int

    @classmethod
    def of(cls, document: Mapping[str, Any], written: Written) -> Self:
        """The draft ``document`` of the schema ``written``."""
        proposed, joined = set(_personal(document)), set(_references(document))
        false = [*(proposed - written.personal), *(joined - written.references)]
        missed = [*(written.personal - proposed), *(written.references - joined)]
        return cls(
            columns=written.columns,
            personal=len(written.personal),
            personal_found=len(written.personal & proposed),
            references=len(written.references),
            references_found=len(written.references & joined),
            proposed=len(proposed) + len(joined),
            false=tuple(sorted(map(" ".join, false))),
            missed=tuple(sorted(map(" ".join, missed))),
            marks=sum(marks_in(document).values()),
        )

    def __str__(self) -> str:
        """The four figures in a line."""
        return (
            f"personal columns {self.personal_found}/{self.personal}, "
            f"references {self.references_found}/{self.references}, "
            f"false {len(self.false)}/{self.proposed}, marks {self.marks} for {self.columns} columns"
        )


def blocks(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Table, column as ODCS and its ``dsr`` block, empty where it has none."""
    for table in document["schema"]:
        for column in table["properties"]:
            values = [item["value"] for item in column.get("customProperties", []) if item["property"] == "dsr"]
            yield table["name"], column, values[0] if values else {}


def _personal(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Columns that are proposed as personal; a bare key and what refers are neither."""
    for table, column, block in blocks(document):
        category = block.get("category", TODO)
        is_key = column.get("primaryKey") or column.get("relationships")
        if category != TODO and taxonomy.is_personal(category) and not is_key:
            yield table, column["name"]


def _references(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    names = {
        f"schema/{table['id']}/properties/{column.get('id', column['name'])}": f"{table['name']}.{column['name']}"
        for table in document["schema"]
        for column in table["properties"]
    }
    for table, column, _ in blocks(document):
        for relation in column.get("relationships", []):
            yield table, column["name"], names[relation["to"]]
