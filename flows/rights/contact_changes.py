"""Waiting before a contact changes: whoever reads the old one can stop it (see :mod:`tasks.life.contact_changes`)."""

from flows.rights.stages import send
from flows.runs.gates import ask
from tasks.life.contact_changes import (
    changes_contact,
    contact_question,
    release_change,
    settle_contact_change,
    tell_old_contact,
)


def may_change_contact(case_id: str) -> bool:
    """Whether an approved change may be carried out, once nobody stopped it in time; False when it was refused."""
    if not changes_contact(case_id):
        return True
    send(case_id, lambda: tell_old_contact(case_id))
    release_change(case_id)
    while (question := contact_question(case_id)) is not None:
        ask(case_id, question)
    return settle_contact_change(case_id)
