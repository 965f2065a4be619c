"""The wheel alone is the whole program: it works where there is no checkout."""

import json
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.commands.packages import PACKAGES, foreign_package

_ROOT = Path(__file__).parents[1]
_UV = Path(sys.executable).with_name("uv")


@dataclass(frozen=True)
class Program:
    """``rightsflow``, installed from its wheel into an environment of its own.

    Attributes:
        environment: the virtual environment.
        folder: where it is called.
    """

    environment: Path
    folder: Path

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.environment / "bin" / "python")

    @property
    def packages(self) -> Path:
        """Where packages of the environment are."""
        return Path(sysconfig.get_path("purelib", vars={"base": str(self.environment)}))

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call it, from a folder that is no checkout, on a home there."""
        variables = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "RIGHTSFLOW_HOME": str(self.folder / "home")}
        command = [str(self.environment / "bin" / "rightsflow"), *words]
        return subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True, check=False)

    def facts(self, *words: str) -> dict[str, object]:
        """What it says as JSON; it must succeed."""
        done = self.call(*words, "--json")
        assert done.returncode == 0, done.stderr + done.stdout
        told: dict[str, object] = json.loads(done.stdout)
        return told


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what it is made of, with what is installed."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in PACKAGES:
        shutil.copytree(_ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(_ROOT / name, source)
    options = ("--wheel", "--no-build-isolation", "--offline", "--quiet", "--python", sys.executable)
    subprocess.run([_UV, "build", *options, "-o", built, source], check=True, capture_output=True)
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The wheel in a new environment, which sees what this one has installed, but no checkout."""
    made = Program(tmp_path_factory.mktemp("environment") / "venv", tmp_path_factory.mktemp("elsewhere"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made.environment], check=True)
    (made.packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    options = ("--no-deps", "--no-index", "--offline", "--quiet", "--python", made.python)
    subprocess.run([_UV, "pip", "install", *options, wheel], check=True, capture_output=True)
    return made


def test_wheel_is_called(program: Program) -> None:
    """The program is there, and it is that of the wheel."""
    done = program.call("--version")
    place = [program.python, "-c", "import flows, data_contracts; print(flows.__file__)"]
    found = subprocess.run(place, cwd=program.folder, capture_output=True, text=True, check=True).stdout

    assert done.returncode == 0, done.stderr
    assert Path(found.strip()).is_relative_to(program.packages)


def test_wheel_has_every_file_that_is_read(wheel: Path, tmp_path: Path) -> None:
    """Each file of the packages that is not Python is in it, under the same path."""
    shutil.unpack_archive(wheel, tmp_path, "zip")
    ours = {
        file.relative_to(_ROOT)
        for name in PACKAGES
        for file in (_ROOT / name).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }

    assert {file for file in ours if not (tmp_path / file).is_file()} == set()


def test_wheel_checks_the_contracts_that_it_brings(program: Program) -> None:
    """The demo company's contracts are read and are in order."""
    assert program.facts("contracts", "check", "--offline")["ok"] is True


def test_wheel_carries_a_case_to_its_gate(program: Program) -> None:
    """Keys, register and migrations, a receipt from its template, and the first question to a person."""
    assert "made" in program.facts("init")

    case = str(program.facts("open", "access", "--identity", "email=ana@example.org", "--key", "k1")["case"])
    carried = program.facts("run", case)

    assert carried["waits_at"] == "identity"
    assert program.facts("case", case)["state"] == "acknowledged"
    assert list((program.folder / "home" / "outbox").iterdir())


@pytest.mark.parametrize("words", [("metrics", "--alerts"), ("metrics", "--dashboard")])
def test_wheel_prints_what_it_brings(program: Program, words: tuple[str, ...]) -> None:
    """Alert rules and dashboard are files of the wheel."""
    assert len(program.call(*words).stdout) > 1_000


def test_wheel_knows_its_deployments(program: Program) -> None:
    """Every flow that is deployed lies at its entry point, where flows are started."""
    ask = (
        "import yaml; from flows.server.places import CODE, DEPLOYMENTS\n"
        "told = yaml.safe_load(DEPLOYMENTS.read_text())['deployments']\n"
        "print(len(told), all((CODE / one['entrypoint'].partition(':')[0]).is_file() for one in told))"
    )
    done = subprocess.run(
        [program.python, "-c", ask],
        cwd=program.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    number, are_there = done.stdout.split()

    assert (int(number) > 10, are_there) == (True, "True")


@pytest.mark.parametrize("name", [name for name in PACKAGES if name != "flows"])
def test_package_of_that_name_before_ours_is_refused(program: Program, name: str, tmp_path: Path) -> None:
    """Another ``tasks`` that comes first on the path is named in a sentence, and nothing of it is imported."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise SystemExit('imported')\n")
    command = [program.python, "-m", "flows.cli", "cases"]
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(program.folder), "PYTHONPATH": str(tmp_path)}

    done = subprocess.run(command, cwd=program.folder, env=variables, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert str(tmp_path / name) in done.stderr
    assert "Remedy:" in done.stderr


@pytest.mark.parametrize("name", PACKAGES)
def test_package_installed_over_ours_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another distribution's ``__init__`` in our folder does not bear our mark."""
    for own in PACKAGES:
        (tmp_path / own).mkdir()
        shutil.copy(_ROOT / own / "__init__.py", tmp_path / own)
    monkeypatch.syspath_prepend(str(tmp_path))
    for own in PACKAGES:
        monkeypatch.delitem(sys.modules, own, raising=False)
    assert foreign_package(tmp_path) == ""

    (tmp_path / name / "__init__.py").write_text('"""Somebody else\'s."""\n')

    assert foreign_package(tmp_path) == str(tmp_path / name / "__init__.py")


def test_second_copy_of_ours_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One part of the program would be of one version, and the next of another."""
    (tmp_path / "tasks").mkdir()
    shutil.copy(_ROOT / "tasks" / "__init__.py", tmp_path / "tasks")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "tasks", raising=False)

    assert foreign_package() == str(tmp_path / "tasks" / "__init__.py")
