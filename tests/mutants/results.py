"""What was found of each mutant, in one file a package, so that a run goes on where the last one ended.

A mutant is named by its line's text before and after: once the line changes it is another, and is run again.
"""

import json
import subprocess
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Final

from tests.mutants.changes import Mutant
from tests.mutants.packages import ROOT

_AROUND: Final = 24
"""Signs of the line that are kept on each side of a change."""
FOLDER: Final = ROOT / "tests" / "mutants" / "results"


@dataclass(slots=True)
class Survivor:
    """A mutant that no test noticed; why, is in reasons.yaml."""

    key: str
    line: int
    function: str
    change: str
    verdict: str


@dataclass(slots=True)
class Module:
    """What was found in a module: the keys of what was killed, and the survivors in full.

    Attributes:
        made: how many mutants it has, drawn or not.
        words: how many changes were left out as words of messages.
    """

    made: int = 0
    words: int = 0
    killed: set[str] = field(default_factory=set)
    survivors: dict[str, Survivor] = field(default_factory=dict)

    def verdict(self, key: str) -> str | None:
        """What is known of a mutant."""
        if key in self.killed:
            return "killed"
        return self.survivors[key].verdict if key in self.survivors else None


@dataclass(slots=True)
class Results:
    """What is known of a package."""

    package: str
    seed: int = 0
    sample: int = 0
    commit: str = ""
    modules: dict[str, Module] = field(default_factory=dict)

    @property
    def made(self) -> int:
        """How many mutants the package has, drawn or not."""
        return sum(module.made for module in self.modules.values())

    def count(self, module: str, *, made: int, words: int) -> None:
        """Keep how many mutants a module has."""
        known = self.modules.setdefault(module, Module())
        known.made, known.words = made, words

    def note(self, mutant: Mutant, verdict: str) -> None:
        """Keep what was found of a mutant."""
        module = self.modules.setdefault(mutant.module, Module())
        module.survivors.pop(mutant.key, None)
        module.killed.discard(mutant.key)
        if verdict in {"killed", "timeout"}:
            module.killed.add(mutant.key)
            return
        module.survivors[mutant.key] = Survivor(
            mutant.key, mutant.first, mutant.function, _change(mutant.was, mutant.now), verdict
        )

    def keep_only(self, keys: set[str], modules: Collection[str]) -> None:
        """Forget what is known of mutants, and of modules, that are no more."""
        self.modules = {name: one for name, one in self.modules.items() if name in modules}
        for module in self.modules.values():
            module.killed &= keys
            module.survivors = {key: one for key, one in module.survivors.items() if key in keys}

    def save(self) -> None:
        """Write the file anew, whole or not at all."""
        self.commit = _commit()
        told = {name: getattr(self, name) for name in ("package", "seed", "sample", "commit")}
        lines = [json.dumps(told)]
        for name, module in sorted(self.modules.items()):
            head = {"module": name, "made": module.made, "words": module.words}
            lines.append(json.dumps({**head, "killed": " ".join(sorted(module.killed))}))
            left = sorted(module.survivors.values(), key=lambda one: (one.line, one.key))
            lines += [json.dumps(asdict(one), ensure_ascii=False) for one in left]
        FOLDER.mkdir(exist_ok=True)
        part = FOLDER / f"{self.package}.jsonl.part"
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")
        part.replace(FOLDER / f"{self.package}.jsonl")


def load(package: str) -> Results:
    """What is known of a package; empty where nothing is."""
    file = FOLDER / f"{package}.jsonl"
    if not file.exists():
        return Results(package)
    head, *rest = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    known, module = Results(**head), Module()
    for told in rest:
        if "module" in told:
            module = Module(told["made"], told["words"], set(told["killed"].split()))
            known.modules[told["module"]] = module
        else:
            module.survivors[told["key"]] = Survivor(**told)
    return known


def _change(was: str, now: str) -> str:
    """A change on one line: what differs in brackets, with a little of what stands around it.

    >>> _change("a < b", "a <= b")
    'a <[→=] b'
    """
    least = min(len(was), len(now))
    begin = next((n for n in range(least) if was[n] != now[n]), least)
    end = next((n for n in range(least - begin) if was[-1 - n] != now[-1 - n]), least - begin)
    gone, come = was[begin : len(was) - end], now[begin : len(now) - end]
    before, after = was[max(0, begin - _AROUND) : begin], was[len(was) - end :][:_AROUND]
    return f"{before}[{gone}→{come}]{after}"


def _commit() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()
