"""Writes down every effect of every life: ``python -m tests.flows.kill.record``.

The list stands in a file, because tests are named before any process is started. A test compares it with what happens.
"""

import json
import tempfile
from pathlib import Path

from tests.flows.kill.client import EFFECTS, started
from tests.flows.kill.stories import STORIES


def record() -> None:
    """Live each life once, and write its effects to :data:`EFFECTS`."""
    found: dict[str, dict[str, int]] = {}
    with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as lives:
        for name in STORIES:
            with lives.home() as home:
                found[name] = lives.live(home, name)["recorded"]
    EFFECTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record()
