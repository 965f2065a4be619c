"""Years of one home as a state machine: requests, people who answer, and whatever happens to a home meanwhile."""

import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from data_contracts.case.verdicts import DECIDABLE
from data_contracts.errors import AnswerRefused, RequestInvalid, RightsflowError, SettingsInvalid
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, OperatorRole, Right
from flows.watch.lookout import look_at_all
from tasks.gates.gates import Answer, answer_gate
from tests.flows.watch.test_lookout import Runs
from tests.years.mortal import KINDS, Died
from tests.years.postbox import Postbox
from tests.years.shop import MORE, VARIANTS, WRITTEN_BACK, write_back, write_row
from tests.years.truths import Truths
from tests.years.world import OPERATORS, World

_MOST_CASES: Final = 2
_LONGEST: Final = 40
_UNFORESEEN: Final = " broke ("
"""How the software tells that a step met what nobody foresaw."""
_RIGHTS: Final = st.sampled_from([Right.ERASURE, Right.ERASURE, Right.ERASURE, *Right])
_LOSSES: Final[dict[str, dict[str, Any]]] = {
    "removed": {"is_active": False},
    "another role": {"roles": (OperatorRole.ADMIN,)},
    "lapsed": {},
    "back": {"is_active": True, "valid_until": None},
}


def _is_open(machine: "Years") -> bool:
    return machine.world.is_open


def _is_refused(machine: "Years") -> bool:
    return not machine.world.is_open


