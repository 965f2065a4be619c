"""Access (Art. 15): the plan of what is disclosed, and the sealed answer package."""

from data_contracts.case.confirmed import Confirmed
from tasks.act.packing import pack, plan_of
from tasks.case.plans import freeze, planned
from tasks.identity.requesters import purpose_of
from tasks.rules.act.redaction import ACCESS, Showing
from tasks.rules.people.requesters import narrowed
from tasks.steps.acting import act
from tasks.steps.step import step, until_done


@step("plan", watched=until_done("plan"))
def plan_access(case_id: str) -> str:
    """The plan of what is disclosed, from what was staged; returns its digest."""
    return planned(case_id) or freeze(plan_of(case_id, access_showing(case_id)))


@act("act")
def build_package(case_id: str, confirmed: Confirmed) -> int:
    """Build and seal the answer package, as people approved it; the number of rows in it."""
    return pack(case_id, access_showing(case_id), confirmed)


def access_showing(case_id: str) -> Showing:
    """Everything about the subject; for heirs what serves their purpose (LIL Art. 85 II)."""
    return narrowed(ACCESS, purpose_of(case_id))
