"""``rightsflow evidence``: offline proof of what was done."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from data_contracts.errors import RequestInvalid
from flows import wiring
from flows.commands.options import Json
from flows.officer.evidence import Asked, exit_code, verified
from flows.terminal import our_errors, show
from flows.watch.checkpoints import checkpoint_facts
from flows.wiring.evidence import evidence_files


@our_errors
def verify(  # noqa: PLR0913  # the options of a command
    what: Annotated[
        str,
        typer.Argument(
            help="A case id, an exported file, a dossier, a log or proofs; empty: the register, every case and the log."
        ),
    ] = "",
    *,
    trusted: Annotated[
        list[Path] | None,
        typer.Option("--key", help="Public key (PEM) you got from elsewhere; may be repeated."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", help="A checkpoint you kept: names what was deleted or put back since."),
    ] = None,
    proof: Annotated[
        Path | None, typer.Option("--proof", help="Proofs that an exported case is in the log; needs --key.")
    ] = None,
    tsa_ca: Annotated[
        Path | None,
        typer.Option(
            "--tsa-ca", help="Root certificates (PEM) that time stamps are believed for; default the settings'."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Verify signatures, chains, the log of all cases and its time stamps.

    Names every changed, removed or reordered record, and every case that was deleted, cut or replaced. Exit 0 when all
    is whole and proven, 1 when anything is wrong, 3 when a file is whole by the keys it brought alone: give --key.
    """
    facts = verified(Asked(what, tuple(trusted or ()), tuple(checkpoint or ()), proof, tsa_ca))
    show(facts, as_json, _print_verified)
    if code := exit_code(facts):
        raise typer.Exit(code)


@our_errors
def export(case: str, file: Path, as_json: Json = False) -> None:
    """Write the evidence of a case to a file that anybody can verify offline, with or without this software."""
    _require_new(file)
    with wiring.opened() as installation:
        installation.register.case(case)
        installation.export_case(case, file)
    show({"case": case, "file": str(file)}, as_json, lambda f: print(f"evidence of {case} written to {f['file']}"))


@our_errors
def export_log(file: Path, as_json: Json = False) -> None:
    """Write the log of all cases, every record and checkpoint, to a file that anybody can verify offline."""
    _require_new(file)
    with wiring.opened() as installation:
        entries = installation.evidence.export_log(file, installation.now())
    show({"file": str(file), "entries": entries}, as_json, lambda f: print(f"{entries} entries written to {f['file']}"))


@our_errors
def checkpoint(
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Write it to this file.")] = None,
    mail: Annotated[bool, typer.Option("--mail", help="Mail it to the DPO, unless that was done.")] = False,
    as_json: Json = False,
) -> None:
    """Sign how many records there are and the root over them; keep or publish it, so that it can be held against us."""
    if out is not None:
        _require_new(out)
        _require_new(evidence_files.stamp_beside(out))
    with wiring.opened() as installation:
        facts = checkpoint_facts(installation, mail=mail)
    if out is not None:
        out.write_text(facts["checkpoint"], "utf-8")
        if facts["stamp"]:
            evidence_files.stamp_beside(out).write_bytes(base64.b64decode(facts["stamp"]))
    show(facts, as_json, lambda f: print(f["checkpoint"], end=""))


@our_errors
def prove(
    file: Path,
    *,
    case: Annotated[
        list[str] | None, typer.Option("--case", help="Prove that this case is in the log; may be repeated.")
    ] = None,
    since: Annotated[
        Path | None, typer.Option("--since", help="Prove that the log only grew since this checkpoint.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write proofs of the log to a file: that cases are in it, that it only grew since a checkpoint."""
    _require_new(file)
    if not case and since is None:
        raise RequestInvalid("nothing to prove", where=str(file), remedy="give --case CASE, --since FILE or both")
    earlier = evidence_files.read_checkpoints([since])[0] if since is not None else ""
    with wiring.opened() as installation:
        installation.evidence.prove(file, case or [], installation.now(), earlier)
    show({"file": str(file)}, as_json, lambda f: print(f"proofs written to {f['file']}"))


@our_errors
def verifier(file: Path, as_json: Json = False) -> None:
    """Write the one Python file by which an auditor verifies evidence without this software."""
    _require_new(file)
    file.write_bytes(evidence_files.AUDITORS_SCRIPT.read_bytes())
    show({"file": str(file)}, as_json, lambda f: print(f"written to {f['file']}; run: python {f['file']} KEY.pem FILE"))


def _require_new(file: Path) -> None:
    if file.exists():
        raise RequestInvalid("the file is there already", where=str(file), remedy="choose another name")
    if not file.parent.is_dir():
        raise RequestInvalid("the folder is not there", where=str(file.parent), remedy="make it, or name another")


def _print_verified(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    for one in facts["cases"]:
        said = _said(one) + (", purged" if one["purged"] else "")
        print(f"{one['case']}: {one['records']} records, {said}; signed by {_keys(one)}")
        _print_findings(one["findings"], first_use=one["trust_on_first_use"])
    if (log := facts["log"]) is not None:
        said = _said(log)
        print(f"{log['origin']}: {log['size']} records of {log['cases']} cases, {log['purged']} purged; {said}")
        print(f"  {log['checkpoints']} checkpoints agree; {log['waiting']} records wait for the next; {_keys(log)}")
        _print_stamps(log)
        _print_findings(log["findings"], first_use=log["trust_on_first_use"])


def _keys(one: Mapping[str, Any]) -> str:
    return ", ".join(key[:16] for key in one["keys"]) or "no trusted key"


def _said(one: Mapping[str, Any]) -> str:
    if not one["whole"]:
        return "NOT whole"
    return "whole by its own key alone, NOT PROVEN" if one["trust_on_first_use"] else "whole"


def _print_stamps(log: Mapping[str, Any]) -> None:
    if log["stamps"]:
        print(f"  {log['stamps']} time stamps agree, the last of {log['stamped_until']}")
    if log["stamps_unverified"]:
        print(f"  {log['stamps_unverified']} time stamps were not verified. Give --tsa-ca for that.")


def _print_findings(findings: Sequence[str], *, first_use: bool) -> None:
    for finding in findings:
        print(f"  {finding}")
    if first_use:
        print("  The key came with the file, and whoever can write a file can make a key: this proves nothing of us.")
        print("  Remedy: get the public key by another way, and give it with --key.")
