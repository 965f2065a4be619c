"""The master key: its file, its secrets and its rotation."""

import multiprocessing
import stat
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_contracts.case.former_keys import FormerKey
from data_contracts.case.subjects import SubjectKey
from data_contracts.doors.webhooks import Webhook
from data_contracts.errors import SettingsInvalid, VaultSealed
from data_contracts.gates.operators import Operator
from data_contracts.ports.sealed_rows import (
    Credential,
    SealedRow,
    credential_context,
    former_key_context,
    operator_context,
    webhook_context,
)
from data_contracts.vocabulary import OperatorRole
from integrations.register import SqlRegister
from integrations.vault import MasterKey, SealedVault, load_or_create, rotate
from tests.integrations.vault.test_vault import get, put


@pytest.fixture
def vault(root: Path, register: SqlRegister, master: MasterKey) -> SealedVault:
    """A vault with three cases and an operator."""
    made = SealedVault(str(root), data_keys=register, master=master)
    for case_id in ("C-1", "C-2", "C-3"):
        put(made, case_id, "keys", case_id.encode())
    secret = master.seal(b"totp", operator_context("ada"))
    register.put_operator(Operator("ada", (OperatorRole.DPO,), None, None, secret=secret))
    return made


def test_secrets_of_subscribers_survive_a_rotation(master: MasterKey, register: SqlRegister) -> None:
    """They open with the new key alone afterwards."""
    context = webhook_context("desk")
    register.put_webhook(Webhook("desk", "https://hooks.example.org", "", master.seal(b"between us", context), ()))

    rotate(master, data_keys=register, register=register)

    assert load_or_create(master.file).open(register.webhooks()[0].secret, context) == b"between us"


def test_former_keys_and_credentials_survive_a_rotation(master: MasterKey, register: SqlRegister) -> None:
    """A person put right before is found by the earlier address afterwards, and systems are reached."""
    account, key, at = (
        SubjectKey("customer_no", "a" * 64),
        SubjectKey("email", "b" * 64),
        datetime(2026, 3, 2, tzinfo=UTC),
    )
    context, name = former_key_context(account, key), "RIGHTSFLOW_SYSTEM_CRM_URL"
    register.put_former_keys([FormerKey(account, key, master.seal(b"old@example.org", context), at)])
    register.put_credential(Credential(name, master.seal(b"sqlite://", credential_context(name)), at, "root"))

    rotate(master, data_keys=register, register=register)

    now = load_or_create(master.file)
    kept = register.credential(name)
    assert kept is not None
    assert now.open(register.former_keys([account])[0].sealed, context) == b"old@example.org"
    assert now.open(kept.sealed, credential_context(name)) == b"sqlite://"


def test_row_that_is_written_meanwhile_is_sealed_anew(master: MasterKey, register: SqlRegister) -> None:
    """Somebody enrols while the rows are looked at: nothing that only the old key opens is left when it goes."""
    old = load_or_create(master.file)
    late = Operator("late", (OperatorRole.DPO,), None, None, secret=old.seal(b"totp", operator_context("late")))
    register.put_operator(
        Operator("ada", (OperatorRole.DPO,), None, None, secret=old.seal(b"x", operator_context("ada")))
    )

    rotate(master, data_keys=register, register=_Enrolling(register, late))  # type: ignore[arg-type]  # a stand-in

    enrolled = register.operator("late")
    assert enrolled is not None
    assert load_or_create(master.file).open(enrolled.secret, operator_context("late")) == b"totp"


class _Enrolling:
    """A register in which somebody enrols after the first look at its rows."""

    def __init__(self, register: SqlRegister, late: Operator) -> None:
        self._register, self._late = register, [late]

    def __getattr__(self, name: str) -> object:
        return getattr(self._register, name)

    def sealed_rows(self) -> Iterator[SealedRow]:
        """The rows; afterwards there is one more."""
        yield from self._register.sealed_rows()
        if self._late:
            self._register.put_operator(self._late.pop())


def test_the_file_is_its_owners_alone(master: MasterKey) -> None:
    """The master key cannot be read by others, and its text does not show it."""
    assert stat.S_IMODE(master.file.stat().st_mode) == 0o600
    assert repr(master) == f"MasterKey({str(master.file)!r})"


def test_a_file_that_others_can_read_is_refused(master: MasterKey) -> None:
    """A key that others could have copied is not used as if nothing had happened."""
    master.file.chmod(0o640)

    with pytest.raises(SettingsInvalid, match="chmod 600"):
        load_or_create(master.file)


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    """A damaged key file is not replaced by a new key, which would open nothing."""
    file = tmp_path / "master.json"
    file.touch(0o600)
    file.write_text("{}")

    with pytest.raises(SettingsInvalid, match="backup"):
        load_or_create(file)


