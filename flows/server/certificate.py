"""A certificate authority that nobody has the key of, for clients that load authorities and need none.

Each client of the Prefect server loads every authority that the machine trusts: 35 ms of processor time, several times
in a flow run, for a server of ours that speaks HTTP on this machine. With this file in their place one certificate is
loaded. Nobody can sign by it: its key is thrown away where it is made.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from flows.server.places import authority_file

_YEARS = timedelta(days=100 * 365)

__all__ = ["made_authority"]


def made_authority(prefect_home: Path) -> Path:
    """The file with the certificate, made where there is none."""
    file = authority_file(prefect_home)
    if not file.exists():
        prefect_home.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_suffix(".part")
        draft.write_bytes(_certificate())
        draft.replace(file)
    return file


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Rightsflow: nobody")])
    begins = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + _YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
