"""What steps of a case read is read once, and never older than what was written."""

import io
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from typing import Any, BinaryIO

import pytest

from data_contracts.ports.vault import Vault
from data_contracts.vocabulary import Right
from flows.runs.leases import carrying
from tasks.services import services, use
from tasks.steps.remembering import carried, remembered, remembering
from tests.flows.company import House


class Counted:
    """A port that counts what it is asked."""

    def __init__(self, true: Any) -> None:
        self._true, self.asked = true, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        def asked(*args: Any, **how: Any) -> Any:
            self.asked[name] += 1
            return getattr(self._true, name)(*args, **how)

        return asked


@pytest.fixture
def case_id(house: House) -> str:
    """A case of which nothing was done yet."""
    return house.open(Right.ACCESS)


@pytest.fixture
def counted(house: House) -> Iterator[tuple[Counted, Counted]]:
    """Register and vault of the services in use, counted."""
    own = house.installation.services
    register, vault = Counted(own.register), Counted(own.vault)
    with use(replace(own, register=register, vault=vault)):
        yield register, vault


def _write(case_id: str, name: str, part: bytes) -> None:
    with services().vault.write(case_id, name) as blob:
        blob.write(part)


def _read(case_id: str, name: str) -> bytes:
    with services().vault.read(case_id, name) as blob:
        return blob.read()


def test_attempt_asks_once(case_id: str, counted: tuple[Counted, Counted]) -> None:
    """The case, its steps and the names of its parts; the next attempt asks anew."""
    register, vault = counted
    for attempt in (1, 2):
        with remembering(), remembering():
            for _ in range(3):
                services().register.steps(case_id)
                services().vault.has(case_id, "request")
        assert (register.asked["steps"], vault.asked["names"]) == (attempt, attempt)


def test_nothing_is_kept_without_an_attempt(case_id: str, counted: tuple[Counted, Counted]) -> None:
    """Doors and commands see what is there now."""
    register, _ = counted
    services().register.steps(case_id)
    services().register.steps(case_id)

    assert register.asked["steps"] == 2


def test_own_write_is_seen_at_once(case_id: str, house: House) -> None:
    """A receipt that the step writes, also where the write fails afterwards."""
    with remembering():
        assert services().register.step(case_id, "a step") is None
        services().register.complete(case_id, "a step", receipt={"rows": 1}, record=None)
        entry = services().register.step(case_id, "a step")

    assert entry is not None
    assert entry.receipt == {"rows": 1}
    assert house.installation.register.step(case_id, "a step") == entry


def test_answer_that_a_caller_changes_is_not_what_is_kept(case_id: str, house: House) -> None:
    """A list of gates is the caller's own."""
    house.run(case_id)
    with remembering():
        services().register.gates(case_id).clear()

        assert services().register.gates(case_id)


def test_part_is_opened_once_while_the_case_is_carried(case_id: str, counted: tuple[Counted, Counted]) -> None:
    """In whichever attempt; a process that does not carry the case opens it each time."""
    _, vault = counted
    with carried(case_id):
        for _ in range(3):
            with remembering():
                _read(case_id, "request")
    assert vault.asked["read"] == 1

    with remembering():
        _read(case_id, "request")
    with carried("C-ANOT-HERA"), remembering():
        _read(case_id, "request")
    assert vault.asked["read"] == 3


def test_part_that_others_write_is_opened_each_time(case_id: str, counted: tuple[Counted, Counted]) -> None:
    """Such as who a door proved the data subject to be."""
    _, vault = counted
    _write(case_id, "proven", b"one")
    with carried(case_id):
        with remembering():
            assert _read(case_id, "proven") == b"one"
        _write(case_id, "proven", b"two")  # as another process does
        with remembering():
            assert _read(case_id, "proven") == b"two"
    assert vault.asked["read"] == 2


@pytest.mark.usefixtures("house")
def test_part_that_is_written_is_read_anew(case_id: str) -> None:
    """The bytes, and what was made of them; of a part that is written beside it too, in a thread of its own."""

    def made() -> str:
        return remembered(case_id, "keys.crm", bytes.decode, lambda: _read(case_id, "keys.crm"))

    def beside() -> None:
        with use(outer), remembering():
            _write(case_id, "keys.crm", b"three")

    with carried(case_id), remembering():
        _write(case_id, "keys.crm", b"one")
        assert made() == "one"
        _write(case_id, "keys.crm", b"two")
        assert (made(), _read(case_id, "keys.crm")) == ("two", b"two")
        outer = services()
        context = copy_context()
        thread = threading.Thread(target=context.run, args=(beside,))
        thread.start()
        thread.join()
        assert (made(), _read(case_id, "keys.crm")) == ("three", b"three")


