"""Compiled templates are kept for the next process: never for another form, and never in the way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, nodes
from jinja2.ext import Extension

from integrations.channels import compiled
from integrations.channels.compiled import compiled_templates


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where they are kept in a test."""
    made = tmp_path / "kept"
    made.mkdir(mode=0o700)
    monkeypatch.setattr(compiled._Kept, "_get_default_cache_dir", lambda _: str(made))
    yield made
    made.chmod(0o700)


class _Counted(Extension):
    """Counts what is compiled."""

    compiled = 0

    def parse(self, parser: object) -> nodes.Node:
        raise NotImplementedError

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002  # Jinja's
        type(self).compiled += 1
        return source


def _put(
    folder: Path, form: str, source: str = "<b>{{ value }}</b>", *, module: Path = Path(__file__)
) -> tuple[str, int]:
    """What a template says in a new process, and how many were compiled for it."""
    (folder.parent / "page.j2").write_text(source)
    environment = Environment(
        loader=FileSystemLoader(folder.parent),
        autoescape=form != "text",  # noqa: S701  # as our own environments
        bytecode_cache=compiled_templates(form, module),
        extensions=[_Counted],
    )
    _Counted.compiled = 0
    said = environment.get_template("page.j2").render(value="<script>")
    return said, _Counted.compiled


def test_next_process_compiles_nothing(folder: Path) -> None:
    """What one process compiled, the next one reads."""
    assert _put(folder, "html") == ("<b>&lt;script&gt;</b>", 1)
    assert _put(folder, "html") == ("<b>&lt;script&gt;</b>", 0)


def test_form_that_escapes_never_gets_what_does_not(folder: Path) -> None:
    """The same template is kept for each form: text is not escaped, and HTML is, whichever was first."""
    assert _put(folder, "text")[0] == "<b><script></b>"
    assert _put(folder, "html")[0] == "<b>&lt;script&gt;</b>"
    assert _put(folder, "text")[0] == "<b><script></b>"


def test_changed_template_is_compiled_anew(folder: Path) -> None:
    """By its text, not by its time."""
    _put(folder, "html")
    assert _put(folder, "html", "<i>{{ value }}</i>") == ("<i>&lt;script&gt;</i>", 1)


def test_changed_environment_compiles_anew(folder: Path, tmp_path: Path) -> None:
    """Another version of the module that makes the environment shares nothing with the one before."""
    _put(folder, "html")
    (module := tmp_path / "module.py").write_text("another")
    assert _put(folder, "html", module=module)[1] == 1


@pytest.mark.parametrize("content", [b"", b"\0" * 40, b"cut", b"changed"])
def test_file_that_is_broken_is_compiled_anew(folder: Path, content: bytes) -> None:
    """What a full disk or a crash left counts for nothing."""
    _put(folder, "html")
    for file in folder.iterdir():
        raw = file.read_bytes()
        broken = {b"cut": raw[:-9], b"changed": raw[:50] + b"x" + raw[51:]}
        file.write_bytes(broken.get(content, content))
    assert _put(folder, "html") == ("<b>&lt;script&gt;</b>", 1)


def test_folder_that_is_gone_is_in_nobodys_way(folder: Path) -> None:
    """Pages are put together where nothing can be kept."""
    cache = compiled_templates("html", Path(__file__))
    folder.rmdir()
    environment = Environment(loader=FileSystemLoader(folder.parent), autoescape=True, bytecode_cache=cache)
    (folder.parent / "page.j2").write_text("{{ value }}")
    assert environment.get_template("page.j2").render(value="<") == "&lt;"
    folder.mkdir()


def test_machine_without_a_folder_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder belongs to somebody else, nothing is read from it."""

    def refuse(_: object) -> str:
        raise RuntimeError("owned by another account")

    monkeypatch.setattr(compiled._Kept, "_get_default_cache_dir", refuse)
    assert compiled_templates("html", Path(__file__)) is None
