"""Connections that go only where they may: every address is checked when its socket is made, after any resolving.

The check stands where the socket is: neither a redirect, nor a name that answers otherwise the second time, nor an
address in an odd spelling gets around it. What may be reached is decided in `flows.fetching.addresses`.
"""

from __future__ import annotations

import socket
from typing import Any

from aiohttp import TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult

from flows.fetching.addresses import AddressPolicy

_DNS_SECONDS = 300


class AddressRefusedError(OSError):
    """The address is not public, and was not allowed by name."""


class PortRefusedError(OSError):
    """The port is none of the web's."""


class PublicResolver(AbstractResolver):
    """A resolver that leaves out the addresses that may not be reached."""

    def __init__(self, inner: AbstractResolver, policy: AddressPolicy) -> None:
        self._inner = inner
        self._policy = policy

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the allowed addresses of a host. Raises AddressRefusedError when it has only others."""
        found = await self._inner.resolve(host, port, family)
        allowed = [entry for entry in found if self._policy.allows_address(entry["host"])]
        if found and not allowed:
            raise AddressRefusedError(f"{host} is at {found[0]['host']}, which is no public address")
        return allowed

    async def close(self) -> None:
        """Close the resolver inside."""
        await self._inner.close()


def make_connector(policy: AddressPolicy, resolver: AbstractResolver, connection_count: int) -> TCPConnector:
    """Return a connector whose sockets go to allowed addresses only; at most `connection_count` are open."""

    def make_socket(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _name, where = info
        address, port = str(where[0]), int(where[1])
        if not policy.allows_address(address):
            raise AddressRefusedError(f"{address} is no public address")
        if not policy.allows_port(address, port):
            raise PortRefusedError(f"port {port} is none of the web's")
        return socket.socket(family, kind, protocol)

    return TCPConnector(
        resolver=PublicResolver(resolver, policy),
        socket_factory=make_socket,
        limit=connection_count,
        ttl_dns_cache=_DNS_SECONDS,
    )
