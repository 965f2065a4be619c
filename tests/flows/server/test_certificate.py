"""The authority that nobody has the key of: clients of the Prefect server load it alone, and trust nobody by it."""

import ssl
from pathlib import Path

import pytest
from cryptography import x509

from flows.server.certificate import made_authority
from flows.server.places import authority_file, environment_for
from flows.settings import Settings


def test_it_is_made_once_and_its_key_is_nowhere(tmp_path: Path) -> None:
    """A client can load it, and finds one authority in it."""
    file = made_authority(tmp_path / "prefect")
    before = file.read_bytes()

    assert made_authority(tmp_path / "prefect").read_bytes() == before
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [file]
    assert b"PRIVATE" not in before
    assert ssl.create_default_context(cafile=str(file)).cert_store_stats() == {"x509": 1, "crl": 0, "x509_ca": 1}
    made = x509.load_pem_x509_certificate(before)
    assert made.issuer == made.subject
    made.verify_directly_issued_by(made)


def test_two_homes_have_different_ones(tmp_path: Path) -> None:
    """Each key is made and thrown away where it is used."""
    first, second = (made_authority(tmp_path / name).read_bytes() for name in ("a", "b"))

    assert first != second


def test_processes_of_ours_load_it_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of an older version has none until its next start: its processes load what the machine trusts."""
    monkeypatch.delenv("PREFECT_HOME", raising=False)
    chosen = Settings(home=tmp_path)

    assert "PREFECT_API_SSL_CERT_FILE" not in environment_for(chosen, 4200)

    made_authority(tmp_path / "prefect")
    environment = environment_for(chosen, 4200)
    assert environment["PREFECT_API_SSL_CERT_FILE"] == str(authority_file(tmp_path / "prefect"))
    assert "PREFECT_API_TLS_INSECURE_SKIP_VERIFY" not in environment
