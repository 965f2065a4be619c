"""``rightsflow api-key`` and ``serve-permissions``: other programs ask over HTTP."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from data_contracts.errors import RequestInvalid
from flows import wiring
from flows.commands.options import Json, Port
from flows.doors.permissions import permission_api
from flows.doors.serving import serve
from flows.terminal import our_errors, show, table
from tasks.intake.api_keys import end_api_key, make_api_key

app = typer.Typer()


class Scope(StrEnum):
    """What a program may ask."""

    MAY_PROCESS = "may-process"
    MAY_SHARE = "may-share"
    OPEN = "requests:open"
    READ = "requests:read"
    WITHDRAW = "requests:withdraw"
    WEBHOOKS = "webhooks"
    PREFECT_WORKER = "prefect-worker"


@our_errors
def add(
    name: str,
    *,
    scope: Annotated[list[Scope], typer.Option(help="What it may ask; may be repeated.")],
    until: Annotated[str, typer.Option(help="First day on which it no longer holds, YYYY-MM-DD.")] = "",
    as_json: Json = False,
) -> None:
    """Make a key, shown once; an older one of the same name ends."""
    with wiring.opened():
        key = make_api_key(name, [one.value for one in scope], valid_until=_day(until))
    facts = {"name": name, "scopes": sorted(one.value for one in scope), "key": key}
    show(facts, as_json, lambda f: print(f"Key of {f['name']}, shown once: {f['key']}"))


@our_errors
def show_keys(as_json: Json = False) -> None:
    """Who may ask what."""
    with wiring.opened() as installation:
        found: list[dict[str, Any]] = [
            {
                "name": key.name,
                "scopes": ", ".join(key.scopes),
                "valid_until": key.valid_until.date().isoformat() if key.valid_until else "",
                "in_force": "yes" if key.is_active else "ended",
            }
            for key in installation.register.api_keys()
        ]
    show({"keys": found}, as_json, lambda f: table(f["keys"], ("name", "scopes", "valid_until", "in_force")))


@our_errors
def end(name: str, as_json: Json = False) -> None:
    """End a key."""
    with wiring.opened():
        end_api_key(name)
    show({"name": name, "in_force": False}, as_json, lambda f: print(f"The key of {f['name']} has ended."))


@our_errors
def serve_permissions(port: Port = 4300) -> None:
    """Answer other programs over HTTP until Ctrl-C; /docs describes the calls."""
    serve(permission_api, port)


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise RequestInvalid("that is no date", where="--until", remedy="write it as YYYY-MM-DD") from None
