"""Sending to other controllers: who receives is proven first, and a file is there whole, once, or not at all."""

import asyncio
import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import asyncssh
import pytest

from data_contracts.company.company import Transmission
from data_contracts.errors import RecipientRefused, SettingsInvalid, StepFailed, SystemUnavailable
from data_contracts.told.transfers import Parcel
from integrations.transfers import DirectTransfers
from tests.integrations.transfers.servers import PASSWORD, SftpServer, WebServer, web_server

_CONTENT = b"PK" + bytes(range(256)) * 4096
"""A MiB, which is several blocks."""


@dataclass
class Opened:
    """A parcel's bytes, and how often they were opened."""

    content: bytes
    times: int = field(default=0)

    def __call__(self) -> AbstractContextManager[BinaryIO]:
        """The bytes as a stream."""
        return self._stream()

    @contextmanager
    def _stream(self) -> Iterator[BinaryIO]:
        self.times += 1
        yield io.BytesIO(self.content)


def a_parcel(content: bytes = _CONTENT, name: str = "C-1.zip") -> Parcel:
    """A package."""
    return Parcel(name, "application/zip", Opened(content))


def _by_sftp(server: SftpServer, **changes: Any) -> Transmission:
    return Transmission(**{"via": "sftp", "to": server.url, "host_key": server.fingerprint, **changes})


def _with(**credentials: str) -> DirectTransfers:
    return DirectTransfers(lambda _party, what: credentials.get(what, ""), timeout=5)


def _opened(parcel: Parcel) -> int:
    assert isinstance(parcel.open, Opened)
    return parcel.open.times


@pytest.mark.parametrize("how", ["PASSWORD", "KEY"])
def test_sftp_sends_the_file_under_its_name(sftp: SftpServer, how: str) -> None:
    """Logged in by password or by key: the bytes are there, and nothing else is left behind."""
    credential = PASSWORD if how == "PASSWORD" else sftp.client_key

    proof = _with(**{how: credential}).send("partner", _by_sftp(sftp), [a_parcel()], key="C-1")

    assert sftp.files() == {"C-1.zip": _CONTENT}
    assert proof == f"host-key {sftp.fingerprint}"


def test_sftp_inside_a_running_loop(sftp: SftpServer) -> None:
    """A flow may run in a loop of its own; sending works there too."""

    async def inside() -> str:
        return _with(PASSWORD=PASSWORD).send("partner", _by_sftp(sftp), [a_parcel()], key="C-1")

    assert asyncio.run(inside())
    assert set(sftp.files()) == {"C-1.zip"}


def test_sftp_another_host_key_ends_it_before_the_log_in(sftp: SftpServer) -> None:
    """The key is pinned: nobody logs in, no byte is read, nothing is written."""
    other = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint()
    parcel = a_parcel()

    with pytest.raises(RecipientRefused, match="host key"):
        _with(PASSWORD=PASSWORD).send("partner", _by_sftp(sftp, host_key=other), [parcel], key="C-1")

    assert (sftp.logins, sftp.files(), _opened(parcel)) == (0, {}, 0)


def test_sftp_sent_again_is_sent_once(sftp: SftpServer) -> None:
    """The process died before the receipt: the file that is there is not written again."""
    transfers, way = _with(PASSWORD=PASSWORD), _by_sftp(sftp)

    for _ in range(2):
        transfers.send("partner", way, [a_parcel()], key="C-1")

    assert (sftp.files(), sftp.writes) == ({"C-1.zip": _CONTENT}, 1)


def test_sftp_a_cut_connection_leaves_no_file_under_its_name(sftp: SftpServer) -> None:
    """What arrived is a hidden draft; the next attempt writes it anew, whole."""
    sftp.cut_after = 300_000
    transfers, way = _with(PASSWORD=PASSWORD), _by_sftp(sftp)

    with pytest.raises(SystemUnavailable):
        transfers.send("partner", way, [a_parcel()], key="C-1")
    assert "C-1.zip" not in sftp.files()
    sftp.cut_after = 0
    transfers.send("partner", way, [a_parcel()], key="C-1")

    assert sftp.files() == {"C-1.zip": _CONTENT}


def test_sftp_wrong_password(sftp: SftpServer) -> None:
    """A log-in that is refused is for a person; nothing is written."""
    with pytest.raises(StepFailed, match="log-in"):
        _with(PASSWORD="wrong").send("partner", _by_sftp(sftp), [a_parcel()], key="C-1")
    assert sftp.files() == {}


def test_sftp_folder_that_is_not_there(sftp: SftpServer) -> None:
    """What the server refuses for good is told by its status."""
    way = _by_sftp(sftp, to=sftp.url.replace("incoming", "elsewhere"))

    with pytest.raises(StepFailed, match="SFTP status"):
        _with(PASSWORD=PASSWORD).send("partner", way, [a_parcel()], key="C-1")


def test_sftp_nobody_there(sftp: SftpServer) -> None:
    """A server that is down: trying again can help."""
    way = _by_sftp(sftp, to="sftp://telco@127.0.0.1:1/incoming")

    with pytest.raises(SystemUnavailable):
        _with(PASSWORD=PASSWORD).send("partner", way, [a_parcel()], key="C-1")


