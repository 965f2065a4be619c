"""What ``rightsflow --help`` lists: names, one line of help each, and where the function of a command is.

The tables lie in the packages of the commands (``COMMANDS``). Reading them imports no command.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Command", "Group", "Panel"]


class Panel(StrEnum):
    """A box of the help, in the order in which they are shown."""

    START = "Start"
    CASES = "Cases"
    GATES = "Gates"
    MAIL = "Mail"
    DUTIES = "Duties"
    OFFICER = "Officer"
    OPERATIONS = "Operations"


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        name: as it is typed.
        function: ``folder.module:name`` below ``flows.commands``; from ``flows.`` on, what lies with what it starts.
        text: one line of help, the first of the function's docstring.
        panel: the box of the help; within a group, none.
        aliases: names that the command had before; they work and are not shown.
    """

    name: str
    function: str
    text: str
    panel: Panel | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Commands under one word.

    Attributes:
        name: as it is typed.
        text: one line of help.
        panel: the box of the help.
        commands: the commands, in the order in which they are shown.
    """

    name: str
    text: str
    panel: Panel
    commands: tuple[Command, ...]
