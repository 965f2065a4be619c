"""Served by a process of its own: ``python -m tests.prefect.corners.asking FOLDER``."""

import os
import sys
from pathlib import Path

from prefect import flow
from prefect.context import FlowRunContext
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput


class Answer(RunInput):
    """What a person types."""

    word: str


@flow(name="asking", persist_result=False)
def asking(folder: str, key: str = "", breaks: int = 0) -> str:
    """Note that the first line ran, ask, note the answer; break after the answer in the first so many starts.

    Args:
        folder: where notes are kept.
        key: of the question; empty: a new one for each start that asks.
        breaks: how many starts fail once the answer is there.
    """
    context = FlowRunContext.get()
    assert context is not None
    assert context.flow_run is not None
    run = context.flow_run
    _note(folder, run.id, f"start {run.run_count} {os.getpid()}")
    answer = suspend_flow_run(wait_for_input=Answer, key=key or f"gate-{run.run_count}", timeout=3600)
    _note(folder, run.id, f"answer {answer.word}")
    if len(notes(folder, run.id, "answer")) <= breaks:
        raise ValueError("as it was told to")
    return answer.word


def _note(folder: str, run: object, text: str) -> None:
    with (Path(folder) / str(run)).open("a", encoding="utf-8") as file:
        file.write(text + "\n")


def notes(folder: str | Path, run: object, word: str) -> list[str]:
    """What a run noted that begins so."""
    file = Path(folder) / str(run)
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [line for line in lines if line.startswith(word)]


if __name__ == "__main__":
    asking.serve(
        name="corners", parameters={"folder": sys.argv[1]}, pause_on_shutdown=False, print_starting_message=False
    )
