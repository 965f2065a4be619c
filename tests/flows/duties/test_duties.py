"""Who may be written to and whose data may be shared, worked out by hand; what lies in systems: ``tests/whose``."""

from pathlib import Path

import pyarrow.csv as pv
import pytest

from flows.officer.key_files import answers_to, read_key_lines
from tasks.officer.permissions import ask_about, ask_about_each, use_of
from tests.flows.officer.test_permissions import a_line, enter


@pytest.mark.usefixtures("house")
def test_which_consent_counts(tmp_path: Path) -> None:
    """Ana agreed to offers, Ben to a partner's alone, Cleo took hers back, Dan objected to all marketing."""
    enter(
        a_line(value="ana@example.org"),
        a_line(value="ben@example.org", recipient="energypart"),
        a_line(value="ben@example.org", recipient="energypart", stance="informed", notice_version="1"),
        a_line(value="ana@example.org", recipient="energypart", stance="informed", notice_version="1"),
        a_line(value="cleo@example.org"),
        a_line(value="cleo@example.org", stance="withdrawn", at="2026-02-01"),
        a_line(value="dan@example.org"),
        a_line(value="dan@example.org", stance="objected", at="2026-02-01"),
    )
    keys = tmp_path / "keys.csv"
    keys.write_text("kind;value\nemail;ana@example.org\n\nemail;CLEO@example.org\nemail;no address\n", "utf-16")

    def own(name: str) -> bool:
        return ask_about(use_of("prospecting"), {"email": [f"{name}@example.org"]}).may

    def share(name: str) -> bool:
        return ask_about(use_of("prospecting", "energypart"), {"email": [f"{name}@example.org"]}).may

    told: dict[str, tuple[object, object]] = {
        "Ana agreed to our offers (Art. 6(1)(a))": (own("ana"), True),
        "a consent to our own use is none to a partner's": (share("ana"), False),
        "Ben agreed to the partner's use by name, and was informed": (share("ben"), True),
        "Cleo took hers back, as easily as she gave it (Art. 7(3))": (own("cleo"), False),
        "Dan objected, and nobody weighs that (Art. 21(3))": (own("dan"), False),
        "who never said anything agreed to nothing": (own("eve"), False),
        "lines are the file's own: a blank line and the head count, whatever the encoding and separator": (
            [(one.number, one.kind) for part in read_key_lines(keys, ["email"]) for one in part],
            [(2, "email"), (4, "email"), (5, "email")],
        ),
        "answers.csv says the file's lines, and no to what is no key": (
            _answers(keys, tmp_path / "answers.csv"), [("2", "yes"), ("4", "no"), ("5", "no")],
        ),
    }  # fmt: skip
    assert {why: pair for why, pair in told.items() if pair[0] != pair[1]} == {}


def _answers(keys: Path, answers: Path) -> list[tuple[str, str]]:
    """Line and answer of each line of the file, as somebody reads it beside the list of keys."""
    with answers_to(answers) as file:
        for batch in read_key_lines(keys, ["email"]):
            said = next(ask_about_each(use_of("prospecting"), [[(one.kind, one.value) for one in batch]]))
            file.write([one.may for one in said], [one.reason for one in said], lines=[one.number for one in batch])
    table = pv.read_csv(answers)
    return [(str(line), may) for line, may in zip(table["line"].to_pylist(), table["may"].to_pylist(), strict=True)]
