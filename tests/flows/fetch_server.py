"""A web server on loopback addresses whose log is the witness of what was asked of it, and when.

Written on bare sockets: it can break every rule of HTTP, and costs little beside the client that it serves.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp.abc import AbstractResolver, ResolveResult

Fault = Callable[["Seen", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came: when (monotonic seconds), and what it asked for. Names of headers are in lower case."""

    at: float
    host: str
    path: str
    headers: Mapping[str, str]
    status: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered. `raw` is sent as it stands; `fault` takes the connection over."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    fault: Fault | None = None


Route = Answer | Callable[[Seen], Answer]
NOT_FOUND = Answer(b"nothing here", 404, {"Content-Type": "text/plain"})


class FetchServer:
    """The server, in a thread of its own; a context manager.

    Routes are looked up by host and path, then by path, then `default` is asked. `log` holds every request.
    """

    def __init__(
        self,
        routes: Mapping[str | tuple[str, str], Route] | None = None,
        default: Callable[[Seen], Answer] = lambda _seen: NOT_FOUND,
        addresses: Sequence[str] = ("127.0.0.1",),
        tls=None,
    ) -> None:
        self.routes = dict(routes or {})
        self.default = default
        self.log: list[Seen] = []
        self._tls = tls
        self._sockets = _bind(addresses)
        self.port = self._sockets[0].getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="fetch-server", daemon=True)
        self._ready = threading.Event()

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def url(self, host: str, path: str = "/") -> str:
        """Return the URL of a path at a host."""
        return f"http{'s' if self._tls else ''}://{host}:{self.port}{path}"

    def asked(self, path: str, host: str | None = None) -> list[Seen]:
        """Return the requests for a path."""
        return [seen for seen in self.log if seen.path == path and host in {None, seen.host}]

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._main())
        self._loop.close()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        servers = [await asyncio.start_server(self._talk, sock=sock, ssl=self._tls) for sock in self._sockets]
        self._ready.set()
        await self._stop.wait()
        for server in servers:
            server.close()
        talking = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                seen = _parse(head)
                route = self.routes.get((seen.host, seen.path)) or self.routes.get(seen.path) or self.default
                answer = route if isinstance(route, Answer) else route(seen)
                self.log.append(Seen(seen.at, seen.host, seen.path, seen.headers, answer.status))
                if answer.fault:
                    await answer.fault(seen, reader, writer)
                    return
                writer.write(answer.raw if answer.raw is not None else _written(answer))
                await writer.drain()
                if answer.raw is not None:
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()


def _bind(addresses: Sequence[str]) -> list[socket.socket]:
    """Listen on one port at every address."""
    sockets = [socket.create_server((addresses[0], 0))]
    sockets += [socket.create_server((address, sockets[0].getsockname()[1])) for address in addresses[1:]]
    return sockets


def _parse(head: bytes) -> Seen:
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    return Seen(time.monotonic(), headers.get("host", "").partition(":")[0], first.split(" ")[1], headers)


def _written(answer: Answer) -> bytes:
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(answer.body))} | dict(
        answer.headers
    )
    if answer.status == 304:
        headers.pop("Content-Length", None)
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + answer.body


def conditional(body: bytes, tag: str = '"1"', **headers: str) -> Callable[[Seen], Answer]:
    """Return a route that answers 304 to whoever has the ETag already."""

    def answer(seen: Seen) -> Answer:
        if seen.headers.get("if-none-match") == tag:
            return Answer(status=304, headers={"ETag": tag})
        return Answer(body, headers={"ETag": tag} | headers)

    return answer


def gaps(log: Sequence[Seen], host: str) -> list[float]:
    """Return the seconds between the requests to a host."""
    times = [seen.at for seen in log if seen.host == host]
    return [later - earlier for earlier, later in itertools.pairwise(times)]


class MapResolver(AbstractResolver):
    """A resolver that knows the hosts it was told of, with their addresses, and no other."""

    def __init__(self, hosts: Mapping[str, str | Sequence[str]]) -> None:
        self._hosts = hosts
        self.asked: list[str] = []

    async def resolve(self, host, port=0, family=socket.AF_UNSPEC):  # noqa: ARG002 - aiohttp's signature
        """Return the addresses of a host, or fail as the system's resolver does."""
        self.asked.append(host)
        if host not in self._hosts:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        found = self._hosts[host]
        addresses = [found] if isinstance(found, str) else list(found)
        return [_resolved(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Nothing to close."""


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
