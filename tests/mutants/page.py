"""``python -m tests.mutants.page``: write docs/build/mutants.md and each package's survivors from what was found."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from tests.mutants.packages import PACKAGES, ROOT
from tests.mutants.results import Results, Survivor, load

_REASONS: Final = Path(__file__).with_name("reasons.yaml")
_PAGE: Final = ROOT / "docs" / "build" / "mutants.md"
_FOLDER: Final = ROOT / "docs" / "build" / "mutants"
_BEGIN: Final = "<!-- made by python -m tests.mutants.page: from here -->"
_END: Final = "<!-- to here -->"
_OPEN: Final = "not looked at yet"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why mutants of a sort survive.

    Attributes:
        module: a regular expression that the module's path has.
        change: one that ``was → now``, as the page shows it, has.
        kind: ``equivalent``, ``not worth it`` or ``by others``: of tests that are not run for the package.
    """

    module: re.Pattern[str]
    change: re.Pattern[str]
    kind: str
    reason: str

    def is_of(self, module: str, survivor: Survivor) -> bool:
        """Whether it tells why this one survives."""
        shown = f"{survivor.function}: {survivor.change}"
        return self.module.search(module) is not None and self.change.search(shown) is not None


def reasons() -> list[Reason]:
    """All reasons, the first that fits counts."""
    told = yaml.safe_load(_REASONS.read_text(encoding="utf-8"))
    return [Reason(re.compile(one["module"]), re.compile(one["change"]), one["kind"], one["reason"]) for one in told]


def _counts(found: Results) -> tuple[int, int, int]:
    """Killed, survived, and of the latter those that no test ran."""
    killed = sum(len(module.killed) for module in found.modules.values())
    left = [one for module in found.modules.values() for one in module.survivors.values()]
    return killed, len(left), sum(one.verdict == "no test" for one in left)


def _table() -> Iterator[str]:
    known = reasons()
    heads = (
        "package",
        "mutants",
        "to run",
        "run",
        "killed",
        "survived",
        "no test",
        "score",
        "but equivalent",
        "commit",
    )
    yield "| " + " | ".join(heads) + " |"
    yield "| --- |" + " ---: |" * 8 + " --- |"
    for name, package in PACKAGES.items():
        found = load(name)
        killed, survived, untested = _counts(found)
        run = killed + survived
        wanted = min(package.sample or found.made, found.made)
        same = sum(kind == "equivalent" for kind in _kinds(found, known).elements())
        part = " of a part" if run < wanted else ""
        score = f"{killed / run:.1%}{part}" if run else "not run"
        fair = f"{killed / (run - same):.1%}{part}" if run > same else ""
        label = f"[{name}](mutants/{name}.md)" if run else name
        cells = (label, found.made, wanted, run, killed, survived, untested, score, fair, found.commit)
        yield "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else cell for cell in cells) + " |"


def _kinds(found: Results, known: list[Reason]) -> Counter[str]:
    return Counter(
        _reason(name, one, known)[0] for name, module in found.modules.items() for one in module.survivors.values()
    )


def _reason(module: str, survivor: Survivor, known: list[Reason]) -> tuple[str, str]:
    return next(((one.kind, one.reason) for one in known if one.is_of(module, survivor)), (_OPEN, ""))


def _survivors(name: str, found: Results) -> Iterator[str]:
    known = reasons()
    kinds = _kinds(found, known)
    yield f"# Survivors of {name}"
    yield ""
    yield f"Made by `python -m tests.mutants.page`; what they are: [mutants](../mutants.md). {_summary(kinds)}"
    for path, module in sorted(found.modules.items()):
        if not module.survivors:
            continue
        yield from ("", f"## {path}", "", "| line | in | change | why it survives |", "| ---: | --- | --- | --- |")
        for one in sorted(module.survivors.values(), key=lambda s: (s.line, s.key)):
            kind, reason = _reason(path, one, known)
            said = ": ".join(filter(None, (kind, reason)))
            note = " (no test runs it)" if one.verdict == "no test" else ""
            yield f"| {one.line} | {one.function} | {_code(one.change)} | {said}{note} |"


def _summary(kinds: Counter[str]) -> str:
    return "; ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) + "."


def _code(text: str) -> str:
    """Text as code in a cell of a table, and nothing in it that looks like a link."""
    return f"`` {text} ``".replace("|", "\\|").replace("](", "] (")


def main() -> None:
    """Write the pages."""
    _FOLDER.mkdir(exist_ok=True)
    for name in PACKAGES:
        found = load(name)
        if found.modules:
            (_FOLDER / f"{name}.md").write_text("\n".join(_survivors(name, found)) + "\n", encoding="utf-8")
    before, _, rest = _PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    after = rest.partition(_END)[2]
    _PAGE.write_text("\n".join([before + _BEGIN, "", *_table(), "", _END]) + after, encoding="utf-8")


if __name__ == "__main__":
    main()