class Years(RuleBasedStateMachine):
    """One home and its cases."""

    postbox: ClassVar[Postbox]
    shared: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.shared))
        self.vaults: list[dict[Path, bytes]] = []
        self.rows = 100
        self.deciding: frozenset[str] = frozenset()

    @initialize(days=st.sampled_from([0, 7]), right=_RIGHTS, far=st.integers(0, 2))
    def begin(self, days: int, right: Right, far: int) -> None:
        """A home, and a first request that was carried on some way."""
        self.postbox.taken.clear()
        self.postbox.refusing = 0
        self.world = World(self.folder, self.shared / "contracts", self.postbox, days)
        self.world.begin()
        self.truths = Truths(self.world)
        self.request(right)
        self.carry(0, far)

    # --- requests, and people who answer -----------------------------------------------------------------------------

    @precondition(lambda self: _is_open(self) and len(self.truths.cases) < _MOST_CASES)
    @rule(right=_RIGHTS)
    def request(self, right: Right) -> None:
        """A request comes in."""
        self.truths.opened(self.world.request(right), right)
        self._ended()

    @precondition(_is_open)
    @rule(which=st.integers(0, 1), far=st.integers(1, 5))
    def carry(self, which: int, far: int) -> None:
        """A case is carried on, and people agree to whatever they are asked, some times."""
        self._walk(which)
        for _ in range(far):
            if not self._agree(which):
                break
            self._walk(which)

    @precondition(_is_open)
    @rule(
        which=st.integers(0, 1),
        how=st.integers(0, 3),
        who=st.sampled_from(sorted(OPERATORS)),
        with_code=st.booleans(),
    )
    def answer(self, which: int, how: int, who: str, *, with_code: bool) -> None:
        """Somebody answers what a case waits for, with any answer that is offered."""
        for entry in self._waiting(which)[:1]:
            self._answer(entry, entry.options[how % len(entry.options)], who, with_code=with_code)
        self._ended()

    @precondition(_is_open)
    @rule(
        which=st.integers(0, 1),
        kind=st.sampled_from(KINDS),
        number=st.integers(0, 12),
        when=st.sampled_from(["before", "after"]),
        is_lost=st.booleans(),
    )
    def kill(self, which: int, kind: str, number: int, when: Any, *, is_lost: bool) -> None:
        """The process dies at some effect while people agree; perhaps a copy of the register is what is left."""
        self.world.mortal.arm(kind, number, when)
        try:
            self.carry(which, 4)
        except Died:
            self.world.bury()
            self.truths.look(self._case(which), self.deciding)
            if is_lost and self.world.copies:
                return self._put_back(which)
            self.world.open()
            self.truths.look(self._case(which))
        self.world.mortal.disarm()
        return self._ended()

    # --- what is lost, and what comes back ---------------------------------------------------------------------------

    @precondition(_is_open)
    @rule()
    def copy(self) -> None:
        """Register and vault are backed up."""
        self.world.copy_register(frozenset(self.truths.cases))
        self.vaults.append(self.world.blobs())
        self._ended()

    @precondition(lambda self: _is_open(self) and self.world.copies)
    @rule(which=st.integers(0, 3))
    def put_register_back(self, which: int) -> None:
        """An older register comes in the place of the newest: it is said, where it does not know all."""
        self.world.close()
        self._put_back(which)

    @precondition(_is_refused)
    @rule()
    def put_newest_back(self) -> None:
        """The newest register is found."""
        self.world.put_newest_back()
        assert self.world.is_open, self.world.refusal
        self._ended()

    @precondition(_is_refused)
    @rule(is_let_go=st.booleans())
    def recover(self, *, is_let_go: bool) -> None:
        """People take the older register, and let go on what nothing was done in."""
        try:
            self.world.recover()
            self.world.recover(operator="claire", code=self.world.code("claire"))
        except (AnswerRefused, SettingsInvalid):
            return  # she may not, or keys were exchanged since: the newest register is needed
        self.world.open()
        assert self.world.is_open, self.world.refusal
        for case_id in self.truths.forgot(self.restored):
            if is_let_go:
                with suppress(RequestInvalid):  # it had ended, and is not held
                    self.world.recover(case_id, operator="claire", code=self.world.code("claire"), reference="TICKET-7")
        self._ended()

    @precondition(_is_open)
    @rule(which=st.integers(0, 1000))
    def lose_blob(self, which: int) -> None:
        """One sealed blob of the vault is lost."""
        blobs = sorted((file for file in self.world.blobs() if file.parent != self.world.vault), key=self._place)
        if blobs:
            self.world.lose(blobs[which % len(blobs)])
        self._ended()

    def _place(self, blob: Path) -> tuple[int, str, str]:
        """Where a blob stands among others, whatever its case is called: the same steps lose the same again."""
        case_id, _, space = blob.parent.name.partition(".")
        return list(self.truths.cases).index(case_id) if case_id in self.truths.cases else -1, space, blob.name

    @precondition(lambda self: _is_open(self) and self.vaults)
    @rule(which=st.integers(0, 3))
    def put_vault_back(self, which: int) -> None:
        """The vault is what it was."""
        self.world.close()
        self.world.put_vault_back(self.vaults[which % len(self.vaults)])
        self.world.open()
        self._ended()

    # --- what changes meanwhile --------------------------------------------------------------------------------------

    @precondition(_is_open)
    @rule(variant=st.sampled_from(sorted(VARIANTS)))
    def change_contracts(self, variant: str) -> None:
        """The contracts say something else, or look otherwise."""
        self.world.variant = variant
        self.world.reopen()
        self.truths.disturbed()
        self._ended()

    @precondition(_is_open)
    @rule(name=st.sampled_from(["claire", "lea", "marc"]), loss=st.sampled_from(sorted(_LOSSES)))
    def change_operator(self, name: str, loss: str) -> None:
        """Somebody leaves, lapses, has another role, or is back."""
        said = dict(_LOSSES[loss])
        if loss == "lapsed":
            said["valid_until"] = self.world.clock() - timedelta(hours=1)
        if loss == "back":
            said["roles"] = OPERATORS[name]
        self.world.change_operator(name, **said)
        self._ended()

    @rule(days=st.integers(1, 40), is_back=st.booleans())
    def move_clock(self, days: int, *, is_back: bool) -> None:
        """Days pass, or the clock is set back by minutes."""
        self.world.clock.advance(timedelta(minutes=-days) if is_back else timedelta(days=days))
        self._ended()

    @precondition(_is_open)
    @rule(what=st.sampled_from(["master", "signing", "another process"]))
    def renew(self, what: str) -> None:
        """Keys are exchanged, or another process opens the home."""
        if what == "master":
            self.world.house.installation.rotate_master_key()
        if what == "signing":
            self.world.house.installation.rotate_signing_key()
        self.world.reopen()
        assert self.world.is_open, self.world.refusal
        self._ended()

    @rule(what=st.sampled_from(["mail", "shop", "news", "town", *sorted(MORE)]))
    def happen(self, what: Any) -> None:
        """The mail server asks to come back later, a system goes away or is back, a row is written or put back."""
        if what == "mail":
            self.postbox.refusing = 0 if self.postbox.refusing else 2
        elif what == "town":
            write_back(self.world.systems)
            self.truths.wrote(WRITTEN_BACK, 1)
        elif isinstance(what, str):
            self.world.mortal.away ^= {what}
            self.truths.disturbed()
        else:
            self.rows += 1
            write_row(self.world.systems, what, self.rows)
            self.truths.wrote(what, self.rows)
        self._ended()

    @precondition(_is_open)
    @rule()
    def watch(self) -> None:
        """The watch looks at every open case."""
        try:
            look_at_all(self.world.house.installation.register.cases(open_only=True), Runs())
        except RightsflowError as told:
            self._foreseen(str(told))
        self._ended()

    # --- the end -----------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Everything is put right: each case ends, or stands at a person with a sentence."""
        try:
            if hasattr(self, "truths"):
                self._finish()
        finally:
            if hasattr(self, "world"):
                self.world.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _finish(self) -> None:
        self.postbox.refusing = 0
        self.world.mortal.away.clear()
        self.world.mortal.disarm()
        if not self.world.is_open:
            self.world.put_newest_back()
        self.world.find_lost()
        for name, roles in OPERATORS.items():
            self.world.change_operator(name, roles=roles, is_active=True, valid_until=None)
        for number, case_id in enumerate(self.truths.cases):
            for _ in range(_LONGEST):
                said = self._walk(number)
                if isinstance(said, str):
                    assert self._has_ended(case_id) or "Remedy" in said, said
                    break
                assert said.description, f"{case_id} stands at {said.gate} without a word"
                assert self._agree(number), f"nobody can answer {said.gate} of {case_id}: {said.description}"
            else:
                raise AssertionError(f"{case_id} never ends, at {self._waiting(number)}")

    # --- beside the rules --------------------------------------------------------------------------------------------

    def agree(self, which: int, times: int) -> None:
        """People agree to what a case waits for, and it is not carried on."""
        for _ in range(times):
            self._agree(which)

    def _case(self, which: int) -> str:
        names = list(self.truths.cases)
        return names[which % len(names)] if names else ""

    def _put_back(self, which: int) -> None:
        """Put a copy of the register back, and open the home: who opens it is told, where it does not know all."""
        self.restored = self.world.copies[which % len(self.world.copies)]
        newest = self.world.newest()
        self.world.put_register_back(self.restored)
        assert newest == self.restored.newest or not self.world.is_open, "nobody is told of an older register"
        self._ended()

    def _walk(self, which: int) -> GateEntry | str:
        if not (case_id := self._case(which)):
            return "no case"
        self.deciding = self.truths.deciding(case_id)
        said = self.world.walk(case_id)
        self.truths.look(case_id, self.deciding)
        if isinstance(said, str):
            self._foreseen(said)
        return said

    def _waiting(self, which: int) -> list[GateEntry]:
        case_id = self._case(which)
        return self.world.house.installation.register.gates(case_id, open_only=True) if case_id else []

    def _agree(self, which: int) -> bool:
        """Whether somebody could answer a gate of the case as far as one person can."""
        for entry in self._waiting(which):
            wanted = [Decision.APPROVE, Decision.RETRY, Decision.GO_ON, Decision.SENT, *entry.options]
            decision = next(one for one in wanted if one in entry.options)
            for who in OPERATORS:
                if self._answer(entry, decision, who):
                    return True
        return False

    def _answer(self, entry: GateEntry, decision: Decision, who: str, *, with_code: bool = False) -> bool:
        """Whether an answer was taken; a mail that may have left is looked for at the mail server."""
        if entry.gate is Gate.UNCERTAIN_MAIL and Decision.SENT in entry.options:
            took = any((m.case, m.notice) == (entry.case_id, entry.subject) for m in self.postbox.taken)
            decision = Decision.SENT if took else Decision.SEND_AGAIN
        references = {Decision.STAYS: DECIDABLE[0].value, Decision.BY_HAND: "HAND-1", Decision.SENT: "RAR-1"}
        reference = (
            "eid" if (entry.gate, decision) == (Gate.IDENTITY, Decision.APPROVE) else references.get(decision, "")
        )
        given = Answer(who, decision, reference=reference, reason="No." if decision is Decision.REFUSE else "")
        account = "" if with_code else "test"
        if with_code:
            self.world.clock.advance(timedelta(seconds=30))
            given = replace(given, code=self.world.code(who))
        try:
            self.truths.answered(entry, answer_gate(entry, given, local_account=account))
        except RightsflowError as refused:
            self._foreseen(str(refused))
            return False
        except Died:
            self.world.bury()
            self.world.open()
            after = self.world.house.installation.register.gate(entry.case_id, entry.gate, entry.subject)
            if after is not None and len(after.answers) > len(entry.answers):
                self.truths.answered(entry, after)
            raise
        return True

    def _has_ended(self, case_id: str) -> bool:
        return self.world.house.installation.register.case(case_id).is_ended

    @staticmethod
    def _foreseen(said: str) -> None:
        assert _UNFORESEEN not in said, said

    def _ended(self) -> None:
        """A step ended."""
        self.world.moment += 1
        self.truths.look()
