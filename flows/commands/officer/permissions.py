"""``rightsflow may-process``, ``may-share`` and ``stances``: what may be done with whose data (charter 2.4).

About one data subject the exit code is the answer: 0 for yes, 1 for no, so that a script stops on a no.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from data_contracts.case.permissions import RestrictedUse
from data_contracts.errors import RequestInvalid
from flows.commands.options import Identity, Json
from flows.officer import permissions
from flows.operator.identities import pairs
from flows.terminal import our_errors, show, table

_Purpose = Annotated[str, typer.Option(help="Key of a purpose of the vocabulary.")]
_Recipient = Annotated[str, typer.Option(help="Key of a party of the vocabulary.")]
_Identity = Annotated[
    list[str] | None, typer.Option(help="kind=value of one data subject, e.g. email=ana@example.org; may be repeated.")
]
_Keys = Annotated[
    Path | None, typer.Option(help="CSV or Parquet with columns kind and value, or one named as an identity kind.")
]
_To = Annotated[Path | None, typer.Option("--to", help="File for the answers to --keys, line by line.")]
_Use = Annotated[
    RestrictedUse | None, typer.Option("--restricted-use", help="Art. 18(2): which use of restricted data this is.")
]


@our_errors
def may_process(  # noqa: PLR0913  # the options of a question
    *,
    purpose: _Purpose,
    identity: _Identity = None,
    keys: _Keys = None,
    to: _To = None,
    restricted_use: _Use = None,
    as_json: Json = False,
) -> None:
    """May the data of one data subject, or of each in a file, be processed for a purpose?"""
    _ask(purpose, "", restricted_use, (identity, keys, to), as_json=as_json)


@our_errors
def may_share(  # noqa: PLR0913  # the options of a question
    *,
    purpose: _Purpose,
    recipient: _Recipient,
    identity: _Identity = None,
    keys: _Keys = None,
    to: _To = None,
    restricted_use: _Use = None,
    as_json: Json = False,
) -> None:
    """May the data of one data subject, or of each in a file, go to a recipient for a purpose?"""
    if not recipient.strip():
        raise RequestInvalid("no recipient is named", where="--recipient", remedy="name a party of the vocabulary")
    _ask(purpose, recipient, restricted_use, (identity, keys, to), as_json=as_json)


@our_errors
def import_stances(file: Path, as_json: Json = False) -> None:
    """Enter what another program holds. CSV: kind,value,purpose,recipient,stance,at,source,notice_version."""
    facts = permissions.import_stances(file)
    show(facts, as_json, lambda f: print(f"{f['added']} of {f['lines']} lines entered, the others were known"))


@our_errors
def show_stances(*, identity: Identity, as_json: Json = False) -> None:
    """What a data subject said, oldest first, and what is restricted."""
    show(permissions.show_stances(pairs(identity)), as_json, _print_stances)


def _ask(
    purpose: str,
    recipient: str,
    use: RestrictedUse | None,
    about: tuple[list[str] | None, Path | None, Path | None],
    *,
    as_json: bool,
) -> None:
    identity, keys, to = about
    if bool(identity) == bool(keys) or bool(keys) != bool(to):
        raise RequestInvalid("it is not said whom it is about", remedy="give --identity, or --keys together with --to")
    if keys and to:
        facts = permissions.ask_many(purpose, recipient, use, keys=keys, to=to)
        show(facts, as_json, lambda f: print(f"{f['yes']} yes, {f['no']} no of {f['keys']} keys; see {f['file']}"))
        return
    facts = permissions.ask_one(purpose, recipient, use, pairs(identity or []))
    show(facts, as_json, lambda f: print(f"{'yes' if f['may'] else 'no'}: {f['reason']}"))
    if not facts["may"]:
        raise typer.Exit(1)


def _print_stances(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    table(facts["stances"], ("at", "stance", "purpose", "recipient", "kind", "source", "notice_version"))
    if facts["restrictions"]:
        table(facts["restrictions"], ("since", "case", "ground", "purposes", "kind"), title="Restrictions in force")
