"""The picture of the house is that of today, and its rooms do not crowd again."""

from collections import Counter

from tests import rooms

_CEILINGS = {"flows": (18, 13, 82), "tasks": (15, 11, 85), "integrations": (12, 2, 4), "data_contracts": (17, 7, 44)}
"""Rooms, floors and arrows of a layer; each may only fall."""
_MODULES = 25


def test_picture_is_that_of_today() -> None:
    """``python -m tests.rooms`` would change nothing."""
    assert rooms.page() == rooms.drawn_page()


def test_house_grows_no_higher() -> None:
    """Rooms, floors and arrows stay below what they were."""
    above = {
        layer.name: (len(layer.arrows), layer.floors, layer.count)
        for layer in rooms.layers()
        if any(now > most for now, most in zip(
            (len(layer.arrows), layer.floors, layer.count), _CEILINGS[layer.name], strict=True
        ))
    }  # fmt: skip

    assert above == {}


def test_no_folder_is_a_heap() -> None:
    """A folder has at most 25 modules, of the tests too; migrations are a list."""
    folders = Counter(
        file.parent.relative_to(rooms.ROOT).as_posix()
        for top in (*rooms.LAYERS, "tests")
        for file in (rooms.ROOT / top).rglob("*.py")
        if "versions" not in file.parts and file.name != "__init__.py"
    )

    assert {folder: count for folder, count in folders.items() if count > _MODULES} == {}


def test_every_room_says_what_lives_there() -> None:
    """In one sentence."""
    silent = [
        f"{layer.name}/{room}" for layer in rooms.layers() for room in layer.arrows
        if not rooms.purpose(layer.name, room).rstrip().endswith((".", "?"))
    ]  # fmt: skip

    assert silent == []
