"""Whether a letter says what is so: each sentence that claims something, against the databases."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from data_contracts.vocabulary import Right
from tests.years.postbox import Taken
from tests.years.shop import ANA

if TYPE_CHECKING:
    from tests.years.truths import Told, Truths

_ERASED: Final = re.compile(r"([\d,]+) entr(?:y|ies) about you (?:was|were) erased")
_ENTRIES: Final = re.compile(r"It holds ([\d,]+) entr(?:y|ies)")


def untrue(mail: Taken, truths: "Truths") -> str:
    """What is untrue in a mail to the data subject; empty: nothing that we know of."""
    told = truths.cases[mail.case]
    judge = _JUDGES.get(mail.notice.removeprefix("notice."))
    return judge(mail, told, truths) if judge else ""


def _erasure(mail: Taken, told: "Told", truths: "Truths") -> str:
    words, erased = mail.words, len(told.effects)
    if counted := _ERASED.search(words):
        # What was written back, and erased again, may count twice.
        if not erased <= int(counted[1].replace(",", "")) <= sum(map(len, told.effects.values())):
            return f"{erased} rows were erased"
    elif "entries about you were erased" in words:
        if not erased:
            return "nothing was erased"
    elif erased:
        return f"{erased} rows were erased, and nothing is said of it"
    if "We found none" in words and _hers(told, truths):
        return f"her rows are in {_hers(told, truths)}"
    for system, table in truths.staying(mail.case):
        if not any(
            name in words.partition("Answer due by")[2].partition("Any question?")[0] for name in (system, table)
        ):
            return f"her data are in {system}.{table}, and nothing is said of it"
    return ""


def _refusal(mail: Taken, told: "Told", _truths: "Truths") -> str:
    return f"{mail.notice}, and rows changed" if told.effects else ""


def _answer(mail: Taken, told: "Told", truths: "Truths") -> str:
    hers = _hers(told, truths)
    if told.right is Right.ACCESS and "found none about you" in mail.words and hers:
        return f"her rows are in {hers}"
    counted = _ENTRIES.search(mail.words)
    if counted and not told.is_disturbed and int(counted[1]) != sum(hers.values()):
        return f"her rows are {hers}"
    return ""


def _restriction(mail: Taken, told: "Told", truths: "Truths") -> str:
    return "there is data of hers" if "We found no data about you" in mail.words and _hers(told, truths) else ""


def _rectification(mail: Taken, _told: "Told", truths: "Truths") -> str:
    member = truths.state["shop", "members"].get(1)
    if "are put right wherever we found them" in mail.words and (member is None or member[2] != "put right"):
        return f"it is {member}"
    return "it is there" if "put right in each of our systems and found none" in mail.words and member else ""


def _objection(mail: Taken, told: "Told", truths: "Truths") -> str:
    there = ("news", "subscribers") in _hers(told, truths)
    return "there is data of hers" if "no data about you that we decide" in mail.words and there else ""


_JUDGES: Final[Mapping[str, Callable[[Taken, "Told", "Truths"], str]]] = {
    "erasure_done": _erasure,
    "refusal": _refusal,
    "answer": _answer,
    "restriction_done": _restriction,
    "rectification_done": _rectification,
    "objection_done": _objection,
}


def _hers(told: "Told", truths: "Truths") -> dict[tuple[str, str], int]:
    """How many rows of hers are in each table that the contracts know, and were there when the request came."""
    found = {
        place: sum(
            number in truths.hers[place]
            and (ANA in row or place[1] == "notes")
            and truths.came.get((place, number), -1) <= told.moment
            for number, row in rows.items()
        )
        for place, rows in truths.state.items()
        if place[0] in truths.known_to(told) - told.by_hand
    }
    return {place: count for place, count in found.items() if count}
