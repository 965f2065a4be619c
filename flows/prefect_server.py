"""Prefect's server, whose garbage is collected beside its event loop (docs/adr/0009).

Python may collect garbage in whichever thread allocates. In Prefect's server that is the thread of the event loop, and
among the garbage are cursors of SQLite: resetting one waits for its connection, whose own thread may be waiting for
another transaction, that only the event loop can end. Everything then stands still until SQLite's patience is over.
Here a thread of its own collects, which may wait as long as it likes.

Run as ``python -m flows.prefect_server server start …``, with the words of ``prefect``.
"""

import gc
import itertools
import runpy
import threading
import time

_YOUNG_SECONDS = 0.5
_ALL_EVERY = 40
"""Every so-many-th time everything is looked at, not only what is new."""


def collect_beside() -> None:
    """Have a thread collect garbage for as long as the process lives."""
    gc.disable()
    threading.Thread(target=_collect, name="garbage", daemon=True).start()


def _collect() -> None:
    for turn in itertools.count(1):
        time.sleep(_YOUNG_SECONDS)
        gc.collect(2 if turn % _ALL_EVERY == 0 else 1)


if __name__ == "__main__":
    collect_beside()
    runpy.run_module("prefect", run_name="__main__")
