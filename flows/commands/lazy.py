"""Typer commands that are imported when they are called; help and completion of names import none.

Typer makes the context of a command before it does anything else with it: that is where a :class:`LateCommand` hands
over to the command that it stands for. What must be done before a command is imported is done there too, so that what
it imports reads an environment that is complete.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from flows.commands.entries import Command, Group

__all__ = ["LateCommand", "grown"]

_PACKAGE = "flows.commands"


class LateCommand(TyperCommand):
    """Stands for a command until it is called."""

    def __init__(self, entry: Command, name: str, before: Callable[[], None]) -> None:
        """Keep where the command is.

        Args:
            entry: what the help tells of it.
            name: how it is called here; another one than the entry's is not shown.
            before: done before it is imported to be called.
        """
        text, is_hidden = entry.text, name != entry.name
        super().__init__(name, help=text, short_help=text, hidden=is_hidden, rich_help_panel=entry.panel)
        self._function = entry.function
        self._before = before

    @cached_property
    def real(self) -> TyperCommand:
        """The command itself, imported now."""
        module, _, name = self._function.partition(":")
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        place = module if module.startswith("flows.") else f"{_PACKAGE}.{module}"
        app.command(self.name)(getattr(import_module(place), name))
        made = typer.main.get_command(app)
        assert isinstance(made, TyperCommand)  # noqa: S101  # an application with one command is that command
        return made

    def make_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # whatever Typer gives, and its context
        """The context of the command itself, whose options and function it knows."""
        if not kwargs.get("resilient_parsing"):  # a shell that completes words calls nothing
            self._before()
        return self.real.make_context(*args, **kwargs)


def grown(group: TyperGroup, entries: Iterable[Command | Group], before: Callable[[], None]) -> TyperGroup:
    """The group with commands that come late; panels stand in their order, entries in the order given.

    Args:
        group: that they are added to.
        entries: what is added.
        before: done before a command is imported to be called.
    """
    placed = sorted(entries, key=_place)
    for entry in placed:
        if isinstance(entry, Group):
            within = TyperGroup(
                name=entry.name,
                help=entry.text,
                short_help=entry.text,
                no_args_is_help=True,
                rich_help_panel=entry.panel,
            )
            group.add_command(grown(within, entry.commands, before))
            continue
        for name in (entry.name, *entry.aliases):
            group.add_command(LateCommand(entry, name, before))
    return group


def _place(entry: Command | Group) -> int:
    panels: Sequence[Any] = [*type(entry.panel)] if entry.panel is not None else []
    return panels.index(entry.panel) if panels else 0
