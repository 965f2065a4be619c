"""Checkpoints are stamped where an authority is configured; work goes on without it (docs/prove/evidence.md)."""

import base64
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_contracts.errors import SystemUnavailable
from data_contracts.evidence.log import EVIDENCE_LOG
from data_contracts.evidence.time_stamps import StampRefusal
from data_contracts.vocabulary import Right
from flows.duties.audit import carry_out
from flows.watch.checkpoints import checkpoint_facts, checkpoint_in_time
from integrations.monitoring.exposition import metrics_text
from tasks.officer.figures import current_figures
from tests.flows.company import House
from tests.integrations.evidence.stamps.authority import Tsa, running, send


@pytest.fixture
def tsa(tmp_path: Path, house: House) -> Iterator[Tsa]:
    """An authority that the house has configured, by the time of today."""
    (tmp_path / "tsa").mkdir()
    with running(tmp_path / "tsa") as made:
        chosen = {"tsa_url": made.url, "tsa_ca_file": made.ca}
        house.installation.settings = house.installation.settings.model_copy(update=chosen)
        house.clock.moment = datetime.now(UTC)
        yield made


def of_stamps(house: House) -> tuple[int, int]:
    """How many are good, and how many checkpoints there are."""
    found = house.installation.evidence.verify_log()
    assert found.is_whole
    return found.stamps.good, found.checkpoints


def test_every_checkpoint_is_stamped(house: House, tsa: Tsa) -> None:
    """By the watch, and by the command: each once."""
    house.open(Right.ACCESS)
    checkpoint_in_time(house.installation)
    house.open(Right.ACCESS)
    told = checkpoint_facts(house.installation, mail=False)
    checkpoint_in_time(house.installation)

    assert of_stamps(house) == (2, 2)
    assert tsa.asked == 2
    (tsa.folder / "c.txt").write_text(told["checkpoint"], "utf-8")
    (tsa.folder / "c.tsr").write_bytes(base64.b64decode(told["stamp"]))
    command = ["openssl", "ts", "-verify", "-data", "c.txt", "-in", "c.tsr", "-CAfile", "root.pem"]
    subprocess.run(command, cwd=tsa.folder, check=True, capture_output=True)


def test_every_checkpoint_is_published_with_its_stamp(house: House, tsa: Tsa, tmp_path: Path) -> None:
    """By the watch and by the command; an authority away, the checkpoint alone. OpenSSL verifies what lies there."""
    folder = _published(house, tmp_path)
    house.open(Right.ACCESS)
    checkpoint_in_time(house.installation)
    first = sorted(file.name for file in folder.iterdir())
    tsa.answer = lambda call, _query: send(call, b"garbage")
    house.open(Right.ACCESS)
    told = checkpoint_facts(house.installation, mail=False)

    text, stamp = first
    assert (text, stamp) == ("checkpoint-1.txt", "checkpoint-1.txt.tsr")
    assert (folder / f"checkpoint-{told['size']}.txt").read_text("utf-8") == told["checkpoint"]
    assert len(list(folder.iterdir())) == 3
    command = ["openssl", "ts", "-verify", "-data", text, "-in", stamp, "-CAfile", str(tsa.folder / "root.pem")]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def test_folder_that_is_away_stops_nothing_and_is_told(house: House, tmp_path: Path) -> None:
    """The watch writes to the DPO, once for each checkpoint; the command says it."""
    _published(house, tmp_path).rmdir()
    house.open(Right.ACCESS)
    checkpoint_in_time(house.installation)
    checkpoint_in_time(house.installation)

    assert of_stamps(house) == (0, 1)
    assert sum("not published" in mail for mail in house.mails()) == 1
    with pytest.raises(SystemUnavailable, match="check the folder"):
        checkpoint_facts(house.installation, mail=False)


