"""Whatever is wrong in a contracts folder, reading it gives faults and never an exception."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.odcs.folder import check
from tests.data_contracts.folder import files, write

Place = tuple[str | int, ...]

_VALUES = st.one_of(
    st.booleans(),
    st.integers(-2, 40),
    st.sampled_from(["", "x", "customer", "customer.id", "crm", "delete", "columns", "email", "restricted", "array"]),
    st.just([]),
    st.just({}),
    st.just(["x"]),
    st.just({"x": 1}),
    st.just([{"property": "dsr", "value": {"erase": "keep"}}]),
)


def _places(value: Any, here: Place = ()) -> list[Place]:
    keys: list[str | int] = []
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    return [place for key in keys for place in ((*here, key), *_places(value[key], (*here, key)))]


_PLACES = [place for place in _places(files()) if len(place) > 1]


def _parent(content: Any, place: Place) -> Any:
    for key in place[:-1]:
        content = content[key]
    return content


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(_PLACES), value=st.one_of(st.none(), _VALUES))
def test_any_changed_value_gives_readable_faults(tmp_path: Path, place: Place, value: object) -> None:
    """One value replaced by anything, or (None) taken away: the check ends, and what it says has a remedy."""

    def change(content: dict[str, Any]) -> None:
        if value is None:
            del _parent(content, place)[place[-1]]
        else:
            _parent(content, place)[place[-1]] = deepcopy(value)

    folder = write(tmp_path, change)

    faults = check(folder)

    assert all(f.what and f.remedy and "Traceback" not in str(f) for f in faults)
