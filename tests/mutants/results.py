"""What was found of each mutant, in one file a package, so that a run goes on where the last one ended.

A mutant is named by its line's text before and after: once the line changes it is another, and is run again.
"""

import json
import subprocess
from dataclasses import asdict, dataclass, field
from typing import Final

from tests.mutants.changes import Mutant
from tests.mutants.packages import ROOT

FOLDER: Final = ROOT / "tests" / "mutants" / "results"


@dataclass(slots=True)
class Survivor:
    """A mutant that no test noticed.

    Attributes:
        reason: why that is as it should be; empty until somebody looked at it.
    """

    key: str
    line: int
    function: str
    was: str
    now: str
    verdict: str
    reason: str = ""


@dataclass(slots=True)
class Module:
    """What was found in a module: the keys of what was killed, and the survivors in full."""

    killed: set[str] = field(default_factory=set)
    survivors: dict[str, Survivor] = field(default_factory=dict)

    def verdict(self, key: str) -> str | None:
        """What is known of a mutant."""
        if key in self.killed:
            return "killed"
        return self.survivors[key].verdict if key in self.survivors else None


@dataclass(slots=True)
class Results:
    """What is known of a package.

    Attributes:
        made: how many mutants the package has, drawn or not.
        words: how many changes were left out as words of messages.
    """

    package: str
    seed: int = 0
    sample: int = 0
    made: int = 0
    words: int = 0
    commit: str = ""
    modules: dict[str, Module] = field(default_factory=dict)

    def note(self, mutant: Mutant, verdict: str) -> None:
        """Keep what was found of a mutant; a reason given before is kept with it."""
        module = self.modules.setdefault(mutant.module, Module())
        before = module.survivors.pop(mutant.key, None)
        module.killed.discard(mutant.key)
        if verdict in {"killed", "timeout"}:
            module.killed.add(mutant.key)
            return
        module.survivors[mutant.key] = Survivor(
            mutant.key, mutant.first, mutant.function, mutant.was, mutant.now, verdict, before.reason if before else ""
        )

    def keep_only(self, keys: set[str]) -> None:
        """Forget what is known of mutants that are no more."""
        for module in self.modules.values():
            module.killed &= keys
            module.survivors = {key: one for key, one in module.survivors.items() if key in keys}
        self.modules = {name: one for name, one in self.modules.items() if one.killed or one.survivors}

    def save(self) -> None:
        """Write the file anew, whole or not at all."""
        self.commit = _commit()
        told = {
            **{name: getattr(self, name) for name in ("package", "seed", "sample", "made", "words", "commit")},
            "modules": {
                name: {
                    "killed": " ".join(sorted(module.killed)),
                    "survivors": [asdict(one) for one in sorted(module.survivors.values(), key=lambda s: s.line)],
                }
                for name, module in sorted(self.modules.items())
            },
        }
        FOLDER.mkdir(exist_ok=True)
        part = FOLDER / f"{self.package}.json.part"
        part.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(FOLDER / f"{self.package}.json")


def load(package: str) -> Results:
    """What is known of a package; empty where nothing is."""
    file = FOLDER / f"{package}.json"
    if not file.exists():
        return Results(package)
    told = json.loads(file.read_text(encoding="utf-8"))
    modules = {
        name: Module(
            set(module["killed"].split()), {one["key"]: Survivor(**one) for one in module["survivors"]}
        )
        for name, module in told.pop("modules").items()
    }
    return Results(**told, modules=modules)


def _commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return asked.stdout.strip()
