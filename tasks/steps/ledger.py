"""What the register's ledger says of a case's steps (law 2)."""

from tasks.services import services


def is_done(case_id: str, step: str, system: str = "") -> bool:
    """Whether a step, of the whole case or of one system, has its receipt."""
    entry = services().register.step(case_id, step, system)
    return entry is not None and entry.state == "done"
