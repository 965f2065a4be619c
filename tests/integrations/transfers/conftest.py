"""Servers of other controllers on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integrations.transfers.servers import SftpServer, WebServer, sftp_server, web_server


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpServer]:
    """A real SFTP server."""
    with sftp_server(tmp_path / "sftp") as server:
        yield server


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    """A real HTTPS server with a certificate of its own authority."""
    with web_server(tmp_path / "web") as server:
        yield server
