"""Letters: each notice on paper, with all that its mail says, and with nothing that a name could have it do."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, mult

from data_contracts.company.company import LetterWindow, Organisation
from data_contracts.errors import RequestInvalid, SettingsInvalid
from data_contracts.told.notices import KeptItem, Notice
from data_contracts.vocabulary import NoticeKind
from integrations.channels.post.letters import set_letter, typst_source
from integrations.channels.templating import LANGUAGES
from integrations.channels.wording import put_into_words
from tests.integrations.channels.notices import FOLDER, a_notice, flat

EVERY = pytest.mark.parametrize("kind", list(NoticeKind))
EACH = pytest.mark.parametrize("language", LANGUAGES)
AT = datetime(2026, 12, 1, 9, 30, 12, 345678, tzinfo=UTC)
HOME = ["12 rue des Lilas", "59000 Lille"]
HOSTILE = [
    '#read("/etc/passwd")',
    "$x$",
    "= Titre",
    "*_~ `raw` ```",
    "\\u{1F600} \\",
    '"#eval("1")"',
    "//x /* y */",
    "<label> {{7*7}}",
    "[#panic()]",
]
_FOOTER = re.compile(r"Télécom Exemple SA · C-7K3M-9QXT ?(Page|Pagina) \d+ (sur|of|van) \d+")


def pages(letter: bytes) -> list[str]:
    """What each page says; where a long word may break is no part of it."""
    return [flat(page.extract_text().replace("\u200b", "")) for page in PdfReader(BytesIO(letter)).pages]


def said(notice: Notice, organisation: Organisation, to: list[str] = HOME) -> str:
    """What the letter says without its footers; spaces are left out, which a line break may have taken away."""
    told = (_FOOTER.sub("", page) for page in pages(set_letter(notice, organisation, to=to, at=AT)))
    return "".join("".join(told).split())


@EVERY
@EACH
def test_letter_says_what_the_mail_says(organisation: Organisation, kind: NoticeKind, language: str) -> None:
    """Each paragraph, fact and contact of the mail's text stands in the letter, beside subject, place and date."""
    notice = a_notice(kind, language=language, recipient_name="Éloïse Dupont", found_rows=2, reason_text="Parce que.")

    letter, mail = said(notice, organisation), put_into_words(notice, organisation)

    assert [line for line in mail.text.splitlines() if _bare(line) not in _bare(letter)] == []
    assert _bare(mail.subject) in _bare(letter)
    assert "Tourcoing," in letter


def _bare(text: str) -> str:
    """Letters and digits alone: lines, rules, bullets and commas are each form's own."""
    return "".join(letter for letter in text if letter.isalnum())


@EVERY
@EACH
@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_never_a_command(organisation: Organisation, kind: NoticeKind, language: str, name: str) -> None:
    """Whatever a data subject is called stands in the letter as it is."""
    notice = a_notice(kind, language=language, recipient_name=name, reason_text=name)

    letter = said(notice, organisation, [name, "59000 Lille"])

    assert letter.count("".join(name.split())) >= 2


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=40))
def test_no_text_leaves_its_quotes(name: str) -> None:
    """No text ends the string in which it stands: the rest of the source is the same for any name."""
    profile = Organisation.model_validate(_PROFILE)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')

    source, other = (typst_source(a_notice(), profile, to=[line], at=AT) for line in (name, "another line"))

    assert source == other.replace('"another line"', f'"{quoted}"')


_CONTACT = {"name": "Somebody", "address": {"lines": ["Somewhere"], "country": "FR"}}
_PROFILE = {
    "name": "Telco",
    "country": "FR",
    "sender": "a@telco.example",
    **dict.fromkeys(("requests", "dpo", "authority"), _CONTACT),
}


@pytest.mark.parametrize("line", ["a\nb", "a\x02b", "a\u2028b"])
def test_address_without_line_breaks(organisation: Organisation, line: str) -> None:
    """A line that would be two is refused, and not quoted."""
    with pytest.raises(RequestInvalid) as caught:
        set_letter(a_notice(), organisation, to=[line], at=AT)

    assert line not in str(caught.value)


def test_same_letter_has_the_same_bytes(organisation: Organisation) -> None:
    """A step that is done again on the same day makes the same letter; another day makes another."""
    first, again, next_day = (
        set_letter(a_notice(), organisation, to=HOME, at=AT + wait)
        for wait in (timedelta(0), timedelta(hours=1), timedelta(days=1))
    )

    assert first == again
    assert first != next_day


def test_letter_tells_who_made_it_and_when(organisation: Organisation) -> None:
    """Title, author, language and date are in the file, and the day of writing is the given one."""
    reader = PdfReader(BytesIO(set_letter(a_notice(), organisation, to=HOME, at=AT)))

    told: Any = reader.metadata
    root: Any = reader.trailer["/Root"]
    assert (told.author, told.creation_date.date()) == (organisation.name, AT.date())
    assert "C-7K3M-9QXT" in told.title
    assert "fr" in root["/Lang"]


def test_every_font_is_in_the_file(organisation: Organisation) -> None:
    """A printer needs no font of its own."""
    reader = PdfReader(BytesIO(set_letter(a_notice(recipient_name="Έλλη Иванова"), organisation, to=HOME, at=AT)))

    resources: list[Any] = [page.get("/Resources") for page in reader.pages]
    fonts = [font.get_object() for one in resources for font in one["/Font"].values()]
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert descriptors
    assert all({"/FontFile2", "/FontFile3"} & set(descriptor) for descriptor in descriptors)


