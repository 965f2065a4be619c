"""Puts a notice into words (Art. 12(1): concise, transparent, intelligible, in clear and plain language).

One template a kind and language gives all forms, text and HTML of a mail and the letter, so that they can never say
different things.
A refusal must tell the reasons, the complaint to an authority and the judicial remedy (Art. 12(4)); one that lacks any
of the three is an error here, not a mail.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from data_contracts.company.company import Organisation
from data_contracts.errors import ContractInvalid, RequestInvalid, StepFailed
from data_contracts.text.mail_address import has_control
from data_contracts.told.notices import KeptItem, Notice, Rendered
from data_contracts.vocabulary import NoticeKind
from integrations.channels.templating import Form, environment, known_language, long_date, words

__all__ = ["Worded", "greeted", "put_into_words", "put_together"]

_LONGEST_NAME = 120
_LINK = re.compile(r"://|www\.|@", re.IGNORECASE)
_GAP = re.compile(r"\n{3,}")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class _Kept:
    """Rows that stay for one and the same reason."""

    label: str
    law: str
    until: str
    rows: int
    tables: tuple[tuple[str, str], ...]
    """System and table, each once."""

    @property
    def places(self) -> tuple[str, ...]:
        """Systems in the order of first mention, each with its tables in brackets."""
        systems = dict.fromkeys(system for system, _ in self.tables)
        return tuple(f"{system} ({', '.join(t for s, t in self.tables if s == system)})" for system in systems)


@dataclass(frozen=True, slots=True)
class Worded:
    """A notice in words of one form, its layout still missing."""

    language: str
    subject: str
    body: str
    closing: str
    context: Mapping[str, Any]


def put_into_words(notice: Notice, organisation: Organisation) -> Rendered:
    """The notice as subject, text and HTML in a language we have words for.

    Raises:
        RequestInvalid: when the recipient's name holds a line end or another control character.
        StepFailed: when a refusal gives no reason in words.
        ContractInvalid: when the profile lacks what a refusal must tell.
    """
    text, html = put_together("text", notice, organisation), put_together("html", notice, organisation)
    plain = _page("text", text)
    return Rendered(subject=text.subject, text=_GAP.sub("\n\n", plain.strip("\n")) + "\n", html=_page("html", html))


def put_together(form: Form, notice: Notice, organisation: Organisation) -> Worded:
    """The parts of a notice in one form; see :func:`put_into_words` for errors."""
    if has_control(notice.recipient_name + notice.subject_name):
        raise RequestInvalid(
            "the recipient's name holds a control character", where=notice.case_id, remedy="correct the name"
        )
    local = organisation.in_country(notice.country)
    language = known_language(notice.language, local)
    context = _context(notice, local, language)
    _require_what_the_law_asks(notice, context)
    env, folder = environment(form), f"notices/{language}"
    ui = env.get_template(f"notices/parts.{form}.j2").module
    subject = environment("text").get_template(f"{folder}/subject.j2").render(context)
    return Worded(
        language=language,
        subject=" ".join(subject.split()),
        body=env.get_template(f"{folder}/{notice.kind.value}.j2").render(context, ui=ui),
        closing=env.get_template(f"{folder}/closing.j2").render(context, ui=ui),
        context=context,
    )


def _page(form: Form, said: Worded) -> str:
    # Both parts were rendered, and escaped where that is due, by the environment of this form.
    body, closing = Markup(said.body), Markup(said.closing)  # noqa: S704
    layout = environment(form).get_template(f"notices/layout.{form}.j2")
    return layout.render(said.context, body=body, closing=closing)


def _context(notice: Notice, organisation: Organisation, language: str) -> dict[str, Any]:
    said = words(language)
    received = notice.received_on.astimezone(ZoneInfo(organisation.time_zone)).date()
    return {
        "notice": notice,
        "org": organisation,
        "language": language,
        "words": said,
        "right": said["rights"].get(notice.right, said["rights"]["any"]),
        "name": greeted(notice.recipient_name),
        "subject": greeted(notice.subject_name),
        "received": long_date(received, language),
        "due": _told_date(notice.response_due, language),
        "until": _told_date(notice.link_until, language),
        "reasons": [said["reasons"][code] for code in notice.reasons if said["reasons"].get(code)],
        "reason_lines": [line.strip() for line in notice.reason_text.splitlines() if line.strip()],
        "kept": _kept(notice.kept, language, said),
        "court": organisation.court.get(language, ""),
    }


def greeted(name: str) -> str:
    """The name to greet with; none when it looks like a text that somebody wants us to send around for them."""
    flat = name.strip()
    return "" if len(flat) > _LONGEST_NAME or _LINK.search(flat) else flat


def _told_date(iso: str, language: str) -> str:
    return long_date(date.fromisoformat(iso), language) if _ISO_DATE.fullmatch(iso) else ""


def _kept(items: Iterable[KeptItem], language: str, said: Mapping[str, Any]) -> list[_Kept]:
    """What stays, one entry for each reason, in the order of first mention."""
    entries: dict[tuple[str, str, str], _Kept] = reduce(_add_kept, items, {})
    return [
        _Kept(
            said["kept"].get(entry.label) or entry.label or said["kept"]["unnamed"],
            entry.law,
            _told_until(entry.until, language, said["kept"]),
            entry.rows,
            entry.tables,
        )
        for entry in entries.values()
    ]


def _told_until(until: str, language: str, said: Mapping[str, str]) -> str:
    if day := _told_date(until, language):
        return said["until"].format(day=day)
    return said["per_row" if until == "per_row" else "open"]


def _add_kept(entries: dict[tuple[str, str, str], _Kept], item: KeptItem) -> dict[tuple[str, str, str], _Kept]:
    key = (item.label, item.law, item.until)
    before = entries.get(key, _Kept(*key, rows=0, tables=()))
    tables = tuple(dict.fromkeys((*before.tables, (item.system, item.table))))
    return {**entries, key: _Kept(*key, rows=before.rows + item.rows, tables=tables)}


def _require_what_the_law_asks(notice: Notice, context: Mapping[str, Any]) -> None:
    """Refuse to write a refusal, in whole or part, or an extension that lacks what Art. 12(3) and (4) ask for."""
    if notice.kind is NoticeKind.REFUSAL:
        _require_reasons(notice, [*context["reasons"], *context["reason_lines"]])
    if notice.kind is NoticeKind.EXTENSION:
        _require_reasons(notice, [context["words"]["extension"].get(notice.ground), *context["reason_lines"]])
    if notice.kind is NoticeKind.REFUSAL or notice.not_done:
        _require_remedies(context)


def _require_reasons(notice: Notice, reasons: Iterable[str | None]) -> None:
    if not any(reasons):
        what = f"a notice of {notice.kind.value} gives no reason in words"
        raise StepFailed(what, where=notice.case_id, remedy="write the reason for the person")


def _require_remedies(context: Mapping[str, Any]) -> None:
    org: Organisation = context["org"]
    if not org.authority.name.strip():
        raise _profile_lacks("authority.name", "the authority to complain to")
    if not context["court"].strip():
        raise _profile_lacks(f"court.{context['language']}", "the judicial remedy")


def _profile_lacks(field: str, what: str) -> ContractInvalid:
    return ContractInvalid(
        f"a refusal cannot be sent without {what} (Art. 12(4))",
        where=f"organisation.yaml {field}",
        remedy="fill the field in",
    )
