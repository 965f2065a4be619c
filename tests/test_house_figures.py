"""Figures of the house that may only fall: each is counted, and has a ceiling."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_LAYERS = ("flows", "tasks", "integrations", "data_contracts")

IMPORTS_INSIDE_FUNCTIONS = 29
"""Each has its reason beside it: what it brings takes long, or reads the environment when it is imported."""


def imports_inside_functions(module: ast.Module) -> list[int]:
    """Lines of the imports that are carried out when a function is called; those for types alone do not count."""
    return sorted({line for function in _functions(module) for line in _imports(function)})


def _functions(module: ast.Module) -> Iterator[ast.AST]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def _imports(node: ast.AST) -> Iterator[int]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child.lineno
        elif not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from _imports(child)


def _lines() -> list[str]:
    files = sorted(file for layer in _LAYERS for file in (_ROOT / layer).rglob("*.py"))
    return [
        f"{file.relative_to(_ROOT)}:{line}"
        for file in files
        for line in imports_inside_functions(ast.parse(file.read_text("utf-8")))
    ]


def test_imports_stand_at_the_top() -> None:
    """Few imports stand inside functions, and no more than there were."""
    found = _lines()

    assert len(found) <= IMPORTS_INSIDE_FUNCTIONS, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("import a\n\ndef f():\n    pass\n", []),
        ("def f():\n    import a\n    from b import c\n", [2, 3]),
        ("class C:\n    async def f(self):\n        if x:\n            import a\n", [4]),
        ("def f():\n    def g():\n        import a\n", [3]),
        ("def f():\n    if TYPE_CHECKING:\n        import a\n", []),
    ],
)
def test_imports_are_counted(text: str, lines: list[int]) -> None:
    """At any depth, each once; not those at the top, nor those for types."""
    assert imports_inside_functions(ast.parse(text)) == lines
