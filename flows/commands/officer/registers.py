"""``rightsflow register``: the registers of the DPO, shown, printed and written (docs/operate/registers.md)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from data_contracts.errors import RequestInvalid
from data_contracts.officer.entries import RegisterName
from flows.commands.options import Code, Csv, Json, Language, Operator, Pdf
from flows.officer.registers import (
    enter,
    history_facts,
    import_trainings,
    processing_facts,
    register_facts,
    take_out,
    write_processing,
    write_register,
)
from flows.terminal import note, our_errors, show, table

History = Annotated[bool, typer.Option("--history", help="With who entered what, and when.")]


@our_errors
def processing(*, csv: Csv = None, pdf: Pdf = None, language: Language = "", as_json: Json = False) -> None:
    """The record of processing activities (Art. 30), from contracts, vocabulary and organisation."""
    write_processing(csv, pdf, language)
    _tell_written(csv, pdf)
    if as_json or not (csv or pdf):
        show(processing_facts(language), as_json, _print_processing)


@our_errors
def processors(
    *,
    csv: Csv = None,
    pdf: Pdf = None,
    language: Language = "",
    history: History = False,
    as_json: Json = False,
) -> None:
    """Attestations of processors and other recipients, until when they are good (Art. 28, charter 3.5)."""
    _show(RegisterName.PROCESSORS, (csv, pdf, language), history=history, as_json=as_json)


@our_errors
def training(
    *,
    csv: Csv = None,
    pdf: Pdf = None,
    language: Language = "",
    history: History = False,
    as_json: Json = False,
) -> None:
    """Who was made aware, and until when that counts (Art. 39(1)(b), charter 3.3)."""
    _show(RegisterName.TRAINING, (csv, pdf, language), history=history, as_json=as_json)


@our_errors
def dpias(
    *,
    csv: Csv = None,
    pdf: Pdf = None,
    language: Language = "",
    history: History = False,
    as_json: Json = False,
) -> None:
    """Impact assessments, by system (Art. 35, charter 7c)."""
    _show(RegisterName.DPIAS, (csv, pdf, language), history=history, as_json=as_json)


@our_errors
def recipients(
    *,
    csv: Csv = None,
    pdf: Pdf = None,
    language: Language = "",
    history: History = False,
    as_json: Json = False,
) -> None:
    """When data may go to a recipient, beside what the vocabulary says (charter 2.3)."""
    _show(RegisterName.RECIPIENTS, (csv, pdf, language), history=history, as_json=as_json)


@our_errors
def set_entry(  # noqa: PLR0913  # the options of an entry
    name: RegisterName,
    key: Annotated[str, typer.Argument(help="PARTY/KIND, person, SYSTEM, SYSTEM/PURPOSE or PARTY.")],
    *,
    fact: Annotated[list[str], typer.Option(help="name=value; may be repeated; 'name=' takes it out.")],
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Enter facts; those of the key that are not named stay as they are."""
    facts = enter(name, key, _pairs(fact), operator=operator, code=code)
    show(facts, as_json, lambda f: print(f"{f['register']} {f['key']}: {f['said']}"))


@our_errors
def remove_entry(name: RegisterName, key: str, *, operator: Operator, code: Code, as_json: Json = False) -> None:
    """Take an entry out of force; its history stays."""
    facts = take_out(name, key, operator=operator, code=code)
    show(facts, as_json, lambda f: print(f"{f['register']} {f['key']} is out of force"))


@our_errors
def import_file(name: RegisterName, file: Path, *, operator: Operator, code: Code, as_json: Json = False) -> None:
    """Enter the trainings of a CSV file: person,course,done_on,valid_until; all of them or none."""
    if name is not RegisterName.TRAINING:
        raise RequestInvalid("only trainings are imported", where=name.value, remedy="use 'rightsflow register set'")
    facts = import_trainings(file, operator=operator, code=code)
    show(facts, as_json, lambda f: print(f"{f['lines']} trainings read, {f['new']} of them new"))


@our_errors
def history(
    name: RegisterName, key: Annotated[str, typer.Argument(help="Of one key alone.")] = "", *, as_json: Json = False
) -> None:
    """Who entered what, when, and what stood there before; oldest first."""
    show(history_facts(name, key), as_json, lambda f: _print_changes(f["changes"]))


def _show(name: RegisterName, to: tuple[Path | None, Path | None, str], *, history: bool, as_json: bool) -> None:
    csv, pdf, language = to
    write_register(name, csv, pdf, language, history=history)
    _tell_written(csv, pdf)
    if not as_json and (csv or pdf):
        return
    facts = register_facts(name, history=history)
    show(facts, as_json, lambda f: _print_register(f, history=history))


def _print_register(facts: Any, *, history: bool) -> None:  # noqa: ANN401  # JSON facts
    rows = [row | row["facts"] | {"standing": row["standing"].replace("_", " ")} for row in facts["entries"]]
    names = [name for name in facts["facts"] if name != "kind"]  # the key names it
    table(rows, ("key", *names, "standing"))
    if history:
        _print_changes(facts["changes"])


def _print_changes(changes: Sequence[dict[str, Any]]) -> None:
    rows = [change | {"facts": _difference(change["before"], change["after"])} for change in changes]
    table(rows, ("at", "by", "key", "what", "facts"), title="History")


def _difference(before: dict[str, str], after: dict[str, str]) -> str:
    """What an entry says, of one that was changed what is different."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not before or not after:
        return ", ".join(f"{name} {after[name]}" for name in names if name in after)
    return ", ".join(f"{name} {before.get(name, '–')} → {after.get(name, '–')}" for name in names)


def _print_processing(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    for title, rows in (
        ("Controller, Art. 30(1)", facts["activities"]),
        ("Processor, Art. 30(2)", facts["for_others"]),
    ):
        table(
            [row | {n: ", ".join(row[n]) for n in ("systems", "recipients")} for row in rows],
            ("purpose", "controller", "basis", "systems", "recipients"),
            title=title,
        )


def _tell_written(*files: Path | None) -> None:
    for file in files:
        if file is not None:
            note(f"written: {file}")


def _pairs(facts: Sequence[str]) -> dict[str, str]:
    said = dict(fact.partition("=")[::2] for fact in facts)
    if any("=" not in fact for fact in facts):
        raise RequestInvalid("a fact is name=value", where="--fact", remedy="write e.g. --fact valid_until=2027-12-31")
    return {name.strip(): value.strip() for name, value in said.items()}
