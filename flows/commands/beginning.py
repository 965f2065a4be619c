"""What every command does first."""

import os

from flows.home.private import UMASK
from flows.server.places import join
from flows.settings import settings
from flows.terminal import our_errors, quiet

__all__ = ["begin"]


@our_errors
def begin() -> None:
    """Let nobody else read what this process writes, use the server of the home, and keep libraries quiet.

    Call it before anything of Prefect is imported: its settings are read then.
    """
    os.umask(UMASK)
    join(settings())
    quiet()