@pytest.mark.parametrize("credentials", [{}, {"KEY": "no key"}])
def test_sftp_credentials_that_are_none(sftp: SftpServer, credentials: dict[str, str]) -> None:
    """Without a credential, or with one that cannot be read, nobody is called."""
    with pytest.raises(SettingsInvalid):
        _with(**credentials).send("partner", _by_sftp(sftp), [a_parcel()], key="C-1")
    assert sftp.logins == 0


def test_https_posts_the_package(web: WebServer) -> None:
    """The body is the file; the key makes it one transmission, and the token lets us in."""
    way = Transmission(via="https", to=web.url())

    proof = _with(CA_FILE=web.ca_file, TOKEN="abc").send("partner", way, [a_parcel()], key="C-1")

    ((headers, body),) = web.calls
    assert body == _CONTENT
    assert headers["Idempotency-Key"] == '"C-1:C-1.zip"'
    assert (headers["Authorization"], headers["Content-Type"]) == ("Bearer abc", "application/zip")
    assert headers["Transfer-Encoding"] == "chunked"
    assert proof == "tls 127.0.0.1"


def test_https_a_certificate_nobody_vouches_for(web: WebServer) -> None:
    """An authority that we do not trust: nothing is read and nothing sent."""
    parcel = a_parcel()

    with pytest.raises(RecipientRefused, match="certificate"):
        _with().send("partner", Transmission(via="https", to=web.url()), [parcel], key="C-1")

    assert (web.calls, _opened(parcel)) == ([], 0)


def test_https_a_certificate_for_another_host(web: WebServer) -> None:
    """The certificate is of 127.0.0.1, and the address names localhost."""
    way = Transmission(via="https", to=web.url(host="localhost"))

    with pytest.raises(RecipientRefused, match="certificate"):
        _with(CA_FILE=web.ca_file).send("partner", way, [a_parcel()], key="C-1")
    assert web.calls == []


def test_plain_http_beyond_this_machine_is_refused() -> None:
    """No encryption, no transmission."""
    parcel = a_parcel()

    with pytest.raises(RecipientRefused, match="not encrypted"):
        _with().send("partner", Transmission(via="https", to="http://partner.example/in"), [parcel], key="C-1")
    assert _opened(parcel) == 0


def test_plain_http_to_this_machine(tmp_path: Path) -> None:
    """A service beside us, behind a proxy that encrypts."""
    with web_server(tmp_path, tls=False) as plain:
        proof = _with().send("partner", Transmission(via="https", to=plain.url("http")), [a_parcel()], key="C-1")

        assert (len(plain.calls), proof) == (1, "this machine")


@pytest.mark.parametrize(
    ("status", "error"),
    [(503, SystemUnavailable), (429, SystemUnavailable), (302, StepFailed), (401, StepFailed), (422, StepFailed)],
)
def test_https_what_the_service_answers(web: WebServer, status: int, error: type[Exception]) -> None:
    """Asked to come back later we do; a refusal and a redirection are for a person."""
    web.statuses = [status]

    with pytest.raises(error):
        _with(CA_FILE=web.ca_file).send("partner", Transmission(via="https", to=web.url()), [a_parcel()], key="C-1")
    assert len(web.calls) == 1


def test_https_cut_before_the_answer(web: WebServer) -> None:
    """Nobody knows whether it arrived; sending again under the same key is safe."""
    web.cut = True

    with pytest.raises(SystemUnavailable):
        _with(CA_FILE=web.ca_file).send("partner", Transmission(via="https", to=web.url()), [a_parcel()], key="C-1")


def test_import_is_one_form(web: WebServer) -> None:
    """Each file under the field that the entry names, in one call."""
    way = Transmission(via="import", to=web.url(), field="upload", tables=["crm.customer", "crm.call"])
    parcels = [Parcel("a.json", "application/json", Opened(b"[1]")), Parcel("b.csv", "text/csv", Opened(b"x\n"))]

    _with(CA_FILE=web.ca_file).send("partner", way, parcels, key="C-1")

    ((headers, body),) = web.calls
    assert headers["Idempotency-Key"] == '"C-1"'
    boundary = headers["Content-Type"].partition("boundary=")[2]
    parts = body.decode().split(f"--{boundary}")
    assert 'name="upload"; filename="a.json"\r\nContent-Type: application/json\r\n\r\n[1]\r\n' in parts[1]
    assert 'name="upload"; filename="b.csv"\r\nContent-Type: text/csv\r\n\r\nx\n\r\n' in parts[2]
    assert parts[3] == "--\r\n"


def test_certificates_that_cannot_be_read(web: WebServer, tmp_path: Path) -> None:
    """A missing file of authorities is ours to mend."""
    with pytest.raises(SettingsInvalid, match="certificates"):
        _with(CA_FILE=str(tmp_path / "none.pem")).send(
            "partner", Transmission(via="https", to=web.url()), [a_parcel()], key="C-1"
        )
