"""The command ``rightsflow``. Names and options are scripted against: add, do not rename.

Every command prints an error as what failed, where, and the remedy, and exits 0 only on success. What prints facts
takes ``--json``. Heavy imports happen inside the commands, so that each pays for what it uses.
"""

import getpass
import os
from pathlib import Path
from typing import Annotated

import typer

from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Channel, Decision, Gate, Right
from flows.commands.cases import (
    advice,
    arrivals,
    changes,
    clock,
    erasures,
    holds,
    letters,
    lift,
    recipients,
    review,
    statement,
)
from flows.commands.doors import agents, api, metrics, serving
from flows.commands.installation import contracts, copying, credentials, deploy, installing, operators, recover
from flows.commands.officer import (
    audit,
    canary,
    dossier,
    evidence,
    incident,
    monthly,
    permissions,
    registers,
    retention,
)
from flows.home.private import UMASK
from flows.office.details import read_details
from flows.office.identities import pairs
from flows.server.machine import join
from flows.settings import settings
from flows.terminal import OPTION_JSON, note, our_errors, quiet, show, table
from tasks.rules.people.eligibility import reference_of

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
advice.register(app)
changes.register(app)
metrics.register(app)
monthly.register(app)
app.add_typer(clock.app)
app.add_typer(contracts.app, name="contracts")
app.add_typer(serving.app)
dossier.register(app)
app.add_typer(erasures.app, name="erasures")
app.add_typer(evidence.app, name="evidence")
app.add_typer(letters.app)
app.add_typer(credentials.app, name="secret")
app.add_typer(holds.app, name="hold")
app.add_typer(incident.app, name="incident")
installing.register(app)
copying.register(app)
app.add_typer(lift.app)
app.add_typer(operators.app, name="operator")
app.add_typer(operators.keys, name="keys")
app.add_typer(review.app, name="disclosures")
app.command("review")(review.review_texts)
permissions.register(app)
app.add_typer(api.app)
app.add_typer(agents.app, name="agent")
app.add_typer(arrivals.app)
audit.register(app)
canary.register(app)
app.add_typer(api.keys, name="api-key")
deploy.register(app)
recipients.register(app)
recover.register(app)
app.add_typer(registers.app, name="register")
retention.register(app)
statement.register(app)


@app.callback()
@our_errors
def main() -> None:
    """Carry out people's data-protection rights across a company's systems."""
    os.umask(UMASK)
    join(settings())
    quiet()


Operator = Annotated[str, typer.Option("--as", help="Your operator name.")]
Code = Annotated[str, typer.Option("--code", help="Six digits from your authenticator.")]
Json = Annotated[bool, OPTION_JSON]


@app.command("open")
@our_errors
def open_request(  # noqa: PLR0913  # the options of a request
    right: Annotated[Right, typer.Argument(help="Which right is exercised.")],
    *,
    identity: Annotated[list[str], typer.Option(help="kind=value, e.g. email=ana@example.org; may be repeated.")],
    channel: Channel = Channel.LETTER,
    received: Annotated[str, typer.Option(help="Day of receipt, YYYY-MM-DD; default now.")] = "",
    language: str = "fr",
    name: Annotated[str, typer.Option(help="How the answer addresses the data subject.")] = "",
    details: Annotated[
        Path | None, typer.Option(help="What the data subject wrote: a text, or YAML that says what the right asks.")
    ] = None,
    scan: Annotated[Path | None, typer.Option(help="Scan of the letter (JPEG, PNG, PDF), the case's record.")] = None,
    key: Annotated[str, typer.Option(help="The same key registers the same request once.")] = "",
    as_json: Json = False,
) -> None:
    """Register a request durably, before anything else, and start its flow; prints the case id."""
    from flows.office import cases as work  # noqa: PLC0415  # pays for what it uses

    said = read_details(details)
    typed = work.Typed(right, channel, language, received, name, key, pairs(identity), said, scan)
    facts = work.open_request(typed)
    if facts["note"]:
        note(str(facts["note"]))
    show(facts, as_json, lambda f: print(f["case"]))


@app.command("run")
@our_errors
def run_case(case: str, as_json: Json = False) -> None:
    """Carry a case on in this process until it ends or waits for a person; no server needed."""
    from flows.office import cases as work  # noqa: PLC0415  # pays for what it uses

    show(work.run_case(case), as_json, lambda f: print(f["said"]))


@app.command("verify")
@our_errors
def verify_identity(  # noqa: PLR0913  # the options of a check
    case: str,
    *,
    method: Annotated[str, typer.Option(help="How identity was checked.")],
    operator: Operator,
    code: Code,
    received: Annotated[str, typer.Option(help="Day the proof came, YYYY-MM-DD; the clock runs on from it.")] = "",
    as_json: Json = False,
) -> None:
    """Record an identity check made by a person."""
    from flows.office import cases as work  # noqa: PLC0415  # pays for what it uses

    facts = work.verify_identity(case, reference_of(method, received), operator=operator, code=code)
    show(facts, as_json, lambda f: print(f["said"]))


