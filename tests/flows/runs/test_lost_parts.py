"""An absent thing is never an empty thing: whichever sealed part is lost, a person is asked; nothing untrue is said.

Each story is lived once, and its home is copied after each of its steps. In such a copy one sealed blob is taken away,
as a vault that is older than the register would lack it, and the case is carried on.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from data_contracts.case.request import ProvenSubject
from data_contracts.connectors.recovering import space_of
from data_contracts.errors import RightsflowError, VaultSealed
from data_contracts.vocabulary import Decision, Gate, Right
from integrations.demo import DemoCompany, seed
from tasks.act.restoring import sealed_systems
from tasks.case.parts import PARTS
from tasks.case.sealed import PROVEN, subject_request
from tasks.identity.online import note_proof
from tasks.identity.proofs import MAIL_LINK
from tasks.proof.judge import conclusion
from tasks.search.spared import spared_rows
from tasks.services import services
from tests.flows.company import NOW, House, Rows, a_house
from tests.flows.kill.aftermath import is_pseudonym, values
from tests.flows.kill.lives import SYSTEMS
from tests.flows.kill.stories import STORIES
from tests.flows.vouching import contracts_saying
from tests.sampling import is_all, one_of_each

_STORIES = ("erasure", "rectification", "restriction", "objection", "access", "portability")
_STEPS = frozenset(
    {"locate", "stage", "plan", "approve", "confirm", "erase", "change", "act", "prove", "recipients", "transmit"}
)
_LOST = "is not in the vault any more"
"""What people read of a part that is gone, at whichever gate."""
_ASKED = frozenset({Gate.OUTAGE, Gate.MISMATCH})
_LAST = {"confirm", "act"}
"""Steps after which nothing is sealed anew of what they, and those before, made."""
_MOST_RUNS = 12
_CUSTOMERS = 12


@dataclass
class _Lived:
    """A story that was lived to its end, and copies of its home after each of its steps.

    Attributes:
        case_id: its case.
        rows: every row of every system in the end.
        mails: all that were sent.
        copies: homes, by step.
        sealed: what the vault held of the case then, by step.
    """

    case_id: str
    rows: Rows = field(default_factory=dict)
    mails: list[str] = field(default_factory=list)
    copies: dict[str, Path] = field(default_factory=dict)
    sealed: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class _World:
    """What is lived in, and what was lived already by name."""

    folder: Path
    company: DemoCompany
    contracts: Path
    lived: dict[str, _Lived] = field(default_factory=dict)

    @contextmanager
    def house(self, home: Path) -> Iterator[House]:
        with contextmanager(a_house)(home, self.company, self.contracts) as (house, _):
            yield house

    def life(self, name: str) -> _Lived:
        """The story of that name, lived the first time that it is asked for."""
        if name not in self.lived:
            home = self.folder / name
            shutil.copytree(self.folder / "systems", home / "systems")
            with self.house(home) as house:
                self.lived[name] = _live(house, home, name)
        return self.lived[name]

    def told(self, rows: Rows) -> Rows:
        """Rows without the pseudonyms in them: one that is drawn after the loss is another."""
        known = values(self.folder / "systems")
        return {
            table: Counter(
                tuple("pseudonym" if is_pseudonym(value, known) else value for value in row) for row in own.elements()
            )
            for table, own in rows.items()
        }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> _World:
    """A small demo company that keeps what it erases for two weeks."""
    folder = tmp_path_factory.mktemp("lost")
    company = seed(folder / "systems", customers=_CUSTOMERS, today=NOW.date(), progress=lambda _: None)
    contracts = contracts_saying(folder / "contracts", {}, recovery_days=14)
    for file in (contracts / "systems").glob("*.odcs.yaml"):
        if file.name.partition(".")[0] not in SYSTEMS:
            file.unlink()
    return _World(folder, company, contracts)


def _live(house: House, home: Path, name: str) -> _Lived:
    story = STORIES[name]
    lived = _Lived(house.open(story.right, **story.typed))
    register: Any = house.installation.register
    complete = register.complete

    def completed(case_id: str, step: str, system: str = "", **said: Any) -> None:
        complete(case_id, step, system, **said)
        if step in _STEPS and step not in lived.copies:
            lived.copies[step] = home.parent / f"{name}.{step}"
            shutil.copytree(home, lived.copies[step])
            vault = services().vault
            lived.sealed[step] = [*vault.names(case_id), *(f"/{one}" for one in vault.names(space_of(case_id)))]

    register.complete = completed
    ended, lived.rows, lived.mails = _carried(house, lived.case_id, name)
    assert ended == "ended"
    return lived


def _carried(house: House, case_id: str, name: str) -> tuple[str, Rows, list[str]]:
    """The case, carried on as its story has it: that it ended or who was asked, every row, every mail."""
    return _carry_on(house, case_id, name), house.rows(), sorted(house.mails())


def _carry_on(house: House, case_id: str, name: str) -> str:
    for _ in range(_MOST_RUNS):
        try:
            entry = house.run(case_id)
        except RightsflowError as told:
            return f"told: {told}"
        if entry is None:
            return "ended"
        if entry.gate in _ASKED or _LOST in entry.description:
            return f"asked: {entry.description}"
        STORIES[name].answer(house, entry)
    return "asked again and again"


def _kind(blob: str) -> str:
    return blob.rpartition("/")[0] + blob.strip("/").partition(".")[0]


def _is_needed_later(_name: str, step: str, blob: str) -> bool:
    """What is tried in each run: where most is needed later, of the system with every way to erase."""
    return step in _LAST and (blob.count(".") == 0 or "crm" in blob) and not blob.endswith(".settled")


def _losses(world: _World) -> Iterator[tuple[str, str, str]]:
    for name in _STORIES:
        for step, blobs in world.life(name).sealed.items():
            yield from ((name, step, blob) for blob in blobs if not blob.startswith(("fault", "reason", "notice")))


def test_whatever_is_lost_the_case_ends_as_it_would_have_or_a_person_is_asked(world: _World, tmp_path: Path) -> None:
    """After each step of each right, without each part: the same rows and mails in the end, or a person and no end."""
    losses = [loss for loss in _losses(world) if is_all() or _is_needed_later(*loss)]
    kinds = [f"{name} {_kind(blob)}" for name, _, blob in losses]
    wrong = []

    for number, loss in enumerate(one_of_each(losses, kinds)):
        if said := _wrong(world, loss, tmp_path / str(number)):
            wrong.append((*loss, said))

    assert wrong == []


def _wrong(world: _World, loss: tuple[str, str, str], home: Path) -> str:
    """What is not as it should be where one blob is lost; empty: nothing."""
    name, step, blob = loss
    lived = world.life(name)
    shutil.copytree(lived.copies[step], home)
    with world.house(home) as house:
        space = space_of(lived.case_id) if blob[0] == "/" else lived.case_id
        services().vault.remove(space, blob.strip("/"))
        said, rows, mails = _carried(house, lived.case_id, name)
        proven = conclusion(lived.case_id)
    shutil.rmtree(home)
    if said == "ended":
        return "" if (world.told(rows), mails) == (world.told(lived.rows), lived.mails) else "ended otherwise"
    if not set(mails) <= set(lived.mails):
        return f"mailed: {set(mails) - set(lived.mails)}"
    return f"proven, and {said}" if proven is not None and rows != lived.rows else ""


@pytest.mark.parametrize(
    ("name", "step", "blob"),
    [
        ("erasure", "confirm", "keys.crm"),
        ("erasure", "confirm", "search.crm"),
        ("erasure", "confirm", "held.crm"),
        ("erasure", "erase", "keys.crm"),
        ("rectification", "confirm", "found.crm"),
        ("restriction", "confirm", "before.crm"),
        ("objection", "confirm", "search.crm"),
        ("access", "act", "package.zip"),
        ("access", "locate", "search.crm"),
        ("access", "locate", "request"),
        ("portability", "act", "package.zip"),
    ],
)
def test_a_part_that_is_lost_is_asked_about(world: _World, tmp_path: Path, name: str, step: str, blob: str) -> None:
    """What the step had sealed is gone: the person who is asked reads of it, and nothing ends."""
    lived = world.life(name)
    assert blob in lived.sealed[step]
    shutil.copytree(lived.copies[step], tmp_path / "home")

    with world.house(tmp_path / "home") as house:
        services().vault.remove(lived.case_id, blob)
        said = _carry_on(house, lived.case_id, name)

    assert _LOST in said or "no such blob" in said


def test_retention_spares_nothing_less_where_restricted_rows_are_lost(world: _World, tmp_path: Path) -> None:
    """A case of restriction has ended, and the keys of its rows are gone: nothing may be erased there."""
    lived = world.life("restriction")
    shutil.copytree(world.folder / "restriction", tmp_path / "home")

    with world.house(tmp_path / "home"):
        assert spared_rows("crm")
        services().vault.remove(lived.case_id, "restricted.crm")

        with pytest.raises(VaultSealed, match=r"restricted\.crm"):
            spared_rows("crm")


def test_rows_of_a_plan_that_are_lost_stop_retention(world: _World, tmp_path: Path) -> None:
    """Where the rows are that people are asked about is gone: they are not taken for nobody's."""
    lived = world.life("erasure")
    shutil.copytree(lived.copies["plan"], tmp_path / "home")

    with world.house(tmp_path / "home"):
        services().vault.remove(lived.case_id, "located")

        with pytest.raises(VaultSealed, match="located"):
            spared_rows("crm")


