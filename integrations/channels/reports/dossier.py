"""The authority's dossier in words: the paper that is read, and the text that says how to verify the file (Art. 31)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from data_contracts.company.company import Organisation
from data_contracts.odcs.reading.yaml_file import own
from data_contracts.officer.dossiers import Account
from data_contracts.officer.reports import Bars, Block, FactList, Grid, Heading, Paragraph, Report
from integrations.channels.templating import known_language, long_date, number, page_words

__all__ = ["DossierPages"]

_WORDS: Final = Path(__file__).parents[1] / "templates" / "dossiers"
_DIGEST_SHOWN: Final = 16
_OF_EVIDENCE: Final = ("identity", "gates", "acts", "recipients", "notices", "refusals")
_OF_PERSON: Final = ("keys", "holds", "restrictions", "stances", "disclosures")


@cache
def _columns() -> dict[str, list[tuple[str, str, int]]]:
    """Columns of each table: the fact, how it is shown, and its share of the page."""
    loaded: dict[str, list[tuple[str, str, int]]] = own((_WORDS / "columns.yaml").read_text("utf-8"))
    return loaded


@dataclass(frozen=True, slots=True)
class DossierPages:
    """Dossiers of one organisation; languages we have no words for are told in the organisation's first."""

    organisation: Organisation

    def report(self, facts: Account, language: str = "") -> Report:
        """The paper.

        Args:
            facts: ``about``, ``person``, ``cases``, ``runs`` and ``statistics`` as in ``dossier.json``; of a period's
                cases and runs only those to be listed.
            language: of the paper; empty: the organisation's first.
        """
        known = known_language(language, self.organisation)
        told = facts["about"]
        page = _Page(self.organisation, known, page_words("dossiers", known), ZoneInfo(told["time_zone"]))
        is_period = bool(told["scope"]["from"])
        blocks = [*page.about(told)]
        blocks += page.period(facts) if is_period else page.each(facts)
        blocks += [Heading(page.said["parts"]["verify"]), Paragraph(page.said["verify"])]
        made_at = datetime.fromisoformat(told["made_at"])
        return Report(
            page.said["title"],
            known,
            told["dossier"],
            made_at,
            tuple(blocks),
            page.subtitle(told["scope"]),
            is_wide=True,
        )

    def readme(self, about: Account, language: str = "", *, letters: bool = False) -> str:
        """How to verify the file, and what that proves."""
        known = known_language(language, self.organisation)
        said = page_words("dossiers", known)
        page = _Page(self.organisation, known, said, ZoneInfo(about["time_zone"]))
        text = said["readme"].format(
            dossier=about["dossier"],
            organisation=about["organisation"]["name"],
            made_at=page.moment(about["made_at"]),
            time_zone=about["time_zone"],
        )
        return f"{text}{said['letters'] if letters else ''}"


