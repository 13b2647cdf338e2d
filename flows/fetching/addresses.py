"""Which addresses and ports a request may go to: the public internet and nothing else, unless it is allowed by name.

Pure functions on addresses; they are asked at connect time by `flows.fetching.connect`, for every hop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# What the registries of special addresses hold (IANA, 2026) and `is_global` of Python 3.11 does not refuse.
_NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carriers' own networks
        "168.63.129.16/32",  # a cloud's metadata service on a public address
        "192.0.0.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.175.48.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",  # IPv4 in an old form, the unspecified and the loopback address
        "64:ff9b:1::/48",  # NAT64 for local use: what lies behind is not to be known
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2620:4f:8000::/48",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
# Of IPv6 only this is given out to the public at all.
_PUBLIC_IPV6 = ip_network("2000::/3")
_MAPPED = ip_network("::ffff:0:0/96")
_TRANSLATED = ip_network("::ffff:0:0:0/96")
_NAT64 = ip_network("64:ff9b::/96")
_6TO4 = ip_network("2002::/16")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the public internet, together with any IPv4 address that it carries inside."""
    inner = list(_carried(address))
    if not inner:
        return _is_plainly_public(address)
    # An address of a translator stands for what it carries; a tunnel's has to be public itself as well.
    is_translator = any(address in network for network in (_MAPPED, _TRANSLATED, _NAT64))
    return all(_is_plainly_public(part) for part in inner) and (is_translator or _is_plainly_public(address))


def _is_plainly_public(address: Address) -> bool:
    if any(address.version == network.version and address in network for network in _NEVER):
        return False
    return address.is_global and (address.version == 4 or address in _PUBLIC_IPV6)


def _carried(address: Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses inside an IPv6 address: mapped, translated, NAT64, 6to4, ISATAP."""
    if isinstance(address, IPv4Address):
        return
    number = int(address)
    if address in _MAPPED or address in _TRANSLATED or address in _NAT64:
        yield IPv4Address(number & 0xFFFFFFFF)
    elif address in _6TO4:
        yield IPv4Address((number >> 80) & 0xFFFFFFFF)
    elif (number >> 32) & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(number & 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Where requests may go: public addresses on the ports of the web, and beyond that only what is named here.

    `allowed_networks` are for tests and for mirrors of one's own: their addresses are taken on every port. Without
    `is_public_allowed` these are all.
    """

    allowed_ports: frozenset[int] = frozenset({80, 443, 8000, 8008, 8080, 8443})
    allowed_networks: tuple[Network, ...] = ()
    is_public_allowed: bool = True

    def allows_address(self, text: str) -> bool:
        """Tell whether an address, as the resolver or a socket writes it, may be connected to."""
        address = _parsed(text)
        return address is not None and (self._is_named(address) or (self.is_public_allowed and is_public(address)))

    def allows_port(self, text: str, port: int) -> bool:
        """Tell whether a port may be connected to at an allowed address."""
        address = _parsed(text)
        return port in self.allowed_ports or (address is not None and self._is_named(address))

    def _is_named(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self.allowed_networks)


def _parsed(text: str) -> Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return networks from `127.0.0.0/8`, `::1` and the like. Raises ValueError for anything else."""
    return tuple(ip_network(text.strip()) for text in texts if text.strip())