@pytest.mark.usefixtures("house")
def test_name_of_a_part_that_is_written_or_removed_is_known_at_once(case_id: str) -> None:
    """In the attempt that writes it."""
    with remembering():
        assert not services().vault.has(case_id, "keys.crm")
        _write(case_id, "keys.crm", b"one")
        assert services().vault.has(case_id, "keys.crm")
        services().vault.remove(case_id, "keys.crm")
        assert not services().vault.has(case_id, "keys.crm")


@pytest.mark.usefixtures("house")
def test_receipt_of_a_thread_beside_is_seen_afterwards(case_id: str) -> None:
    """A step that asks systems side by side sees what each of them wrote."""

    def beside() -> None:
        with remembering():
            services().register.complete(case_id, "beside", receipt={}, record=None)

    with remembering():
        assert services().register.step(case_id, "beside") is None
        thread = threading.Thread(target=copy_context().run, args=(beside,))
        thread.start()
        thread.join()
        assert services().register.step(case_id, "beside") is not None


def test_whoever_holds_the_lease_carries_the_case(case_id: str, counted: tuple[Counted, Counted]) -> None:
    """The lease is what keeps other writers out."""
    _, vault = counted
    with carrying(case_id):
        for _ in range(2):
            with remembering():
                _read(case_id, "request")

    assert vault.asked["read"] == 1


@pytest.mark.usefixtures("house")
def test_what_is_made_while_the_part_is_written_is_not_kept(case_id: str) -> None:
    """It was made of the old bytes."""
    _write(case_id, "search.crm", b"old")
    meanwhile = iter([lambda: _write(case_id, "search.crm", b"new")])

    def read() -> bytes:
        part = _read(case_id, "search.crm")
        next(meanwhile, lambda: None)()
        return part

    with carried(case_id), remembering():
        assert remembered(case_id, "search.crm", bytes.decode, read) == "old"
        assert remembered(case_id, "search.crm", bytes.decode, read) == "new"


@pytest.mark.usefixtures("house")
def test_part_that_was_lost_is_missed_by_the_next_attempt(case_id: str) -> None:
    """Whether a part is there is asked each time (issue: an absent thing is never an empty thing)."""
    with carried(case_id):
        with remembering():
            assert _read(case_id, "request")
        services().vault.remove(case_id, "request")
        with remembering():
            assert not services().vault.has(case_id, "request")
            with pytest.raises(Exception, match="no such blob"):
                _read(case_id, "request")


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_001])
@pytest.mark.usefixtures("house")
def test_part_of_any_size_is_whole(case_id: str, size: int) -> None:
    """A large one is streamed, and not kept."""
    part = bytes(range(251)) * (size // 251 + 1)
    _write(case_id, "search.crm", part[:size])
    with carried(case_id), remembering():
        assert _read(case_id, "search.crm") == part[:size]
        with services().vault.read(case_id, "search.crm") as blob:
            pieces = list(iter(lambda: blob.read(70_001), b""))
    assert b"".join(pieces) == part[:size]


@pytest.mark.usefixtures("house")
def test_what_is_read_while_it_is_written_is_not_kept(case_id: str) -> None:
    """One thread reads the old bytes, another writes: the old ones are not there afterwards."""
    _write(case_id, "search.crm", b"old")
    own = services()
    slow = _Slow(own.vault, lambda: _write(case_id, "search.crm", b"new"))
    with use(replace(own, vault=slow)), carried(case_id), remembering():
        assert _read(case_id, "search.crm") == b"old"
        assert _read(case_id, "search.crm") == b"new"


class _Slow:
    """A vault in which something happens between reading and having read."""

    def __init__(self, true: Vault, meanwhile: Any) -> None:
        self._true, self._meanwhile = true, meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._true, name)

    @contextmanager
    def read(self, case_id: str, name: str) -> Iterator[BinaryIO]:
        """Read, then let it happen once."""
        with self._true.read(case_id, name) as blob:
            part = blob.read()
        meanwhile, self._meanwhile = self._meanwhile, lambda: None
        meanwhile()
        yield io.BytesIO(part)
