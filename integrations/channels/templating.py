"""Jinja as every page, mail and letter uses it: strict, and compiled once a process.

Templates are ours; whatever a person wrote arrives as data and is never compiled, so no sandbox is needed. HTML is
escaped by default, an undefined name is an error and never a blank.

The form ``typst`` is the source of a letter. Whatever is said, by a template or by a person, stands in it between the
quotes of a string, never as markup: no name and no reason can be read as a command of Typst. Templates mark what is
bold with two control characters, which no value can hold: they are taken out of each.
"""

import re
import textwrap
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from data_contracts.company.company import Organisation
from data_contracts.odcs.reading.yaml_file import own
from integrations.channels.compiled import compiled_templates

__all__ = [
    "LANGUAGES",
    "Form",
    "country_name",
    "environment",
    "known_language",
    "long_date",
    "number",
    "page_words",
    "told_day",
    "words",
]

Form: TypeAlias = Literal["html", "text", "typst"]

LANGUAGES = ("fr", "en", "nl")
"""The languages we have words for."""

_TEMPLATES = Path(__file__).with_name("templates")
_BLANKS = re.compile(r"[ \t\r\n]+")  # not the no-break space, which French wants before a colon
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_BOLD = re.compile(r"\x02(.*?)\x03", re.DOTALL)
_UNBROKEN = re.compile(r"\S{40}(?=\S)")  # longer than any word or place; a letter's line may break after it
_COLUMNS = 72
_COMMON_LANGUAGE = "en"


@cache
def environment(form: Form) -> Environment:
    """The environment for one form; the same object each time, so that templates are compiled once."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=form != "text",  # noqa: S701  # the text form has nothing to escape
        finalize=_without_control if form == "typst" else None,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=compiled_templates(form, Path(__file__)),
    )
    made.filters.update(fill=_fill, long_date=long_date, told_day=told_day, number=number, country=country_name)
    made.filters.update(runs=_runs, quoted=_quoted)
    return made


@cache
def words(language: str) -> dict[str, Any]:
    """The word list of a language: codes of the law and of contracts in plain words."""
    loaded: dict[str, Any] = own((_TEMPLATES / f"words.{language}.yaml").read_text(encoding="utf-8"))
    return loaded


@cache
def page_words(part: str, language: str) -> dict[str, Any]:
    """The words of one kind of page, from ``templates/<part>/<language>.yaml``."""
    loaded: dict[str, Any] = own((_TEMPLATES / part / f"{language}.yaml").read_text(encoding="utf-8"))
    return loaded


def known_language(language: str, organisation: Organisation) -> str:
    """The language to write in: the one asked for, else the profile's first that we have words for."""
    for wish in (language, *organisation.languages):
        short = wish.replace("_", "-").partition("-")[0].lower()
        if short in LANGUAGES:
            return short
    return _COMMON_LANGUAGE


def long_date(day: date, language: str) -> str:
    """A day in words: ``1er mars 2027``, ``1 March 2027``, ``1 maart 2027``."""
    written = format_date(day, format="d MMMM y", locale=language)
    return f"1er{written[1:]}" if language == "fr" and day.day == 1 else written


def told_day(iso: str, language: str) -> str:
    """An ISO date in words; empty for an empty one."""
    return long_date(date.fromisoformat(iso), language) if iso else ""


@cache
def country_name(code: str, language: str) -> str:
    """The country in the language; the code itself when nobody knows it."""
    return str(Locale(language).territories.get(code, code))


@lru_cache(maxsize=1024)
def number(value: int, language: str) -> str:
    """A number as it is written in the language."""
    return format_decimal(value, locale=language)


def _fill(text: str, hanging: str = "") -> str:
    """Text broken into lines; ``hanging`` begins the first line and the others are indented as far."""
    flat = _BLANKS.sub(" ", text).strip(" ")
    return textwrap.fill(
        flat,
        _COLUMNS,
        initial_indent=hanging,
        subsequent_indent=" " * len(hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _without_control(value: Any) -> Any:  # noqa: ANN401  # Jinja gives whatever a template names
    """What a template prints into a letter: its own parts as they are, values without control characters."""
    return value if isinstance(value, Markup) else Markup(_CONTROL.sub(" ", str(value)))  # noqa: S704  # quoted by `runs`


def _runs(text: str) -> Markup:
    """Words of a letter as Typst code: strings, those between the marks of bold as strong text.

    >>> print(_runs("as " + chr(2) + "#read(1)" + chr(3) + " said"))
    [#"as "#strong("#read(1)")#" said"]
    """
    flat = _BLANKS.sub(" ", text).strip(" ")
    parts = _BOLD.split(flat)
    code = "".join(
        f"#strong({_quoted(part)})" if place % 2 else f"#{_quoted(part)}" for place, part in enumerate(parts)
    )
    return Markup(f"[{code}]")  # noqa: S704  # every part is quoted


def _quoted(text: str) -> Markup:
    r"""A string of Typst, quotes included; its own quotes and backslashes are escaped, control characters left out.

    >>> print(_quoted("a" + chr(34)))
    "a\""
    """
    plain = _UNBROKEN.sub("\\g<0>\u200b", _CONTROL.sub(" ", str(text))).replace("\\", "\\\\").replace('"', '\\"')
    return Markup(f'"{plain}"')  # noqa: S704  # just quoted
