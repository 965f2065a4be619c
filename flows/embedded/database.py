"""The embedded database: a PostgreSQL of the home's own, for the register and for Prefect.

It listens on a socket in a folder that its owner alone may enter, and asks for a password that lies beside our keys; no
port is open. Whoever works with it holds it (:meth:`EmbeddedDatabase.held`): the first starts it, the last ends it,
whichever process that is, so that a command works beside ``rightsflow up`` and without it.
"""

import fcntl
import os
import secrets
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from data_contracts.errors import SystemUnavailable
from flows.embedded.places import PORT, Places
from flows.embedded.software import Software, installed, kept_in, owner

__all__ = ["REGISTER", "SERVER", "EmbeddedDatabase"]

REGISTER: Final = "rightsflow"
"""The database of our register."""
SERVER: Final = "prefect"
"""The database of Prefect's server."""

_ACCOUNT: Final = "rightsflow"
_START_SECONDS: Final = 120
_STARTS: Final = 4
_FIRST_WITH_BUILTIN: Final = 17
_CONFIGURATION: Final = """\
# Written by Rightsflow at each start; changes made here are lost.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 300
shared_buffers = 64MB
max_wal_size = 512MB
# What was wiped shall be in no old file (law 1): an old segment of the write-ahead log is removed, not used again.
wal_recycle = off
timezone = 'UTC'
log_timezone = 'UTC'
max_parallel_workers_per_gather = 0
jit = off
# A log of faults, without what a statement held.
log_destination = 'stderr'
logging_collector = off
log_min_messages = warning
log_min_error_statement = panic
log_error_verbosity = terse
log_line_prefix = '%m [%p] '
idle_in_transaction_session_timeout = '10min'
"""


