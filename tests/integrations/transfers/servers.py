"""Real SFTP and HTTPS servers on loopback, which note what they were given."""

import asyncio
import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncssh
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "correct horse"  # of a test's server
NAMED = "service.example"
"""A name that certificates of the web server are for, beside its address."""


@dataclass
class SftpServer:
    """A running SFTP server.

    Attributes:
        folder: what clients see as ``/``.
        logins: how often somebody logged in, or tried to.
        cut_after: bytes written after which the connection is cut; 0: never.
        writes: how often a file was opened for writing.
    """

    folder: Path
    fingerprint: str
    client_key: str
    port: int = 0
    logins: int = 0
    cut_after: int = 0
    writes: int = 0

    @property
    def url(self) -> str:
        """Its address, with a folder that is there."""
        return f"sftp://telco@127.0.0.1:{self.port}/incoming"

    def files(self) -> dict[str, bytes]:
        """What lies in the folder, by name, hidden ones too."""
        return {file.name: file.read_bytes() for file in (self.folder / "incoming").iterdir()}


def _login(server: SftpServer, client: asyncssh.SSHKey) -> type[asyncssh.SSHServer]:
    class Login(asyncssh.SSHServer):
        """Lets the one user in, by key or password."""

        def begin_auth(self, _username: str) -> bool:
            server.logins += 1
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == ("telco", PASSWORD)

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
            return username == "telco" and key == client

    return Login


def _files(server: SftpServer) -> type[asyncssh.SFTPServer]:
    class Files(asyncssh.SFTPServer):
        """Counts what is written, and cuts the connection where the test says so."""

        def __init__(self, channel: Any) -> None:
            self.written = 0
            super().__init__(channel, chroot=str(server.folder).encode())

        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
            server.writes += bool(pflags & asyncssh.FXF_WRITE)
            return super().open(path, pflags, attrs)

        def write(self, file_obj: Any, offset: int, data: bytes) -> Any:
            self.written += len(data)
            if server.cut_after and self.written >= server.cut_after:
                self.channel.get_connection().abort()
            return super().write(file_obj, offset, data)

    return Files


@contextmanager
def sftp_server(folder: Path) -> Iterator[SftpServer]:
    """An SFTP server with a host key of its own, in a thread."""
    (folder / "incoming").mkdir(parents=True)
    host, client = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    server = SftpServer(folder, host.get_fingerprint(), client.export_private_key().decode())
    loop, is_up = asyncio.new_event_loop(), threading.Event()

    async def serve() -> asyncssh.SSHAcceptor:
        made = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host],
            server_factory=_login(server, client.convert_to_public()),
            sftp_factory=_files(server),
        )
        server.port = made.get_port()
        is_up.set()
        return made

    def run() -> None:
        made = loop.run_until_complete(serve())
        loop.run_forever()
        made.close()
        loop.run_until_complete(made.wait_closed())
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    is_up.wait(10)
    yield server
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@dataclass
class WebServer:
    """A running web server.

    Attributes:
        statuses: what it answers to the next calls; afterwards 201.
        calls: headers and body of each call that came whole.
        cut: closes the connection before it answers.
    """

    port: int = 0
    ca_file: str = ""
    statuses: list[int] = field(default_factory=list)
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    cut: bool = False

    def url(self, scheme: str = "https", host: str = "127.0.0.1") -> str:
        """Its address."""
        return f"{scheme}://{host}:{self.port}/import"


def _handler(server: WebServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Takes a body in chunks."""

        def do_POST(self) -> None:  # the base class's name
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            if server.cut:
                self.connection.close()
                return
            server.calls.append((dict(self.headers), body))
            self.send_response(server.statuses.pop(0) if server.statuses else 201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Nothing."""

    return Handler


@contextmanager
def web_server(folder: Path, *, tls: bool = True) -> Iterator[WebServer]:
    """A web server for 127.0.0.1, with a certificate of an authority of its own."""
    server = WebServer()
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(_certificates(folder))
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
        server.ca_file = str(folder / "ca.pem")
    listening.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that refuses us says nothing
    server.port = listening.server_address[1]
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    listening.shutdown()
    listening.server_close()
    thread.join(10)


def _certificates(folder: Path) -> Path:
    """A self-made authority (``ca.pem``) and a server's certificate by it, with its key."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, ca_name = ec.generate_private_key(ec.SECP256R1()), _name("Test authority")
    key = ec.generate_private_key(ec.SECP256R1())
    ca = _signed(ca_name, ca_name, ca_key.public_key(), ca_key, is_authority=True)
    made = _signed(ca_name, _name("127.0.0.1"), key.public_key(), ca_key, is_authority=False)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    (folder / "server.pem").write_bytes(made.public_bytes(pem) + private)
    return folder / "server.pem"


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _signed(
    issuer: x509.Name,
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    by: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName(NAMED)])
    by_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
    return (
        x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(by_id, critical=False)
        .add_extension(loopback, critical=False)
        .sign(by, hashes.SHA256())
    )
