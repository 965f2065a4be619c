"""Notices to be put into words; a test names what matters."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import integrations.channels
from data_contracts.told.notices import Notice
from data_contracts.vocabulary import NoticeKind

FOLDER = Path(integrations.channels.__file__).parent / "templates" / "notices"


def a_notice(kind: NoticeKind = NoticeKind.ACKNOWLEDGEMENT, **changes: Any) -> Notice:
    """A notice that can be rendered; the test names what matters."""
    given = {
        "language": "fr",
        "case_id": "C-7K3M-9QXT",
        "right": "erasure",
        "received_on": datetime(2026, 11, 23, 23, 30, tzinfo=UTC),
        "response_due": "2026-12-24",
        "reasons": ("identity_failed",) if kind is NoticeKind.REFUSAL else (),
        "ground": "complexity" if kind is NoticeKind.EXTENSION else "",
        **changes,
    }
    return Notice(kind=kind, **given)


def flat(text: str) -> str:
    """Text without its line breaks."""
    return " ".join(text.split())
