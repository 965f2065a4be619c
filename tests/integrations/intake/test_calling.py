"""Calls to addresses that others name (SSRF): what is never called, and that what was checked is what is called."""

import pytest

from data_contracts.errors import RequestInvalid, SystemUnavailable
from integrations.intake.calling import SafeCaller


def caller(*addresses: str) -> SafeCaller:
    """A caller that resolves every name so."""
    return SafeCaller(resolve=lambda _name, _port: addresses)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.5", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "not an address",
        "192.0.0.8", "192.0.0.9", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1",
        "198.18.0.1",
        "198.51.100.1", "203.0.113.1", "240.0.0.1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822", "64:ff9b:1::1",
        "100::1",
        "100:0:0:1::1", "2001::1", "2001:1::1", "2001:2::1", "2001:20::1", "2001:db8::1", "2002:5db8:d822::1",
        "2620:4f:8000::1", "3fff::1", "5f00::1", "fec0::1", "4000::1", "::5db8:d822",
    ],
)  # fmt: skip
def test_address_that_is_not_public_is_refused(address: str) -> None:
    """Ours, our neighbours', a cloud's metadata, every special purpose there is, and forms that carry another."""
    with pytest.raises(RequestInvalid):
        caller(address).check("https://hooks.example.org/")


def test_one_inner_address_among_several_is_enough_to_refuse() -> None:
    """A name that answers with both would be called at either."""
    with pytest.raises(RequestInvalid):
        caller("93.184.216.34", "127.0.0.1").check("https://hooks.example.org/")


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/", "ftp://hooks.example.org/", "https://user:pw@hooks.example.org/", "https:///x",
        "https://hooks.example.org:22/", "https://hooks.example.org:99999/", "https://hooks.example.org/#x",
        "https://[::1%25lo]/", f"https://hooks.example.org/{'x' * 3000}", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_address_of_another_kind_is_refused(url: str) -> None:
    """Only https, on its ports, without a name and password in it."""
    with pytest.raises(RequestInvalid):
        caller("93.184.216.34").check(url)


def test_public_address_is_the_one_that_was_resolved() -> None:
    """The name is asked once; a name that answers differently the next time changes nothing."""
    asked: list[str] = []

    def resolve(name: str, _port: int) -> list[str]:
        asked.append(name)
        return ["93.184.216.34"]

    assert SafeCaller(resolve=resolve).check("https://hooks.example.org/x") == "93.184.216.34"
    assert asked == ["hooks.example.org"]


def test_unreachable_address_is_tried_again_later() -> None:
    """What cannot be reached now may be later."""
    with pytest.raises(SystemUnavailable):
        SafeCaller(loopback_allowed=True).post("http://127.0.0.1:9/", b"", {})
