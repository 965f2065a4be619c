"""What must hold whatever happens to a home, looked at from outside: databases by SQL, mails at the mail server.

1. Nobody else's row changes, and the data subject's change as people approved it, each once, by an erasure or a
   rectification alone. What a plan keeps stays.
2. Each mail leaves once, but for one that people found out had not left, and says what is so.
3. Nothing is proven to be gone that is there.
4. The evidence of each case verifies.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, OperatorRole, Right
from flows.operator.verdict_facts import verdict_facts
from tests.years.letters import untrue
from tests.years.shop import ANA, COLUMNS, HERS, TOWN, VARIANTS, WRITTEN_BACK, Place, State, state_of
from tests.years.world import Copy, World

_LINE: Final = re.compile(r"^\| ([\w ]+) \| (\d+) \| (\w+)\.(\w+)[^|]* \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
_CHANGING: Final = {"clear", "mask", "pseudonymise", "rectify"}
_DECIDING: Final = {OperatorRole.LEGAL, OperatorRole.DPO}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a plan as people read it."""

    action: str
    rows: int
    place: Place
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class Approved:
    """A plan that people approved, when, and who they were."""

    lines: tuple[Line, ...]
    moment: int
    people: frozenset[str]

    def deleted(self, place: Place) -> int:
        """How many rows of a table may go."""
        return sum(line.rows for line in self.lines if line.place == place and line.action == "delete")

    def changed(self, place: Place) -> set[str]:
        """Which columns of a table may change."""
        return {
            name for line in self.lines if line.place == place and line.action in _CHANGING for name in line.columns
        }

    def keeps(self, place: Place) -> bool:
        """Whether rows of a table stay by the plan."""
        return any(line.place == place and line.action == "keep" and line.rows for line in self.lines)


@dataclass
class Told:
    """What is remembered of one case.

    Attributes:
        right: which right is exercised.
        moment: when the request came.
        variant: what the contracts said then.
        approved: plans that were approved, oldest first.
        effects: what became of each row of hers.
        proven_at: when it was first looked at after acting.
        by_hand: systems of which a person said to have done it.
    """

    right: Right
    moment: int
    variant: str
    approved: list[Approved] = field(default_factory=list)
    effects: dict[tuple[Place, int], list[tuple[Any, ...] | None]] = field(default_factory=lambda: defaultdict(list))
    proven_at: int | None = None
    by_hand: set[str] = field(default_factory=set)
    touched: int = -1
    """When rows changed or a mail left."""
    late: set[tuple[Place, int]] = field(default_factory=set)
    """Rows that were written, or written back, once the plan was confirmed."""
    is_disturbed: bool = False
    """Whether systems were away, or rows or contracts changed, since the request."""


