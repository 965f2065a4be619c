"""``rightsflow api-key`` and ``serve-permissions``: other programs ask over HTTP."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from data_contracts.errors import RequestInvalid
from flows.terminal import OPTION_JSON, our_errors, show, table

keys = typer.Typer(no_args_is_help=True, help="Keys of programs that ask us over HTTP.")
app = typer.Typer()

_Json = Annotated[bool, OPTION_JSON]


class Scope(StrEnum):
    """What a program may ask."""

    MAY_PROCESS = "may-process"
    MAY_SHARE = "may-share"
    OPEN = "requests:open"
    READ = "requests:read"
    WITHDRAW = "requests:withdraw"
    WEBHOOKS = "webhooks"
    PREFECT_WORKER = "prefect-worker"


@keys.command("add")
@our_errors
def add(
    name: str,
    *,
    scope: Annotated[list[Scope], typer.Option(help="What it may ask; may be repeated.")],
    until: Annotated[str, typer.Option(help="First day on which it no longer holds, YYYY-MM-DD.")] = "",
    as_json: _Json = False,
) -> None:
    """Make a key, shown once; an older one of the same name ends."""
    from flows import wiring  # noqa: PLC0415  # pays for what it uses
    from tasks.intake.api_keys import make_api_key  # noqa: PLC0415  # pays for what it uses

    with wiring.opened():
        key = make_api_key(name, [one.value for one in scope], valid_until=_day(until))
    facts = {"name": name, "scopes": sorted(one.value for one in scope), "key": key}
    show(facts, as_json, lambda f: print(f"Key of {f['name']}, shown once: {f['key']}"))


@keys.command("list")
@our_errors
def show_keys(as_json: _Json = False) -> None:
    """Who may ask what."""
    from flows import wiring  # noqa: PLC0415  # pays for what it uses

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


@keys.command("end")
@our_errors
def end(name: str, as_json: _Json = False) -> None:
    """End a key."""
    from flows import wiring  # noqa: PLC0415  # pays for what it uses
    from tasks.intake.api_keys import end_api_key  # noqa: PLC0415  # pays for what it uses

    with wiring.opened():
        end_api_key(name)
    show({"name": name, "in_force": False}, as_json, lambda f: print(f"The key of {f['name']} has ended."))


@app.command("serve-permissions")
@our_errors
def serve_permissions(port: Annotated[int, typer.Option(help="Port on this machine.")] = 4300) -> None:
    """Answer other programs over HTTP until Ctrl-C; /docs describes the calls."""
    from flows.doors.permissions import permission_api  # noqa: PLC0415  # pays for what it uses
    from flows.doors.serving import serve  # noqa: PLC0415  # as above

    serve(permission_api, port)


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise RequestInvalid("that is no date", where="--until", remedy="write it as YYYY-MM-DD") from None
