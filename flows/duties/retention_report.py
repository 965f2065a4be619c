"""The report of a run of retention: how many rows were over before, what was erased, what remains, and who decided.

In the organisation's first language, where there are words for it; else in English.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from babel.dates import format_date
from babel.numbers import format_decimal

from data_contracts.officer.reports import Bars, Block, FactList, Grid, Heading, Paragraph, Report
from data_contracts.officer.retaining import Counted
from data_contracts.vocabulary import Gate
from flows.duties.retention import Retained
from flows.duties.retention_wording import period_text
from tasks.act.periods.retention import begun
from tasks.services import services

_NUMBERS: Final = frozenset({4, 5, 6, 7})
_WIDTHS: Final = (8, 10, 13, 13, 6, 6, 6, 6)

_EN: Final[Mapping[str, Any]] = {
    "title": "Retention report",
    "subtitle": "Rows over their retention period on {day} (Art. 5(1)(e) GDPR)",
    "facts": (
        "Run",
        "Outcome",
        "Over on",
        "Had it done",
        "Approved by",
        "Over before",
        "Spared",
        "Erased",
        "Remaining",
    ),
    "outcomes": {
        "counted": "counted, nothing was changed",
        "proven": "carried out and proven: counted again afterwards",
        "incomplete": "incomplete: not every system could be worked on",
        "refused": "refused by the people who were asked; the rest is proven",
        "superseded": "nobody answered; a later run asks again",
        "": "under way, or waiting for an answer",
    },
    "scheduled": "the schedule",
    "nobody": "nobody was asked",
    "rules": "Before and after, by rule",
    "columns": ("System", "Table", "Rule", "Period", "Before", "Spared", "Erased", "Left"),
    "of_columns": "values of columns",
    "by_system": "Erased by system",
    "untouched": "Not carried out in this run",
    "untouched_columns": ("Rule", "Due", "Why"),
    "why": {
        "grown": "more was due than people had seen; the next run asks again",
        "changed": "the rule reads otherwise since it was approved; the next run asks again",
        "refused": "people refused it",
        "superseded": "nobody answered",
        "asked": "waits for an answer",
    },
    "elsewhere": "left to run {run}",
    "unread": "Held, because the date cannot be read",
    "unread_columns": ("Rule", "Columns", "Rows"),
    "endless": "Tables with personal data that no period ends",
    "endless_columns": ("Table",),
    "failed": "Systems where it failed",
    "failed_columns": ("System", "What happened"),
    "none": "None.",
    "note": "Spared are rows under restriction (Art. 18(2)), held for legal claims (Art. 17(3)(e)), or part of an open "
    "case. Left are rows that a row refers to which is not over. The run's evidence is verified with: rightsflow "
    "evidence verify {run}.",
    "units": {},
    "decisions": {"approve": "approved", "refuse": "refused"},
}
_FR: Final[Mapping[str, Any]] = {
    "title": "Rapport de conservation",
    "subtitle": "Lignes au terme de leur durée de conservation le {day} (art. 5, § 1, e) du RGPD)",
    "facts": (
        "Exécution",
        "Résultat",
        "Échues le",
        "À la demande de",
        "Approuvé par",
        "Échues avant",
        "Épargnées",
        "Effacées",
        "Restantes",
    ),
    "outcomes": {
        "counted": "comptage, rien n’a été modifié",
        "proven": "exécuté et prouvé : recompté ensuite",
        "incomplete": "incomplet : tous les systèmes n’ont pas pu être traités",
        "refused": "refusé par les personnes consultées ; le reste est prouvé",
        "superseded": "sans réponse ; une exécution ultérieure repose la question",
        "": "en cours, ou en attente d’une réponse",
    },
    "scheduled": "la planification",
    "nobody": "personne n’a été consulté",
    "rules": "Avant et après, par règle",
    "columns": ("Système", "Table", "Règle", "Durée", "Avant", "Épargnées", "Effacées", "Restent"),
    "of_columns": "valeurs de colonnes",
    "by_system": "Effacées par système",
    "untouched": "Non exécuté cette fois",
    "untouched_columns": ("Règle", "À effacer", "Motif"),
    "why": {
        "grown": "davantage de lignes que ce qui avait été montré ; la prochaine exécution repose la question",
        "changed": "la règle a changé depuis son approbation ; la prochaine exécution repose la question",
        "refused": "refusé",
        "superseded": "sans réponse",
        "asked": "attend une réponse",
    },
    "elsewhere": "laissé à l’exécution {run}",
    "unread": "Conservées, car leur date ne peut être lue",
    "unread_columns": ("Règle", "Colonnes", "Lignes"),
    "endless": "Tables de données personnelles sans durée de conservation",
    "endless_columns": ("Table",),
    "failed": "Systèmes en échec",
    "failed_columns": ("Système", "Ce qui s’est passé"),
    "none": "Aucun.",
    "note": "Sont épargnées les lignes limitées (art. 18, § 2), conservées pour la défense de droits en justice (art. "
    "17, § 3, e)) ou d’un dossier ouvert. Restent les lignes auxquelles se réfère une ligne qui n’est pas échue. La "
    "preuve se vérifie par : rightsflow evidence verify {run}.",
    "units": {
        "day": "jour",
        "days": "jours",
        "month": "mois",
        "months": "mois",
        "year": "an",
        "years": "ans",
        "after": "après",
        "and": "et",
    },
    "decisions": {"approve": "approuve", "refuse": "refuse"},
}
_NL: Final[Mapping[str, Any]] = {
    "title": "Verslag van de bewaring",
    "subtitle": "Rijen waarvan de bewaartermijn op {day} voorbij was (art. 5, lid 1, onder e), AVG)",
    "facts": (
        "Uitvoering",
        "Resultaat",
        "Voorbij op",
        "Op verzoek van",
        "Goedgekeurd door",
        "Voorbij ervoor",
        "Gespaard",
        "Gewist",
        "Overgebleven",
    ),
    "outcomes": {
        "counted": "geteld, er is niets gewijzigd",
        "proven": "uitgevoerd en bewezen: daarna opnieuw geteld",
        "incomplete": "onvolledig: niet elk systeem kon worden behandeld",
        "refused": "geweigerd door wie gevraagd werd; de rest is bewezen",
        "superseded": "niemand antwoordde; een latere uitvoering vraagt het opnieuw",
        "": "bezig, of wachtend op een antwoord",
    },
    "scheduled": "de planning",
    "nobody": "niemand werd gevraagd",
    "rules": "Voor en na, per regel",
    "columns": ("Systeem", "Tabel", "Regel", "Termijn", "Ervoor", "Gespaard", "Gewist", "Over"),
    "of_columns": "waarden van kolommen",
    "by_system": "Gewist per systeem",
    "untouched": "Deze keer niet uitgevoerd",
    "untouched_columns": ("Regel", "Te wissen", "Reden"),
    "why": {
        "grown": "meer rijen dan getoond; de volgende uitvoering vraagt het opnieuw",
        "changed": "de regel luidt anders sinds de goedkeuring; de volgende uitvoering vraagt het opnieuw",
        "refused": "geweigerd",
        "superseded": "niemand antwoordde",
        "asked": "wacht op een antwoord",
    },
    "elsewhere": "overgelaten aan uitvoering {run}",
    "unread": "Bewaard, omdat de datum niet te lezen is",
    "unread_columns": ("Regel", "Kolommen", "Rijen"),
    "endless": "Tabellen met persoonsgegevens zonder bewaartermijn",
    "endless_columns": ("Tabel",),
    "failed": "Systemen waar het mislukte",
    "failed_columns": ("Systeem", "Wat er gebeurde"),
    "none": "Geen.",
    "note": "Gespaard worden rijen onder beperking (art. 18, lid 2), rijen die voor rechtsvorderingen bewaard worden "
    "(art. 17, lid 3, onder e)) en rijen van een open dossier. Over blijven rijen waarnaar een rij verwijst die nog "
    "niet voorbij is. Het bewijs wordt gecontroleerd met: rightsflow evidence verify {run}.",
    "units": {
        "day": "dag",
        "days": "dagen",
        "month": "maand",
        "months": "maanden",
        "year": "jaar",
        "years": "jaar",
        "after": "na",
        "and": "en",
    },
    "decisions": {"approve": "keurt goed", "refuse": "weigert"},
}
_WORDS: Final[Mapping[str, Mapping[str, Any]]] = {"en": _EN, "fr": _FR, "nl": _NL}


def retention_report(done: Retained, language: str = "") -> Report:
    """The report of a run, or of a count that changed nothing. Services must be open.

    Args:
        done: what the run found and did.
        language: of the report; empty: the organisation's first.
    """
    provided = services()
    chosen = language or provided.organisation.languages[0]
    known = chosen if chosen in _WORDS else "en"
    words = _WORDS[known]
    as_of = date.fromisoformat(begun(done.run)["as_of"]) if done.run else provided.now().date()
    return Report(
        title=words["title"],
        language=known,
        reference=done.run or as_of.isoformat(),
        made_at=provided.now(),
        blocks=_blocks(done, known, as_of),
        subtitle=words["subtitle"].format(day=_day(as_of, known)),
        is_wide=True,
    )


def _blocks(done: Retained, language: str, as_of: date) -> tuple[Block, ...]:
    words = _WORDS[language]
    lines = [line for line in done.lines if line.over]
    erased = Counter(dict.fromkeys(sorted({line.system for line in lines}), 0))
    for line in lines:
        erased[line.system] += _erased(done, line) - _again(done, line)
    untouched = tuple((one.place, _number(one.due, language), _why(one.why, words)) for one in done.untouched)
    blocks: list[Block] = [
        FactList(tuple(zip(words["facts"], _facts(done, language, as_of), strict=True))),
        Heading(words["rules"]),
        Grid(
            words["columns"],
            tuple(_row(done, line, language) for line in lines),
            _NUMBERS,
            widths=_WIDTHS,
            empty=words["none"],
        ),
        Heading(words["by_system"]),
        Bars(tuple(sorted(erased.items()))),
    ]
    if done.untouched:
        blocks += [Heading(words["untouched"]), Grid(words["untouched_columns"], untouched, frozenset({1}))]
    if done.unread:
        odd = tuple((one.place, one.unread_in, _number(one.unread, language)) for one in done.unread)
        blocks += [Heading(words["unread"]), Grid(words["unread_columns"], odd, frozenset({2}))]
    if done.endless:
        endless = tuple((place,) for place in done.endless)
        blocks += [Heading(words["endless"]), Grid(words["endless_columns"], endless)]
    if done.failed:
        blocks += [Heading(words["failed"]), Grid(words["failed_columns"], tuple(done.failed.items()), widths=(1, 5))]
    return (*blocks, Paragraph(words["note"].format(run=done.run or "RUN")))


def _facts(done: Retained, language: str, as_of: date) -> tuple[str, ...]:
    words = _WORDS[language]
    lines = done.lines
    gate = services().register.gate(done.run, Gate.APPROVAL) if done.run else None
    people = (
        ", ".join(f"{a.operator} ({words['decisions'][a.decision]})" for a in gate.answers) if gate is not None else ""
    )
    by = begun(done.run).get("operator", "") if done.run else ""
    sums = (
        sum(line.over - line.again for line in lines),
        sum(line.spared for line in lines),
        sum(_erased(done, line) - _again(done, line) for line in lines),
        sum(line.over - _erased(done, line) for line in lines),
    )
    return (
        done.run or "–",
        words["outcomes"].get(done.outcome, done.outcome),
        _day(as_of, language),
        by or words["scheduled"],
        people or by or words["nobody"],
        *(_number(one, language) for one in sums),
    )


def _row(done: Retained, line: Counted, language: str) -> tuple[str, ...]:
    words = _WORDS[language]
    what = line.table if line.erases == "rows" else f"{line.table} ({words['of_columns']})"
    numbers = (line.over, line.spared, _erased(done, line), line.over - _erased(done, line))
    period = _translated(period_text(line, services().contracts).replace("`", ""), words)
    return line.system, what, line.rule, period, *(_number(one, language) for one in numbers)


def _erased(done: Retained, line: Counted) -> int:
    return line.due - line.left if done.run else 0


def _again(done: Retained, line: Counted) -> int:
    """Rows that a line before tells of already."""
    return line.again if done.run else 0


def _why(why: str, words: Mapping[str, Any]) -> str:
    return str(words["why"].get(why) or words["elsewhere"].format(run=why.removeprefix("see ")))


def _translated(period: str, words: Mapping[str, Any]) -> str:
    """A period of ours, word by word: a number, a unit, and the column it runs from."""
    return " ".join(words["units"].get(word, word) for word in period.split(" "))


def _day(of: date, language: str) -> str:
    return format_date(of, "long", locale="en_GB" if language == "en" else language)


def _number(value: int, language: str) -> str:
    return str(format_decimal(value, locale=language))