def test_a_copy_of_which_a_part_is_lost_is_not_given_back_in_part(world: _World, tmp_path: Path) -> None:
    """Who gives back what was erased is told of the part that is gone."""
    lived = world.life("erasure")
    shutil.copytree(world.folder / "erasure", tmp_path / "home")

    with world.house(tmp_path / "home"):
        space = space_of(lived.case_id)
        assert sealed_systems(lived.case_id)
        services().vault.remove(space, next(name for name in services().vault.names(space) if name.startswith("crm.")))

        with pytest.raises(VaultSealed, match="crm"):
            sealed_systems(lived.case_id)


def test_what_was_typed_never_stands_in_for_what_was_proven(house: House) -> None:
    """Who the data subject was proven to be is gone: the address that anybody could type is not written to."""
    case_id = house.open(Right.ACCESS, reply_to="typed@x.example")
    note_proof(
        case_id, MAIL_LINK, ProvenSubject(identity={"email": ["a@x.example"]}, address="proven@x.example"), by="x"
    )
    house.run(case_id)
    assert subject_request(case_id).reply_to == "proven@x.example"

    services().vault.remove(case_id, PROVEN)

    with pytest.raises(VaultSealed, match=PROVEN):
        subject_request(case_id)


def test_parts_stand_in_receipts(world: _World) -> None:
    """The receipt of the confirmation names what acting needs of each system."""
    lived = world.life("erasure")

    with world.house(world.folder / "erasure"):
        confirmed = services().register.step(lived.case_id, "confirm")

    assert confirmed is not None
    assert {"keys.crm", "held.crm", "search.crm", "located"} <= set(confirmed.receipt[PARTS])  # type: ignore[call-overload]  # a list of names


def test_reason_of_a_refusal_that_is_lost_is_not_left_out(house: House) -> None:
    """The data subject is not told less than the person wrote: nothing leaves until it is there again."""
    case_id = house.open(Right.ERASURE)
    house.answer(house.until(Gate.APPROVAL, case_id), Decision.REFUSE, reason="A lawsuit is pending.", reference="")
    (reason,) = (name for name in services().vault.names(case_id) if name.startswith("reason.approval"))
    services().vault.remove(case_id, reason)

    with pytest.raises(VaultSealed, match=reason):
        house.run(case_id)

    assert not [mail for mail in house.mails() if "refusal" in mail]
