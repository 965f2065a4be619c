"""The master key from a file, from a file that a key management service closes (AWS KMS by moto), or given."""

import base64
import json
import shutil
from pathlib import Path

import boto3
import pytest

from data_contracts.errors import SettingsInvalid, SystemUnavailable, VaultSealed
from flows.server.machine import free_port
from integrations.register import SqlRegister
from integrations.vault import rotate
from integrations.vault.given import close_file, master_key
from integrations.vault.master import load_or_create

_CONTEXT = "operator:ada"


@pytest.fixture
def service(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A key of a service on this machine, as the setting names it; AWS' clients find it there."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{s3_server}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return f"aws-kms://{boto3.client('kms').create_key()['KeyMetadata']['Arn']}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the key's file lies, or will."""
    return tmp_path / "keys" / "master.json"


def test_service_alone_opens_the_file(file: Path, service: str, tmp_path: Path) -> None:
    """What was sealed opens through the service; a stolen copy of the folder opens nothing without it."""
    sealed = master_key(file, given="", service=service).seal(b"totp", _CONTEXT)
    stolen = Path(shutil.copytree(file.parent, tmp_path / "stolen")) / file.name

    assert master_key(file, given="", service=service).open(sealed, _CONTEXT) == b"totp"
    assert file.stat().st_mode & 0o77 == 0
    assert b"primaryKeyId" not in file.read_bytes()
    with pytest.raises(SettingsInvalid, match="a key management service closed"):
        master_key(stolen, given="", service="")
    other = f"aws-kms://{boto3.client('kms').create_key()['KeyMetadata']['Arn']}"
    with pytest.raises(SettingsInvalid, match="refuses"):
        master_key(stolen, given="", service=other)


def test_what_is_closed_is_bound_to_its_use(file: Path, service: str) -> None:
    """Who may decrypt for other uses of that key does not open the file."""
    master_key(file, given="", service=service)
    sealed = boto3.client("kms").encrypt(KeyId=service.removeprefix("aws-kms://"), Plaintext=b"{}")["CiphertextBlob"]
    file.write_text(json.dumps({"kms": service, "sealed": base64.b64encode(sealed).decode()}))
    with pytest.raises(SettingsInvalid, match="refuses"):
        master_key(file, given="", service=service)


def test_file_in_clear_is_closed_by_a_command(file: Path, service: str) -> None:
    """Everything sealed before opens afterwards; before, the setting alone is refused with the command."""
    sealed = load_or_create(file).seal(b"totp", _CONTEXT)

    with pytest.raises(SettingsInvalid, match="rightsflow keys close"):
        master_key(file, given="", service=service)
    close_file(file, service)

    assert master_key(file, given="", service=service).open(sealed, _CONTEXT) == b"totp"
    with pytest.raises(SettingsInvalid, match="closed the master key file"):
        close_file(file, service)


def test_rotation_under_a_service(file: Path, service: str, register: SqlRegister) -> None:
    """The new key is closed too; a copy of the file from before opens nothing of now."""
    master = master_key(file, given="", service=service)
    before = file.read_bytes()

    rotate(master, data_keys=register, register=register)
    sealed = master.seal(b"new", _CONTEXT)

    assert master_key(file, given="", service=service).open(sealed, _CONTEXT) == b"new"
    file.write_bytes(before)
    with pytest.raises(VaultSealed):
        master_key(file, given="", service=service).open(sealed, _CONTEXT)


def test_service_that_is_away_may_come_back(file: Path, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying again can help; the file stays as it is."""
    master_key(file, given="", service=service)
    before = file.read_bytes()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    with pytest.raises(SystemUnavailable, match="could not be asked"):
        master_key(file, given="", service=service)
    assert file.read_bytes() == before


@pytest.mark.parametrize("name", ["vault://x", "aws-kms://", "arn:aws:kms:eu-west-3:1:key/2"])
def test_service_that_nobody_knows(file: Path, name: str) -> None:
    """Told before anything is made."""
    with pytest.raises(SettingsInvalid, match="no such key management service"):
        master_key(file, given="", service=name)
    assert not file.exists()


def test_given_key_leaves_no_file(file: Path, tmp_path: Path, register: SqlRegister) -> None:
    """It opens what its file opened; a rotation says how it is done, and changes nothing."""
    text = _text(tmp_path / "elsewhere.json")
    sealed = load_or_create(tmp_path / "elsewhere.json").seal(b"totp", _CONTEXT)

    given = master_key(file, given=text, service="")

    assert given.open(sealed, _CONTEXT) == b"totp"
    assert not file.exists()
    assert text not in repr(given)
    with pytest.raises(SettingsInvalid, match="given by the environment"):
        rotate(given, data_keys=register, register=register)
    assert given.open(sealed, _CONTEXT) == b"totp"


def test_two_places_are_one_too_many(file: Path, tmp_path: Path) -> None:
    """Which of two keys is right is not guessed."""
    text = _text(tmp_path / "elsewhere.json")
    with pytest.raises(SettingsInvalid, match="two places"):
        master_key(file, given=text, service="aws-kms://alias/x")
    load_or_create(file)
    with pytest.raises(SettingsInvalid, match="two places"):
        master_key(file, given=text, service="")


@pytest.mark.parametrize("text", ["no key", "{}", '{"primaryKeyId": 1}', "[]"])
def test_given_text_that_is_no_key(file: Path, text: str) -> None:
    """Told without quoting it."""
    with pytest.raises(SettingsInvalid, match="the master key is none") as caught:
        master_key(file, given=text, service="")
    assert text not in str(caught.value)


def _text(file: Path) -> str:
    load_or_create(file)
    return file.read_text()
