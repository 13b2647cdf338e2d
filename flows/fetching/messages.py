"""A request and what came of it: plain, immutable values. No network, no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

from flows.fetching.errors import Failure


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to ask for. `etag` and `last_modified`, as the server once sent them, make the request conditional.

    `max_bytes` limits the body, both as sent and once its content encoding was undone; None means the client's limit.
    A longer one is a failure; with `is_cut` it is cut there, and none.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    max_bytes: int | None = None
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """One hop: the URL that was asked for, and the status it answered with."""

    url: str
    status: int


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What came of a request; nothing of a page or of the network is ever raised.

    A page came when `failure` is None and `status` is not 304. `url` is what was asked for, `final_url` what answered
    in the end; `redirects` are the hops between, the first of them `url` itself. `status` is None when there was no
    answer. `headers` are in order and as sent. `body` has its content encoding undone; it is empty for a failure.
    `fetched_at` is when the last request was sent, in UTC. `etag` and `last_modified` are those of the answer, else
    of the request when the answer was 304. `wire_bytes` counts the body as sent.
    """

    url: str
    final_url: str
    fetched_at: datetime
    redirects: tuple[Redirect, ...] = ()
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    wire_bytes: int = 0
    etag: str | None = None
    last_modified: str | None = None
    failure: Failure | None = None

    @property
    def is_not_modified(self) -> bool:
        """Whether the server said that nothing has changed."""
        return self.failure is None and self.status == 304

    def header(self, name: str) -> str:
        """Return all values of a header, joined by commas; empty when it is absent. `name` is in lower case."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)


# Most URLs: what stands between the slashes is a name, perhaps with a port, and nothing that needs parsing.
_PLAIN_HOST = re.compile(r"https?://([a-z0-9.-]*[a-z0-9-])(?::\d+)?/")


@lru_cache(maxsize=8192)
def host_of(url: str) -> str:
    """Return the host of a URL, in lower case and without a final dot; empty where there is none."""
    if found := _PLAIN_HOST.match(url):
        return found.group(1)
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
