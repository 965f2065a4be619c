"""Keys of evidence, their files and their rotation."""

import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from data_contracts.errors import SettingsInvalid
from integrations.evidence import load_or_create, public_keys, read_public_key, rotate, verify_chain
from tests.integrations.evidence.conftest import a_chain


def test_a_key_is_made_once(keys: Path) -> None:
    """The second start signs with the key of the first."""
    assert load_or_create(keys).keyid == load_or_create(keys).keyid


def test_several_that_start_at_once_have_one_key(keys: Path) -> None:
    """Whoever is first makes the key."""
    with ThreadPoolExecutor(8) as pool:
        signers = list(pool.map(load_or_create, [keys] * 8))

    assert len({signer.keyid for signer in signers}) == 1
    assert [file.name for file in keys.iterdir() if file.name.startswith(".")] == []


def test_the_private_key_is_its_owners_alone(keys: Path) -> None:
    """Nobody else can read it, and the signer's text does not show it."""
    signer = load_or_create(keys)

    assert stat.S_IMODE((keys / "signing.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert repr(signer) == f"Ed25519Signer({signer.keyid})"


def test_a_keyid_is_what_openssl_prints(keys: Path) -> None:
    """The fingerprint is the SHA-256 of the public key's DER bytes."""
    signer = load_or_create(keys)

    der = signer.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    assert signer.keyid == hashlib.sha256(der).hexdigest()
    assert list(public_keys(keys)) == [signer.keyid]


def test_a_private_key_that_others_can_read_is_refused(keys: Path) -> None:
    """A key that others could have copied is not used as if nothing had happened."""
    load_or_create(keys)
    (keys / "signing.pem").chmod(0o644)

    with pytest.raises(SettingsInvalid, match="chmod 600"):
        load_or_create(keys)


@pytest.mark.parametrize("content", [b"", b"no key", None])
def test_a_file_that_is_no_key_is_refused(keys: Path, content: bytes | None) -> None:
    """A damaged key, or one of another kind, is not silently replaced."""
    rsa = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    keys.mkdir()
    (keys / "signing.pem").touch(0o600)
    (keys / "signing.pem").write_bytes(rsa if content is None else content)

    with pytest.raises(SettingsInvalid, match="Remedy"):
        load_or_create(keys)


def test_old_evidence_verifies_after_a_rotation(keys: Path) -> None:
    """The new key signs, and the old public key stays."""
    old = load_or_create(keys)
    chain = a_chain(old)

    new = rotate(keys)

    verified = verify_chain(chain.case_id, chain.envelopes, chain.head, keys=public_keys(keys))
    assert (verified.is_whole, verified.keyids) == (True, (old.keyid,))
    assert load_or_create(keys).keyid == new.keyid != old.keyid
    assert set(public_keys(keys)) == {old.keyid, new.keyid}


def test_a_public_key_under_another_name_is_refused(keys: Path) -> None:
    """A key that somebody slipped in under a known name is noticed."""
    signer = load_or_create(keys)
    other = Ed25519PrivateKey.generate().public_key()
    pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    (keys / "public" / f"{signer.keyid}.pem").write_bytes(pem)

    with pytest.raises(SettingsInvalid, match="fingerprint"):
        public_keys(keys)


def test_a_trusted_key_must_be_an_ed25519_key(tmp_path: Path) -> None:
    """What is given as the trusted key is read, or refused with a remedy."""
    rsa = generate_private_key(65537, 2048).public_key()
    (tmp_path / "rsa.pem").write_bytes(rsa.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "text.pem").write_text("no key")

    for name in ("rsa.pem", "text.pem", "absent.pem"):
        with pytest.raises(SettingsInvalid, match="Remedy"):
            read_public_key(tmp_path / name)


def test_no_keys_are_no_error(keys: Path) -> None:
    """A folder in which no key was made yet has none."""
    assert public_keys(keys) == {}


def test_a_folder_that_cannot_be_made_is_refused() -> None:
    """Where there can be no folder, it is said in our words."""
    with pytest.raises(SettingsInvalid, match="Remedy"):
        load_or_create(Path("/proc/none"))
