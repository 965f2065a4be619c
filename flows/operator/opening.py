"""A request that came by letter, e-mail or telephone, registered by an operator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from data_contracts.vocabulary import Channel, Right
from flows import wiring
from flows.operator.details import Details
from flows.operator.waking import started
from tasks.intake.receive import TypedRequest, receipt_moment, register_request


@dataclass(frozen=True, slots=True)
class Typed:
    """A request as typed at the command line."""

    right: Right
    channel: Channel
    language: str
    received: str
    name: str = field(repr=False)
    key: str
    identity: Mapping[str, list[str]] = field(repr=False)
    details: Details = field(default_factory=Details, repr=False)
    scan: Path | None = None
    """Scan of the letter, kept as the case's record."""


def open_request(typed: Typed) -> dict[str, Any]:
    """Register a request and start its flow where a server is; the case is registered either way."""
    keep = _keeping(typed.scan)
    with wiring.opened() as installation:
        zone = installation.services.organisation.time_zone
        case = register_request(
            TypedRequest(
                right=typed.right,
                channel=typed.channel,
                language=typed.language,
                received_at=receipt_moment(typed.received, installation.now(), zone),
                request_key=f"cli:{typed.key or uuid4()}",
                identity=typed.identity,
                name=typed.name,
                reply_to=typed.details.reply_to,
                postal_address=typed.details.postal_address,
                postal_country=typed.details.postal_country,
                details=typed.details.letter,
                statement=typed.details.statement,
            )
        )
        keep(case.case_id)
        run, note = started(case)
    return {
        "case": case.case_id,
        "right": case.right.value,
        "response_due": case.response_due.isoformat(),
        "flow_run": run,
        "note": note,
    }


def _keeping(scan: Path | None) -> Callable[[str], None]:
    """What keeps the scan as a case's record; the scan is looked at now, before anything is registered.

    Raises:
        RequestInvalid: when it cannot be read, or is no picture or PDF that can be kept.
    """
    if scan is None:
        return lambda _case_id: None
    from flows.operator.scans import keep_scan, scanned  # noqa: PLC0415  # reads pictures and PDFs

    document = scanned(scan)
    return lambda case_id: keep_scan(case_id, document)
