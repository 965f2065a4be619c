"""What the master key sealed is known in whichever table it lies, so that a rotation reaches all of it."""

from datetime import UTC, datetime

import sqlalchemy as sa

from data_contracts.case.former_keys import FormerKey
from data_contracts.case.subjects import SubjectKey
from data_contracts.doors.webhooks import Webhook
from data_contracts.gates.operators import Operator
from data_contracts.ports.sealed_rows import Credential, former_key_context
from data_contracts.vocabulary import OperatorRole
from integrations.register import SqlRegister
from integrations.register.keys.sealed_rows import SEALED
from integrations.register.tables import log as log_tables
from integrations.register.tables import tables

_AT = datetime(2026, 3, 2, tzinfo=UTC)
_MANY = 2_345
"""More than two pages."""


def _key(number: int) -> SubjectKey:
    return SubjectKey("email", f"{number:064x}")


def _filled(register: SqlRegister) -> dict[str, bytes]:
    """Sealed rows of each kind; by context what they hold."""
    register.put_operator(Operator("ada", (OperatorRole.DPO,), None, None, secret=b"o"))
    register.put_webhook(Webhook("desk", "https://hooks.example.org", "", b"w", ()))
    register.put_credential(Credential("RIGHTSFLOW_SYSTEM_CRM_URL", b"c", _AT, "root"))
    former = [FormerKey(_key(n // 7), _key(n), f"f{n}".encode(), _AT) for n in range(_MANY)]
    register.put_former_keys(former)
    return {
        "operator:ada": b"o",
        "webhook:desk": b"w",
        "credential:RIGHTSFLOW_SYSTEM_CRM_URL": b"c",
        **{former_key_context(one.account, one.key): one.sealed for one in former},
    }


def test_every_column_of_bytes_is_known() -> None:
    """A new column that holds something sealed is added to the list, or a rotation would lose it."""
    columns = {
        column
        for table in tables.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, sa.LargeBinary)
    }

    # Data keys are exchanged by their own port; a time stamp is public.
    assert columns - set(SEALED) == {tables.data_keys.c.wrapped, log_tables.log_stamps.c.reply}


def test_every_sealed_row_comes_once(register: SqlRegister) -> None:
    """Of every table, page after page, with the context that it opens for."""
    expected = _filled(register)
    register.put_operator(Operator("new", (OperatorRole.DPO,), None, None, secret=b""))  # never sealed

    found = list(register.sealed_rows())

    assert len(found) == len(expected)
    assert {row.context: row.sealed for row in found} == expected


def test_row_that_changed_is_not_overwritten(register: SqlRegister) -> None:
    """Somebody enrolled anew between the look and the exchange: theirs stays, and no other row changes."""
    _filled(register)
    row = next(one for one in register.sealed_rows() if one.context == "operator:ada")
    register.put_operator(Operator("ada", (OperatorRole.DPO,), None, None, secret=b"newer"))

    assert not register.reseal(row, b"older, sealed anew")
    kept = {one.context: one.sealed for one in register.sealed_rows()}
    assert kept["operator:ada"] == b"newer"
    for one in list(register.sealed_rows())[:4]:
        assert register.reseal(one, b"anew " + one.sealed)
    changed = [one for one in register.sealed_rows() if one.sealed.startswith(b"anew ")]
    assert len(changed) == 4


def test_credentials_are_kept_by_name(register: SqlRegister) -> None:
    """The newest of a name, until it is removed."""
    for sealed in (b"1", b"2"):
        register.put_credential(Credential("B", sealed, _AT, "root"))
    register.put_credential(Credential("A", b"3", _AT, "root"))

    assert register.credential("B") == Credential("B", b"2", _AT, "root")
    assert [one.name for one in register.credentials()] == ["A", "B"]
    assert register.remove_credential("B")
    assert not register.remove_credential("B")
    assert register.credential("B") is None
