"""What somebody makes who goes around a constructor."""

from data_contracts.case.confirmed import OF_PLAN, Confirmed


def forged(case_id: str, digest: str, subject: str = OF_PLAN) -> Confirmed:
    """A confirmation of a plan that nobody confirmed, made as unpickling does."""
    made = object.__new__(Confirmed)
    for name, value in zip(("case_id", "digest", "subject"), (case_id, digest, subject), strict=True):
        object.__setattr__(made, name, value)
    return made
