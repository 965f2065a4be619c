"""JSON stands in a package as JSON, whatever its text; what is none stands as the text that it is."""

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.connectors.stored_types import field
from integrations.channels.package.files import TEXT_FORMATS, TYPED_FORMATS, plain

_SCHEMA = pa.schema([field("id", pa.int64(), stored_as="bigint"), field("v", pa.string(), is_json=True)])


def _written(ending: str, *texts: str | None) -> bytes:
    batch = pa.record_batch([pa.array(range(len(texts)), pa.int64()), pa.array(texts, pa.string())], schema=_SCHEMA)
    given = batch if ending in TYPED_FORMATS else plain(batch)
    sink = io.BytesIO()
    {**TEXT_FORMATS, **TYPED_FORMATS}[ending](sink, [given.slice(n, 1) for n in range(len(texts))], given.schema)
    return sink.getvalue()


def _values(*texts: str | None) -> list[Any]:
    rows = json.loads(_written("json", *texts), parse_float=str)
    assert [row["id"] for row in rows] == list(range(len(texts)))
    return [row["v"] for row in rows]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12345678901234567890.12", "12345678901234567890.12"), ("1" * 5_000 + ".5", "1" * 5_000 + ".5"),
        ("[1,\n  null]", [1, None]), ("null", None), (None, None), ('"a"', "a"), (' {"a": {}} ', {"a": {}}),
        ("NaN", "NaN"), ("[Infinity]", "[Infinity]"), ("", ""), ("{", "{"), ('{"a": 1} x', '{"a": 1} x'),
        ("[" * 100_000, "[" * 100_000), ("<b>", "<b>"),
    ],
)  # fmt: skip
def test_a_value_of_json(text: str | None, value: object) -> None:
    """Every digit of its numbers stays; a text that is no JSON does not break the file."""
    assert _values("1", text, "[2]") == [1, value, [2]]


@settings(max_examples=30, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda held: st.lists(held) | st.dictionaries(st.text(), held),
        max_leaves=8,
    )
)
def test_any_json(value: Any) -> None:
    """Comes back as it was, pretty or not."""
    assert _values(json.dumps(value), json.dumps(value, indent=2, ensure_ascii=False)) == [value, value]


def test_the_other_formats_hold_its_text() -> None:
    """CSV and Parquet have no such type."""
    text = '{"a": [1, 2]}'

    (row,) = csv.DictReader(io.StringIO(_written("csv", text).decode()))
    assert row["v"] == text
    assert pq.read_table(io.BytesIO(_written("parquet", text))).to_pylist() == [{"id": 0, "v": text}]
