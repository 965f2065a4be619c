"""The part of a life that rights which change values share: agree, change, prove (Art. 16, 18, 21)."""

from collections.abc import Callable

from flows.rights.acting import agree_on_plan, until_proven
from flows.rights.stages import over_systems
from tasks.act.changing import Changing, unmeasured
from tasks.act.erasure import systems_in_order
from tasks.case.changed_plan import as_approved
from tasks.case.plans import confirmed
from tasks.search.reach import try_handled
from tasks.services import services


def change_until_proven(case_id: str, steps: Changing, *, may_act: Callable[[str], bool] = lambda _: True) -> bool:
    """Plan, have people approve, change every system and prove it; False when it ended in a refusal."""
    if not agree_on_plan(case_id, steps.measure, steps.plan, steps.confirm, may_act=may_act, rehearse=steps.rehearse):
        return False
    with as_approved(case_id):
        act_until_proven(case_id, steps)
    return True


def act_until_proven(case_id: str, steps: Changing) -> None:
    """Change every system as planned and prove it; a plan must have been confirmed."""

    def act() -> None:
        over_systems(case_id, steps.change.under(confirmed(case_id)), systems_in_order(case_id), in_order=True)

    def prove() -> None:
        try_handled(case_id)
        steps.prove(case_id, over_systems(case_id, steps.recount, services().contracts.systems, beyond=unmeasured))

    until_proven(case_id, act, prove)
