"""``rightsflow incident``: breaches and attacks, from the first hour to the register (Art. 33, 34; charter 6)."""

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from data_contracts.errors import RequestInvalid
from data_contracts.officer.incidents import IncidentKind, Risk
from flows.commands.options import Code, Json, Language, Operator
from flows.officer import incidents
from flows.terminal import note, our_errors, show, table

Run = Annotated[str, typer.Argument(help="The incident, such as R-20261126-7K3M.")]
File = Annotated[Path, typer.Option("--file", help="What is known, as YAML; docs/operate/incidents.md shows one.")]


@our_errors
def enter(  # noqa: PLR0913  # the options of an incident
    kind: IncidentKind,
    *,
    file: File,
    aware: Annotated[str, typer.Option(help="When we became aware, YYYY-MM-DDTHH:MM; empty: now.")] = "",
    keys: Annotated[Path | None, typer.Option(help="Keys of those affected, one a line.")] = None,
    keys_kind: Annotated[str, typer.Option(help="The identity kind of these keys.")] = "customer_no",
    as_json: Json = False,
) -> None:
    """Enter an incident: the 72 hours run from when we became aware."""
    facts = incidents.enter(kind, file, aware, (keys_kind, keys), account=getpass.getuser())
    _tell(facts, as_json=as_json)


@our_errors
def say_more(run: Run, *, file: File, as_json: Json = False) -> None:
    """Hand in what is known by now, in place of what was."""
    _tell(incidents.say_more(run, file, account=getpass.getuser()), as_json=as_json)


@our_errors
def judge(
    run: Run,
    *,
    risk: Annotated[Risk, typer.Option(help="For the rights and freedoms of those affected.")],
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Say how high the risk is: it decides whom the law has told (Art. 33(1), 34(1))."""
    _tell(incidents.judge(run, risk, operator=operator, code=code), as_json=as_json)


@our_errors
def carry_on(run: Run, *, as_json: Json = False) -> None:
    """Find who is affected and send what was approved, in this process; call it again to go on."""
    show(incidents.run(run), as_json, lambda f: print(f.get("shown", ""), f["said"], sep="\n"))


@our_errors
def settle(
    run: Run,
    *,
    log: Annotated[Path, typer.Option(help="The mail server's log: Message-IDs that it took over.")],
    as_json: Json = False,
) -> None:
    """Settle notices that may have left when a process died: what the log names was sent, others wait again."""
    show(incidents.settle(run, log), as_json, lambda f: print(f["said"]))


@our_errors
def authority(  # noqa: PLR0913  # the options of two directions
    run: Run,
    *,
    to: Annotated[Path | None, typer.Option("--to", help="Folder to write the file to, as PDF and JSON.")] = None,
    sent: Annotated[str, typer.Option("--sent", help="It was sent: the authority's reference.")] = "",
    operator: Annotated[str, typer.Option("--as", help="Your operator name; with --sent.")] = "",
    code: Annotated[str, typer.Option("--code", help="Six digits from your authenticator; with --sent.")] = "",
    language: Language = "",
    as_json: Json = False,
) -> None:
    """Write the authority's file with --to, or note with --sent that it was sent (Art. 33)."""
    if (to is None) == (not sent):
        raise RequestInvalid("give one of --to and --sent", where="authority", remedy="--to writes, --sent notes")
    if to is not None:
        facts = incidents.write_authority_file(run, to, language)
        show(facts, as_json, lambda f: print("\n".join(f["files"])))
        return
    _tell(incidents.note_told(run, sent, operator=operator, code=code), as_json=as_json)


@our_errors
def write_letters(
    run: Run,
    *,
    to: Annotated[Path, typer.Option("--to", help="Folder to write letters and their list to.")],
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Make the letters to those without an e-mail address, once the words are approved; print and post them."""
    facts = incidents.write_letters(run, to, operator=operator, code=code)
    show(facts, as_json, lambda f: print(f["list"], *f["files"], sep="\n"))


@our_errors
def close(run: Run, *, operator: Operator, code: Code, as_json: Json = False) -> None:
    """End an incident; addresses are destroyed, evidence and the register's row stay."""
    _tell(incidents.close(run, operator=operator, code=code), as_json=as_json)


@our_errors
def show_one(run: Run, *, as_json: Json = False) -> None:
    """Where an incident stands: clock, counts, who was told."""
    _tell(incidents.facts_of(run), as_json=as_json)


@our_errors
def show_all(
    *,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the register as CSV to this file.")] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Write the register as PDF to this file.")] = None,
    language: Language = "",
    as_json: Json = False,
) -> None:
    """The register of incidents (Art. 33(5))."""
    if csv or pdf:
        incidents.write_register(csv, pdf, language)
        return
    columns = ("incident", "kind", "risk", "aware_at", "hours_left", "authority_told_at", "people_told_at")
    show(incidents.all_facts(), as_json, lambda f: table(f["incidents"], columns, title="Incidents"))


def _tell(facts: dict[str, Any], *, as_json: bool) -> None:
    if facts.get("note"):
        note(str(facts["note"]))
    show(facts, as_json, _print)


def _print(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    left = facts["hours_left"]
    clock = f"{left} hours left to tell the authority" if left is not None else f"told {facts['authority_told_at']}"
    print(f"{facts['incident']}: {facts['kind']}, risk {facts['risk']}; aware {facts['aware_at']}; {clock}")
    for name, number in facts["counts"].items():
        print(f"  {name}: {number}")
