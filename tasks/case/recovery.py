"""A way back from a mistake: what an erasure takes stays sealed for some days (Art. 17, 32(1)(c)).

The order, where the policy says ``recovery_days``:

1. people who approve read what is kept, until when, and what cannot be given back;
2. *the copy begins*: the last day is noted before anything is copied. It never moves: an act that is done again later
   is copied until that day, and not at all after it;
3. *each system*: its rows are copied and sealed in the transaction that erases them, so that both see the same rows.
   A process that is killed leaves a copy that nobody needs, and the next try makes another; none is written over;
4. the verdict names the copy, the data subject is told of it, and of its last day;
5. *the end*: the key is destroyed and the sealed rows are taken away, when the last day is over or what was erased was
   given back. That nothing can be opened any more is tried, and evidence says so.

Whoever is erased again because a backup brought them back is not written to, so that nothing is kept of them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from data_contracts.case.plan import Remaining
from data_contracts.case.verdicts import StayGround, Staying
from data_contracts.connectors.keys import Order
from data_contracts.connectors.recovering import (
    ENDED,
    IN_PART,
    RESTORE,
    RESTORED,
    TIME_OVER,
    CopyHead,
    GivesBack,
    NotCopied,
    RecoveryCopy,
    space_of,
)
from data_contracts.errors import RightsflowError, StepFailed, VaultSealed
from data_contracts.evidence.records import Facts, Record
from data_contracts.vocabulary import Gate, Right
from tasks.case.clock import today
from tasks.case.erased_again import follows
from tasks.case.parts import PARTS, lost
from tasks.case.plans import plan_receipt, planned
from tasks.rules.act.moving import moved_keys
from tasks.rules.clock.recovery import is_over, last_day
from tasks.services import services
from tasks.steps.ledger import is_done

if TYPE_CHECKING:
    import pyarrow as pa

RECOVERY: Final = "recovery"
"""Step of the ledger: the copy begins, until its last day."""
COPY: Final = "recovery copy"
"""Rows of one system were sealed, each time it was acted on."""
WITHOUT_COPY: Final = "without_copy"
"""Key of the receipt of ``archive``: how the case ends once the copy is destroyed."""
PLACE: Final = "recovery copy"
"""What the verdict calls the place."""
OURS: Final = "rightsflow"
"""The system that the place is in: the vault."""
_PLANNED: Final = "recovery plan"
_ERASING: Final = frozenset({"delete", "clear", "mask", "pseudonymise", "shred"})
HEAD: Final = b"head"
"""Key of the schema's metadata in a blob: what the copy is of."""
_WHY: Final[Mapping[NotCopied, str]] = {
    NotCopied.SYSTEM: "the system cannot copy and erase in one transaction",
    NotCopied.NO_KEY: "the table has no primary key",
    NotCopied.INHERITED: "other tables inherit from it",
    NotCopied.TOO_WIDE: "the table has too many columns",
    NotCopied.KEY_REPLACED: "a key of the table is replaced with all that refers to it",
}


def keeps_copy(case_id: str) -> bool:
    """Whether the policy has what this case erases kept for a while."""
    provided = services()
    is_erasure = provided.register.case(case_id).right is Right.ERASURE
    return is_erasure and bool(provided.policy.recovery_days) and not follows(case_id)


def recovery_words(case_id: str) -> str:
    """What people who approve are told of the copy, and of what cannot be given back; empty where none is kept."""
    if not keeps_copy(case_id):
        return ""
    days = services().policy.recovery_days
    said = (
        f"\n\n**What is erased stays sealed for {days} days**, under a key of its own. Until then two people can have "
        f"it given back (`rightsflow erasures give-back {case_id}`); then the key is destroyed. The data subject "
        "is told."
    )
    left = _asked_left_out(case_id)
    if not left:
        return said
    lines = "".join(f"\n- {place}: {_WHY[NotCopied(why)]}" for place, why in sorted(left.items()))
    return f"{said}\n\n**Cannot be given back:**{lines}"


def sealing(case_id: str, system: str, orders: Sequence[Order]) -> "Sealing | None":
    """What seals the rows that orders take before they are carried out; None where nothing is kept of them."""
    if not orders or not _begin(case_id) or services().systems.connector(system).giver() is None:
        return None
    return Sealing(case_id, system, orders)


def copy_of(case_id: str) -> RecoveryCopy | None:
    """The copy that can be given back; None where there is none, or its time is over."""
    copy = services().register.recovery(case_id)
    return None if copy is None or is_over(copy.until, today()) else copy


def told_until(case_id: str) -> str:
    """ISO date of the copy's last day, as the data subject is told; empty where nothing is sealed."""
    copy = copy_of(case_id)
    if copy is None or not sealed_rows(case_id):
        return ""
    require_copies(case_id)
    return copy.until.isoformat()


