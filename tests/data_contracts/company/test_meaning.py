"""What contracts say, whatever their files look like."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.company.contract import Contracts
from data_contracts.company.meaning import changes, meaning_of, name_of
from data_contracts.odcs.folder import load, load_texts
from tests.flows.vouching import contracts_saying
from tests.yaml_text import read_yaml, write_yaml

_WORDS = st.dictionaries(st.sampled_from(["a: x", "a.t: y", "a.t: ", "b: "]), st.text(max_size=3))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped contracts, not to be changed."""
    return contracts_saying(tmp_path_factory.mktemp("meaning") / "contracts", {})


@pytest.fixture(scope="module")
def shipped(folder: Path) -> Contracts:
    """What it says."""
    return load(folder)


def _changed(shipped: Contracts, tmp_path: Path, file: str, change: Callable[[Any], None]) -> Contracts:
    for name, text in shipped.files.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    content = read_yaml(tmp_path / file)
    change(content)
    write_yaml(tmp_path / file, content)
    return load(tmp_path)


def test_files_that_were_kept_say_the_same(shipped: Contracts) -> None:
    """What the register keeps of them is read again as it was."""
    again = load_texts(shipped.files)

    assert (again, again.meaning, again.digest) == (shipped, shipped.meaning, shipped.digest)


def test_what_explains_and_changes_nothing_is_no_meaning(shipped: Contracts, tmp_path: Path) -> None:
    """A version and a description are for readers."""

    def change(content: Any) -> None:
        content["version"] = "9.9.9"
        content["schema"][0]["description"] = "Something else."

    changed = _changed(shipped, tmp_path, "systems/crm.odcs.yaml", change)

    assert changed.digest != shipped.digest
    assert changed.meaning == shipped.meaning
    assert changed.is_named(shipped.name)


def test_a_purpose_that_ends_is_told_by_its_place(shipped: Contracts, tmp_path: Path) -> None:
    """What stands in the vocabulary is compared too."""

    def change(content: Any) -> None:
        content["holds"]["accounting_10y"]["law"] = "Another law"

    changed = _changed(shipped, tmp_path, "vocabulary.yaml", change)

    (line,) = changes(meaning_of(shipped), meaning_of(changed))
    assert line.startswith("vocabulary.holds.accounting_10y: law was `")
    assert line.endswith("is `Another law`")


@given(one=_WORDS, other=_WORDS)
def test_there_are_changes_where_meanings_differ(one: dict[str, str], other: dict[str, str]) -> None:
    """The same name, no change; else at least one line."""
    assert (name_of(one) == name_of(other)) == (not changes(one, other)) == (one == other)
