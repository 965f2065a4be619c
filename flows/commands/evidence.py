"""``rightsflow evidence``: offline proof of what was done."""

from pathlib import Path
from typing import Annotated, Any

import typer

from data_contracts.errors import EvidenceBroken, RequestInvalid
from flows.showing import OPTION_JSON, our_errors, show

app = typer.Typer(no_args_is_help=True, help="Verify and export evidence.")


@app.command("verify")
@our_errors
def verify(
    what: Annotated[
        str, typer.Argument(help="A case id, an exported file or a dossier; empty: every case in the register.")
    ] = "",
    trusted: Annotated[
        list[Path] | None,
        typer.Option("--key", help="Public key (PEM) you got from elsewhere, for a file; may be repeated."),
    ] = None,
    as_json: Annotated[bool, OPTION_JSON] = False,
) -> None:
    """Verify signatures and chains; names every changed, removed or reordered record. Exit 1 when anything is wrong."""
    facts = _verified(what, trusted or [])
    show(facts, as_json, _print_verified)
    if not facts["ok"]:
        raise typer.Exit(1)


@app.command("export")
@our_errors
def export(case: str, file: Path, as_json: Annotated[bool, OPTION_JSON] = False) -> None:
    """Write the evidence of a case to a file that anybody can verify offline, with or without this software."""
    from flows import wiring  # noqa: PLC0415  # pays for what it uses

    if file.exists():
        raise RequestInvalid("the file is there already", where=str(file), remedy="choose another name")
    with wiring.opened() as installation:
        installation.register.case(case)
        installation.export_case(case, file)
    show({"case": case, "file": str(file)}, as_json, lambda f: print(f"evidence of {case} written to {f['file']}"))


def _verified(what: str, trusted: list[Path]) -> dict[str, Any]:
    from flows import wiring  # noqa: PLC0415  # pays for what it uses

    if what and Path(what).is_file():
        found = [wiring.verify_evidence_file(Path(what), trusted)]
    else:
        with wiring.opened() as installation:
            cases = [what] if what else installation.register.evidence_cases()
            if what and what not in installation.register.evidence_cases():
                raise EvidenceBroken(
                    "there is no evidence of that name",
                    where=what,
                    remedy="give a case id, an exported file or a dossier",
                )
            found = [installation.verify_case(case) for case in cases]
    return {
        "ok": all(one.is_whole for one in found),
        "cases": [
            {
                "case": one.case_id,
                "records": one.records,
                "whole": one.is_whole,
                "findings": [str(finding) for finding in one.findings],
                "keys": list(one.keyids),
                "trust_on_first_use": one.trust_on_first_use,
            }
            for one in found
        ],
    }


def _print_verified(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    for one in facts["cases"]:
        said = "whole" if one["whole"] else "NOT whole"
        print(f"{one['case']}: {one['records']} records, {said}; signed by {', '.join(k[:16] for k in one['keys'])}")
        for finding in one["findings"]:
            print(f"  {finding}")
        if one["trust_on_first_use"]:
            print("  The key came with the file: this shows that it is whole, not whose it is. Give --key for that.")
