"""``rightsflow disclosures import``: what a system noted of its disclosures, into the ledger, in batches.

The file is read twice: all of it is looked at before the first line is noted.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from data_contracts.case.disclosures import Received
from data_contracts.errors import RequestInvalid
from data_contracts.text.lists import lines_of, list_in
from data_contracts.text.local_times import one_moment
from flows import wiring
from tasks.recipients.disclosures import DisclosureLine, check_lines, note_lines
from tasks.services import services

COLUMNS: Final = ("kind", "value", "recipient", "purpose", "at", "places", "source")
_PLACES: Final = " "
_LONGEST_SOURCE: Final = 200


def import_file(file: Path) -> dict[str, Any]:
    """Note every line of the file; the same line twice is one disclosure.

    Raises:
        RecipientRefused: when a recipient is not in the register of recipients.
        RequestInvalid: when the file or a line cannot be read; nothing is noted then.
    """
    with wiring.opened():
        lines = check_lines(_lines(file))
        new = note_lines(_lines(file))
    return {"file": str(file), "lines": lines, "new": new}


def _lines(file: Path) -> Iterator[DisclosureLine]:
    zone = ZoneInfo(services().organisation.time_zone)
    with list_in(file) as stream:
        for line in lines_of(stream, COLUMNS, where=file.name):
            yield _line(line.number, {name: line.cells[name].strip() for name in COLUMNS}, zone)


def _line(number: int, values: Mapping[str, str], zone: ZoneInfo) -> DisclosureLine:
    where, source = f"line {number}", values["source"]
    if not source or len(source) > _LONGEST_SOURCE:
        raise RequestInvalid("the line is not whole", where=where, remedy=f"give all of: {', '.join(COLUMNS)}")
    places = tuple(values["places"].split(_PLACES)) if values["places"] else ()
    received = Received(_moment(values["at"], zone, where), values["recipient"], values["purpose"], places, source)
    return DisclosureLine(number, values["kind"], values["value"], received)


def _moment(text: str, zone: ZoneInfo, where: str) -> datetime:
    """A date or time; without a zone it is the organisation's."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RequestInvalid(
            "`at` is no date or time", where=where, remedy="write it as YYYY-MM-DD or ISO 8601"
        ) from None
    return moment if moment.tzinfo else one_moment(moment, zone, where=where)
