"""What a name stands for: a case exercises a right, a run carries out a duty; both have gates, evidence, a vault."""

from data_contracts.case.runs import is_run
from data_contracts.vocabulary import Duty, Right
from tasks.services import services


def matter_of(name: str) -> Right | Duty:
    """The right of a case, or the duty of a run.

    Raises:
        CaseUnknown: when there is none of that name.
    """
    register = services().register
    return register.run(name).duty if is_run(name) else register.case(name).right
