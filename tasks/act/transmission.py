"""Sending the portable data to another controller, where that is technically feasible (Art. 20(2); law 11).

The order, so that nothing leaves to anybody who may not have it, and nothing leaves twice:

1. claim ``transmit``; what is settled stays settled;
2. the recipient must be in the register of recipients and in force that day, else :class:`RecipientRefused`;
3. a party that names no way to take data makes it not feasible: the data go to the data subject, who is told so;
4. send, under the case's own name: sent again it is the same transmission;
5. note in the ledger of disclosures who received what, then receipt and evidence.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import date
from typing import BinaryIO, Literal
from zoneinfo import ZoneInfo

from data_contracts.case.confirmed import ACTED, OF_PLAN, Confirmed
from data_contracts.case.disclosures import AT_REQUEST, Received
from data_contracts.case.ledger import StepEntry
from data_contracts.case.plan import TablePath
from data_contracts.company.company import Party, Transmission
from data_contracts.errors import RecipientRefused
from data_contracts.evidence.records import Facts, Record
from data_contracts.told.notices import PackageContent, RecipientTold
from data_contracts.told.transfers import MediaType, Parcel
from data_contracts.vocabulary import Decision, Gate
from tasks.case.parts import reason_name
from tasks.case.sealed import PACKAGE, subject_request
from tasks.gates.gates import deciding_people
from tasks.recipients.disclosures import note_transmission
from tasks.recipients.who_may import receiving_today, refusal_today
from tasks.search.review import ReadRows
from tasks.services import services
from tasks.steps.acting import act

SENT, BY_HAND, IMPOSSIBLE = "told", "by_hand", "impossible"
"""How it ended, in the codes of :class:`data_contracts.told.notices.RecipientTold`."""

UNKNOWN = "unknown"
"""Stands for a recipient that is no party; what was written instead may be anything, and is not repeated."""


def recipient_of(case_id: str) -> str:
    """Key of the party that the subject wants the data sent to; :data:`UNKNOWN`, or empty for the subject alone."""
    wanted = subject_request(case_id).statement.send_to.strip()
    return wanted if not wanted or wanted in services().contracts.vocabulary.parties else UNKNOWN


@act("transmit")
def transmit(case_id: str, content: Callable[[str], PackageContent], confirmed: Confirmed) -> str:
    """Send the portable data to whom the subject named; how it ended, empty when nobody was named.

    Args:
        case_id: the case, whose package is built.
        content: gives what is in the package.
        confirmed: that people approved what is sent, and to whom.

    Raises:
        ActRefused: when they did not, or no package is built by it (law 14).
        RecipientRefused: when nothing may go there, or the other side is not who it must be. Nothing was sent.
        SystemUnavailable, StepFailed, SettingsInvalid: see :class:`data_contracts.told.transfers.Transfers`.
    """
    entry = _claimed(case_id, confirmed)
    if entry.state == "done":
        return str(entry.receipt["state"])
    key = recipient_of(case_id)
    if not key:
        services().register.complete(case_id, "transmit", receipt={"state": ""}, record=None)
        return ""
    party = receiving_today(key)
    packed = content(case_id)
    parcels = list(_parcels(case_id, party.portability, packed)) if party.portability else []
    if party.portability is None or not parcels:
        return settle(case_id, IMPOSSIBLE, {"why": "the party names no way to take these data"})
    proof = services().transfers.send(key, party.portability, parcels, key=case_id)
    _note(case_id, key, party, packed)
    return settle(case_id, SENT, {"proof": proof, "files": [parcel.name for parcel in parcels]})


def settle(case_id: str, state: str, facts: Mapping[str, object], actor: str = "rightsflow") -> str:
    """Note how the transmission ended, with evidence; returns the state."""
    key = recipient_of(case_id)
    receipt = {"state": state, "recipient": key, "on": _today().isoformat()}
    noted: Facts = {**receipt, **facts}  # type: ignore[dict-item]  # JSON
    services().register.complete(
        case_id, "transmit", receipt=receipt, record=Record("transmit", "", noted, actor=actor), actor=actor
    )
    return state


@act("settle transmission")
def settle_by_people(case_id: str, content: Callable[[str], PackageContent], confirmed: Confirmed) -> str:
    """Carry out what people answered at the gate ``recipient``; empty when it is to be tried again.

    Raises:
        ActRefused: when people approved no transmission, or no package is built (law 14).
    """
    entry = _claimed(case_id, confirmed)
    if entry.state == "done":
        return str(entry.receipt["state"])
    key = recipient_of(case_id)
    gate = services().register.gate(case_id, Gate.RECIPIENT, key)
    if gate is None or gate.outcome not in {Decision.BY_HAND, Decision.REFUSE}:
        return ""
    people = ", ".join(deciding_people(gate))
    if gate.outcome is Decision.REFUSE:
        return settle(case_id, IMPOSSIBLE, {"why": "people decided so", "question": gate.digest}, people)
    # Law 11 holds for what a person sends as well.
    party = receiving_today(key)
    _note(case_id, key, party, content(case_id))
    return settle(case_id, BY_HAND, {"reference": gate.reference}, people)


def _claimed(case_id: str, confirmed: Confirmed) -> StepEntry:
    """The claim; what is sent is what was packed, so the package comes first."""
    return services().register.claim(case_id, "transmit", confirmed=confirmed, states=ACTED[OF_PLAN])


def attempts(case_id: str) -> int:
    """How often people decided about the recipient so far; tells one question at the gate from the next."""
    gates = services().register.gates(case_id, kind=Gate.RECIPIENT)
    return sum(1 for gate in gates if gate.outcome is not None)


def note_refusal(case_id: str, error: Exception, attempt: int) -> None:
    """Note in evidence that a transmission was refused or failed, and why; once for each attempt."""
    kind = "recipient refused" if isinstance(error, RecipientRefused) else "transmission failed"
    facts: Facts = {"recipient": recipient_of(case_id), "why": str(getattr(error, "what", kind))}
    services().register.complete(case_id, kind, str(attempt), receipt={}, record=Record(kind, "", facts))


def is_allowed(key: str) -> bool:
    """Whether data may go to the party today (law 11)."""
    return not refusal_today(key)


def told(case_id: str) -> tuple[RecipientTold, ...]:
    """What the data subject is told about the transmission; empty when none was asked for."""
    entry = services().register.step(case_id, "transmit")
    if entry is None or entry.state != "done" or not entry.receipt["state"]:
        return ()
    party = services().contracts.vocabulary.parties.get(str(entry.receipt["recipient"]))
    return (RecipientTold(party.name if party else "", str(entry.receipt["state"]), str(entry.receipt["on"])),)


def reason_of_refusal(case_id: str) -> str:
    """The vault's name of the reason that a person gave for not sending; empty when nobody refused it."""
    gates = services().register.gates(case_id, kind=Gate.RECIPIENT)
    last = gates[-1] if gates else None
    if last is None or last.outcome is not Decision.REFUSE:
        return ""
    return reason_name(last.gate, last.subject, len(last.answers) - 1)


