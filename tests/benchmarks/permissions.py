"""How long it takes to ask whether each of a million keys may be used, and how much memory that adds.

The floor is what cannot be left out: bringing each key to its normal form and hashing it with the organisation's key.
The ledger holds a consent of every third of them, and an objection of every tenth. Both are processor time of this
process, which SQLite runs in, so that what else runs on the machine does not count. It is measured in a process of its
own, because a process never gives back the peak it once had.
"""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from time import process_time

from data_contracts.case.permissions import Stance, StanceEntry
from flows.officer.key_files import answers_to, read_keys
from flows.settings import Settings
from flows.wiring import Installation
from tasks.case.subject_keys import Digests
from tasks.officer.permissions import ask_about_each, use_of
from tasks.services import services, use
from tests.benchmarks.figures import Figure

__all__ = ["measure"]

_KEYS = 1_000_000
_AT = datetime(2026, 1, 1, tzinfo=UTC)


def measure(register_url: str = "", keys: int = _KEYS) -> list[Figure]:
    """Seconds beside the floor, and megabytes that the process grew by."""
    done = run([sys.executable, "-m", __name__, register_url, str(keys)], check=True, stdout=PIPE, text=True)
    facts: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    where = "PostgreSQL" if register_url else "SQLite"
    return [
        Figure(
            f"may each of {keys:,} keys be used, register in {where}",
            facts["seconds"],
            "s",
            floor=facts["floor"],
            note=f"{facts['yes']:,.0f} yes; adds {facts['megabytes']:.0f} MB to the process",
        )
    ]


def _ask(register_url: str, count: int) -> dict[str, float]:
    with TemporaryDirectory() as folder:
        home = Path(folder)
        made = Installation(Settings(home=home, judge="plain", register_url=register_url))
        file = home / "keys.csv"
        with file.open("w") as text:
            text.write("email\n")
            text.writelines(f"{_email(number)}\n" for number in range(count))
        with use(made.services):
            _fill(count)
            _answer(file, home / "warm.csv", rows=1)
            before, start = _peak(), process_time()
            yes = _answer(file, home / "answers.csv")
            seconds, grown = process_time() - start, _peak() - before
            return {"seconds": seconds, "floor": _floor(count), "megabytes": grown, "yes": yes}


def _email(number: int) -> str:
    return f"subject{number}@example.org"


def _fill(count: int) -> None:
    digests = Digests()
    remaining = iter(range(count))
    while numbers := list(islice(remaining, 10_000)):
        entries = []
        for number in numbers:
            key = digests.of("email", _email(number))
            assert key is not None
            if number % 3 == 0:
                entries.append(StanceEntry(key, "prospecting", "", Stance.CONSENTED, _AT, "benchmark"))
            if number % 10 == 0:
                entries.append(StanceEntry(key, "prospecting", "", Stance.OBJECTED, _AT, "benchmark"))
        services().register.add_stances(entries)


def _answer(file: Path, to: Path, rows: int = sys.maxsize) -> int:
    yes = 0
    with answers_to(to) as answers:
        for said in ask_about_each(use_of("prospecting"), _some(file, rows)):
            answers.write([one.may for one in said], [one.reason for one in said])
            yes += sum(one.may for one in said)
    return yes


def _some(file: Path, rows: int) -> Iterator[list[tuple[str, str]]]:
    for batch in read_keys(file, services().contracts.vocabulary.identities):
        yield batch[:rows]
        if rows < len(batch):
            return


def _floor(count: int) -> float:
    digests = Digests()
    emails = [_email(number) for number in range(count)]
    start = process_time()
    for email in emails:
        digests.of("email", email)
    return process_time() - start


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(_ask(sys.argv[1], int(sys.argv[2]))))
