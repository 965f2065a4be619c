"""How often something was tried: counts that outlive a restart, so that a limit cannot be waited out by crashing us."""

from datetime import datetime, timedelta
from typing import Protocol


class CallCounts(Protocol):
    """The part of the register that counts tries in windows of time. Keys are digests or names, never personal data."""

    def count_call(self, key: str, window: timedelta, at: datetime) -> int:
        """Count one try; how many there are now in the window that ``at`` lies in, this one included."""

    def uncount_call(self, key: str, window: timedelta, at: datetime) -> None:
        """Give back a try that was counted in the window that ``at`` lies in, since it did not fail."""

    def calls(self, key: str, window: timedelta, at: datetime) -> int:
        """How many tries there are in the window that ``at`` lies in."""

    def forget_calls(self, before: datetime) -> int:
        """Forget windows that ended before then; how many."""
