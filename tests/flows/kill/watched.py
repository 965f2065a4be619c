"""The ports of an installation, with each call that changes the world made an effect of :class:`Moments`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pyarrow import fs

from data_contracts.company.company import Transmission
from data_contracts.connectors.connecting import Connector, Systems
from data_contracts.told.transfers import Parcel
from flows.wiring import Installation
from integrations.channels.recipients.api import HttpRecipients
from integrations.systems.parquet.connector import ParquetConnector
from integrations.vault.vault import SealedVault
from tasks.services import Services
from tests.flows.kill.moments import Moments

Labels = Mapping[str, Callable[..., str]]
"""How to label a call, by the method's name, from its arguments."""


def _step(*told: Any, **_facts: Any) -> str:
    return ", ".join(filter(None, told[1:]))


REGISTER: Labels = {
    "open_case": lambda _new: "",
    "claim": _step,
    "hand_over": _step,
    "release": _step,
    "complete": _step,
    "reopen": lambda _case, steps, *_: ", ".join(steps),
    "open_gate": lambda entry: f"{entry.gate}",
    "answer_gate": lambda entry, _answer, **_: f"{entry.gate}",
    "note_gate": lambda entry, _note: f"{entry.gate}",
    "put_key": lambda *_: "",
    "destroy_key": lambda _case: "",
    "put_subject_keys": lambda *_: "",
    "forget_subject_keys": lambda *_: "",
    "put_former_keys": lambda *_: "",
    "put_erased_keys": lambda *_: "",
    "put_stays": lambda *_: "",
    "forget_former_key": lambda *_: "",
    "add_stances": lambda *_, **__: "",
    "restrict": lambda *_, **__: "",
    "lift_restriction": lambda *_, **__: "",
    "put_recipient_notice": lambda notice: notice.party,
    "acknowledge_recipient": lambda _case, party, **_: party,
    "put_hold": lambda *_, **__: "",
    "note_disclosures": lambda *_, **__: "",
    "lift_hold": lambda *_, **__: "",
    "note_chase": lambda _case, party, **_: party,
    "put_link": lambda link: f"{link.purpose}",
    "use_link": lambda *_: "",
    "end_links": lambda *_: "",
    "put_outgoing": lambda _case, kind, *_, **__: f"{kind}",
    "put_origin": lambda _origin: "",
    "retire_gate": lambda _case, gate: f"{gate}",
    "count_call": lambda *_: "",
    "put_contract_set": lambda *_: "",
}
"""What changes the register in the life of a case; a test sees to it that nothing is forgotten here."""

