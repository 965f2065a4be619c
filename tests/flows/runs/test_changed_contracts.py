"""What was approved is what is done: contracts that change while a case is open, and what people are told of it."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from data_contracts.connectors.keys import Order
from data_contracts.errors import SystemUnavailable
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, Right
from flows import wiring
from flows.engineer.diff import diff_facts
from flows.operator.verdict_facts import verdict_facts
from integrations.demo import DemoCompany
from tasks.services import services
from tests.flows.company import CONTRACTS, Always, House, Passing, Recording, a_house
from tests.flows.vouching import Said, contracts_saying
from tests.yaml_text import read_yaml, write_yaml

_ERASED_TODAY: Said = {"billing.payment": {"erase": "delete", "hold": None}}
"""What people approved as kept for ten years is deleted by today's contract."""
_PROVEN = {"proven", "proven_but_for"}


class _Away(Passing):
    """A system that answers, and goes away when it is to act."""

    def carry_out(self, orders: Sequence[Order]) -> list[int]:
        """Break off before anything is done."""
        raise SystemUnavailable("went away", where=self.system, remedy=f"try again, {len(orders)} orders wait")


class World:
    """One home, opened again and again under contracts that somebody changes meanwhile."""

    def __init__(self, home: Path, company: DemoCompany) -> None:
        self.home = home
        self.company = company

    @contextmanager
    def under(self, contracts: Path = CONTRACTS) -> Iterator[tuple[House, Recording]]:
        """The home under contracts of a folder."""
        with contextmanager(a_house)(self.home, self.company, contracts) as opened:
            yield opened

    def saying(self, said: Said, **policy: Any) -> Path:
        """A copy of the contracts that says something else."""
        return contracts_saying(self.home / f"contracts{len(list(self.home.glob('contracts*')))}", said, **policy)


@pytest.fixture
def world(seeded: tuple[Path, DemoCompany], tmp_path: Path) -> World:
    """A home of the test's own."""
    folder, company = seeded
    shutil.copytree(folder, tmp_path / "systems")
    return World(tmp_path, company)


def _approved(world: World) -> str:
    """An erasure that people approved, and that nobody carried on since."""
    with world.under() as (house, _):
        case_id = house.open(Right.ERASURE)
        entry = house.until(Gate.APPROVAL, case_id)
        while entry.outcome is None:
            entry = house.agree(entry)
    return case_id


def _acting(world: World, away: str) -> str:
    """An erasure that is confirmed, and waits at a gate because one system went away."""
    with world.under() as (house, systems):
        systems.instead[away] = _Away
        case_id = house.open(Right.ERASURE)
        assert house.until(Gate.OUTAGE, case_id).subject == away
    return case_id


def _carried_on(house: House, case_id: str) -> str:
    """How it ended, what is to be tried again being tried again."""
    while (entry := house.run(case_id)) is not None:
        _answered(house, entry)
    return house.outcome(case_id)


def _answered(house: House, entry: GateEntry) -> None:
    if entry.gate is Gate.OUTAGE:
        house.answer(entry, Decision.RETRY)
    else:
        house.agree(entry)


