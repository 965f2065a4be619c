"""Who calls: what a visitor writes into a header counts for nothing, what a proxy of ours writes does."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.requests import Request

from data_contracts.errors import SettingsInvalid
from flows.commands.doors import serving
from flows.settings import Settings
from integrations.intake.web.limiting import caller
from integrations.intake.web.proxies import BehindProxies, read_networks, vouched_for

_OURS = read_networks("127.0.0.1, 10.1.0.0/16, 2001:db8:9::/48")


@pytest.mark.parametrize(
    ("peer", "headers", "who"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["192.0.2.66", "198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["192.0.2.66, 198.51.100.1, 10.1.2.3"], "198.51.100.1"),
        ("127.0.0.1", ["127.0.0.1, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["10.1.9.9"], "10.1.9.9"),
        ("127.0.0.1", ["198.51.100.1, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1, "], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1:40000"], "198.51.100.1"),
        ("127.0.0.1", ["[2001:db8:1:2::5]:443"], "2001:db8:1:2::5"),
        ("2001:db8:9::1", ["2001:db8:1:2::5"], "2001:db8:1:2::5"),
        ("::ffff:10.1.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", [], "127.0.0.1"),
    ],
)
def test_caller_is_the_last_hop_that_a_proxy_of_ours_vouches_for(peer: str, headers: list[str], who: str) -> None:
    """Whatever stands before it."""
    assert vouched_for(peer, headers, _OURS) == who


def _seen(peer: str, headers: Sequence[tuple[str, str]], trusted: str) -> tuple[str, str]:
    """Caller and scheme that an application sees."""
    seen: list[tuple[str, str]] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append((caller(Request(scope)), scope["scheme"]))

    scope = {
        "type": "http",
        "scheme": "http",
        "client": (peer, 4),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
    }
    asyncio.run(BehindProxies(app, read_networks(trusted))(scope, Any, Any))  # type: ignore[arg-type]  # neither is used
    return seen[0]


def test_header_is_ignored_without_a_proxy_in_the_settings() -> None:
    """Also where the visitor comes from this machine."""
    headers = [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-Proto", "https")]

    assert _seen("127.0.0.1", headers, "") == ("127.0.0.1", "http")


def test_proxy_of_ours_tells_who_calls_and_how() -> None:
    """And an IPv6 visitor is counted by the network of their household."""
    headers = [("X-Forwarded-For", "2001:db8:1:2:3:4:5:6"), ("X-Forwarded-Proto", "https")]

    assert _seen("10.1.0.9", headers, "10.1.0.0/16") == ("2001:db8:1:2::/64", "https")


def test_what_is_no_network_is_refused() -> None:
    """With the setting's name."""
    with pytest.raises(SettingsInvalid, match="trusted proxy"):
        read_networks("the proxy")


def test_uvicorns_setting_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installations that named their proxy before go on as they are; everybody is no proxy."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.1.0.7")
    assert Settings().trusted_proxies == "10.1.0.7"

    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    assert Settings().trusted_proxies == ""


@pytest.mark.parametrize(
    ("address", "trusted", "is_told"),
    [("https://privacy.example", "", True), ("https://privacy.example", "127.0.0.1", False), ("", "", False)],
)
def test_who_forgot_to_name_the_proxy_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str, trusted: str, *, is_told: bool
) -> None:
    """All visitors would share its limits."""
    monkeypatch.setattr(serving, "settings", lambda: Settings(trusted_proxies=trusted))

    serving._tell_of_proxies(address)

    assert ("RIGHTSFLOW_TRUSTED_PROXIES" in capsys.readouterr().err) is is_told
