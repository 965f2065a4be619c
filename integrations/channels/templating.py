"""Jinja as every page and mail uses it: strict, and compiled once a process.

Templates are ours; whatever a person wrote arrives as data and is never compiled, so no sandbox is needed. HTML is
escaped by default, an undefined name is an error and never a blank.
"""

import re
import textwrap
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from data_contracts.company import Organisation

__all__ = ["LANGUAGES", "country_name", "environment", "known_language", "long_date", "number", "words"]

LANGUAGES = ("fr", "en")
"""The languages we have words for."""

_TEMPLATES = Path(__file__).with_name("templates")
_BLANKS = re.compile(r"[ \t\r\n]+")  # not the no-break space, which French wants before a colon
_COLUMNS = 72


@cache
def environment(form: Literal["html", "text"]) -> Environment:
    """The environment for one form; the same object each time, so that templates are compiled once."""
    made = Environment(  # the text form has nothing to escape
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=form == "html",  # noqa: S701  # the text form has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(fill=_fill, long_date=long_date, number=number, country=country_name)
    return made


@cache
def words(language: str) -> dict[str, Any]:
    """The word list of a language: codes of the law and of contracts in plain words."""
    loaded: dict[str, Any] = yaml.safe_load((_TEMPLATES / f"words.{language}.yaml").read_text(encoding="utf-8"))
    return loaded


def known_language(language: str, organisation: Organisation) -> str:
    """The language to write in: the one asked for, else the profile's first that we have words for."""
    for wish in (language, *organisation.languages):
        short = wish.replace("_", "-").partition("-")[0].lower()
        if short in LANGUAGES:
            return short
    return LANGUAGES[-1]


def long_date(day: date, language: str) -> str:
    """A day in words: ``1 mars 2027``, ``1 March 2027``."""
    return format_date(day, format="d MMMM y", locale=language)


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
