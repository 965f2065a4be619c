"""Sets a notice as a printable letter (charter 5.2, 8a): A4, the address where the envelope's window shows it.

The letter is made of the same template as the mail; Typst sets it. Nothing is fetched: no package, no file, no font
but those that Typst brings and those of this machine, which serve scripts that the first ones lack. The same notice,
address and day give the same bytes.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from markupsafe import Markup

from data_contracts.company.company import Organisation
from data_contracts.company.contract import in_language
from data_contracts.errors import RequestInvalid
from data_contracts.text.mail_address import has_control
from data_contracts.told.notices import Notice
from integrations.channels.templating import country_name, environment, long_date
from integrations.channels.typesetting import FONTS, set_pages
from integrations.channels.wording import Worded, greeted, put_together

__all__ = ["set_letter", "typst_source"]

_MIDDLE_MM = 100
"""A window that begins left of it leaves the sender's address the right side."""


def set_letter(notice: Notice, organisation: Organisation, *, to: Sequence[str], at: datetime) -> bytes:
    """The notice as a PDF, tagged for screen readers and fit for archiving.

    Args:
        notice: what is said, to whom.
        organisation: the profile.
        to: lines of the postal address, without the name; none leaves the window empty, for an operator to fill in.
        at: the moment of writing, aware.

    Raises:
        RequestInvalid: when a line of the address holds a control character.
        SettingsInvalid: when no font of this machine has a character of the letter.
        StepFailed: when Typst refuses the page, and as for the mail.
        ContractInvalid: as :func:`integrations.channels.wording.put_into_words`.
    """
    source = typst_source(notice, organisation, to=to, at=at).encode()
    noon = datetime.combine(at.astimezone(ZoneInfo(organisation.time_zone)), time(12), tzinfo=UTC)
    return set_pages(source, noon, what="letter", where=notice.case_id)


def typst_source(notice: Notice, organisation: Organisation, *, to: Sequence[str], at: datetime) -> str:
    """The letter as Typst sets it; what anybody wrote stands in it as strings alone."""
    if any(has_control(line) for line in to):
        raise RequestInvalid(
            "a line of the postal address holds a control character", where=notice.case_id, remedy="correct the address"
        )
    said = put_together("typst", notice, organisation)
    local = organisation.in_country(notice.country)
    day = at.astimezone(ZoneInfo(organisation.time_zone)).date()
    return (
        environment("typst")
        .get_template("notices/layout.typst.j2")
        .render(
            said.context,
            body=Markup(said.body),  # noqa: S704  # rendered, and quoted, by the environment of this form
            closing=Markup(said.closing),  # noqa: S704  # as the body
            subject=said.subject,
            to=_listed(_addressed(notice, local, to, said)),
            sender=_listed(_sender(local, said)),
            sender_at=Markup("align(right, ") if local.letters.window.left < _MIDDLE_MM else "",
            window=local.letters.window,
            letter=said.context["words"]["letter"],
            dated=_dated(in_language(local.letters.place, said.language), day, said),
            fonts=_listed(FONTS, brackets=True),
            typst_date=Markup(f"datetime(year: {day.year}, month: {day.month}, day: {day.day})"),  # noqa: S704  # numbers
        )
    )


def _addressed(notice: Notice, local: Organisation, to: Sequence[str], said: Worded) -> list[str]:
    """The lines in the window; the country only where the letter leaves that of its sender."""
    if not to:
        return []
    name = greeted(notice.recipient_name)
    country = notice.country or local.country
    is_abroad = country != local.requests.address.country
    return [*([name] if name else []), *to, *([country_name(country, said.language).upper()] if is_abroad else [])]


def _sender(local: Organisation, said: Worded) -> list[str]:
    """Where the letter comes from, below the organisation's name."""
    who = local.requests
    lines = [line for line in who.address.lines if line != local.name]
    return [line for line in (*lines, country_name(who.address.country, said.language), who.email, who.phone) if line]


def _dated(place: str, day: date, said: Worded) -> str:
    written = long_date(day, said.language)
    return str(said.context["words"]["letter"]["dated"]).format(place=place, day=written) if place else written


def _listed(lines: Iterable[str], *, brackets: bool = False) -> Markup:
    """Strings of Typst with commas between them."""
    quoted = environment("typst").filters["quoted"]
    text = "".join(f"{quoted(line)}, " for line in lines)
    return Markup(f"({text})" if brackets else text)  # noqa: S704  # each is quoted