def _key_of(file: Path) -> bytes:
    load_or_create(file)
    return file.read_bytes()


def test_processes_that_start_at_once_make_one_key(tmp_path: Path) -> None:
    """Whoever comes first makes the key, and the others take it."""
    file = tmp_path / "new" / "master.json"

    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        keys = list(pool.map(_key_of, [file] * 4))

    assert len(set(keys)) == 1
    assert {path.name for path in file.parent.iterdir()} == {"master.json"}


def test_a_secret_opens_for_its_context_alone(master: MasterKey) -> None:
    """The TOTP secret of one operator does not serve another."""
    sealed = master.seal(b"totp", operator_context("ada"))

    assert master.open(sealed, operator_context("ada")) == b"totp"
    with pytest.raises(VaultSealed):
        master.open(sealed, operator_context("bob"))


def test_after_a_rotation_the_old_key_is_gone_and_all_opens(
    vault: SealedVault, register: SqlRegister, master: MasterKey, tmp_path: Path
) -> None:
    """Every data key and secret opens with the new key alone; an old copy of the key file opens nothing."""
    copy = tmp_path / "copy.json"
    copy.write_bytes(master.file.read_bytes())
    copy.chmod(0o600)

    done = rotate(master, data_keys=register, register=register)

    assert (done.data_keys, done.secrets, done.removed, done.was_cut_off) == (3, 1, 1, False)
    assert [get(vault, case_id, "keys") for case_id in ("C-1", "C-2", "C-3")] == [b"C-1", b"C-2", b"C-3"]
    with pytest.raises(VaultSealed):
        get(SealedVault(str(tmp_path / "vault"), data_keys=register, master=load_or_create(copy)), "C-1", "keys")


def test_an_operators_secret_opens_after_a_rotation(
    vault: SealedVault, register: SqlRegister, master: MasterKey
) -> None:
    """Operators need not enrol anew."""
    rotate(master, data_keys=register, register=register)

    ada = register.operator("ada")

    assert vault.has("C-1", "keys")
    assert ada is not None
    assert load_or_create(master.file).open(ada.secret, operator_context("ada")) == b"totp"


def test_a_sealed_file_opens_after_a_rotation(register: SqlRegister, master: MasterKey, tmp_path: Path) -> None:
    """What else the master key sealed is sealed anew before the old key goes; a file that is not there is no error."""
    file = tmp_path / "pseudonym.key"
    file.write_bytes(master.seal(b"secret", "pseudonym.key"))

    rotate(master, data_keys=register, register=register, files={"pseudonym.key": file, "other": tmp_path / "absent"})

    assert load_or_create(master.file).open(file.read_bytes(), "pseudonym.key") == b"secret"


class _CutOff(Exception):
    pass


class _DyingRegister:
    """A register whose process dies at the second exchange of a key."""

    def __init__(self, register: SqlRegister) -> None:
        self._register = register
        self._exchanges = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._register, name)

    def replace_key(self, case_id: str, old: bytes, new: bytes) -> bool:
        self._exchanges += 1
        if self._exchanges > 1:
            raise _CutOff
        return self._register.replace_key(case_id, old, new)


def test_a_rotation_that_was_cut_off_is_finished(vault: SealedVault, register: SqlRegister, master: MasterKey) -> None:
    """While it is unfinished everything opens; finished, the old key is gone, and no third one was made."""
    with pytest.raises(_CutOff):
        rotate(master, data_keys=_DyingRegister(register), register=register)  # type: ignore[arg-type]  # a stand-in
    between = [get(vault, case_id, "keys") for case_id in ("C-1", "C-2", "C-3")]

    done = rotate(master, data_keys=register, register=register)

    assert between == [b"C-1", b"C-2", b"C-3"]
    assert (done.data_keys, done.removed, done.was_cut_off) == (2, 1, True)
    assert get(vault, "C-3", "keys") == b"C-3"


def test_a_rotation_keeps_the_old_key_while_something_needs_it(
    vault: SealedVault, register: SqlRegister, master: MasterKey
) -> None:
    """A secret that opens with no key stops the rotation before the old key is removed."""
    register.put_operator(Operator("bob", (OperatorRole.DPO,), None, None, secret=b"damaged"))

    with pytest.raises(VaultSealed, match="operator:bob"):
        rotate(master, data_keys=register, register=register)

    assert get(vault, "C-1", "keys") == b"C-1"


def test_a_running_process_follows_a_rotation(vault: SealedVault, register: SqlRegister, master: MasterKey) -> None:
    """A process that read the key before the rotation seals and opens afterwards."""
    rotate(load_or_create(master.file), data_keys=register, register=register)

    put(vault, "C-4", "keys", b"new")

    assert (get(vault, "C-1", "keys"), get(vault, "C-4", "keys")) == (b"C-1", b"new")