UNWATCHED = frozenset({
    "api_key_of", "api_keys", "case", "cases", "cases_of", "disclosures_of", "evidence",
    "decision_faults", "evidence_cases", "gate", "gates",
    "holds", "holds_on", "runs",
    "operator", "operators",
    "recipient_notices", "records_of", "restricted_cases", "restrictions_by", "restrictions_of",
    "stances_of", "step", "steps", "subject_keys", "timeline",
    # Keys that changed hands: asked of by searches, forgotten by the watch.
    "forget_former_keys", "former_keys", "former_owners",
    # The list of erasures: asked of by audits and replays, forgotten by the watch and by who says so.
    "erased_cases", "erased_keys", "forget_erased_keys", "forget_erasure",
    # Recovery copies; by tests/flows/rights/test_recovery.py, which breaks off at each moment of theirs.
    # Contracts that plans were made under.
    "contract_set",
    "forget_recovery", "put_recovery", "recoveries", "recovery",
    # What the master key sealed, and credentials; by the register's own tests and tests/flows/home/test_cli_secret.py.
    "credential", "credentials", "put_credential", "remove_credential", "reseal", "sealed_rows",
    # Written to outside the life of a case, or told apart by their own tests: leases by
    # tests/flows/runs/test_leases.py.
    "end_lease", "open_run", "put_api_key", "give_back_try", "put_operator", "take_lease", "take_try", "use_code",
    # Doors: what is told of a case, and who may ask; by tests/flows/doors and the register's own tests.
    "agent", "agents", "calls", "incoming", "incomings", "link", "origin", "origin_of", "origins_of", "outgoing_due",
    "starts_due", "unasked_queue",
    "outgoing_left", "uses", "webhook", "webhooks",
    "forget_calls", "forget_outgoing", "note_use", "outgoing_again", "outgoing_done", "put_agent",
    "uncount_call", "put_incoming", "put_webhook", "settle_incoming", "note_incoming",
    # How operators sign in and prove themselves, of no case; by tests/integrations/register/doors/test_passkeys.py.
    "add_passkey", "drop_secret", "end_lock", "operator_mail", "passkey", "passkeys", "put_challenge",
    "put_operator_mail", "remove_passkeys", "take_challenge", "use_passkey",
    # The keys of the installation, of no case; by tests/flows/home/test_keys_made_once.py.
    "clock_marks", "key_marks", "kinds_in_use", "lately_signed", "lately_wrapped", "put_key_mark", "remove_key_marks",
    "knows_record", "newest_record",
    "retire_key_marks",
    # What the sweep purges; by tests/flows/watch/test_purge.py.
    "cases_kept_since",
    # Time stamps of checkpoints, of no case; by tests/flows/officer/test_stamping.py.
    "note_stamp_trouble", "put_stamp", "stamp_trouble", "stamps", "unstamped",
    # The DPO's registers, runs of duties, and figures; by the register's own tests.
    "approve_rules", "approved_rules", "arrivals_queue", "count_cases", "count_findings", "entries", "entry_history",
    "failed_attempts", "gate_waits", "open_by_day", "open_incidents", "outbox_queue", "put_entry", "put_trainings",
    "awaiting_proof", "ended_untold_between", "open_at", "received_between",
    "remove_entry", "run", "step_times", "tally_steps", "told_between",
    # Findings of audits, and dossiers; by tests/flows/duties/test_audit.py and the register's own tests.
    "cases_like", "cases_received", "finding", "finding_events", "findings", "move_finding", "settle_findings",
    # Incidents; by tests/flows/officer/test_incident_at_scale.py, which kills the process that sends.
    "count_sendings", "forget_sendings", "incident", "incidents", "mark_sendings", "note_incident", "put_incident",
    "put_sendings", "sendings",
})  # fmt: skip
"""Calls of the register that are no effects of a case."""


class Watched:
    """Passes every call on; those that have a label are effects."""

    def __init__(self, inner: Any, moments: Moments, labels: Labels) -> None:
        self._inner = inner
        self._moments = moments
        self._labels = labels

    def __getattr__(self, name: str) -> Any:
        """The inner object's attribute, watched where it is a call that changes something."""
        found = getattr(self._inner, name)
        if name == "note_use":
            return partial(self._aside, found)
        return partial(self._call, name, found) if name in self._labels else found

    def _aside(self, method: Callable[..., Any], *args: Any) -> Any:
        with self._moments.aside():
            return method(*args)

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with self._moments.effect(f"{name}({self._labels[name](*args, **kwargs)})"):
            return method(*args, **kwargs)


class WatchedVault(Watched):
    """A vault; a blob is written when its block ends."""

    @contextmanager
    def write(self, case_id: str, name: str) -> Iterator[Any]:
        """A stream to write."""
        with self._moments.effect(f"write({name})"), self._inner.write(case_id, name) as blob:
            yield blob


class WatchedSystems:
    """Connectors; those to files see each file replaced or removed as an effect of its own."""

    def __init__(self, inner: Systems, moments: Moments) -> None:
        self._inner = inner
        self._moments = moments

    def connector(self, system: str) -> Connector:
        """The system's connector, watched."""
        connector = self._inner.connector(system)
        if isinstance(connector, ParquetConnector):
            filesystem, base = connector._place()
            if not isinstance(filesystem, fs.PyFileSystem):
                connector._location = (fs.PyFileSystem(WatchedFiles(filesystem, self._moments, base)), base)
        watched: Any = Watched(connector, self._moments, {"carry_out": lambda _orders: system})
        return watched  # type: ignore[no-any-return]  # passes everything on

    def names(self) -> list[str]:
        """Systems of the contracts."""
        return self._inner.names()


