"""The mutants of a module: mutmut says what is changed and how, this module where it stands and what it is called.

mutmut's own rules hold (annotations, ``len`` and ``isinstance``, docstrings are left as they are), with two changes:

* Decorated functions are changed too. mutmut leaves them out, and with them every property and every call of a door.
* The words of messages are left out: texts of several words, what is named ``what``, ``why``, ``how`` or ``remedy``,
  and what a ``raise`` says. What a sentence says is for people to read; that an error is raised is not left out.
"""

import ast
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import Mutation, MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

from tests.mutants.packages import ROOT

_WORDS: Final = re.compile(r"[A-Za-z]\W* \W*[A-Za-z]")
"""A text of more than one word: it is read by people."""
_NAMES: Final = frozenset({"what", "why", "how", "remedy"})
"""Names of variables and arguments that hold words."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one place.

    Attributes:
        key: names the change by the texts of its line before and after; another key once the line is another.
        function: the function it is in, by qualified name; empty at the top of a module or class.
        end: the last line of that function.
        line: where the statement at the top of the module begins that has the change.
    """

    key: str
    module: str
    function: str
    first: int
    last: int
    was: str
    now: str
    end: int
    line: int
    _top: cst.CSTNode
    _mutation: Mutation

    def source(self) -> str:
        """The statement at the top of the module that has the change, as changed, at its own line numbers."""
        changed = deep_replace(self._top, self._mutation.original_node, self._mutation.mutated_node)
        return "\n" * (self.line - 1) + cst.Module(body=()).code_for_node(changed)  # type: ignore[arg-type]

    def whole(self) -> str:
        """The whole module, as changed."""
        before = cst.Module(body=()).code_for_node(self._top).count("\n")
        lines = (ROOT / self.module).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = "".join(lines[: self.line - 1])
        return kept + self.source()[self.line - 1 :] + "".join(lines[self.line - 1 + before :])


@dataclass(frozen=True, slots=True)
class Found:
    """The mutants of a module, in the order of its lines, and how many are left out as words of messages."""

    mutants: tuple[Mutant, ...]
    words: int


class _Visitor(MutationVisitor):
    """mutmut's visitor, but for decorators and words."""

    def __init__(self) -> None:
        super().__init__(mutation_operators, IgnoredCode(set(), set(), set()))
        self.words = 0
        self._said: set[cst.CSTNode] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Raise):
            self._said.update(_below(node))
        return super().on_visit(node)

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef) and node.decorators:
            return super()._skip_node_and_children(node.with_changes(decorators=()))
        return super()._skip_node_and_children(node)

    def _create_mutations(self, node: cst.CSTNode) -> None:
        before = len(self.mutations)
        super()._create_mutations(node)
        made = self.mutations[before:]
        kept = [one for one in made if node not in self._said and not _is_words(node, one.mutated_node)]
        self.words += len(made) - len(kept)
        self.mutations[before:] = kept


def _is_words(node: cst.CSTNode, changed: cst.CSTNode) -> bool:
    """Whether a change is one of words alone."""
    if isinstance(node, cst.SimpleString):
        return _WORDS.search(node.value) is not None
    if isinstance(node, cst.Assign):
        return isinstance(node.targets[0].target, cst.Name) and node.targets[0].target.value in _NAMES
    if not isinstance(node, cst.Call) or not isinstance(changed, cst.Call):
        return False
    kept = {id(argument) for argument in changed.args}
    gone = [argument for argument in node.args if id(argument) not in kept]
    return bool(gone) and all(one.keyword is not None and one.keyword.value in _NAMES for one in gone)


def _below(node: cst.CSTNode) -> set[cst.CSTNode]:
    found, rest = set(), [node]
    while rest:
        found.add(rest[-1])
        rest.extend(rest.pop().children)
    return found


def mutants_of(module: str) -> Found:
    """Every mutant of a module.

    Args:
        module: its path from the root of the repository.
    """
    code = (ROOT / module).read_text(encoding="utf-8")
    parsed = cst.parse_module(code)
    wrapper = MetadataWrapper(parsed)
    visitor = _Visitor()
    tree = wrapper.visit(visitor)
    place = _Places(tree, wrapper, code, module)
    made = [mutant for mutation in visitor.mutations if (mutant := place.mutant(mutation)) is not None]
    return Found(tuple(_named(made)), visitor.words)


class _Places:
    """Where the nodes of a module stand."""

    def __init__(self, tree: cst.Module, wrapper: MetadataWrapper, code: str, module: str) -> None:
        self._module = module
        self._tree = tree
        self._positions = wrapper.resolve(PositionProvider)
        self._lines = code.splitlines()
        self._functions = _functions(code)
        self._tops: dict[cst.CSTNode, tuple[cst.CSTNode, int]] = {}
        line = 1 + len(tree.header)
        for statement in tree.body:
            self._tops.update(dict.fromkeys(_below(statement), (statement, line)))
            line += tree.code_for_node(statement).count("\n")

    def mutant(self, mutation: Mutation) -> Mutant | None:
        """The mutant, its key still to be counted; None where the change is none."""
        top, line = self._tops[mutation.original_node]
        span = self._positions[mutation.original_node]
        was, now = (self._tree.code_for_node(node) for node in (mutation.original_node, mutation.mutated_node))
        if was == now:
            return None
        function, end = self._function(span.start.line)
        return Mutant(
            key=_text(self._lines[span.start.line - 1 : span.end.line]),
            module=self._module,
            function=function,
            first=span.start.line,
            last=span.end.line,
            was=_text([was]),
            now=_text([now]),
            end=end,
            line=line,
            _top=top,
            _mutation=mutation,
        )

    def _function(self, line: int) -> tuple[str, int]:
        """The outermost function that has the line in its body, and its last line."""
        return next(((name, last) for name, first, last in self._functions if first <= line <= last), ("", line))


def _text(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())


def _functions(code: str) -> list[tuple[str, int, int]]:
    """Qualified name, first and last line of the functions of a module and the methods of its classes."""
    found: list[tuple[str, int, int]] = []

    def look(body: list[ast.stmt], inside: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                look(node.body, f"{inside}{node.name}.")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append((f"{inside}{node.name}", node.lineno, node.end_lineno or node.lineno))

    look(ast.parse(code).body, "")
    return found


def _named(made: list[Mutant]) -> list[Mutant]:
    """The mutants of a module with their keys: alike changes of alike lines in one function are counted.

    A key does not name the module: one that moves keeps what was found.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    named = []
    for mutant in made:
        alike = (mutant.function, mutant.key, mutant.was, mutant.now)
        seen[alike] += 1
        digest = hashlib.sha256("\0".join([*alike, str(seen[alike])]).encode()).hexdigest()[:8]
        named.append(replace(mutant, key=digest))
    return named
