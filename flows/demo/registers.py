"""What the demo company's data protection officer has entered: contracts with processors, training, impact assessments.

Dates are told from the day it is made, so that something is always about to end and something has ended.
"""

from datetime import date, timedelta
from typing import Final

from data_contracts.officer.entries import RegisterName
from data_contracts.officer.registers import checked, ends_on, written
from tasks.case.clock import today
from tasks.rules.officer.registers import trained_until
from tasks.services import services

_ACTOR: Final = "demo"
_ENTRIES: Final[tuple[tuple[RegisterName, str, dict[str, str | int]], ...]] = (
    (RegisterName.PROCESSORS, "printco/dpa", {"reference": "DPA-2024-03", "valid_from": -400, "valid_until": 330}),
    (RegisterName.PROCESSORS, "mailer/dpa", {"reference": "DPA-2024-11", "valid_from": -350, "valid_until": 380}),
    (RegisterName.PROCESSORS, "mailer/soc2", {"reference": "SOC2-81", "valid_from": -385, "valid_until": -20}),
    (RegisterName.PROCESSORS, "helpdeskco/dpa", {"reference": "DPA-2025-02", "valid_from": -200, "valid_until": 530}),
    (RegisterName.PROCESSORS, "cloudlog/dpa", {"reference": "DPA-2023-07", "valid_from": -685, "valid_until": 45}),
    (RegisterName.PROCESSORS, "cloudlog/iso27001", {"reference": "ISO-5521", "valid_from": -90, "valid_until": 1005}),
    (RegisterName.TRAINING, "claire.demo", {"course": "GDPR for DPOs", "done_on": -120, "valid_until": 245}),
    (RegisterName.TRAINING, "marc.demo", {"course": "GDPR basics", "done_on": -315, "valid_until": 50}),
    (
        RegisterName.DPIAS,
        "adtech",
        {"reference": "DPIA-4", "done_on": -700, "review_on": 30, "risk": "medium", "advice_by": "claire.demo"},
    ),
    (
        RegisterName.DPIAS,
        "billing/credit_check",
        {"reference": "DPIA-6", "done_on": -90, "review_on": 640, "risk": "low", "advice_by": "claire.demo"},
    ),
    (
        RegisterName.RECIPIENTS,
        "creditbur",
        {"authorised_from": -900, "authorised_until": 195, "reason": "agreement of the association"},
    ),
)


def enter_demo_registers() -> bool:
    """Enter what the demo company has, unless anything was ever entered; whether it was. Services must be open."""
    register = services().register
    if any(register.entry_history(name) for name in RegisterName):
        return False
    for name, key, said in _ENTRIES:
        facts = written(checked(name, _dated(name, key, said, today()), where=key))
        if name is RegisterName.TRAINING:
            until = trained_until(facts.get(ends_on(name)), services().organisation.time_zone)
            register.put_trainings([(key, facts, until)], actor=_ACTOR)
        else:
            register.put_entry(name, key, facts, actor=_ACTOR)
    return True


def _dated(name: RegisterName, key: str, said: dict[str, str | int], day: date) -> dict[str, str]:
    """Facts with days in the place of numbers of days."""
    facts = {
        fact: (day + timedelta(days=value)).isoformat() if isinstance(value, int) else value
        for fact, value in said.items()
    }
    return facts | ({"kind": key.partition("/")[2]} if name is RegisterName.PROCESSORS else {})