def _place(letter: bytes, text: str) -> tuple[float, float, float]:
    """Millimetres from the left and the top at which a text begins, and its size in points."""
    found: list[tuple[float, float, float]] = []

    def look(said: str, cm: list[float], matrix: list[float], _font: Any, size: float) -> None:
        if said.strip().startswith(text):
            *_, left, bottom = mult(matrix, cm)
            found.append((left / 72 * 25.4, 297 - bottom / 72 * 25.4, size))

    PdfReader(BytesIO(letter)).pages[0].extract_text(visitor_text=look)
    return found[0]


@pytest.mark.parametrize("window", [LetterWindow(), LetterWindow(left=110, top=50, width=78, height=29)])
def test_address_stands_in_the_window(organisation: Organisation, window: LetterWindow) -> None:
    """Six lines as long as a request may have them are all within the window that the profile names."""
    letters = organisation.letters.model_copy(update={"window": window})
    profile = organisation.model_copy(update={"letters": letters})
    lines = [f"{number} {'avenue du Maréchal de Lattre de Tassigny ' * 2}"[:60] for number in range(1, 6)]

    letter = set_letter(a_notice(recipient_name="W" * 50, country="DE"), profile, to=lines, at=AT)

    places = [_place(letter, line[:12]) for line in ("W" * 50, *lines, "ALLEMAGNE")]
    assert all(abs(left - window.left) < 1 for left, _, _ in places)
    assert window.top <= places[0][1]
    assert places[-1][1] <= window.top + window.height


def test_address_is_left_to_the_operator(organisation: Organisation) -> None:
    """Without an address the window stays empty: no name stands there alone."""
    letter = set_letter(a_notice(recipient_name="Éloïse Dupont"), organisation, to=[], at=AT)

    assert " ".join(pages(letter)).count("Éloïse Dupont") == 1


def test_country_is_written_where_the_letter_leaves_it(organisation: Organisation) -> None:
    """A letter abroad names the country in its last line, a letter at home does not."""
    abroad, home = (said(a_notice(country=country), organisation) for country in ("BE", "FR"))

    assert "59000LilleBELGIQUE" in abroad
    assert "59000LilleFRANCE" not in home


def test_long_letter_numbers_its_pages(organisation: Organisation) -> None:
    """What takes three pages is told on three, each with its number and the reference."""
    kept = tuple(
        KeptItem("billing", f"Table {n}", n, "C. com. L123-22", f"Pièces comptables de l’exercice {n}", "2036-12-31")
        for n in range(60)
    )

    letter = pages(set_letter(a_notice(NoticeKind.ERASURE_DONE, kept=kept), organisation, to=HOME, at=AT))

    assert len(letter) >= 3
    assert all(f"Page {n} sur {len(letter)}" in page for n, page in enumerate(letter, 1))
    assert all("C-7K3M-9QXT" in page for page in letter)


@pytest.mark.parametrize(
    "name", ["Иван Петров", "Ελένη Παπαδοπούλου", "Nguyễn Thị Minh", "Łukasz Żółć", "Ðorđe Šćepić"]
)
def test_names_of_europe_need_no_font_of_the_machine(organisation: Organisation, name: str) -> None:
    """Latin with all its marks, Greek and Cyrillic are printed by the fonts that Typst brings."""
    assert "".join(name.split()) in said(a_notice(recipient_name=name), organisation, [name, "59000 Lille"])


def test_no_box_is_printed_in_the_place_of_a_letter(organisation: Organisation) -> None:
    """A character that no font here has is an error with its remedy, which does not quote the name."""
    nobody_has = "\U0010fffd"

    with pytest.raises(SettingsInvalid, match="install a font") as caught:
        set_letter(a_notice(recipient_name=f"Ana {nobody_has}"), organisation, to=HOME, at=AT)

    assert "Ana" not in str(caught.value)


@EVERY
@EACH
def test_every_kind_has_words_in_each_language(kind: NoticeKind, language: str) -> None:
    """A kind of notice that lacks a language, or its line in the subjects, is not finished."""
    folder = FOLDER / language

    assert (folder / f"{kind.value}.j2").exists()
    assert f'"{kind.value}"' in (folder / "subject.j2").read_text("utf-8")


@EACH
def test_every_section_has_words_in_each_language(language: str) -> None:
    """What a notice includes, and what a recipient is told, is there in each language too."""
    for folder in (FOLDER, FOLDER.parent / "recipients"):
        assert {file.name for file in (folder / language).iterdir()} == {
            file.name for file in (folder / "en").iterdir()
        }


@EVERY
@EACH
def test_nothing_of_a_template_is_left(organisation: Organisation, kind: NoticeKind, language: str) -> None:
    """No mark of Jinja or Typst and no name of a variable reaches a reader."""
    rendered = put_into_words(a_notice(kind, language=language), organisation)
    forms = (rendered.subject, rendered.text, rendered.html, said(a_notice(kind, language=language), organisation))

    marks = ("{{", "}}", "{%", "{#", "#strong", "#told", "None", "Undefined", "\x02", "\x03")
    assert [(mark, form[:20]) for form in forms for mark in marks if mark in form] == []
