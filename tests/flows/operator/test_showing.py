"""What the command line shows: tables whose names can be typed again, errors as what, where and remedy."""

import errno
import socket
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import typer

from data_contracts.case.case import Case
from data_contracts.errors import SettingsInvalid
from data_contracts.vocabulary import CaseState, Channel, Right
from flows.runs.wording import plan_table, shown_lines
from flows.server.machine import require_free
from flows.settings import Settings, settings
from flows.terminal import our_errors, table

_LINE = {"system": "crm", "table": "customer", "action": "clear", "columns": ["email"], "ground": None, "note": ""}


def test_what_is_typed_again_is_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """A case id stands whole in a table that is too wide."""
    row = {"case": "C-7K3M-9QXT", "cause": "x" * 300, "digest": "a" * 64}

    table([row], ("case", "cause", "digest"))

    said = capsys.readouterr().out
    assert "C-7K3M-9QXT" in said
    assert "a" * 13 not in said


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.ENOENT])
def test_the_operating_system_is_quoted_in_our_form(code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A full disk or a folder that cannot be written ends in what, where and remedy, and in exit 1."""

    @our_errors
    def command() -> None:
        raise OSError(code, "vendor's text", "folder/state")

    with pytest.raises(typer.Exit):
        command()

    said = capsys.readouterr().err
    assert "folder/state" in said
    assert "Remedy:" in said
    assert "vendor" not in said


def test_a_wrong_setting_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is what a setting is read from, so it is set; its value is not quoted."""
    monkeypatch.setenv("RIGHTSFLOW_SMTP_PORT", "secret")
    settings.cache_clear()

    with pytest.raises(SettingsInvalid) as told:
        settings()

    settings.cache_clear()
    assert told.value.where == "RIGHTSFLOW_SMTP_PORT"
    assert "secret" not in str(told.value)


@pytest.mark.enable_socket
def test_a_taken_port_is_told() -> None:
    """Before anything is made, the port is asked for."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(SettingsInvalid, match="is taken"):
            require_free(taken.getsockname()[1])


def test_no_line_of_no_rows_beside_one_with_rows() -> None:
    """A table without any rows is still told."""
    empty, full, alone = _LINE | {"rows": 0}, _LINE | {"rows": 2}, _LINE | {"rows": 0, "table": "note"}

    shown = shown_lines([empty, full, alone])

    assert shown == [full, alone]


def test_plan_is_summed_up_before_its_table() -> None:
    """The dialog scrolls: how many tables each action concerns stands first."""
    moment, due = datetime(2026, 3, 31, 10, tzinfo=UTC), date(2026, 4, 30)
    case = Case("C-1", Right.ERASURE, Channel.LETTER, "fr", CaseState.PLANNED, "", moment, due, moment, None)
    plan = {"sensitivity": "restricted", "lines": [_LINE | {"rows": 2}], "by_hand": [["billing", "TICKET-1"]]}

    told = plan_table(case, plan)

    assert told.index("clear in 1") < told.index("| clear | 2 | crm.customer |")
    assert "`billing` is handled by hand: TICKET-1" in told


def test_home_is_absolute() -> None:
    """Children of this process run elsewhere and find the same home."""
    assert Settings(home=Path("here")).state.is_absolute()
