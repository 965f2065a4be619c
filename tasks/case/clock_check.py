"""Says when the clock of this machine disagrees with the register or with its database."""

from datetime import timedelta

from tasks.rules.clock.clocks import jump_of, said_of
from tasks.services import services

__all__ = ["clock_said"]


def clock_said() -> str:
    """A sentence about a clock that is off, without its full stop; empty where nothing speaks against it."""
    provided = services()
    jump = jump_of(provided.now(), provided.register.clock_marks())
    return said_of(jump) if jump is not None else ""


def back_said(earlier: timedelta) -> str:
    """What a time line says where the clock was set back; empty where it was not."""
    return f"clock set back by {str(earlier).partition('.')[0]}" if earlier else ""
