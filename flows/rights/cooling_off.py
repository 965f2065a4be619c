"""Waiting before an approved erasure, in which the request can be taken back (see :mod:`tasks.life.cooling_off`)."""

from flows.rights.stages import case_of, send
from flows.runs.gates import ask
from tasks.life.cooling_off import cooling_question, has_cooling_off, release_erasure, tell_cooling_off


def may_erase(case_id: str) -> bool:
    """Whether an approved erasure may be carried out now; False when the request was taken back meanwhile."""
    if not has_cooling_off(case_id):
        return True
    send(case_id, lambda: tell_cooling_off(case_id))
    release_erasure(case_id)
    while (question := cooling_question(case_id)) is not None:
        ask(case_id, question)
    return not case_of(case_id).outcome
