"""Which rules of retention erase at once, and about which a person is asked first (charter 4.1, 4.2).

Pure. The order, for each rule of each table:

1. nothing is due: nothing happens;
2. another run asked about it lately and waits for the answer, or was refused: it is left to that run;
3. nobody has approved the rule as it reads now: a person is asked. A rule is what it says, so whoever changes a period,
   a date or a column has made another rule;
4. more is due than the policy lets go unseen, in rows or as a share of the table: a person is asked. A wrong date in
   many rows, or a period that was mistyped, shows so;
5. else it is carried out at once.

Rows that go with others (the lines of an invoice) go when those go: what holds back the one holds back the other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from data_contracts.company.company import Policy
from data_contracts.evidence.records import canonical, digest
from data_contracts.officer.retaining import Counted
from tasks.rules.act.expiry import CARRIED, Expiry

_WHOLE: Final = 100
_GROWTH_PERCENT: Final = 10
"""By how much more than people saw may go: what is no longer spared since, and was over on that day already."""


class Way(StrEnum):
    """What becomes of a rule in one run."""

    NOTHING = "nothing"
    """Nothing is due."""
    AT_ONCE = "at_once"
    ASK = "ask"
    ELSEWHERE = "elsewhere"
    """Another run asks about it, or was refused lately."""


class Why(StrEnum):
    """Why a person is asked."""

    FIRST = "first"
    """Nobody has approved the rule as it reads now."""
    ROWS = "rows"
    """More rows are due than the policy lets go unseen."""
    SHARE = "share"
    """A larger share of the table is due than the policy lets go unseen."""
    TOGETHER = "together"
    """Its rows go with those of a rule that a person is asked about."""


@dataclass(frozen=True, slots=True)
class Course:
    """What becomes of a rule in one run, and why.

    Attributes:
        run: the other run, where it is left to one.
    """

    line: Counted
    way: Way
    why: tuple[Why, ...] = ()
    run: str = ""


def rule_digest(rule: Expiry) -> str:
    """What a rule is recognised by: the digest of what it says, whatever the day and whoever's rows."""
    table, carrier = rule.table, rule.carrier
    periods = [(p.id, p.column, p.value, p.unit, p.start.value, p.then.value, p.hold) for p in rule.periods]
    columns = [(name, str(table.column(name).erase)) for name in rule.columns]
    goes_with = [] if carrier is None else [carrier.to_table, *carrier.columns, *carrier.to_columns]
    goes_with += [name for one, _ in rule.besides for name in (one.to_table, *one.columns, *one.to_columns)]
    said = [table.system, table.name, rule.rule, periods, columns, goes_with, *([rule.when] if rule.when else [])]
    return digest(canonical(said))


def courses(
    lines: Sequence[Counted], *, approved: Collection[str], elsewhere: Mapping[str, str], policy: Policy
) -> tuple[Course, ...]:
    """What becomes of each rule, in the order of ``lines``.

    Args:
        lines: what was counted.
        approved: digests of rules that a person has approved.
        elsewhere: by digest, the run that asks about a rule, or was refused lately.
        policy: how much may go unseen.
    """
    own = [_course(line, approved=approved, elsewhere=elsewhere, policy=policy) for line in lines]
    asked = {_kin(course.line) for course in own if course.way is Way.ASK}
    left = {_kin(course.line): course.run for course in own if course.way is Way.ELSEWHERE}
    return tuple(_with_kin(course, asked, left) for course in own)


def kin_of(digests: Collection[str], lines: Iterable[Counted]) -> frozenset[str]:
    """These rules and those whose rows go with theirs."""
    known = list(lines)
    kin = {_kin(line) for line in known if line.digest in digests}
    return frozenset(line.digest for line in known if _kin(line) in kin)


def has_grown(shown: int, found: int) -> bool:
    """Whether more is due than people agreed to, by more than a tenth; what is due is over on the day they saw.

    >>> has_grown(100, 110), has_grown(100, 111), has_grown(3, 4), has_grown(3, 0)
    (False, True, True, False)
    """
    return found * _WHOLE > shown * (_WHOLE + _GROWTH_PERCENT)


def counted_once(first: Mapping[str, Counted], now: Sequence[Counted]) -> list[Counted]:
    """What a run tells of rules that it erases by again, having been cut off.

    Args:
        first: what was counted before anything went, by digest.
        now: what is counted now, the same rules.
    """
    pairs = [(first.get(line.digest, line), line) for line in now]
    if all((line.over, line.due) == (before.over, before.due) for before, line in pairs):
        return list(now)  # nothing had gone
    return [replace(before, uncounted=before.due < line.due) for before, line in pairs]


def _course(line: Counted, *, approved: Collection[str], elsewhere: Mapping[str, str], policy: Policy) -> Course:
    if line.due <= 0:
        return Course(line, Way.NOTHING)
    if line.digest in elsewhere:
        return Course(line, Way.ELSEWHERE, run=elsewhere[line.digest])
    why = tuple(_reasons(line, approved, policy))
    return Course(line, Way.ASK if why else Way.AT_ONCE, why)


def _reasons(line: Counted, approved: Collection[str], policy: Policy) -> Iterable[Why]:
    if line.digest not in approved:
        yield Why.FIRST
    if line.due > policy.retention_threshold_rows:
        yield Why.ROWS
    if line.rows is not None and line.due * _WHOLE > line.rows * policy.retention_threshold_percent:
        yield Why.SHARE


def _with_kin(course: Course, asked: Collection[tuple[str, str]], left: Mapping[tuple[str, str], str]) -> Course:
    kin = _kin(course.line)
    if course.way not in {Way.AT_ONCE, Way.ASK}:
        return course
    if kin in left:
        return Course(course.line, Way.ELSEWHERE, run=left[kin])
    if course.way is Way.AT_ONCE and kin in asked:
        return Course(course.line, Way.ASK, (Why.TOGETHER,))
    return course


def _kin(line: Counted) -> tuple[str, str]:
    """What rules have in common whose rows go together."""
    return line.system, line.rule.removeprefix(CARRIED)
