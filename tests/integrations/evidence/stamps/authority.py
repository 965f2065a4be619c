"""A real time-stamping authority: ``openssl ts -reply`` behind a little HTTP server on loopback, that can misbehave."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.loopback import Answering, listening

POLICY = "1.3.6.1.4.1.99999.1"
OTHER_POLICY = "1.3.6.1.4.1.99999.2"
_CONFIG = f"""
[tsa]
default_tsa = one
[one]
serial = serial
signer_digest = sha256
default_policy = {POLICY}
other_policies = {OTHER_POLICY}
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


@dataclass
class Tsa:
    """An authority in a folder: a root, and signers that it certified."""

    folder: Path
    url: str = ""
    asked: int = 0
    signer: str = "good"
    answer: Answer | None = None
    queries: list[bytes] = field(default_factory=list)

    @property
    def ca(self) -> Path:
        """The root's certificate."""
        return self.folder / "root.pem"

    def certify(
        self,
        name: str,
        *,
        usage: Any = ExtendedKeyUsageOID.TIME_STAMPING,
        days: tuple[int, int] = (-1, 900),
        root: str = "root",
    ) -> None:
        """Make a signer of that name, in force between those days from now."""
        key = _write_key(self.folder / f"{name}.key")
        issuer = x509.load_pem_x509_certificate((self.folder / f"{root}.pem").read_bytes())
        by = _read_key(self.folder / f"{root}.key")
        made = _builder(name, key, issuer.subject, days).add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        _write(self.folder / f"{name}.pem", made.sign(by, hashes.SHA256()))

    def root(self, name: str) -> None:
        """Make a root of that name."""
        key = _write_key(self.folder / f"{name}.key")
        made = _builder(name, key, _name(name), (-400, 4000))
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        _write(self.folder / f"{name}.pem", made.sign(key, hashes.SHA256()))

    def reply(self, query: bytes, *, policy: str = POLICY) -> bytes:
        """What OpenSSL answers to a query."""
        (self.folder / "query.tsq").write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-section", "one", "-tspolicy", policy]
        command += ["-queryfile", "query.tsq", "-signer", f"{self.signer}.pem", "-inkey", f"{self.signer}.key"]
        command += ["-chain", "root.pem", "-out", "reply.tsr"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        return (self.folder / "reply.tsr").read_bytes()

    def signed_anew(self, reply: bytes, *swaps: tuple[bytes, bytes]) -> bytes:
        """A granted reply whose token says something else, signed by the signer of now as a token is."""
        told = _told(reply)
        for old, new in swaps:
            assert len(old) == len(new)
            assert old in told
            told = told.replace(old, new)
        (self.folder / "told.der").write_bytes(told)
        command = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-md", "sha256", "-cades", "-in", "told.der"]
        command += ["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-outform", "DER", "-out", "token.der"]
        command += ["-signer", f"{self.signer}.pem", "-inkey", f"{self.signer}.key"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        granted = bytes.fromhex("3003020100") + (self.folder / "token.der").read_bytes()
        return b"\x30\x82" + len(granted).to_bytes(2) + granted


@contextmanager
def running(folder: Path) -> Iterator[Tsa]:
    """The authority, listening on loopback until the block ends."""
    tsa = Tsa(folder)
    (folder / "tsa.cnf").write_text(_CONFIG)
    (folder / "serial").write_text("01\n")
    tsa.root("root")
    tsa.certify("good")

    class Handler(Answering):
        def answer(self) -> None:
            query = self.body()
            tsa.asked += 1
            tsa.queries.append(query)
            if tsa.answer is not None:
                tsa.answer(self, query)
            else:
                send(self, tsa.reply(query))

    with listening(Handler) as address:
        tsa.url = f"{address}/tsa"
        yield tsa


def send(call: BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    """Answer a call."""
    call.send_response(status)
    call.send_header("Content-Type", "application/timestamp-reply")
    call.send_header("Content-Length", str(len(body)))
    call.end_headers()
    call.wfile.write(body)


def _told(reply: bytes) -> bytes:
    """What a token says, DER."""
    at = reply.index(bytes.fromhex("060b2a864886f70d0109100104")) + 13
    assert (reply[at], reply[at + 2]) == (0xA0, 0x04) or reply[at + 1] & 0x80
    content = at + 2 + (reply[at + 1] & 0x7F if reply[at + 1] & 0x80 else 0)
    wide = reply[content + 1] & 0x7F if reply[content + 1] & 0x80 else 0
    size = int.from_bytes(reply[content + 2 : content + 2 + wide]) if wide else reply[content + 1]
    return reply[content + 2 + wide : content + 2 + wide + size]


def _builder(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, days: tuple[int, int]
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _write_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def _read_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(file.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _write(file: Path, certificate: x509.Certificate) -> None:
    file.write_bytes(certificate.public_bytes(Encoding.PEM))
