"""Addresses of a special purpose, which are nobody's place on the public internet: never called on a stranger's word.

The IANA registries, whole, whatever they say of single entries: an address that carries another one inside (mapped,
translated, relayed) reaches what it carries, and no subscriber or agent needs one. Beside them multicast, what is
reserved, and everything of IPv6 outside of what is given out to be reached by all (2000::/3).

Source: IANA IPv4 and IPv6 Special-Purpose Address Registries, RFC 6890; RFC 4291, section 2.4.

>>> [is_public(one) for one in ("93.184.216.34", "100.64.0.1", "64:ff9b::5db8:d822", "2606:2800:220:1::1")]
[True, False, False, True]
"""

import ipaddress
from typing import Final

_SPECIAL_4: Final = tuple(
    ipaddress.IPv4Network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_SPECIAL_6: Final = tuple(
    ipaddress.IPv6Network(one)
    for one in (
        "::/128", "::1/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64",
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7",
        "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
_GIVEN_OUT: Final = ipaddress.IPv6Network("2000::/3")


def is_public(address: str) -> bool:
    """Whether an address is a place on the public internet, and of no special purpose."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if not parsed.is_global:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _SPECIAL_4)
    return parsed in _GIVEN_OUT and not any(parsed in network for network in _SPECIAL_6)
