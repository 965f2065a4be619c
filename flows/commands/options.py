"""Options and arguments that several commands take, each defined once."""

from pathlib import Path
from typing import Annotated, Final

import typer

__all__ = [
    "Code",
    "Csv",
    "EmptyFolder",
    "EndedRun",
    "Folder",
    "Identity",
    "Json",
    "Language",
    "Operator",
    "Pdf",
    "Port",
    "ProxiedPort",
    "Report",
    "System",
]

_PROXIED: Final = "Port on this machine; a proxy in front speaks https."

Operator = Annotated[str, typer.Option("--as", help="Your operator name.")]
Code = Annotated[str, typer.Option("--code", help="Six digits from your authenticator.")]
Json = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]
Identity = Annotated[list[str], typer.Option(help="kind=value, e.g. email=ana@example.org; may be repeated.")]
Language = Annotated[str, typer.Option(help="fr, en or nl; default the organisation's.")]
System = Annotated[str, typer.Option(help="One system; default all.")]
EndedRun = Annotated[str, typer.Argument(help="A run's name; default the last one that ended.")]
Folder = Annotated[Path, typer.Option("--to", help="Folder to write to.")]
EmptyFolder = Annotated[Path, typer.Option("--to", help="Folder to write to; must be empty or new.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="Write it as CSV to this file.")]
Pdf = Annotated[Path | None, typer.Option("--pdf", help="Write it as PDF to this file.")]
Report = Annotated[Path | None, typer.Option(help="Write the report to this file, as PDF.")]
Port = Annotated[int, typer.Option(help="Port on this machine.")]
ProxiedPort = Annotated[int, typer.Option(help=_PROXIED)]
