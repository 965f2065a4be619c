"""Pages in the reader's language: templates, and words in a file for each language.

A word that one language lacks is an error when the application starts, not a hole in somebody's page.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request

from data_contracts.errors import SettingsInvalid
from data_contracts.odcs.reading.yaml_file import own

LANGUAGES = ("fr", "en", "nl")
_LOCALES = {"en": "en_GB"}
NAMES = {"fr": "Français", "en": "English", "nl": "Nederlands"}
"""Each language in its own words."""


class Words:
    """The words of one language: ``words("form.send")``; ``{name}`` in them is filled in, and escaped."""

    def __init__(self, language: str, texts: Mapping[str, Any]) -> None:
        """Keep the texts."""
        self.language = language
        self._texts = texts

    def __call__(self, key: str, **filled: object) -> Markup:
        """The words under a dotted key.

        Raises:
            KeyError: when there are none; a test reads every template.
        """
        found: Any = self._texts
        for part in key.split("."):
            found = found[part]
        text = Markup(str(found).strip())  # noqa: S704  # our own words; what is filled in is escaped by format
        return text.format(**filled) if filled else text

    def items(self, key: str) -> Mapping[str, str]:
        """All words under a key, by name."""
        found: Any = self._texts
        for part in key.split("."):
            found = found[part]
        return {str(name): str(text) for name, text in found.items()}

    def has(self, key: str) -> bool:
        """Whether there are words under a key."""
        try:
            self(key)
        except KeyError:
            return False
        return True

    @property
    def colon(self) -> str:
        """A colon, with the space before it that does not break where the language writes one."""
        return "\u00a0: " if self.language == "fr" else ": "

    def named(self, group: str, code: str) -> str:
        """The words for a code; the code in plain letters where there are none."""
        key = f"{group}.{code}"
        return self(key) if self.has(key) else code.replace("_", " ")

    def short(self, day: date) -> str:
        """A day and its month in short form."""
        return format_date(day, format="d MMM", locale=_LOCALES.get(self.language, self.language))

    def month(self, day: date) -> str:
        """A month in short form, with its year."""
        return format_date(day, format="MMM y", locale=_LOCALES.get(self.language, self.language))

    def country(self, code: str) -> str:
        """The name of a country; the code itself where nobody knows it."""
        return str(Locale(self.language).territories.get(code, code))

    def day(self, when: date | datetime | None, time_zone: str = "Europe/Paris") -> str:
        """A day in long form; empty for none."""
        if when is None:
            return ""
        local = when.astimezone(ZoneInfo(time_zone)).date() if isinstance(when, datetime) else when
        return format_date(local, format="long", locale=_LOCALES.get(self.language, self.language))


@cache
def read_words(folder: Path) -> Mapping[str, Words]:
    """The words of every language in a folder of ``<language>.yaml``.

    Raises:
        SettingsInvalid: when one language lacks words that another one has.
    """
    texts = {code: own((folder / f"{code}.yaml").read_text("utf-8")) for code in LANGUAGES}
    keys = {code: set(_keys(found)) for code, found in texts.items()}
    lacking = sorted({f"{code}: {key}" for code in keys for key in set().union(*keys.values()) - keys[code]})
    if lacking:
        raise SettingsInvalid("words are missing", where=", ".join(lacking), remedy="add them to the words files")
    return {code: Words(code, found) for code, found in texts.items()}


def page_templates(*folders: Path) -> Environment:
    """Templates that escape everything, and know nothing that was not given to them."""
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def wanted_language(call: Request, offered: Sequence[str], kept: object = None) -> str:
    """The language to answer in: asked for in the address, kept from before, the browser's first that we have.

    Source: RFC 9110 section 12.5.4; weights are honoured by their order, which browsers send.
    """
    asked = [call.query_params.get("lang", ""), str(kept or "")]
    accepted = [part.split(";")[0].strip()[:2].lower() for part in call.headers.get("accept-language", "").split(",")]
    return next((code for code in (*asked, *accepted) if code in offered), offered[0])


def _keys(texts: Mapping[str, Any], before: str = "") -> list[str]:
    found = []
    for key, value in texts.items():
        name = f"{before}{key}"
        found += _keys(value, f"{name}.") if isinstance(value, dict) else [name]
    return found
