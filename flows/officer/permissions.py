"""What the command line does with the ledger of stances: facts as JSON-ready dictionaries."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data_contracts.case.permissions import RestrictedUse
from data_contracts.errors import RequestInvalid
from data_contracts.text.lists import lines_of, list_in
from flows import wiring
from flows.officer.key_files import answers_to, read_key_lines
from tasks.case.subject_keys import known_keys_of
from tasks.officer.permissions import ask_about, ask_with_digests, known_kinds, use_of
from tasks.officer.stances import COLUMNS, NumberedLine, check_numbered, enter_lines
from tasks.services import services


def ask_one(
    purpose: str, recipient: str, use: RestrictedUse | None, identity: Mapping[str, list[str]]
) -> dict[str, Any]:
    """Whether the data of one data subject may be used, or shared, and why."""
    with wiring.opened():
        said = ask_about(use_of(purpose, recipient, use), identity)
    return {"purpose": purpose, "recipient": recipient, "may": said.may, "reason": said.reason}


def ask_many(purpose: str, recipient: str, use: RestrictedUse | None, *, keys: Path, to: Path) -> dict[str, Any]:
    """Answer about every key of a file, line by line, into another file; how many got which answer."""
    reasons: Counter[str] = Counter()
    yes = 0
    with wiring.opened(), answers_to(to) as answers:
        asked = use_of(purpose, recipient, use)
        for batch in read_key_lines(keys, services().contracts.vocabulary.identities):
            ((said, digests),) = ask_with_digests(asked, [[(line.kind, line.value) for line in batch]])
            numbers = [line.number for line in batch]
            answers.write([one.may for one in said], [one.reason for one in said], lines=numbers, keys=digests)
            reasons.update(one.reason for one in said)
            yes += sum(one.may for one in said)
    return {
        "purpose": purpose,
        "recipient": recipient,
        "keys": reasons.total(),
        "yes": yes,
        "no": reasons.total() - yes,
        "reasons": dict(sorted(reasons.items())),
        "file": str(to),
    }


def import_stances(file: Path) -> dict[str, Any]:
    """Enter a file of stances into the ledger: all of it or, where a line is wrong, nothing."""
    with wiring.opened():
        source = f"import:{file.name}"[:200]
        with _lines(file) as lines:
            count = check_numbered(lines, source=source)
        with _lines(file) as lines:
            added = enter_lines((line for _, line in lines), source=source)
    return {"file": str(file), "lines": count, "added": added, "known_before": count - added}


def show_stances(identity: Mapping[str, list[str]]) -> dict[str, Any]:
    """What somebody said and what is restricted; digests name who is meant."""
    with wiring.opened():
        digests = [key.digest for key in known_keys_of(known_kinds(identity))]
        if not digests:
            raise RequestInvalid(
                "a value given cannot be of its kind", where="identity", remedy="check how it is written"
            )
        register = services().register
        return {
            "stances": [
                {
                    "at": one.at.isoformat(),
                    "stance": one.stance.value,
                    "purpose": one.purpose,
                    "recipient": one.recipient,
                    "kind": one.key.kind,
                    "source": one.source,
                    "notice_version": one.notice_version,
                }
                for one in register.stances_of(digests)
            ],
            "restrictions": [
                {
                    "since": one.since.isoformat(),
                    "case": one.case_id,
                    "ground": one.ground.value,
                    "purposes": list(one.purposes),
                    "kind": one.key.kind,
                }
                for one in register.restrictions_of(digests)
            ],
        }


@contextmanager
def _lines(file: Path) -> Iterator[Iterator[NumberedLine]]:
    """Lines of a CSV file with their numbers, as values by column."""
    with list_in(file) as stream:
        lines = lines_of(stream, COLUMNS, where=file.name)
        yield ((line.number, {name: line.cells[name].strip() for name in COLUMNS}) for line in lines)
