"""``python -m tests.rooms``: print the figures of the house, and draw its rooms into ``docs`` from what they import.

A room is a folder of a layer, or a module that lies beside the folders. An arrow says that the room at its tail imports
from the room at its head. An arrow that follows from two others is left out of the picture and counted in the figures.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import grimp

ROOT: Final = Path(__file__).parents[1]
LAYERS: Final = ("flows", "tasks", "integrations", "data_contracts")
_PAGE: Final = next((ROOT / "docs").rglob("architecture.md"))
_BEGIN: Final = "<!-- made by python -m tests.rooms: from here -->"
_END: Final = "<!-- to here -->"

Arrows = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Layer:
    """One of the four packages.

    Attributes:
        arrows: by room, the rooms that it imports from.
    """

    name: str
    arrows: Arrows

    @property
    def floors(self) -> int:
        """Rooms of the longest way down."""

        @cache
        def height(room: str) -> int:
            return 1 + max((height(below) for below in self.arrows[room]), default=0)

        return max(height(room) for room in self.arrows)

    @property
    def count(self) -> int:
        """Arrows between rooms."""
        return sum(len(below) for below in self.arrows.values())

    def drawn(self) -> Iterator[tuple[str, str]]:
        """Arrows that follow from no others."""

        @cache
        def below(room: str) -> frozenset[str]:
            return self.arrows[room].union(*(below(one) for one in self.arrows[room]))

        for room, heads in sorted(self.arrows.items()):
            for head in sorted(heads):
                if not any(head in below(other) for other in heads - {head}):
                    yield room, head


def layers() -> list[Layer]:
    """The four packages as they are imported today.

    Raises:
        RecursionError: where rooms import each other in a circle; import-linter says which.
    """
    graph = grimp.build_graph(*LAYERS, cache_dir=None, exclude_type_checking_imports=False)
    found = []
    for layer in LAYERS:
        arrows: dict[str, set[str]] = {}
        for module in sorted(graph.modules):
            if module.startswith(f"{layer}."):
                room = module.split(".")[1]
                heads = {one.split(".")[1] for one in graph.find_modules_directly_imported_by(module)
                         if one.startswith(f"{layer}.")}  # fmt: skip
                arrows.setdefault(room, set()).update(heads - {room})
        found.append(Layer(layer, {room: frozenset(heads) for room, heads in arrows.items()}))
    return found


def purpose(layer: str, room: str) -> str:
    """The first sentence of a room."""
    folder = ROOT / layer / room
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def _pages() -> Iterator[str]:
    for layer in layers():
        yield f"### `{layer.name}/`: {len(layer.arrows)} rooms, {layer.floors} floors, {layer.count} arrows"
        yield ""
        drawn = list(layer.drawn())
        if drawn:
            yield from ("```mermaid", "flowchart TD")
            yield from (f"    {room} --> {head}" for room, head in drawn)
            yield from ("```", "")
        yield "| room | what lives there |"
        yield "| --- | --- |"
        for room in sorted(layer.arrows):
            ending = "/" if (ROOT / layer.name / room).is_dir() else ".py"
            yield f"| `{layer.name}/{room}{ending}` | {purpose(layer.name, room).replace('|', '/')} |"
        yield ""


def drawn_page() -> str:
    """The page with the rooms of today between its two marks."""
    text = _PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{_BEGIN}\n\n" + "\n".join(_pages()) + f"\n{_END}{after}"


def page() -> str:
    """The page as it lies there."""
    return _PAGE.read_text(encoding="utf-8")


def main() -> None:
    """Write the page."""
    _PAGE.write_text(drawn_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
