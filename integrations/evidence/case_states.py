"""What a verification remembers of each case: those seen last in memory, the others in a file that ends with it.

So memory does not grow with the number of cases. Cases of a log lie close together: a page of thousands is at hand.

    >>> states = CaseStates()
    >>> states.put("C-1", (3, "ab"))
    >>> states.of("C-1"), states.of("C-2")
    ((3, 'ab'), None)
"""

import json
import sqlite3
from itertools import islice
from typing import Final

from data_contracts.errors import SystemUnavailable

State = tuple[int | str, ...]

_AT_HAND: Final = 8_192


class CaseStates:
    """States by case; each is a tuple of numbers and words."""

    def __init__(self) -> None:
        """Begin with none. The file has no name, and SQLite deletes it when the connection ends."""
        self._near: dict[str, State] = {}
        self._far = sqlite3.connect("", isolation_level=None)
        for setting in ("cache_size = -2048", "journal_mode = OFF", "synchronous = OFF"):
            self._far.execute(f"PRAGMA {setting}")
        self._far.execute("CREATE TABLE far (name TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID")

    def of(self, case_id: str) -> State | None:
        """What was put last for a case; None for one that is new.

        Raises:
            SystemUnavailable: when the disk for temporary files is full.
        """
        found = self._near.pop(case_id, None)
        if found is None:
            try:
                row = self._far.execute("SELECT state FROM far WHERE name = ?", (case_id,)).fetchone()
            except sqlite3.Error:
                raise _full() from None
            found = None if row is None else tuple(json.loads(row[0]))
        if found is not None:
            self._near[case_id] = found  # at the end: it was seen last
        return found

    def put(self, case_id: str, state: State) -> None:
        """Remember the state of a case.

        Raises:
            SystemUnavailable: as above.
        """
        self._near[case_id] = state
        if len(self._near) > _AT_HAND:
            self._put_away()

    def _put_away(self) -> None:
        away = list(islice(self._near, _AT_HAND // 2))
        rows = [(name, json.dumps(self._near.pop(name))) for name in away]
        try:
            self._far.execute("BEGIN")
            self._far.executemany("INSERT OR REPLACE INTO far VALUES (?, ?)", rows)
            self._far.execute("COMMIT")
        except sqlite3.Error:
            raise _full() from None


def _full() -> SystemUnavailable:
    what, remedy = "a temporary file cannot be written", "make room in its folder, or name another in SQLITE_TMPDIR"
    return SystemUnavailable(what, where="evidence", remedy=remedy)