class Truths:
    """Remembers what was seen of a world, and looks at it after each step."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.cases: dict[str, Told] = {}
        self.hers: dict[Place, set[int]] = {place: set(rows) for place, rows in HERS.items()}
        self.came: dict[tuple[Place, int], int] = {}
        self.seen = 0
        self.mails: Counter[tuple[str, str]] = Counter()
        self.sent_again: Counter[tuple[str, str]] = Counter()
        self.state = state_of(world.systems)
        self._others = self._of_others(self.state)

    # --- what the machine tells ----------------------------------------------------------------------------------

    def opened(self, case_id: str, right: Right) -> None:
        """A request came."""
        assert case_id not in self.cases, "a case has the name of another"
        self.cases[case_id] = Told(right, self.world.moment, self.world.variant)

    def wrote(self, place: Place, number: int) -> None:
        """The company wrote one more row of hers."""
        self.hers[place].add(number)
        self.came[place, number] = self.world.moment
        for case_id, told in self.cases.items():
            if not self.world.is_open or self._is_confirmed(case_id):
                told.late.add((place, number))
        self.state = state_of(self.world.systems)
        self.disturbed()

    def disturbed(self) -> None:
        """Something changed, so that numbers of letters are not what they were."""
        for told in self.cases.values():
            told.is_disturbed = True

    def answered(self, before: GateEntry, after: GateEntry) -> None:
        """A gate was answered."""
        told = self.cases[before.case_id]
        if after.outcome is Decision.APPROVE and after.gate is Gate.APPROVAL:
            people = frozenset(one.operator for one in after.answers if one.decision is Decision.APPROVE)
            told.approved.append(Approved(tuple(_lines(before.description)), self.world.moment, people))
        if after.outcome is Decision.BY_HAND and after.gate is Gate.OUTAGE:
            told.by_hand.add(after.subject)
            told.is_disturbed = True
        if after.outcome is Decision.SEND_AGAIN:
            self.sent_again[after.case_id, after.subject] += 1

    def forgot(self, copy: Copy) -> list[str]:
        """Cases that nothing was done in since a copy that took the register's place; what it does not know is over."""
        self.cases = {name: told for name, told in self.cases.items() if name in copy.cases}
        for told in self.cases.values():
            told.approved = [one for one in told.approved if one.moment <= copy.moment]
            told.is_disturbed = True
            if told.proven_at is not None and told.proven_at > copy.moment:
                told.proven_at = None
        return [name for name, told in self.cases.items() if told.touched <= copy.moment]

    def deciding(self, case_id: str) -> frozenset[str]:
        """Who may decide now about a case that is not confirmed; everybody about one that is."""
        register, is_confirmed = self.world.house.installation.register, self._is_confirmed(case_id)
        return frozenset(
            one.name for one in register.operators() if is_confirmed or (one.is_active and _DECIDING & set(one.roles))
        )

    def _is_confirmed(self, case_id: str) -> bool:
        confirmed = self.world.house.installation.register.step(case_id, "confirm")
        return confirmed is not None and confirmed.state == "done"

    # --- what is looked at ---------------------------------------------------------------------------------------

    def look(self, case_id: str = "", deciding: frozenset[str] = frozenset()) -> None:
        """See that everything holds after a step that carried one case on, or none."""
        state = state_of(self.world.systems)
        assert self._of_others(state) == self._others, "somebody else's row changed"
        self._look_at_effects(case_id, state, deciding)
        self.state = state
        if self.world.is_open:
            if case_id:
                assert self.world.house.installation.verify_case(case_id).is_whole, "evidence does not verify"
            self._look_at_proof(case_id)
        self._look_at_mails()

    def _look_at_effects(self, case_id: str, state: State, deciding: frozenset[str]) -> None:
        changes = list(_changes(self.state, state))
        if not changes:
            return
        told = self.cases.get(case_id)
        assert told is not None, f"rows changed without a case: {changes}"
        assert told.right in {Right.ERASURE, Right.RECTIFICATION}, f"{told.right} changed {changes}"
        assert told.approved, f"rows changed before people approved: {changes}"
        approved, is_first = told.approved[-1], not told.effects
        if is_first and told.right is Right.ERASURE:
            assert len(approved.people & deciding) > 1, f"approved by {approved.people}, of whom {deciding} count"
        for place, number, before, after in changes:
            effects = told.effects[place, number]
            is_late = (place, number) in told.late
            assert not effects or is_late, f"{place} {number} changed twice: {[*effects, after]}"
            told.late -= {(place, number)} if effects else set()
            effects.append(after)
            told.touched = self.world.moment
            if after is not None:
                names = {name for name, old, new in zip(COLUMNS[place], before, after, strict=True) if old != new}
                assert names <= approved.changed(place), f"{place} {number}: {names} changed, not as approved"
        for place in {place for place, *_ in changes}:
            gone = sum(one == place and effects[-1] is None for (one, _), effects in told.effects.items())
            late = sum(one == place for one, _ in told.late)
            assert gone <= approved.deleted(place) + late, (
                f"{place}: {gone} rows gone, {approved.deleted(place)} approved"
            )

    def _look_at_proof(self, case_id: str) -> None:
        told = self.cases.get(case_id)
        if told is None or told.proven_at is not None or told.right is not Right.ERASURE:
            return
        facts = verdict_facts(case_id)
        if facts is None:
            return
        told.proven_at = self.world.moment
        said = str(facts)
        for place in self.staying(case_id):
            assert facts["verdict"] != "proven", f"proven, and her data are in {place}"
            assert place[1] in said or place[0] in facts["told"], f"{facts}, and her data are in {place}"

    def staying(self, case_id: str) -> set[Place]:
        """Tables where data of hers are that an erasure has neither erased nor kept by its plan."""
        told = self.cases[case_id]
        approved = told.approved[-1] if told.approved else None
        return {
            place
            for place, rows in self.state.items()
            for number, row in rows.items()
            if number in self.hers[place]
            and place[0] in self.known_to(told)
            and (
                ANA in row
                or place[1] == "notes"
                or (place == WRITTEN_BACK and TOWN in row and told.effects.get((place, number)))
            )
            and not (approved is not None and approved.keeps(place))
            and self.came.get((place, number), -1) < (self.world.moment if told.proven_at is None else told.proven_at)
        }

    def known_to(self, told: Told) -> set[str]:
        """Systems that contracts know, or that people were shown when they approved; of others nobody can know."""
        shown = {line.place[0] for one in told.approved for line in one.lines}
        return {"shop"} | shown | ({"news"} if VARIANTS[self.world.variant][1] is not None else set())

    def _look_at_mails(self) -> None:
        new = self.world.postbox.taken[self.seen :]
        self.seen += len(new)
        for mail in new:
            key = (mail.case, mail.notice)
            self.mails[key] += 1
            assert self.mails[key] <= 1 + self.sent_again[key], f"{key} was sent {self.mails[key]} times"
            if mail.case in self.cases:
                self.cases[mail.case].touched = self.world.moment
            if mail.case in self.cases and mail.to == (ANA,):
                fault = untrue(mail, self)
                assert not fault, f"{fault}: {mail.words}"

    def _of_others(self, state: State) -> Mapping[Place, Mapping[int, tuple[Any, ...]]]:
        return {p: {n: row for n, row in rows.items() if n not in self.hers[p]} for p, rows in state.items()}


def _changes(before: State, after: State) -> Iterator[tuple[Place, int, tuple[Any, ...], tuple[Any, ...] | None]]:
    for place, rows in before.items():
        for number, row in rows.items():
            if (now := after[place].get(number)) != row:
                yield place, number, row, now


def _lines(description: str) -> Iterator[Line]:
    for action, rows, system, table, _, columns in _LINE.findall(description):
        names = COLUMNS[system, table] if columns == "all" else columns.split(", ")
        yield Line(action, int(rows), (system, table), frozenset(names))
