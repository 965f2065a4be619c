"""Puts a mutant into a process that has imported the code: its functions get the changed code object, where they stand.

No module is imported again, so whoever holds the function (a table of routes, a validator of a model, another module)
has the changed one; so have functions that were made inside of it before.
"""

import gc
import types
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from tests.mutants.changes import Mutant
from tests.mutants.packages import ROOT

_Place = tuple[str, str, int]
"""File, qualified name and first line of a function."""


class Functions:
    """The functions of this process, by where they stand."""

    def __init__(self, modules: frozenset[str]) -> None:
        """Look at every object there is; done once, before any process is forked."""
        self._at: Final[dict[_Place, list[types.FunctionType]]] = defaultdict(list)
        files = {str(ROOT / module) for module in modules}
        for thing in gc.get_objects():
            if isinstance(thing, types.FunctionType) and thing.__code__.co_filename in files:
                self._at[_place(thing.__code__)].append(thing)

    def swap(self, mutant: Mutant) -> bool:
        """Put the mutant in. False where that cannot be done: the change is in no function's body."""
        file = str(ROOT / mutant.module)
        inside = f"{mutant.function}.<locals>."
        codes = [
            code
            for code in _codes(compile(mutant.source(), file, "exec", dont_inherit=True))
            if code.co_qualname == mutant.function or code.co_qualname.startswith(inside)
        ]
        places = Counter(map(_place, codes))
        found = [
            (function, code)
            for code in codes
            for function in self._at[_place(code)]
            # Of two lambdas on one line nobody knows which is which.
            if places[_place(code)] == 1 and function.__code__ != code
        ]
        if any(len(function.__code__.co_freevars) != len(code.co_freevars) for function, code in found):
            return False
        for function, code in found:
            function.__code__ = code
        return bool(found)


def _place(code: types.CodeType) -> _Place:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield inner
            yield from _codes(inner)