def require_copies(case_id: str) -> None:
    """That every blob is there which an act says that it sealed.

    Raises:
        VaultSealed: when one is gone; it is named.
    """
    space = space_of(case_id)
    held = services().vault.names(space)
    for (name, place), entry in services().register.steps(case_id).items():
        if name != COPY or entry.state != "done":
            continue
        made: Any = entry.receipt.get(PARTS, [f"{place}."] if entry.receipt["rows"] else [])
        # What was sealed before blobs were named has at least one.
        gone = [
            one for one in made if not any(blob == one or (one[-1] == "." and blob.startswith(one)) for blob in held)
        ]
        if gone:
            raise lost(space, gone[0])


def sealed_rows(case_id: str) -> int:
    """How many rows are sealed; those of an act that was begun again are counted each time."""
    return sum(rows for one in _receipts(case_id) for rows in one["rows"].values())


def copy_place(case_id: str) -> tuple[Staying, ...]:
    """The copy as a place of the verdict; none where nothing is sealed, or the key is destroyed (law 7)."""
    rows = sealed_rows(case_id)
    if not rows or services().register.recovery(case_id) is None:
        return ()
    require_copies(case_id)
    approved = services().register.step(case_id, "approve")
    by: Any = approved.receipt.get("decided_by", ()) if approved is not None else ()
    return (Staying(Remaining(OURS, PLACE, "sealed", rows, 0), StayGround.RECOVERY, tuple(by)),)


def copy_facts(case_id: str) -> dict[str, Any] | None:
    """The copy as ``rightsflow case`` tells it; None where there never was one."""
    begun = services().register.step(case_id, RECOVERY)
    if begun is None or begun.state != "done":
        return None
    ended = services().register.step(case_id, ENDED)
    is_ended = ended is not None and ended.state == "done"
    return {
        "until": begun.receipt["until"],
        "rows": sealed_rows(case_id),
        "state": str(ended.receipt["cause"]) if ended is not None and is_ended else "kept",
        "not_copied": {place: why for one in _receipts(case_id) for place, why in one["not_copied"].items()},
    }


# --- the end ------------------------------------------------------------------------------------------------------


def end_old_copies() -> int:
    """Destroy the keys of copies whose last day is over; how many. One that fails stops no other."""
    ended = 0
    for copy in services().register.recoveries():
        if not (is_over(copy.until, today()) or is_done(copy.case_id, ENDED)):
            continue
        try:
            end_copy(copy.case_id, _cause(copy.case_id))
            ended += 1
        except RightsflowError:
            continue  # it is noted still, and the next sweep tries again
    return ended


def end_copy(case_id: str, cause: str) -> None:
    """Destroy the key of a case's copy, take the sealed rows away, and try that nothing opens. Safe to call again.

    What a case that has ended kept to write to the data subject goes with it.

    Raises:
        StepFailed: when something is there still; the copy stays noted, so that it is tried again.
    """
    provided, space = services(), space_of(case_id)
    names = provided.vault.names(space)
    provided.vault.destroy(space)
    if provided.vault.names(space) or any(_opens(space, name) for name in names or [PLACE.replace(" ", "-")]):
        raise StepFailed("the recovery copy is not destroyed", where=case_id, remedy="let the watch try again")
    if provided.register.case(case_id).is_ended:
        provided.vault.destroy(case_id)
    provided.register.retire_gate(case_id, Gate.RESTORATION)
    outcome = _closes_as(case_id, cause)
    facts: Facts = {"cause": cause, "sealed": len(names), "opens": 0, "left": 0, "key": "destroyed"}
    facts = {**facts, "outcome": outcome} if outcome else facts
    provided.register.complete(
        case_id, ENDED, receipt={"cause": cause}, record=Record(ENDED, "", facts), outcome=outcome
    )
    provided.register.forget_recovery(case_id)


def _cause(case_id: str) -> str:
    """Why a copy ends that nobody ended: what came back, in one system or in all, is not proven to be gone."""
    steps = services().register.steps(case_id)
    if is_done(case_id, RESTORED):
        return RESTORED
    return IN_PART if any(name == RESTORE for name, _ in steps) else TIME_OVER


def _closes_as(case_id: str, cause: str) -> str | None:
    """How a case has ended, now that its copy is no more; None where that changes nothing."""
    archived = services().register.step(case_id, "archive")
    if cause != TIME_OVER or archived is None or archived.state != "done":
        return None
    without = archived.receipt.get(WITHOUT_COPY)
    return str(without) if without else None


def _opens(space: str, name: str) -> bool:
    """Whether a sealed blob can still be read."""
    try:
        with services().vault.read(space, name) as blob:
            blob.read(1)
    except VaultSealed:
        return False
    return True


