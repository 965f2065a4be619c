"""The secret of the Prefect server of ``rightsflow up``: ours alone, and new at each start."""

from pathlib import Path

from flows.server.machine import renew_secret
from flows.server.places import environment_for
from flows.settings import Settings


def test_secret_is_new_at_each_start_and_ours_alone(tmp_path: Path) -> None:
    """Nobody but our account reads it, and the one before opens nothing."""
    home = Settings(home=tmp_path)
    renew_secret(home)
    first = environment_for(home, 4200)["PREFECT_SERVER_API_AUTH_STRING"]

    renew_secret(home)
    second = environment_for(home, 4200)["PREFECT_SERVER_API_AUTH_STRING"]

    assert first != second
    assert len(second) > len("rightsflow:") + 40
    assert (tmp_path / "keys" / "prefect-secret").stat().st_mode & 0o777 == 0o600


def test_password_that_people_held_is_gone(tmp_path: Path) -> None:
    """A home of an earlier version goes on by itself; the password in it opens nothing any more."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "prefect-password").write_text("rightsflow:known-to-everybody")

    renew_secret(Settings(home=tmp_path))

    assert not (tmp_path / "keys" / "prefect-password").exists()
    assert "known-to-everybody" not in environment_for(Settings(home=tmp_path), 4200).values()
