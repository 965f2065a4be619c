"""Every notice as a picture, to be looked at: ``python -m tests.notice_pictures FOLDER``.

Each kind in each language as letter and as mail, then letters at their limits: long names and addresses, three pages,
other scripts. Letters need nothing but Typst; mails need Playwright and Chromium, and are left out without them.
``python -m tests.notice_pictures docs`` takes the two letters of docs/operate/letters.md.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

import data_contracts
from data_contracts.company.company import Organisation
from data_contracts.odcs.reading.company_files import load_organisation
from data_contracts.told.notices import KeptItem, Notice, RecipientTold, Referral, ToldItem
from data_contracts.vocabulary import NoticeKind, Right
from integrations.channels.post.letters import typst_source
from integrations.channels.templating import LANGUAGES
from integrations.channels.wording import put_into_words
from tests.services import chromium

_IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
_AT = datetime(2026, 3, 31, 9, tzinfo=UTC)
_LILLE = ("12 rue des Lilas", "59000 Lille")
_GENT = ("Korenmarkt 12 bus 3", "9000 Gent")
_KEPT = (
    KeptItem(
        "Facturation",
        "Factures",
        12,
        "C. com. L123-22",
        "La loi nous oblige à conserver nos pièces comptables pendant dix ans à compter de la clôture de l’exercice",
        "2036-12-31",
    ),
)
_RIGHTS = {
    NoticeKind.ERASURE_DONE: Right.ERASURE,
    NoticeKind.RECTIFICATION_DONE: Right.RECTIFICATION,
    NoticeKind.RESTRICTION_DONE: Right.RESTRICTION,
    NoticeKind.RESTRICTION_LIFTED: Right.RESTRICTION,
    NoticeKind.OBJECTION_DONE: Right.OBJECTION,
}


def main() -> None:
    """Take the pictures that were asked for."""
    organisation = load_organisation(Path(data_contracts.__file__).parent)
    if sys.argv[1:] == ["docs"]:
        take_letters_for_docs(organisation)
        return
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, notice, to in _all():
        _letter(folder / name, notice, organisation, to)
        (folder / f"{name}.html").write_text(put_into_words(notice, organisation).html, "utf-8")
    _mails(folder)


def take_letters_for_docs(organisation: Organisation) -> None:
    """The two letters that docs/operate/letters.md shows, their first pages."""
    french = a_full_notice(NoticeKind.ERASURE_DONE, "fr")
    dutch = replace(a_full_notice(NoticeKind.ANSWER, "nl"), country="BE", recipient_name="Wim Peeters")
    for name, notice, to in (("letter-fr", french, _LILLE), ("letter-nl", dutch, _GENT)):
        source = typst_source(notice, organisation, to=to, at=_AT)
        (_IMAGES / f"{name}.png").write_bytes(_pages(source)[0])


def a_full_notice(kind: NoticeKind, language: str, **changes: Any) -> Notice:
    """A notice of a kind, as a case of the demo company could have it."""
    given = {
        "right": _RIGHTS.get(kind, Right.ACCESS).value,
        "received_on": datetime(2026, 3, 2, 9, tzinfo=UTC),
        "response_due": "2026-04-02",
        "recipient_name": "Éloïse Dupont",
        "reasons": ("identity_failed",) if kind is NoticeKind.REFUSAL else (),
        "ground": "complexity" if kind is NoticeKind.EXTENSION else "",
        "found_rows": 42 if kind is NoticeKind.ANSWER else 0,
        **({"kept": _KEPT, "erased_rows": 37} if kind is NoticeKind.ERASURE_DONE else {}),
        **changes,
    }
    return Notice(kind=kind, language=language, case_id="C-7K3M-9QXT", **given)


def _all() -> Iterator[tuple[str, Notice, Sequence[str]]]:
    for kind in NoticeKind:
        for language in LANGUAGES:
            country, to = ("BE", _GENT) if language == "nl" else ("FR", _LILLE)
            yield f"{kind.value}-{language}", a_full_notice(kind, language, country=country), to
    everything: dict[str, Any] = {
        "by_hand": ("Archives papier",),
        "done": (ToldItem("Adresse électronique", ("Clients (Client)",)),),
        "not_done": (ToldItem("Nom", ("Facturation (Factures)",), "legal_obligation", "2036-12-31"),),
        "referrals": (Referral("Energy Partner SAS", "https://www.energypart.example", "dpo@energypart.example"),),
        "recipients": (RecipientTold("PrintCo SARL", "acknowledged", "2026-03-12"),),
        "backups_until": "2026-06-30",
    }
    for kind in NoticeKind:
        yield f"everything-{kind.value}", a_full_notice(kind, "fr", reason_text="Un mot.", **everything), _LILLE
    yield from _verdicts()
    long_name = "Marie-Antoinette Josèphe Jeanne de Habsbourg-Lorraine von Österreich-Toskana"
    long_lines = [f"{n} avenue du Maréchal de Lattre de Tassigny, bâtiment {n}"[:60] for n in range(1, 6)]
    yield "long-address", a_full_notice(NoticeKind.REFUSAL, "fr", recipient_name=long_name, country="DE"), long_lines
    many = tuple(replace(_KEPT[0], label=f"{_KEPT[0].label} ({n})") for n in range(30))
    yield "three-pages", a_full_notice(NoticeKind.ERASURE_DONE, "fr", kept=many, erased_rows=3), _LILLE
    for number, name in enumerate(("Иван Петров", "Ελένη Παπαδοπούλου", "Nguyễn Thị Minh Khai")):
        yield f"script-{number}", a_full_notice(NoticeKind.ACKNOWLEDGEMENT, "en", recipient_name=name), (name, *_LILLE)
    yield "no-address", a_full_notice(NoticeKind.ACKNOWLEDGEMENT, "fr"), ()


def _verdicts() -> Iterator[tuple[str, Notice, Sequence[str]]]:
    """An erasure for each verdict (docs/prove/proof.md), and one that leaves all of them open."""
    grounds = ("mention", "approved", "obligation", "technical", "undeclared", "copies")
    stays = tuple(ToldItem("Customer support", why=f"stays_{ground}") for ground in grounds)
    unseen = (ToldItem("Marketing", why="not_looked"),)
    told = {"by_hand": ("Paper archive",), "told": ("Paper archive",), "is_proven": False}
    parts: dict[str, dict[str, Any]] = {
        "proven": {},
        "proven_but_for": {"not_done": stays[:2]},
        "told": told,
        "not_looked": {"not_done": unseen, "is_proven": False},
        "all": {**told, "not_done": (*stays, *unseen)},
    }
    for language in LANGUAGES:
        for name, facts in parts.items():
            yield f"verdict-{name}-{language}", a_full_notice(NoticeKind.ERASURE_DONE, language, **facts), _LILLE


def _letter(file: Path, notice: Notice, organisation: Organisation, to: Sequence[str]) -> None:
    source = typst_source(notice, organisation, to=to, at=_AT)
    for number, page in enumerate(_pages(source), 1):
        file.with_name(f"{file.name}.{number}.png").write_bytes(page)


def _pages(source: str) -> list[bytes]:
    made = typst.Compiler(source.encode()).compile(format="png", ppi=70.0)
    return made if isinstance(made, list) else [made or b""]


def _mails(folder: Path) -> None:
    if not Path(chromium()).exists():
        return
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # where there is Chromium

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 680, "height": 900})
        for file in sorted(folder.glob("*.html")):
            page.goto(file.as_uri())
            page.screenshot(path=file.with_suffix(".mail.png"), full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
