"""Services are made when somebody first asks for them."""

from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from tasks.services import Late, Made, Services


def _services(**given: Any) -> Any:  # a port is named by a text here
    """Services whose every port is named after itself."""
    names = [name for name in Services.__dataclass_fields__ if name not in given]
    named: dict[str, Any] = {name: name for name in names}
    return Services(**named, **given)


class Making:
    """Makes something, and counts."""

    def __init__(self) -> None:
        self.made: list[object] = []

    def __call__(self) -> object:
        """The next one."""
        self.made.append(object())
        return self.made[-1]


def test_port_is_made_once_and_not_before() -> None:
    """Whoever asks again gets the same."""
    making = Making()
    provided = _services(judge=Late(making))
    assert making.made == []

    assert [provided.judge, provided.judge] == making.made * 2


def test_what_is_late_stays_late_where_others_take_a_place() -> None:
    """``but`` makes nothing, ``replace`` everything."""
    making = Making()
    provided = _services(judge=Late(making))

    other = provided.but(vault="another")
    assert (other.vault, other.channel, making.made) == ("another", "channel", [])

    assert [replace(other, vault="a third").judge, other.judge] == making.made * 2


def test_threads_that_ask_at_once_get_the_same() -> None:
    """One of them makes it, the others wait."""
    making = Making()
    provided = _services(systems=Late(making))
    seen: list[object] = []

    threads = [Thread(target=lambda: seen.append(provided.systems)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == making.made * 8


def test_what_cannot_be_made_is_tried_again() -> None:
    """A fault goes to whoever asked."""
    tries = iter([True, False])
    provided = _services(contracts=Late(lambda: 1 // 0 if next(tries) else "contracts"))

    with pytest.raises(ZeroDivisionError):
        _ = provided.contracts
    assert provided.contracts == "contracts"


def test_field_of_a_class_has_no_value() -> None:
    """It is given to each object."""
    with pytest.raises(AttributeError, match="judge"):
        _ = Services.judge
    assert isinstance(vars(Services)["judge"], Made)
