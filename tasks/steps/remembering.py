"""What a case's steps read is read once: sealed parts while one process carries the case, answers within one attempt.

Steps ask for the same request, search and receipts again and again, through functions that know nothing of each other.
Two things are kept, each as long as nobody else writes it:

* **in an attempt of a step** (:func:`remembering`): the case, its receipts and gates, the names of its sealed parts.
  A write to the register or the vault forgets them, also one that fails.
* **while a process has the lease of a case** (:func:`carried`): sealed parts that its own steps write and no person or
  door does, with what was made of them. A write of a part forgets that part.

Whether a part is there is asked in each attempt, so that one that is lost is noticed by the next step.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from copy import copy
from threading import Lock, get_ident
from typing import Any, BinaryIO, Final, TypeVar, cast

from data_contracts.ports.register import Register
from data_contracts.ports.vault import Vault
from tasks.services import services, use

__all__ = ["carried", "remembered", "remembering"]

_T = TypeVar("_T")
_KEPT: Final = frozenset({"case", "former_owners", "gates", "step", "steps"})
"""Questions to the register whose answers are kept."""
_ASKED: Final = frozenset(
    {"cases_of", "erased_keys", "former_keys", "gate", "holds_on", "operator", "recovery", "restricted_cases",
     "restrictions_by", "run", "subject_keys", "timeline"}
)  # fmt: skip
"""Questions whose answers are not kept, and which change nothing. Every other method is taken for a write."""
_OWN: Final = ("request", "located", "search.", "again.", "keys.", "held.")
"""How names begin of parts that are sealed when a case is opened, or by its steps, and by nobody else."""
_LARGEST: Final = 1 << 20
"""Bytes of a sealed part that is kept; a larger one is streamed each time."""


class _Parts:
    """Sealed parts of one case, and what was made of them, while a process carries the case."""

    def __init__(self, case_id: str) -> None:
        self.case_id = case_id
        self._lock = Lock()
        self._written = 0
        self._parts: dict[str, bytes] = {}
        self._made: dict[tuple[str, Callable[[Any], Any]], Any] = {}

    def holds(self, case_id: str, name: str) -> bool:
        """Whether a part is one that is kept here."""
        return case_id == self.case_id and name.startswith(_OWN)

    def part(self, name: str) -> bytes | None:
        """The part, if it is kept."""
        return self._parts.get(name)

    def made(self, name: str, make: Callable[[Any], _T], read: Callable[[], Any]) -> _T:
        """What ``make`` makes of a part; made once."""
        if (name, make) not in self._made:
            written = self._written
            value = make(read())
            with self._lock:
                if written != self._written:
                    return value
                self._made[name, make] = value
        return cast("_T", self._made[name, make])

    def keep(self, name: str, part: bytes, written: int) -> None:
        """Keep a part, unless something was written since it was read."""
        with self._lock:
            if written == self._written:
                self._parts[name] = part

    @property
    def written(self) -> int:
        """How often something was written."""
        return self._written

    def forget(self, name: str = "") -> None:
        """A part is written, or all are destroyed."""
        with self._lock:
            self._written += 1
            self._parts = {} if not name else {one: part for one, part in self._parts.items() if one != name}
            self._made = {} if not name else {key: made for key, made in self._made.items() if key[0] != name}


_carried: ContextVar[_Parts | None] = ContextVar("rightsflow_carried", default=None)
_attempt_in: ContextVar[int] = ContextVar("rightsflow_attempt", default=0)
"""The thread that an attempt of a step runs in, while one does."""


@contextmanager
def carried(case_id: str) -> Iterator[None]:
    """Keep sealed parts of a case inside the block, which must hold its lease."""
    token = _carried.set(_Parts(case_id))
    try:
        yield
    finally:
        _carried.reset(token)


@contextmanager
def remembering() -> Iterator[None]:
    """Keep answers inside the block; inside another such block of the same thread, that one keeps them.

    A step that asks systems side by side has a thread for each, and each thread keeps its own.
    """
    here = get_ident()
    if _attempt_in.get() == here:
        yield
        return
    own = services()
    answers = _Answers(own.register.answers if isinstance(own.register, _Register) else None)
    register = _Register(own.register.true if isinstance(own.register, _Register) else own.register, answers)
    vault = _Vault(own.vault.true if isinstance(own.vault, _Vault) else own.vault, answers, _carried.get())
    token = _attempt_in.set(here)
    try:
        with use(own.but(register=cast("Register", register), vault=vault)):
            yield
    finally:
        _attempt_in.reset(token)


def remembered(case_id: str, name: str, make: Callable[[Any], _T], read: Callable[[], Any]) -> _T:
    """What ``make``, a function of a module, makes of what ``read`` reads of a sealed part; nobody changes it."""
    parts = _carried.get()
    if parts is None or not isinstance(services().vault, _Vault) or not parts.holds(case_id, name):
        return make(read())
    return parts.made(name, make, read)


class _Answers:
    """Answers that are kept, until something is written here or in a thread that this one started."""

    def __init__(self, around: "_Answers | None") -> None:
        self._around = around
        self.register: dict[Any, Any] = {}
        self.names: dict[str, list[str]] = {}

    def forget(self) -> None:
        """Ask anew from now on."""
        self.register.clear()
        self.names.clear()
        if self._around is not None:
            self._around.forget()


class _Register:
    """The register, some answers of which are kept."""

    def __init__(self, true: Register, answers: _Answers) -> None:
        self.true = true
        self.answers = answers

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the register has
        method = getattr(self.true, name)
        if name in _KEPT:
            return self._kept(name, method)
        if name in _ASKED or not callable(method):
            return method
        return self._writing(method)

    def _kept(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*args: Any, **how: Any) -> Any:  # noqa: ANN401  # as the method
            question = (name, args, tuple(sorted(how.items())))
            known = self.answers.register
            answer = known[question] if question in known else known.setdefault(question, method(*args, **how))
            return copy(answer)  # a caller may put something into a list of its own

        return asked

    def _writing(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def write(*args: Any, **how: Any) -> Any:  # noqa: ANN401  # as the method
            try:
                return method(*args, **how)
            finally:
                self.answers.forget()

        return write


class _Vault:
    """The vault, parts of which are kept; implements the port ``Vault``."""

    def __init__(self, true: Vault, answers: _Answers, parts: _Parts | None) -> None:
        self.true = true
        self._answers = answers
        self._parts = parts

    @contextmanager
    def write(self, case_id: str, name: str) -> Iterator[BinaryIO]:
        """See the port; afterwards the part is read anew."""
        try:
            with self.true.write(case_id, name) as blob:
                yield blob
        finally:
            self._forget(name)

    def read(self, case_id: str, name: str) -> AbstractContextManager[BinaryIO]:
        """See the port."""
        if self._parts is None or not self._parts.holds(case_id, name) or name not in self.names(case_id):
            return self.true.read(case_id, name)
        part = self._parts.part(name)
        return self._read(self._parts, name) if part is None else _opened(part)

    @contextmanager
    def _read(self, parts: _Parts, name: str) -> Iterator[BinaryIO]:
        written = parts.written
        with self.true.read(parts.case_id, name) as blob:
            head = blob.read(_LARGEST + 1)
            if len(head) <= _LARGEST:
                parts.keep(name, head, written)
                yield io.BytesIO(head)
            else:
                yield cast("BinaryIO", io.BufferedReader(_Rest(head, blob)))

    def has(self, case_id: str, name: str) -> bool:
        """See the port."""
        return name in self.names(case_id)

    def names(self, case_id: str) -> list[str]:
        """See the port."""
        if case_id not in self._answers.names:
            self._answers.names[case_id] = self.true.names(case_id)
        return list(self._answers.names[case_id])

    def remove(self, case_id: str, name: str) -> None:
        """See the port; afterwards the part is read anew."""
        try:
            self.true.remove(case_id, name)
        finally:
            self._forget(name)

    def destroy(self, case_id: str) -> None:
        """See the port; afterwards everything is read anew."""
        try:
            self.true.destroy(case_id)
        finally:
            self._forget()

    def _forget(self, name: str = "") -> None:
        self._answers.forget()
        if self._parts is not None:
            self._parts.forget(name)


class _Rest(io.RawIOBase):
    """A stream of which the beginning was read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._head, self._rest = memoryview(head), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  # a writable buffer
        if self._head:
            count = min(len(buffer), len(self._head))
            buffer[:count], self._head = self._head[:count], self._head[count:]
            return count
        got = self._rest.read(len(buffer))
        buffer[: len(got)] = got
        return len(got)


@contextmanager
def _opened(part: bytes) -> Iterator[BinaryIO]:
    yield io.BytesIO(part)