@dataclass(frozen=True, slots=True)
class _Page:
    """Words of one language."""

    organisation: Organisation
    language: str
    said: dict[str, Any]
    zone: ZoneInfo

    def subtitle(self, scope: Account) -> str:
        """What the dossier is about, in one line."""
        words = self.said["subtitle"]
        if scope["case"]:
            return str(words["case"].format(case=scope["case"]))
        if scope["person"]:
            return str(words["person"])
        text: str = words["period"].format(since=self.day(scope["from"]), until=self.day(scope["to"]))
        return f"{text}, {words['right'].format(right=self.word('rights', scope['right']))}" if scope["right"] else text

    def about(self, told: Account) -> Iterator[Block]:
        """Who is asked, and by what it worked."""
        names, contacts = self.said["about"], told["contacts"]
        yield Heading(self.said["parts"]["about"])
        yield FactList(
            (
                (names["dossier"], told["dossier"]),
                (names["made"], self.moment(told["made_at"])),
                (names["by"], f"{told['asked_by']} ({told['proof']})"),
                (names["organisation"], f"{told['organisation']['name']} ({told['organisation']['country']})"),
                (names["dpo"], _reach(contacts["dpo"])),
                (names["authority"], _reach(contacts["authority"])),
                (names["policy"], told["policy"]),
                (names["contracts"], told["contracts"]),
                (names["software"], f"rightsflow {told['software']}"),
            )
        )

    def period(self, facts: Account) -> Iterator[Block]:
        """Statistics, then the list."""
        counted, names = facts["statistics"], self.said["statistics"]
        yield Heading(self.said["parts"]["statistics"])
        yield FactList(tuple((names[name], number(counted[name], self.language)) for name in names))
        if counted["by_right"]:
            yield Heading(self.said["parts"]["rights"])
            bars = ((self.word("rights", right), n["received"]) for right, n in counted["by_right"].items())
            yield Bars(tuple(bars))
        yield Heading(self.said["parts"]["refused"])
        yield self.grid("refused", counted["refused"])
        yield Heading(self.said["parts"]["list"])
        if len(facts["cases"]) < counted["received"]:
            shown, every = (number(n, self.language) for n in (len(facts["cases"]), counted["received"]))
            yield Paragraph(self.said["more"].format(shown=shown, all=every), is_strong=True)
        yield self.grid("list", map(_row, facts["cases"]))
        yield Heading(self.said["parts"]["runs"])
        yield self.grid("runs", facts["runs"])

    def each(self, facts: Account) -> Iterator[Block]:
        """A person's entries, and each case in full."""
        if facts["person"] is not None:
            yield from self.person(facts["person"])
        for case in facts["cases"]:
            yield Heading(f"{case['case']} – {self.word('rights', case['evidence']['right'])}")
            yield FactList(tuple((name, value) for name, value in self.case(case) if value))
            yield from self.parts(case)

    def case(self, case: Account) -> Iterator[tuple[str, str]]:
        """Right, channel and clock of a case, and how it ended."""
        names, told = self.said["case"], case["evidence"]
        clock, answer, words = told["clock"], told["answer"], self.said["words"]
        due = self.day(clock["due"])
        if clock["due"] != clock["first_due"]:
            due += f" ({names['first_due']} {self.day(clock['first_due'])})"
        yield names["channel"], self.word("channels", told["channel"])
        yield names["received"], self.moment(clock["received_at"])
        yield names["due"], due
        pauses = (
            words["until"].format(first=self.day(p["from"]), last=self.day(p["to"]) or "…") for p in case["pauses"]
        )
        yield names["pauses"], "; ".join(pauses)
        extension = clock["extension"]
        yield names["extension"], f"{self.day(extension['at'])}, {extension.get('reason', '')}" if extension else ""
        standing = self.word("standings", answer["standing"])
        yield names["told"], ", ".join(filter(None, (self.moment(answer["told_at"]), standing)))
        yield names["state"], self.word("states", case["state"])
        yield names["outcome"], self.word("outcomes", told["outcome"]) or words["open"]
        yield names["plan"], told["plan"]["digest"]
        for proof in told["proof"]:
            yield names["proof"], f"{self.moment(proof['at'])}, {self.proven(proof)}"

    def proven(self, proof: Account) -> str:
        """What looking again found (law 7)."""
        words = self.said["words"]
        verdict = str(proof.get("verdict", ""))
        if verdict and verdict != "proven":
            places = ", ".join(f"{one['system']}.{one['place']} ({one['why']})" for one in proof.get("but_for", ()))
            unseen = ", ".join(f"{place or '–'} ({why})" for place, why in proof.get("not_looked", ()))
            systems = ", ".join(f"{name} ({reference})" for name, reference in proof.get("told", {}).items())
            return str(words[verdict].format(places=places or unseen, systems=systems))
        if proof.get("by_hand"):
            return str(words["by_hand"].format(reference=proof["by_hand"]))
        return str(words["proven"].format(checker=proof.get("checker", "–")) if proof["proven"] else words["unproven"])

    def parts(self, case: Account) -> Iterator[Block]:
        """Everything that has several lines; what has none is left out."""
        told = case["evidence"]
        planned = [line for line in told["plan"]["lines"] if line["rows"]]
        shown = {"timeline": case["timeline"], "plan": planned, **{name: told[name] for name in _OF_EVIDENCE}}
        for name in _columns():
            if shown.get(name):
                yield Paragraph(self.said["grids"][name]["title"], is_strong=True)
                yield self.grid(name, shown[name])

    def person(self, told: Account) -> Iterator[Block]:
        """What is kept about a person beside cases."""
        yield Heading(self.said["parts"]["person"])
        for name in _OF_PERSON:
            yield Paragraph(self.said["grids"][name]["title"], is_strong=True)
            yield self.grid(name, told[name])
        if told["other_kinds_of_these_cases"]:
            yield Paragraph(self.said["other_keys"].format(kinds=", ".join(told["other_kinds_of_these_cases"])))
        yield Paragraph(self.said["purged"])

    def grid(self, name: str, lines: Iterable[Account]) -> Grid:
        """A table of the dossier."""
        columns = _columns()[name]
        rows = tuple(tuple(self.cell(how, line.get(fact)) for fact, how, _ in columns) for line in lines)
        numbers = frozenset(place for place, (_, how, _) in enumerate(columns) if how == "number")
        titles, widths = tuple(self.said["grids"][name]["columns"]), tuple(width for _, _, width in columns)
        return Grid(titles, rows, numbers, widths, empty=self.said["words"]["none"])

    def cell(self, how: str, value: Any) -> str:  # noqa: ANN401  # JSON
        """A fact as the table shows it; empty where there is none."""
        words = self.said["words"]
        ways: Mapping[str, Callable[[Any], str]] = {
            "text": lambda text: str(text or ""),
            "all": lambda names: ", ".join(names) or words["all"],
            "day": lambda text: self.day(text or ""),
            "ended": lambda code: self.word("outcomes", code) or words["open"],
            "ground": self.ground,
            "lifted": lambda text: self.moment(text) or words["in_force"],
            "list": lambda names: ", ".join(names or ()),
            "moment": lambda text: self.moment(text or ""),
            "number": lambda count: number(count, self.language),
            "rows": _rows,
            "short": lambda text: _short(text or ""),
            "yesno": lambda said: "" if said is None else str(words[bool(said)]),
        }
        return ways[how](value) if how in ways else self.word(how, value or "")

    def ground(self, ground: Account | None) -> str:
        """Why something is kept or not told: the article, and the law it leads to."""
        if not ground:
            return ""
        letter = ground.get("art17_3")
        article = self.said["words"]["article17"].format(letter=letter) if letter else ""
        rest = (value for name, value in ground.items() if name in {"hold", "law"} and isinstance(value, str))
        return ", ".join(filter(None, (article, *rest)))

    def word(self, kind: str, code: str) -> str:
        """A code in plain words; one we have none for as it is."""
        return str(self.said[kind].get(code, code))

    def day(self, text: str) -> str:
        """A day, or the local day of a moment; empty for none."""
        if not text:
            return ""
        is_day = len(text) == len("2026-01-31")
        day = date.fromisoformat(text) if is_day else datetime.fromisoformat(text).astimezone(self.zone).date()
        return long_date(day, self.language)

    def moment(self, text: str) -> str:
        """A moment in the organisation's zone; empty for none."""
        return f"{self.day(text)}, {datetime.fromisoformat(text).astimezone(self.zone):%H:%M}" if text else ""


def _reach(who: Account) -> str:
    return ", ".join(filter(None, (who["name"], who.get("email"), who.get("phone"))))


def _row(case: Account) -> Account:
    """A case in the list of a period."""
    told = case["evidence"]
    return {"case": case["case"], "right": told["right"], "outcome": told["outcome"], **told["clock"], **told["answer"]}


def _rows(rows: Any) -> str:  # noqa: ANN401  # JSON of a record: a number, or numbers by table
    return ", ".join(f"{table} {n}" for table, n in rows.items()) if isinstance(rows, Mapping) else str(rows)


def _short(text: str) -> str:
    """A digest as far as it tells it from others; the whole stands in ``dossier.json``."""
    is_digest = len(text) == 64 and set(text) <= set("0123456789abcdef")  # noqa: PLR2004  # SHA-256 in hex
    return f"{text[:_DIGEST_SHOWN]}…" if is_digest else text