def _begin(case_id: str) -> bool:
    """Whether what is erased now is copied; the first time the copy begins, and its last day is fixed."""
    if not keeps_copy(case_id):
        return False
    provided = services()
    if not is_done(case_id, RECOVERY):
        until = last_day(today(), provided.policy.recovery_days)
        if until is None:
            return False
        provided.register.put_recovery(RecoveryCopy(case_id, until, provided.now()))
        noted = provided.register.recovery(case_id)
        facts: Facts = {"until": (noted.until if noted else until).isoformat(), "days": provided.policy.recovery_days}
        provided.register.complete(case_id, RECOVERY, receipt=facts, record=Record(RECOVERY, "", facts))
    return copy_of(case_id) is not None


def left_out(case_id: str) -> dict[str, str] | None:
    """What of the plan cannot be given back, by place, each with a code of why; None where nobody was told of any."""
    noted = services().register.step(case_id, _PLANNED, planned(case_id)[:16])
    if noted is None or noted.state != "done":
        return None
    return dict(noted.receipt["not_copied"])  # type: ignore[call-overload, no-any-return]  # written below


def _asked_left_out(case_id: str) -> dict[str, str]:
    """The same, asked once for each plan."""
    if (known := left_out(case_id)) is not None:
        return known
    tables: dict[str, dict[str, None]] = {}
    for line in plan_receipt(case_id)["plan"]["lines"]:
        if line["action"] in _ERASING and line["rows"]:
            tables.setdefault(line["system"], {})[line["table"]] = None
    left: dict[str, str] = {}
    for system, names in tables.items():
        giver = services().systems.connector(system).giver()
        if giver is None:
            left[system] = NotCopied.SYSTEM.value
        else:
            left |= _lost(giver, system, list(names))
    receipt: Facts = {"not_copied": left}
    number = planned(case_id)[:16]
    services().register.complete(case_id, _PLANNED, number, receipt=receipt, record=Record(_PLANNED, "", receipt))
    return left


def _lost(giver: GivesBack, system: str, tables: Sequence[str]) -> dict[str, str]:
    """Those of a system's tables whose rows cannot be given back, by place, each with a code of why."""
    replaced = {table for table, _ in moved_keys(services().contracts.systems[system])}
    found = dict(giver.not_copied(tables)) | dict.fromkeys(replaced & set(tables), NotCopied.KEY_REPLACED)
    return {f"{system}.{table}": why.value for table, why in found.items()}


def _receipts(case_id: str) -> list[Mapping[str, Any]]:
    """What was sealed, act by act."""
    steps = services().register.steps(case_id).items()
    return [entry.receipt for (name, _), entry in steps if name == COPY and entry.state == "done"]


def blobs_of(case_id: str) -> list[tuple[str, int, int, str]]:
    """Sealed blobs as system, number of the act, number of the order, name."""
    found = []
    for name in services().vault.names(space_of(case_id)):
        system, act, order = name.rsplit(".", 2)
        found.append((system, int(act), int(order), name))
    return found


# --- sealing -------------------------------------------------------------------------------------------------------


class Sealing:
    """Seals the rows of one act on one system, each order's in a blob of its own.

    Every act has a number that none had before: what an earlier one sealed may be all there is of the rows.
    """

    def __init__(self, case_id: str, system: str, orders: Sequence[Order]) -> None:
        self._case_id = case_id
        self._system = system
        self._tables = [order.selection.table for order in orders]
        noted = [place.rpartition(".") for name, place in services().register.steps(case_id) if name == COPY]
        taken = [int(act) for name, _, act in noted if name == system]
        taken += [act for name, act, _, _ in blobs_of(case_id) if name == system]
        self._number = max(taken, default=0) + 1
        self.name = f"{system}.{self._number:04d}"
        self._rows: dict[str, int] = {}
        self._blobs: list[str] = []

    def put(self, number: int, head: CopyHead, batches: "Iterator[pa.RecordBatch]") -> None:
        """Seal the rows of one order."""
        first = next(batches, None)
        if first is None:
            return
        from pyarrow import ipc  # noqa: PLC0415  # whoever shows a case copies nothing

        rows = 0
        blob_name = f"{self.name}.{number:04d}"
        schema = first.schema.with_metadata({HEAD: json.dumps(head.facts()).encode()})
        with (
            services().vault.write(space_of(self._case_id), blob_name) as blob,
            ipc.new_stream(blob, schema) as sink,
        ):
            for batch in chain([first], batches):
                sink.write_batch(batch.replace_schema_metadata(schema.metadata))
                rows += batch.num_rows
        self._blobs.append(blob_name)
        self._rows[head.table] = self._rows.get(head.table, 0) + rows

    def sealed(self) -> None:
        """Note how many rows of which tables are sealed, and which tables are not."""
        giver = services().systems.connector(self._system).giver()
        not_copied = _lost(giver, self._system, self._tables) if giver is not None else {}
        receipt: dict[str, Any] = {
            "rows": self._rows,
            "not_copied": dict(sorted(not_copied.items())),
            PARTS: self._blobs,
        }
        services().register.complete(
            self._case_id, COPY, self.name, receipt=receipt, record=Record(COPY, self.name, receipt)
        )