def _published(house: House, tmp_path: Path) -> Path:
    """A folder that the house publishes to."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    house.installation.settings = house.installation.settings.model_copy(update={"checkpoint_folder": folder})
    return folder


def test_nobody_is_asked_where_none_is_configured(house: House) -> None:
    """No stamp, and no trouble."""
    house.open(Right.ACCESS)

    told = checkpoint_facts(house.installation, mail=False)

    assert (told["stamp"], house.installation.register.stamp_trouble()) == ("", None)


def test_trouble_stops_nothing_is_told_once_and_ends(house: House, tsa: Tsa) -> None:
    """Checkpoints go on; tries pause; metrics and audit show it; the DPO gets one mail; what is missing is stamped."""
    tsa.answer = lambda call, _query: send(call, b"garbage")
    house.clock.advance(timedelta(hours=-31))
    for _ in range(30):
        house.open(Right.ACCESS)
        checkpoint_in_time(house.installation)
        house.clock.advance(timedelta(minutes=61))
        checkpoint_in_time(house.installation)

    trouble = house.installation.register.stamp_trouble()
    assert trouble is not None
    assert (trouble.why, trouble.tries) == (StampRefusal.UNREADABLE, tsa.asked)
    assert of_stamps(house) == (0, 30)
    assert sum("get no time stamp" in mail for mail in house.mails()) == 1
    shown = metrics_text(current_figures()).decode()
    assert f"rightsflow_time_stamp_tries_failed {trouble.tries}.0" in shown
    assert 'rightsflow_time_stamp_failing_seconds{why="unreadable"}' in shown
    found = [one for one in carry_out(dry_run=True).shown.findings if one.kind.value == "stamp_missing"]
    assert [one.place for one in found] == [EVIDENCE_LOG]

    tsa.answer = None
    house.clock.moment = datetime.now(UTC) + timedelta(minutes=4)
    house.open(Right.ACCESS)
    checkpoint_in_time(house.installation)

    assert house.installation.register.stamp_trouble() is None
    assert "rightsflow_time_stamp_tries_failed 0.0" in metrics_text(current_figures()).decode()


def test_authority_that_fails_is_asked_again_after_a_pause(house: House, tsa: Tsa) -> None:
    """Not at each sweep."""
    tsa.answer = lambda call, _query: send(call, b"", 503)
    house.open(Right.ACCESS)

    for minutes in (0, 1, 3, 2):
        house.clock.advance(timedelta(minutes=minutes))
        checkpoint_in_time(house.installation)

    assert tsa.asked == 2


def test_settings_that_are_wrong_are_a_trouble_and_stop_nothing(house: House, tsa: Tsa) -> None:
    """A file of certificates that is gone: the checkpoint is made and mailed all the same."""
    tsa.ca.unlink()
    house.open(Right.ACCESS)

    told = checkpoint_facts(house.installation, mail=True)

    trouble = house.installation.register.stamp_trouble()
    assert (told["mailed"], told["stamp"]) == (True, "")
    assert trouble is not None
    assert trouble.why is StampRefusal.MISCONFIGURED


def test_stamp_of_another_checkpoint_in_the_register_is_named(house: House, tsa: Tsa) -> None:
    """What somebody wrote into the database is no stamp; the audit names the log."""
    house.open(Right.ACCESS)
    checkpoint_in_time(house.installation)
    ((size, stamp),) = house.installation.register.stamps().items()
    tsa.url = ""
    house.installation.settings = house.installation.settings.model_copy(update={"tsa_url": ""})
    house.open(Right.ACCESS)
    house.installation.evidence.checkpoint(house.clock())
    house.installation.register.put_stamp(size + 1, stamp)

    found = house.installation.evidence.verify_log()

    assert [str(one) for one in found.findings] == [
        f"log: the time stamp of the checkpoint of {size + 1} records is none: other_imprint"
    ]
    assert "evidence_broken" in {one.kind.value for one in carry_out(dry_run=True).shown.findings}


@pytest.mark.usefixtures("tsa")
def test_checkpoint_that_is_mailed_brings_its_stamp(house: House) -> None:
    """With the words how to verify it."""
    house.open(Right.ACCESS)

    told = checkpoint_facts(house.installation, mail=True)

    (mail,) = [one for one in house.mails() if "Checkpoint of" in one]
    assert told["stamp"]
    assert told["stamp"][:60] in mail.replace("=\n", "")
    assert "openssl ts -verify" in mail