@app.command("approve")
@our_errors
def approve_gate(  # noqa: PLR0913  # the options of an answer
    case: str,
    gate: Annotated[str, typer.Argument(help="Name of the gate; of several, gate:subject, e.g. outage:billing.")],
    *,
    operator: Operator,
    code: Code,
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse; needs --reason.")] = False,
    reason: Annotated[str, typer.Option(help="The data subject reads it.")] = "",
    decision: Annotated[Decision | None, typer.Option(help="Another answer the gate offers.")] = None,
    reference: Annotated[str, typer.Option(help="Of what was done by hand, or how identity was checked.")] = "",
    ground: Annotated[str, typer.Option("--reason-code", help="Ground of a refusal, e.g. excessive.")] = "",
    as_json: Json = False,
) -> None:
    """Answer a gate outside the Prefect UI; the same rules hold."""
    from flows.office import cases as work  # noqa: PLC0415  # pays for what it uses

    chosen = Decision.REFUSE if refuse else decision or Decision.APPROVE
    answer = work.Answered(operator, chosen, code, reason, ground or reference)
    name, _, subject = gate.partition(":")
    facts = work.answer(case, _gate(name), subject, answer)
    show(facts, as_json, lambda f: print(f["said"]))


@app.command("questions")
@our_errors
def write_questions(
    *,
    to: Annotated[Path, typer.Option("--to", help="File to write; a new one.")],
    gate: Annotated[list[Gate] | None, typer.Option(help="Of this kind alone; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Write the questions that wait to a file, to be read and filled in."""
    from flows.office import deciding  # noqa: PLC0415  # pays for what it uses

    show(deciding.write_questions(to, gate or ()), as_json, lambda f: print(f"{f['gates']} questions in {f['file']}"))


@app.command("decide")
@our_errors
def decide(
    file: Annotated[Path, typer.Argument(help="The filled-in file of `questions`.")],
    *,
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Answer the gates of a filled-in file with one code; each question is named in what is signed."""
    from flows.office import deciding  # noqa: PLC0415  # pays for what it uses

    facts = deciding.decide(file, operator=operator, code=code)
    for told in facts["notes"].values():
        note(str(told))
    show(facts, as_json, lambda f: table(f["gates"], ("case", "gate", "outcome")))


@app.command("case")
@our_errors
def show_case(
    case: str,
    as_json: Json = False,
    faults: Annotated[bool, typer.Option("--faults", help="Unseal what broke; may show personal data.")] = False,
) -> None:
    """Where a case stands: its clock, timeline, plan and open gates."""
    from flows.office import cases as work  # noqa: PLC0415  # pays for what it uses

    show(work.case_facts(case, faults=faults), as_json, work.print_case)


@app.command("cases")
@our_errors
def show_cases(as_json: Json = False, everything: Annotated[bool, typer.Option("--all")] = False) -> None:
    """Open cases, the one due first on top."""
    from flows.office import cases as work  # noqa: PLC0415  # pays for what it uses

    columns = ("case", "right", "state", "response_due", "days_left", "clock", "waits_at")
    facts = work.cases_facts(open_only=not everything)
    if "clock" in facts:
        note(facts["clock"])
    show(facts, as_json, lambda f: table(f["cases"], columns))


@app.command("package")
@our_errors
def unseal_package(
    case: str,
    to: Annotated[Path, typer.Option("--to", help="Folder to write to; must be empty or new.")],
    as_json: Json = False,
) -> None:
    """Unseal the answer package of an access or portability case."""
    from flows.office import cases as work  # noqa: PLC0415  # pays for what it uses

    facts = work.unseal_package(case, to, account=getpass.getuser())
    show(facts, as_json, lambda f: print(f"{len(f['files'])} files in {to}; open {to / 'index.html'}"))


@app.command("up")
@our_errors
def run_everything(  # noqa: PLR0913, PLR0917  # a port for each thing that is served
    port: Annotated[int, typer.Option(help="Port of the door behind which people open the Prefect UI.")] = 4200,
    seed: Annotated[bool, typer.Option(help="Make the demo company's systems where no system is configured.")] = True,
    permissions_port: Annotated[
        int, typer.Option(help="Port of the API that programs ask before they use data; 0: not served.")
    ] = 4300,
    site_port: Annotated[int, typer.Option(help="Port of the pages that people come to; 0: not served.")] = 4400,
    desk_port: Annotated[int, typer.Option(help="Port of the operators' desk; 0: not served.")] = 4500,
    metrics_port: Annotated[int, typer.Option(help="Port of /metrics for Prometheus; 0: not served.")] = 4600,
) -> None:
    """The whole system on this machine: Prefect server and UI, deployments, worker, sweep; Ctrl-C ends all."""
    from flows.up import Ports, up  # noqa: PLC0415  # pays for what it uses

    ports = Ports(prefect=port, site=site_port, permissions=permissions_port, desk=desk_port, metrics=metrics_port)
    up(ports, seed=seed)


@app.command("demo")
@our_errors
def run_demo(
    customers: Annotated[int, typer.Option(help="Size of the demo company; about 50 rows each.", min=10)] = 10_000,
) -> None:
    """The main job on the embedded default, start to end, without questions; prints where to look."""
    from flows.demo import run  # noqa: PLC0415  # pays for what it uses

    run(customers)


def _gate(name: str) -> Gate:
    try:
        return Gate(name)
    except ValueError:
        known = ", ".join(gate.value for gate in Gate)
        raise RequestInvalid("no such gate", where=name, remedy=f"use one of: {known}") from None


if __name__ == "__main__":
    app()