class EmbeddedDatabase(Places):
    """The database below one home."""

    __slots__ = ()

    @property
    def is_made(self) -> bool:
        """Whether it has been set up."""
        return self.made.exists()

    @property
    def keeps_register(self) -> bool:
        """Whether the home's register is in it."""
        return self.holds_register.exists()

    def keep_register(self, moved: Path | None = None) -> None:
        """Say that the register is in it from now on.

        Args:
            moved: the SQLite file that it was moved from; None for a new one.
        """
        self.holds_register.write_text("" if moved is None else _number_of(moved), "ascii")

    def was_moved_from(self, file: Path) -> bool:
        """Whether the register was moved from this very file, and not from one that somebody put there later."""
        return self.holds_register.read_text("ascii") == _number_of(file)

    @property
    def is_answering(self) -> bool:
        """Whether somebody listens on its socket."""
        with closing(socket.socket(socket.AF_UNIX)) as tried:
            try:
                tried.connect(str(self.socket))
            except OSError:
                return False
        return True

    def url(self, database: str, driver: str = "psycopg") -> str:
        """SQLAlchemy URL of one of its databases; it holds no password, but the file that holds it."""
        places = f"host={quote(str(self.sockets))}&passfile={quote(str(self.password))}"
        return f"postgresql+{driver}://{_ACCOUNT}@/{database}?{places}"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Have it run until the block ends; made where it is not there yet.

        Raises:
            SettingsInvalid: when this machine has no PostgreSQL for it.
            SystemUnavailable: when it does not start.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            raise _no_room(self.folder) from None
        with _lock_file(self.folder / "users.lock") as users:
            with self._turn():
                fcntl.flock(users, fcntl.LOCK_SH)
                self._ensure()
            try:
                yield
            finally:
                with self._turn():
                    fcntl.flock(users, fcntl.LOCK_UN)
                    self._end_unless_held(users.fileno())

    def ensure(self) -> None:
        """Start it again where it has ended; whoever calls this holds it.

        Raises:
            SystemUnavailable: when it does not start.
        """
        if not self.is_answering:
            with self._turn():
                self._ensure()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Alone among those who start and end it."""
        with _lock_file(self.folder / "start.lock") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield

    def _ensure(self) -> None:
        if self.is_made and self.is_answering and not self.is_unfinished:
            return
        software = installed()
        try:
            if not self.is_made:
                self._make(software)
            elif self.renewing.exists() or self.version != software.major:
                self._renew(software)
            elif not self.is_answering:
                self._start(software)
            self._tidy(software)
        except OSError:
            raise _no_room(self.folder) from None

    def _make(self, software: Software) -> None:
        self._new_cluster(software)
        for database in (REGISTER, SERVER):
            self.statements("postgres", f"CREATE DATABASE {database}")
        self.made.touch(mode=0o600)

    def _new_cluster(self, software: Software) -> None:
        """An empty server that runs; what a broken try left is removed."""
        if self.is_answering:
            self._stop(software)
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        _give(self.data)
        password = self._kept_password() or self._new_password()
        # initdb asks for the password twice; a file of it would have to be read by another account.
        words = ("--auth=scram-sha-256", f"--username={_ACCOUNT}", "--pwprompt", "--no-instructions")
        places = ("--pgdata", str(self.data), "--encoding=UTF8", "--wal-segsize=4", *_locale(software.major))
        software.run("initdb", *places, *words, given=f"{password}\n{password}\n")
        self._start(software)

    def _tidy(self, software: Software) -> None:
        """Keep a copy of the programs: only their version reads the data, and an upgrade takes the installed ones away.

        What taking over left behind is removed.
        """
        for place in (self.taken_over, self.dumps):
            shutil.rmtree(place, ignore_errors=True)
        kept = kept_in(self.software)
        if not kept.is_there or kept.major != software.major:
            draft = self.folder / "software.part"
            shutil.rmtree(draft, ignore_errors=True)
            software.copy_to(draft)
            shutil.rmtree(self.software, ignore_errors=True)
            draft.rename(self.software)

    def _renew(self, software: Software) -> None:
        """Take the data over into a new major version, by dump and restore; begun anew where a try broke off.

        Raises:
            SystemUnavailable: when a step fails; the data of the old version are whole.
        """
        self.renewing.touch(mode=0o600)
        if self.is_answering:
            self._stop(software)
        if self.old_data.exists():
            shutil.rmtree(self.data, ignore_errors=True)
            self.old_data.rename(self.data)
        if self.version != software.major:
            self._dump(software)
            self.data.rename(self.old_data)
            self._new_cluster(software)
            for database in (REGISTER, SERVER):
                self.statements("postgres", f"CREATE DATABASE {database}")
                self._run(software, "pg_restore", database, "--exit-on-error", str(self.dumps / database))
            self.old_data.rename(self.taken_over)  # from here on the new data count
        else:
            self._start(software)
        self.renewing.unlink()

    def _dump(self, software: Software) -> None:
        """Write what the data of the old version hold to files, with the programs that were kept for it."""
        shutil.rmtree(self.dumps, ignore_errors=True)
        self.dumps.mkdir(mode=0o700)
        _give(self.dumps)
        before = kept_in(self.software)
        self._start(before)
        words = ("--format=custom", "--no-statistics", "--file")
        for database in (REGISTER, SERVER):
            self._run(software, "pg_dump", database, *words, str(self.dumps / database))
        self._stop(before)

    def copy_to(self, database: str, file: Path) -> None:
        """Write what a database holds at one moment to a file; whoever calls this holds it.

        Raises:
            SystemUnavailable: when it cannot be read, or the file cannot be written.
        """
        with self._outbox() as folder:
            words = ("--format=custom", "--no-statistics", "--file", str(folder / database))
            self._run(installed(), "pg_dump", database, *words)
            shutil.copyfile(folder / database, file)

    def take_from(self, database: str, file: Path) -> None:
        """Fill an empty database with what :meth:`copy_to` wrote; whoever calls this holds it.

        Raises:
            SystemUnavailable: when the file is none of that kind, or the database cannot take it.
        """
        with self._outbox() as folder:
            shutil.copyfile(file, folder / database)
            words = ("--exit-on-error", "--single-transaction", str(folder / database))
            self._run(installed(), "pg_restore", database, *words)

    @contextmanager
    def _outbox(self) -> Iterator[Path]:
        """A folder that its programs can read and write, too."""
        folder = self.folder / f"copying-{os.getpid()}"
        try:
            folder.mkdir(mode=0o700)
            _give(folder)
            yield folder
        except OSError:
            raise _no_room(folder) from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run(self, software: Software, program: str, database: str, *words: str) -> None:
        """Run one of the programs that speak to the server."""
        who = ("--host", str(self.sockets), "--username", _ACCOUNT, "--dbname", database, "--no-password")
        software.run(program, *who, *words, password_file=self.password)

    def _start(self, software: Software) -> None:
        self.sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.sockets.stat().st_uid != os.geteuid() and owner() is None:
            raise SystemUnavailable(
                "the folder of the database's socket belongs to another account",
                where=str(self.sockets),
                remedy="remove it, or set RIGHTSFLOW_HOME to a folder with a shorter path",
            )
        _give(self.sockets)
        configuration = self.data / "postgresql.conf"
        configuration.write_text(_CONFIGURATION.format(sockets=str(self.sockets).replace("'", "''")), "utf-8")
        _give(configuration)
        log = self.home / "logs" / "database.log"
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        log.touch(mode=0o600)
        _give(log)
        patience = ("--wait", f"--timeout={_START_SECONDS}", "--silent")
        for attempt in Retrying(
            # Processes of a server that was killed end by themselves, and hold the files until then.
            retry=retry_if_exception_type(SystemUnavailable),
            stop=stop_after_attempt(_STARTS),
            wait=wait_fixed(1),
            reraise=True,
        ):
            with attempt:
                software.run("pg_ctl", "start", *patience, "--pgdata", str(self.data), "--log", str(log))

    def _end_unless_held(self, users: int) -> None:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another process works with it, and ends it
        if self.is_answering:
            self._stop(installed())

    def _stop(self, software: Software) -> None:
        software.run("pg_ctl", "stop", "--wait", "--mode=fast", "--silent", "--pgdata", str(self.data))

    def statements(self, database: str, *texts: str) -> None:
        """Carry out statements one after the other on one connection, each a transaction of its own.

        Raises:
            SystemUnavailable: when the database cannot be reached or refuses one.
        """
        import psycopg  # noqa: PLC0415  # pays for what it uses

        try:
            with psycopg.connect(**self._given(database)) as connection:
                for text in texts:
                    connection.execute(text.encode())
        except psycopg.Error as error:
            raise SystemUnavailable(
                f"the embedded database refused a statement ({type(error).__name__})",
                where="embedded database",
                remedy="read logs/database.log in the home",
            ) from None

    def _given(self, database: str) -> dict[str, Any]:
        places = {"host": str(self.sockets), "port": PORT, "passfile": str(self.password)}
        return {"user": _ACCOUNT, "dbname": database, "connect_timeout": 30, "autocommit": True, **places}

    def _kept_password(self) -> str:
        """The password that is there already; empty where none is."""
        try:
            return self.password.read_text("ascii").strip().rpartition(":")[2]
        except FileNotFoundError:
            return ""

    def _new_password(self) -> str:
        """A new password, kept beside our keys as libpq reads it."""
        password = secrets.token_urlsafe(32)
        self.password.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError):
            self.password.unlink()
        with open(os.open(self.password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as made:  # noqa: PTH123  # opened for its owner alone
            made.write(f"*:*:*:{_ACCOUNT}:{password}\n")
        return password


def _number_of(file: Path) -> str:
    """What tells a file from another of the same name."""
    return str(file.stat().st_ino)


def _locale(major: str) -> Sequence[str]:
    """Words that order text by code point, as SQLite does, on any machine."""
    if int(major) < _FIRST_WITH_BUILTIN:
        return ("--locale=C",)
    return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")


def _no_room(folder: Path) -> SystemUnavailable:
    return SystemUnavailable(
        "the embedded database's files cannot be made or written",
        where=str(folder),
        remedy="make room on the disk, and see that the home is a folder of ours",
    )


def _lock_file(file: Path) -> IO[str]:
    return open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="ascii")  # noqa: PTH123  # opened for its owner alone


def _give(place: Path) -> None:
    """Have the account own a place that the database's programs run as."""
    account = owner()
    if account is not None:
        os.chown(place, account, account)
