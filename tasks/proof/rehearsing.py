"""The rehearsal: whatever can refuse an act is found before people decide (law 13).

The orders of the act are carried out in each system where nothing can be committed. It is no step of the act: nothing
is claimed, nothing stays, and a process that is killed leaves nothing behind. What a system refuses, a person reads at
the outage gate, before anybody is asked to approve.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from data_contracts.case.plan import RehearsedSystem
from data_contracts.connectors.keys import Order
from data_contracts.connectors.rehearsing import Limits, Refusal, Rehearsal
from data_contracts.errors import ContractMismatch
from data_contracts.evidence.records import Record
from tasks.services import services

REHEARSE: Final = "rehearse"


def is_rehearsed(case_id: str) -> bool:
    """Whether the policy has the orders of this case's right tried beforehand."""
    provided = services()
    return provided.register.case(case_id).right in provided.policy.rehearsal.rights


def rehearse_orders(case_id: str, system: str, orders: Sequence[Order]) -> int:
    """Try the orders of one system; how many tables accepted them.

    Raises:
        ContractMismatch: when the system refuses one; it names table, column and constraint.
    """
    provided = services()
    if not orders or not is_rehearsed(case_id):
        return 0
    entry = provided.register.step(case_id, REHEARSE, system)
    if entry is not None and entry.state == "done":
        return int(str(entry.receipt["accepted"]))
    limits = provided.policy.rehearsal
    said = provided.systems.connector(system).rehearse(orders, Limits(limits.lock_seconds, limits.total_seconds))
    if said.refusals:
        raise refused(system, said.refusals)
    facts = _facts(said)
    provided.register.complete(case_id, REHEARSE, system, receipt=facts, record=Record(REHEARSE, system, facts))
    return int(facts["accepted"])


def rehearsed_systems(case_id: str) -> tuple[RehearsedSystem, ...]:
    """What the systems accepted, for the plan."""
    found = []
    for (name, system), entry in services().register.steps(case_id).items():
        if name == REHEARSE and entry.state == "done":
            receipt: Mapping[str, Any] = entry.receipt
            left_out = tuple((table, why, about) for table, why, about in receipt["left_out"])
            appeared = tuple((table, rows) for table, rows in receipt["appeared"])
            counts = receipt["tables"], receipt["accepted"]
            found.append(RehearsedSystem(system, *counts, left_out, appeared, receipt["partial"]))
    return tuple(sorted(found))


def refused(system: str, refusals: Sequence[Refusal]) -> ContractMismatch:
    """What a person reads of refusals; what the driver said goes to the vault."""
    told = "; ".join(f"{one.place(system)}: {one.what}" for one in refusals)
    remedies = dict.fromkeys(one.remedy for one in refusals)
    one = refusals[0]
    error = ContractMismatch(
        f"{one.what if len(refusals) == 1 else told} (rehearsed before anybody approves; nothing was changed)",
        where=one.place(system) if len(refusals) == 1 else system,
        remedy="; ".join(remedies),
    )
    return error.with_detail("\n".join(f"{one.place(system)}: {one.detail}" for one in refusals))


def _facts(said: Rehearsal) -> dict[str, Any]:
    return {
        "tables": len(said.tables),
        "accepted": sum(one.is_accepted for one in said.tables),
        "left_out": [[one.table, one.not_rehearsed.value, one.about] for one in said.tables if one.not_rehearsed],
        "appeared": [[one.table, one.rows] for one in said.appeared],
        "partial": said.is_partial,
    }