def _diff(house: House, case_id: str) -> list[dict[str, Any]]:
    """What ``rightsflow contracts diff`` compares."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wiring, "_current", Always(house))
        compared: list[dict[str, Any]] = diff_facts(case_id)["compared"]
    return compared


def _verdict(case_id: str) -> dict[str, Any]:
    facts = verdict_facts(case_id)
    assert facts is not None
    return facts


def _deletes(line: dict[str, Any], table: str) -> bool:
    return (line["table"], line["action"]) == (table, "delete")


def _comment(folder: Path) -> None:
    for file in folder.rglob("*.yaml"):
        file.write_text("# A comment that says nothing.\n\n" + file.read_text("utf-8") + "\n\n", "utf-8")


def _other_order(folder: Path) -> None:
    for file in folder.rglob("*.odcs.yaml"):
        content = read_yaml(file)
        content["schema"] = [dict(reversed(table.items())) for table in reversed(content["schema"])]
        for table in content["schema"]:
            table["properties"].reverse()
        write_yaml(file, content)
    write_yaml(folder / "vocabulary.yaml", dict(reversed(read_yaml(folder / "vocabulary.yaml").items())))


def test_other_bytes_that_say_the_same_ask_nobody_again(world: World) -> None:
    """Comments, white space and order: the case goes on as it was approved, with one gate."""
    case_id, folder = _approved(world), world.saying({})
    _other_order(folder)
    _comment(folder)

    with world.under(folder) as (house, _):
        (compared,) = _diff(house, case_id)
        _carried_on(house, case_id)

        assert (compared["same_bytes"], compared["same_meaning"], compared["changes"]) == (False, True, [])
        assert len(services().register.gates(case_id, kind=Gate.APPROVAL)) == 1
        assert "acting" in house.states(case_id)


def test_contracts_that_say_something_else_are_asked_about_line_by_line(world: World) -> None:
    """Approved under one meaning, to be done under another: people read which line of which contract changed."""
    case_id = _approved(world)

    with world.under(world.saying(_ERASED_TODAY)) as (house, _):
        (compared,) = _diff(house, case_id)
        entry = house.run(case_id)

    assert "billing.payment: erase was `keep`, is `delete`" in compared["changes"]
    assert entry is not None
    assert entry.gate is Gate.APPROVAL
    assert "contract: billing.payment: erase was 'keep', is 'delete'" in entry.description
    assert "plan: billing.payment: delete" in entry.description
    assert "crm." not in entry.description.split("**Case")[0]


def test_another_meaning_that_leaves_every_line_as_it_was_is_asked_about_too(world: World) -> None:
    """The plan deletes the same rows; but they are of another category now, and people approved the old one."""
    case_id = _approved(world)

    with world.under(world.saying({"support.ticket.topic": {"category": "user.behavior"}})) as (house, _):
        entry = house.run(case_id)

    assert entry is not None
    assert entry.gate is Gate.APPROVAL
    told = entry.description.split("**Case")[0]
    assert "contract: support.ticket.topic: category was 'user.content.private', is 'user.behavior'" in told
    assert "plan:" not in told


def test_a_confirmed_plan_is_carried_out_as_it_was_meant(world: World) -> None:
    """A system was away while the contract changed: what is kept by the approved plan stays, and that is proven."""
    case_id = _acting(world, "billing")

    with world.under(world.saying(_ERASED_TODAY)) as (house, _):
        ((before,),) = house.ask("billing", "SELECT count(*) FROM payment")
        ((goes, _),) = [(line["rows"], line) for line in house.plan(case_id) if _deletes(line, "payment")]
        outcome = _carried_on(house, case_id)

        assert house.ask("billing", "SELECT count(*) FROM payment") == [(before - goes,)]
        assert outcome == "granted_in_part"
        assert _verdict(case_id)["verdict"] in _PROVEN
        assert not services().register.gates(case_id, kind=Gate.MISMATCH)
        assert len(services().register.gates(case_id, kind=Gate.APPROVAL)) == 1


def _without(folder: Path, system: str) -> Path:
    (folder / "systems" / f"{system}.odcs.yaml").unlink()
    return folder


def test_a_system_that_is_taken_out_before_the_act_is_named(world: World) -> None:
    """Its rows stay, as gate, evidence and verdict say: system, table and rows."""
    case_id = _approved(world)

    with world.under(_without(world.saying({}), "support")) as (house, _):
        entry = house.run(case_id)
        assert entry is not None
        assert "contract: support: taken out" in entry.description
        assert "`support: ticket (" in entry.description
        _carried_on(house, case_id)

        verdict = _verdict(case_id)
        assert verdict["verdict"] == "not_looked_at"
        assert any(one["place"].startswith("support: ticket (") for one in verdict["not_looked"])


def test_a_system_that_is_taken_out_after_the_confirmation_is_acted_on(world: World) -> None:
    """It was approved, so it is done: the contract that it was approved with is there still."""
    case_id = _acting(world, "support")

    with world.under(_without(world.saying({}), "support")) as (house, _):
        tickets = house.ask("support", "SELECT count(*) FROM ticket")
        _carried_on(house, case_id)

        assert house.ask("support", "SELECT count(*) FROM ticket") < tickets
        assert _verdict(case_id)["verdict"] in _PROVEN