class WatchedFiles(fs.FileSystemHandler):  # type: ignore[misc]  # pyarrow has no types
    """A file system whose moves and removals are effects."""

    def __init__(self, inner: fs.FileSystem, moments: Moments, base: str) -> None:
        self._inner = inner
        self._moments = moments
        self._base = base

    def move(self, src: str, dest: str) -> None:
        """Replace ``dest`` by ``src``."""
        with self._moments.effect(f"replace({self._short(dest)})"):
            self._inner.move(src, dest)

    def delete_file(self, path: str) -> None:
        """Remove a file."""
        with self._moments.effect(f"remove({self._short(path)})"):
            self._inner.delete_file(path)

    def open_output_stream(self, path: str, metadata: Any) -> Any:
        """A new file to write."""
        with self._moments.effect(f"create({self._short(path)})"):
            return self._inner.open_output_stream(path, compression=None, metadata=metadata)

    def get_type_name(self) -> str:
        """The inner file system's."""
        return str(self._inner.type_name)

    def normalize_path(self, path: str) -> str:
        """As the inner file system writes it."""
        return str(self._inner.normalize_path(path))

    def get_file_info(self, paths: list[str]) -> Any:
        """Pass on."""
        return self._inner.get_file_info(paths)

    def get_file_info_selector(self, selector: fs.FileSelector) -> Any:
        """Pass on."""
        return self._inner.get_file_info(selector)

    def open_input_stream(self, path: str) -> Any:
        """Pass on."""
        return self._inner.open_input_stream(path, compression=None)

    def open_input_file(self, path: str) -> Any:
        """Pass on."""
        return self._inner.open_input_file(path)

    def open_append_stream(self, path: str, metadata: Any) -> Any:
        """Connectors never append."""
        raise NotImplementedError(path)

    create_dir = delete_dir = delete_dir_contents = delete_root_dir_contents = copy_file = open_append_stream

    def _short(self, path: str) -> str:
        return path.removeprefix(self._base).strip("/")


class Desk:
    """Sends files to a folder of this machine (port ``Transfers``); what is sent again replaces what was sent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, recipient: str, _way: Transmission, parcels: Sequence[Parcel], *, key: str) -> str:
        """Put each parcel there, whole or not at all."""
        for parcel in parcels:
            place = self._folder / recipient / parcel.name
            draft = place.with_name(f".{place.name}.{len(key)}")
            place.parent.mkdir(parents=True, exist_ok=True)
            with parcel.open() as content:
                draft.write_bytes(content.read())
            draft.replace(place)
        return "host-key of this machine"


def equipped(made: Installation) -> Services:
    """The installation's services; what recipients are told or sent lies in folders of the home."""
    home = made.settings.state
    recipients = HttpRecipients({}, outbox=home / "outbox")
    return replace(made.services, recipients=recipients, transfers=Desk(home / "sent"))


def watched(made: Installation, moments: Moments) -> Services:
    """The installation's services with every effect watched."""
    services = equipped(made)
    register: Any = Watched(services.register, moments, REGISTER)
    sealed = SealedVault(made.settings.vault, data_keys=register, master=made.master)
    vault: Any = WatchedVault(sealed, moments, {"remove": lambda _case, name: name, "destroy": lambda _case: ""})
    channel: Any = Watched(
        services.channel, moments, {"deliver": lambda *_, message_key, **__: message_key.partition(":")[2]}
    )
    recipients: Any = Watched(services.recipients, moments, {"tell": lambda message, **_: message.party})
    transfers: Any = Watched(services.transfers, moments, {"send": lambda to, *_, **__: to})
    systems = WatchedSystems(services.systems, moments)
    return replace(
        services,
        register=register,
        vault=vault,
        systems=systems,
        channel=channel,
        recipients=recipients,
        transfers=transfers,
    )
