"""The scan of a letter, kept as the record of its case."""

import getpass
from pathlib import Path

from data_contracts.case.documents import Document
from data_contracts.errors import RequestInvalid
from flows.wiring.uploads import DocumentRefused, read_document
from tasks.identity.documents import keep_record

__all__ = ["keep_scan", "scanned"]


def keep_scan(case_id: str, scan: Document) -> None:
    """Seal the scan as the case's record."""
    keep_record(case_id, scan, by=getpass.getuser())


def scanned(file: Path) -> Document:
    """The scan of a letter, looked at before anything is registered.

    Raises:
        RequestInvalid: when it cannot be read, or is no picture or PDF that can be kept.
    """
    try:
        return read_document(file.read_bytes())
    except OSError:
        raise RequestInvalid("the scan cannot be read", where=str(file), remedy="check its path and rights") from None
    except DocumentRefused as refused:
        what = f"the scan is not taken ({refused.code})"
        raise RequestInvalid(what, where=str(file), remedy="give a JPEG, PNG or PDF of at most 10 MB") from None
