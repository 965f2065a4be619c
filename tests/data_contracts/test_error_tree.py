"""Errors: they travel between processes, say what to do, and stand where the tree says."""

import pickle  # noqa: TID251  # how the engine moves errors between processes
import re

import pytest

from data_contracts import errors
from data_contracts.errors import RightsflowError, SystemUnavailable, TerminalError, TransientError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RightsflowError)]


@pytest.mark.parametrize("kind", KINDS)
def test_error_survives_pickling(kind: type[RightsflowError]) -> None:
    """An error comes out of another process with its class and its three parts."""
    error = kind("the token was refused", where="crm", remedy="renew it")

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes

    assert type(copy) is kind
    assert (copy.what, copy.where, copy.remedy) == ("the token was refused", "crm", "renew it")
    assert str(copy) == str(error)


def test_message_says_where_what_and_remedy() -> None:
    """A message reads as place, failure and instruction."""
    error = SystemUnavailable("connection refused", where="crm", remedy="start it, then resume")

    assert str(error) == "crm: connection refused. Remedy: start it, then resume."


def test_message_may_stand_alone() -> None:
    """Place and remedy are left out where the sentence names them."""
    assert str(SystemUnavailable("crm went away")) == "crm went away."


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not RightsflowError])
def test_tree_in_the_docstring_is_the_tree(kind: type[RightsflowError]) -> None:
    """Every error stands on one of the two branches, and in the drawing of them."""
    assert issubclass(kind, TransientError) != issubclass(kind, TerminalError)
    assert re.search(rf"── {kind.__name__}\b", errors.__doc__ or "")
