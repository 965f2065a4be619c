"""docs/connect/contracts.md tells what the models take, and its example is one that they take."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from data_contracts.company import taxonomy
from data_contracts.odcs.document import resolved, written
from data_contracts.odcs.dsr import ColumnDsr, ContractDsr, RelationDsr, RetentionDsr, TableDsr
from data_contracts.odcs.reading.yaml_file import parse
from data_contracts.vocabulary import (
    About,
    AccessTreatment,
    Assertion,
    ColumnErasure,
    DataSource,
    Follow,
    Rectification,
    RetentionAction,
    RetentionStart,
    Sensitivity,
    SharedTreatment,
    TableErasure,
)

_PAGE = (Path(__file__).parents[3] / "docs" / "connect" / "contracts.md").read_text("utf-8")
_WORDS = set(re.findall(r"`([^`\n]+)`", _PAGE))


@pytest.mark.parametrize(
    ("section", "model"),
    [
        ("Contract", ContractDsr),
        ("Table", TableDsr),
        ("Column", ColumnDsr),
        ("Relationship", RelationDsr),
        ("Retention item", RetentionDsr),
    ],
)
def test_every_dsr_key_is_told(section: str, model: type[BaseModel]) -> None:
    """The table of each level names exactly the keys of its model."""
    part = _PAGE.split(f"### {section}\n")[1].split("\n#")[0]

    rows = [row.split("|")[1] for row in part.splitlines() if row.startswith("| `")]

    assert {key for row in rows for key in re.findall(r"`(\w+)`", row)} == set(model.model_fields)


@pytest.mark.parametrize(
    "values",
    [
        About,
        AccessTreatment,
        Assertion,
        ColumnErasure,
        DataSource,
        Follow,
        Rectification,
        RetentionAction,
        RetentionStart,
        Sensitivity,
        SharedTreatment,
        TableErasure,
        taxonomy.CATEGORIES,
    ],
    ids=lambda values: getattr(values, "__name__", "categories"),
)
def test_every_value_is_told(values: frozenset[str]) -> None:
    """Whatever a key may say stands on the page."""
    assert {str(value) for value in values} <= _WORDS


def test_example_is_without_fault() -> None:
    """The example is valid ODCS, and every dsr block in it can be read."""
    text = _PAGE.split("```yaml\n")[1].split("```")[0]
    document = parse(text, file="example.odcs.yaml")

    example = written(document)

    assert example.model is not None
    reading = resolved(example.model, document, {document.file: example.outline})
    assert [str(fault) for fault in (*example.faults, *reading.faults)] == []
