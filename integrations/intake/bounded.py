"""Has a stranger's content read by a program of its own, which may break or run out of what it was granted."""

import subprocess
from collections.abc import Sequence

__all__ = ["read_apart"]


def read_apart(command: Sequence[str], content: bytes, *, seconds: float) -> bytes | None:
    """What the program says of ``content``, which it gets by standard input; None where it breaks or takes too long.

    Args:
        command: our own program, which bounds its memory and processor time itself.
        content: of a stranger.
        seconds: after which it is ended, whatever it waits for.
    """
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=seconds, check=False)  # noqa: S603  # our own program
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 and done.stdout else None
