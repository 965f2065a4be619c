"""Law 7: erasure is proven by looking again; what remains must be exactly what an exemption keeps."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import Order
from data_contracts.errors import StepFailed, SystemUnavailable
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, Right
from integrations.demo import DemoCompany
from tasks.services import services
from tasks.steps.step import guarded
from tests.flows.company import House, Passing, Recording, Rows, a_house, lost

_ZOMBIE = (
    "CREATE TRIGGER zombie AFTER DELETE ON interaction BEGIN "
    "INSERT INTO interaction VALUES (OLD.interaction_id, OLD.customer_no, OLD.occurred_at, 'x', NULL, NULL); END"
)
_STUBBORN = (
    "CREATE TRIGGER stubborn AFTER UPDATE OF email ON customer WHEN NEW.email IS NULL "
    "BEGIN UPDATE customer SET email = OLD.email WHERE customer_no = OLD.customer_no; END"
)


class _Idle(Passing):
    """A system that says it erased, and did not."""

    def carry_out(self, orders: Sequence[Order]) -> list[int]:
        """Touch nothing, and claim one row for each order."""
        return [1] * len(orders)


class _Breaking(Passing):
    """A system whose adapter breaks in a way nobody foresaw."""

    def carry_out(self, orders: Sequence[Order]) -> list[int]:
        """Break, naming a person as a vendor's library might."""
        raise ValueError(f"duplicate entry 'maelle.dhauteville@example.org' in {len(orders)} orders")


def _interactions(house: House) -> list[tuple[object, ...]]:
    return house.ask("crm", "SELECT * FROM interaction WHERE customer_no = ?", house.company.subject.customer_no)


def _mismatch(house: House) -> GateEntry:
    return house.until(Gate.MISMATCH, house.open(Right.ERASURE))


@pytest.mark.parametrize(
    ("trigger", "failure"),
    [
        pytest.param(_ZOMBIE, "crm.interaction: rows", id="row"),
        pytest.param(_STUBBORN, "crm.customer: values", id="value"),
    ],
)
def test_what_comes_back_is_noticed(house: House, trigger: str, failure: str) -> None:
    """A trigger that restores a row or a value opens the gate, which names table and check."""
    house.ask("crm", trigger)

    entry = _mismatch(house)

    assert failure in entry.description
    assert house.outcome(entry.case_id) == ""
    assert "verified" not in house.states(entry.case_id)


def test_row_counts_of_statements_are_no_proof(house: House, systems: Recording) -> None:
    """A system that claims to have erased and did not is found out in each of its tables."""
    systems.instead["support"] = _Idle

    entry = _mismatch(house)

    assert all(f"support.{table}: rows" in entry.description for table in ("ticket", "message", "note"))
    assert "crm" not in entry.description


def test_retry_acts_again(house: House) -> None:
    """Once the trigger is gone, acting again from the sealed keys erases what came back, and that is proven."""
    house.ask("crm", _ZOMBIE)
    entry = _mismatch(house)

    house.ask("crm", "DROP TRIGGER zombie")
    house.answer(entry, Decision.RETRY)

    assert house.walk(entry.case_id) == "granted_in_part"
    assert _interactions(house) == []


def test_retry_in_vain_asks_again(house: House) -> None:
    """As long as something remains the case has no outcome, however often one tries."""
    house.ask("crm", _ZOMBIE)
    entry = _mismatch(house)

    house.answer(entry, Decision.RETRY)
    again = house.run(entry.case_id)

    assert again is not None
    assert (again.gate, again.outcome) == (Gate.MISMATCH, None)
    assert again.digest != entry.digest


