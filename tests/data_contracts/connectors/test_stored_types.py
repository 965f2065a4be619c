"""What is said of a column beside its Arrow type travels with it."""

import pyarrow as pa
import pytest

from data_contracts.connectors.stored_types import field, is_json, stored_as


@pytest.mark.parametrize("said", ["", "jsonb"])
@pytest.mark.parametrize("json", [True, False])
def test_what_is_said_outlives_a_stream(said: str, json: bool) -> None:  # noqa: FBT001  # parametrized
    """As between the vault's writer and its reader; what is not said is what Arrow calls it."""
    column = field("v", pa.string(), stored_as=said, is_json=json)

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.schema([column])):
        pass
    with pa.ipc.open_stream(sink.getvalue()) as reader:
        told = reader.schema.field("v")

    assert stored_as(told) == (said or "string")
    assert is_json(told) is json
