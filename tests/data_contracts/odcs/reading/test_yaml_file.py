"""YAML is read as a person meant it, or refused with the line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.odcs.reading.yaml_file import parse, read


def test_plain_values_are_read() -> None:
    """Texts, plain numbers, true and false, lists and mappings come as they are; dates stay text."""
    document = parse("a: [1, -2.5, true, false]\nb: {c: 2025-01-31}\nd: 'null'\n", file="x.yaml")

    assert document.data == {"a": [1, -2.5, True, False], "b": {"c": "2025-01-31"}, "d": "null"}
    assert document.faults == ()


TRAPS = [
    ("country: NO", "`NO` is read by YAML as yes or no"),
    ("on: x", "has a key that YAML does not read as text: `on`"),
    ("null: x", "has a key that YAML does not read as text: `null`"),
    ("2025-01-31: x", "has a key that YAML does not read as text"),
    ("[a, b]: x", "has a key that YAML does not read as text: `a list or mapping`"),
    ("a: null", "has no value"),
    ("a: ~", "has no value"),
    ("a:", "has no value"),
    ("a: True", "`True` is read by YAML as yes or no"),
    ("a: 0123", "`0123` is read by YAML as a number in a form that misleads"),
    ("a: 12:30", "`12:30` is read by YAML as a number in a form that misleads"),
    ("a: 1_000", "a number in a form that misleads"),
    ("a: .inf", "a number in a form that misleads"),
    ("a: !!binary aGk=", "is read by YAML as something else"),
    ("a: !own {b: 1}", "carries a YAML tag"),
    ("a: !own [b]", "carries a YAML tag"),
    ("a: 1\na: 2", "is written twice"),
    ("a: &x {b: 1}\nc: *x", "uses an alias"),
    ("a: &x [*x]", "uses an alias"),
    ("<<: {a: 1}", "has a key that YAML does not read as text: `<<`"),
    ("a: [b", "is not YAML: "),
    ("a: b\n--- {}\n", "is not YAML: "),
    ("a: \x00", "is not YAML: it holds signs"),
    ("[" * 3000, "is not YAML: it holds signs or a nesting"),
    ("{a: " * 100_000, "is not YAML: it holds signs or a nesting"),  # libyaml alone ends the process
    ("- " * 100_000, "is not YAML: it holds signs or a nesting"),
    ("", "the file is empty"),
]


@pytest.mark.parametrize(("text", "what"), TRAPS)
def test_trap_is_refused_with_its_line(text: str, what: str) -> None:
    """What YAML would turn into something else is one fault, with a remedy."""
    document = parse(text, file="x.yaml")

    assert [fault.what.startswith(what) or what in fault.what for fault in document.faults] == [True]
    assert document.faults[0].remedy


def test_fault_names_the_line_and_the_place() -> None:
    """A fault deep inside a document says where it is."""
    document = parse("a:\n  b:\n    - c\n    - d: yes\n", file="x.yaml")

    assert str(document.faults[0]).startswith("x.yaml:4: a.b.1.d: `yes` is read by YAML")


def test_lines_are_known_by_path() -> None:
    """The line of a key, or of the nearest key above one that is not there."""
    document = parse("a:\n  b: 1\nc: [x,\n  y]\n", file="x.yaml")

    lines = [document.line(path) for path in (("a",), ("a", "b"), ("c", 1), ("a", "z"), ("z",), ())]

    assert lines == [1, 2, 4, 1, 1, 1]


def test_missing_file_is_a_fault(tmp_path: Path) -> None:
    """A file that is not there is told, not raised."""
    document = read(tmp_path / "x.yaml")

    assert [fault.what for fault in document.faults] == ["the file is missing"]
    assert document.line(("a",)) is None


def test_other_encoding_is_a_fault(tmp_path: Path) -> None:
    """A file that is not UTF-8 is told."""
    (tmp_path / "x.yaml").write_bytes("nom: Gonçalves".encode("latin-1"))

    document = read(tmp_path / "x.yaml")

    assert [fault.what for fault in document.faults] == ["the file cannot be read as UTF-8 text"]


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    """Whatever is written, there is a value or a fault, and never an exception."""
    document = parse(text, file="x.yaml")

    assert document.data is not None or document.faults
