"""How parties take data that a subject has sent to them (Art. 20(2)): an address that can be proven, and no secrets."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from data_contracts.company.company import Transmission
from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import VOCABULARY, ContractSet

_SCHEMES: Final = {"sftp": ("sftp",), "https": ("https", "http"), "import": ("https", "http")}

_Wrong = Iterator[tuple[str, str]]


def transmissions(contracts: ContractSet) -> Iterator[Fault]:
    """The address of each party fits its way, proves who receives, and names no password; its tables are there."""
    tables = {f"{system.name}.{table.name}" for system in contracts.systems for table in system.tables}
    for name, party in contracts.vocabulary.parties.items():
        if party.portability is not None:
            for what, remedy in _wrong_with(party.portability, tables):
                yield Fault(VOCABULARY, "", f"parties.{name}.portability", what, remedy)


def _wrong_with(way: Transmission, tables: set[str]) -> _Wrong:
    place = _split(way.to)
    if place is None or place.scheme not in _SCHEMES[way.via]:
        yield f"`to` is no address for `via: {way.via}`", f"write {_SCHEMES[way.via][0]}://host/…"
        return
    if place.password is not None:
        yield "`to` holds a password", "take it out; RIGHTSFLOW_RECIPIENT_<KEY>_PASSWORD gives it"
    if way.via == "sftp" and not way.host_key:
        yield "names no host key", "add `host_key: SHA256:…`, as the recipient tells it by another way"
    if place.scheme == "http" and not _is_loopback(place.hostname or ""):
        yield "its address is not encrypted", "write `https://`"
    if way.via == "import":
        yield from _wrong_tables(way, tables)


def _wrong_tables(way: Transmission, tables: set[str]) -> _Wrong:
    if not way.tables:
        yield "names no tables to import", "add `tables: [system.table, …]`"
    for name in way.tables:
        if name not in tables:
            yield f"there is no table `{name}`", "write `system.table` as the contracts name it"


def _split(address: str) -> SplitResult | None:
    """The parts of an address that names a host; None for anything else."""
    try:
        place = urlsplit(address)
        _ = place.port
    except ValueError:
        return None
    return place if place.hostname else None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