def _today() -> date:
    zone = ZoneInfo(services().organisation.time_zone)
    return services().now().astimezone(zone).date()


def _note(case_id: str, key: str, party: Party, packed: PackageContent) -> None:
    imported = party.portability.tables if party.portability and party.portability.via == "import" else []
    places = [".".join(path) for path, _columns, _masked in packed.tables]
    received = [place for place in places if not imported or place in imported]
    note_transmission(case_id, Received(services().now(), key, AT_REQUEST, tuple(received), source=f"case:{case_id}"))


def _parcels(case_id: str, way: Transmission, packed: PackageContent) -> Iterator[Parcel]:
    """The package; or, for an import, the tables it names and that hold something."""
    if way.via != "import":
        yield Parcel(f"{case_id}.zip", "application/zip", _blob(case_id, PACKAGE))
        return
    paths = {".".join(path): path for path, _columns, _masked in packed.tables}
    media: MediaType = "application/json" if way.format == "json" else "text/csv"
    for name in way.tables:
        if name in paths:
            blob = _sealed_table(case_id, paths[name], way.format, packed)
            yield Parcel(f"{case_id}.{name}.{way.format}", media, _blob(case_id, blob))


def _sealed_table(case_id: str, path: TablePath, ending: Literal["json", "csv"], packed: PackageContent) -> str:
    """Write a table as the package shows it into the vault; the blob's name."""
    name = f"import.{'.'.join(path)}.{ending}"
    with services().vault.write(case_id, name) as sink:
        services().package.write_table(sink, packed, path, ending, ReadRows(case_id).open)
    return name


def _blob(case_id: str, name: str) -> Callable[[], AbstractContextManager[BinaryIO]]:
    vault = services().vault
    return lambda: vault.read(case_id, name)