def test_finished_by_hand_is_on_record(house: House) -> None:
    """What a person finished is looked at again: while it is there, the gate is; the person is named in evidence."""
    house.ask("crm", _ZOMBIE)
    entry = _mismatch(house)

    house.answer(entry, Decision.BY_HAND, reference="TICKET-21")
    again = house.until(Gate.MISMATCH, entry.case_id)
    assert again.digest != entry.digest
    house.ask("crm", "DROP TRIGGER zombie")
    house.ask("crm", "DELETE FROM interaction WHERE customer_no = ?", house.company.subject.customer_no)
    house.answer(again, Decision.BY_HAND, reference="TICKET-22")

    assert house.walk(entry.case_id) == "granted_in_part"
    steps = house.installation.register.steps(entry.case_id)
    told = [step.receipt["reference"] for (name, _), step in sorted(steps.items()) if name == "done by hand"]
    assert told == ["TICKET-21"]  # the second answer stands at its gate: by then nothing was left to note
    assert steps["prove", ""].receipt["verdict"] == "proven_but_for"  # others typed or were given her number


def test_proven_erasure_says_so(house: House) -> None:
    """Without anything in the way the case is verified, its evidence is whole, and a second look finds nothing."""
    case_id = house.open(Right.ERASURE)

    assert house.walk(case_id) == "granted_in_part"
    assert house.installation.verify_case(case_id).is_whole
    again = house.open(Right.ERASURE)
    assert house.walk(again) == "nothing_found"
    assert "We found none" in house.mails()[-1]


def _cut(how: str) -> Callable[[Connector], Passing]:
    class _Cut(Passing):
        def carry_out(self, orders: Sequence[Order]) -> list[int]:
            if how == "before":
                raise SystemUnavailable("cut off before anything happened", where=self.system)
            self.inner.carry_out(orders)
            raise SystemUnavailable("cut off after it happened", where=self.system)

    return _Cut


@pytest.fixture(scope="module")
def undisturbed(seeded: tuple[Path, DemoCompany], tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The rows that an erasure takes away when nothing goes wrong."""
    home = tmp_path_factory.mktemp("undisturbed")
    shutil.copytree(seeded[0], home / "systems")
    with contextmanager(a_house)(home, seeded[1]) as (house, _):
        before = house.rows()
        house.walk(house.open(Right.ERASURE))
        return lost(before, house.rows())


@pytest.mark.parametrize(
    ("system", "how"),
    [
        ("support", "before"),
        ("billing", "after"),
        ("marketing", "before"),
        ("crm", "after"),
        ("weblogs", "before"),
        ("adtech", "after"),
    ],
)
def test_erasure_cut_off_midway_strands_nothing(
    house: House, systems: Recording, undisturbed: Rows, system: str, how: str
) -> None:
    """Wherever it is cut off, continuing it takes away what an undisturbed erasure takes away, and no more."""
    before = house.rows()
    systems.instead[system] = _cut(how)
    entry = house.until(Gate.OUTAGE, house.open(Right.ERASURE))

    systems.instead.clear()
    house.answer(entry, Decision.RETRY)

    assert house.walk(entry.case_id) == "granted_in_part"
    assert lost(before, house.rows()) == undisturbed


def test_unforeseen_error_is_sealed(house: House, systems: Recording) -> None:
    """What a library says stays in the vault; the gate names the kind of error and the place, and nobody."""
    systems.instead["crm"] = _Breaking

    entry = house.until(Gate.OUTAGE, house.open(Right.ERASURE))

    assert "step erase broke (ValueError); details are sealed in fault.erase.crm" in entry.description
    assert "maelle" not in entry.description.lower()
    with house.installation.services.vault.read(entry.case_id, "fault.erase.crm") as blob:
        assert b"maelle.dhauteville@example.org" in blob.read()


def test_fault_of_any_step_is_sealed(house: House) -> None:
    """A step's name has blanks, and a name in the vault has none; what broke can be read all the same."""
    case_id = house.open(Right.ACCESS)

    def breaks(_case_id: str) -> None:
        raise ValueError("why it broke")  # what a driver says

    with pytest.raises(StepFailed, match=r"sealed in fault\.look-at-it\."):
        guarded(breaks, "look at it")(case_id)
    with services().vault.read(case_id, "fault.look-at-it") as blob:
        assert b"why it broke" in blob.read()
