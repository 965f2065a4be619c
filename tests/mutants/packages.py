"""What is changed, in packages by name, and the tests that look at each of them.

A package's tests are the folders and modules that belong to it, those of units first. The whole suite is not asked: a
control whose own tests do not notice that it is gone is not tested.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SAMPLE: Final = 300
"""Mutants drawn of a package of which not all are tried; all of a smaller one."""


@dataclass(frozen=True, slots=True)
class Package:
    """One line of the table in docs/build/mutants.md.

    Attributes:
        code: files and folders whose lines are changed.
        tests: files and folders of the tests that may notice.
        sample: how many mutants are drawn by the seed; 0 for all.
    """

    code: tuple[str, ...]
    tests: tuple[str, ...]
    sample: int = 0

    @property
    def modules(self) -> list[str]:
        """The modules that are changed, by path."""
        found = [path for place in self.code for path in _modules(ROOT / place)]
        return sorted(str(path.relative_to(ROOT)) for path in found)


def _modules(place: Path) -> list[Path]:
    return [place] if place.is_file() else list(place.rglob("*.py"))


PACKAGES: Final[dict[str, Package]] = {
    "rules": Package(code=("tasks/rules",), tests=("tests/tasks/rules", "tasks/rules")),
    "operator-proof": Package(code=("tasks/gates/operators.py",), tests=("tests/tasks/gates/test_operators.py",)),
    "decisions": Package(
        code=(
            "data_contracts/gates/decided.py",
            "integrations/register/cases/signed_answers.py",
            "integrations/register/cases/gates.py",
        ),
        tests=("tests/data_contracts/gates/test_decided.py", "tests/integrations/register/cases/test_gates.py"),
    ),
    "gates": Package(
        code=(
            "flows/runs/gates.py",
            "flows/operator/gate_facts.py",
            "flows/runs/gate_forms.py",
            "tasks/gates/gates.py",
            "tasks/gates/decisions.py",
        ),
        tests=(
            "tests/tasks/gates/test_gates.py",
            "tests/flows/operator/test_gate_forms.py",
            "tests/flows/operator/test_together.py",
            "tests/flows/operator/test_signed_decisions.py",
            "tests/flows/operator/test_people_who_leave.py",
            "tests/flows/operator/test_commands_of_operators.py",
            "tests/flows/laws/test_law_5_people_decide.py",
            "tests/flows/runs/test_changed_contracts.py",
        ),
    ),
    "evidence": Package(
        code=("integrations/evidence", "data_contracts/evidence/merkle.py", "data_contracts/evidence/log.py"),
        tests=(
            "tests/data_contracts/evidence/test_merkle.py",
            "tests/data_contracts/evidence/test_log.py",
            "tests/integrations/evidence",
        ),
    ),
    "vault": Package(code=("integrations/vault",), tests=("tests/integrations/vault",), sample=SAMPLE),
    "identity": Package(
        code=(
            "tasks/identity/facts.py",
            "tasks/gates/identity_ways.py",
            "tasks/identity/link.py",
            "tasks/notices/links.py",
            "tasks/identity/conclude.py",
            "tasks/identity/proofs.py",
            "tasks/identity/online.py",
            "tasks/identity/verify.py",
        ),
        tests=(
            "tests/flows/rights/test_identity_links.py",
            "tests/flows/rights/test_online_proofs.py",
            "tests/flows/laws/test_law_4_identity_first.py",
        ),
        sample=SAMPLE,
    ),
    "doors": Package(
        code=("integrations/intake",),
        tests=("tests/integrations/intake", "tests/flows/doors", "tests/prefect/test_door.py"),
        sample=SAMPLE,
    ),
}
