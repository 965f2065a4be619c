"""``rightsflow erasures``: what a restored backup or an import brings back, and what is given back (Art. 17)."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from flows import wiring
from flows.commands.options import Code, Json, Operator
from flows.operator.replaying import replay as carry_out
from flows.rights.restoring import restore as give_back
from flows.terminal import our_errors, show, table
from tasks.search.erased_keys import forget_erasure
from tasks.services import services


@our_errors
def replay(
    *,
    system: Annotated[str, typer.Option(help="The system that was restored or imported into; default all.")] = "",
    operator: Annotated[str, typer.Option("--as", help="Your operator name; without it nothing is changed.")] = "",
    code: Code = "",
    as_json: Json = False,
) -> None:
    """Count rows of people who were erased and that are back; with --as and --code have them erased again."""
    with wiring.opened():
        done = carry_out(system, operator, code)
    show(done.facts(), as_json, _print)
    if not done.is_complete:
        raise typer.Exit(1)


@our_errors
def list_erasures(as_json: Json = False) -> None:
    """Cases whose keys are on the list: since when, how many keys, and where something was kept; nobody is named."""
    cases: dict[str, dict[str, Any]] = {}
    with wiring.opened():
        for one in services().register.erased_keys():
            new = {"case": one.case_id, "erased": one.erased_at.isoformat(), "keys": 0, "kept": ", ".join(one.stays)}
            cases.setdefault(one.case_id, new)["keys"] += 1
    show({"erasures": [*cases.values()]}, as_json, lambda f: table(f["erasures"], ("case", "erased", "keys", "kept")))


@our_errors
def forget(
    case: Annotated[str, typer.Argument(help="The case that erased.")],
    *,
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Take a person off the list who is known again by right, so that no audit names the rows and no replay erases."""
    with wiring.opened():
        keys = forget_erasure(case, operator=operator, code=code)
    show({"case": case, "keys": keys}, as_json, lambda f: print(f"{f['case']}: {f['keys']} keys are off the list"))


@our_errors
def restore(
    case: Annotated[str, typer.Argument(help="The case that erased by mistake.")],
    *,
    operator: Operator,
    code: Code,
    reference: Annotated[str, typer.Option(help="What shows that it was a mistake: a ticket, a letter.")] = "",
    as_json: Json = False,
) -> None:
    """Give back what a case erased by mistake, while its copy is kept; two different people must decide."""
    with wiring.opened():
        done = give_back(case, operator=operator, code=code, reference=reference)
    show(done.facts(), as_json, _print_restored)
    if done.failed:
        raise typer.Exit(1)


def _print_restored(facts: Mapping[str, Any]) -> None:
    rows = [{"system": s, "table": t, "rows": n} for s, tables in facts["rows"].items() for t, n in tables.items()]
    if rows:
        table(rows, ("system", "table", "rows"), title="Given back")
    print(facts["said"])
    for text in facts["failed"].values():
        print(text)


def _print(facts: Mapping[str, Any]) -> None:
    table(facts["tables"], ("system", "table", "rows"), title="Came back")
    if facts["cases"]:
        table(facts["cases"], ("case", "follows", "outcome", "waits_at", "why"), title="Erased again")
    print(facts["said"])
    for text in facts["failed"].values():
        print(text)
