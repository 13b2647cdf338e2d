"""What can go wrong with a request: a closed list of classes, each transient or permanent.

Only names live here, and which of them are worth another try; exceptions of the network are put into classes in
`flows.fetching.client`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FailureClass(StrEnum):
    """Why a request gave no page."""

    BAD_URL = "bad_url"
    ADDRESS_REFUSED = "address_refused"
    PORT_REFUSED = "port_refused"
    DNS_FAILED = "dns_failed"
    CONNECT_FAILED = "connect_failed"
    TLS_FAILED = "tls_failed"
    CONNECT_TIMED_OUT = "connect_timed_out"
    IDLE_TIMED_OUT = "idle_timed_out"
    TOTAL_TIMED_OUT = "total_timed_out"
    DISCONNECTED = "disconnected"
    INCOMPLETE_BODY = "incomplete_body"
    BAD_HTTP = "bad_http"
    HEADERS_TOO_LARGE = "headers_too_large"
    BODY_TOO_LARGE = "body_too_large"
    BAD_CODING = "bad_coding"
    REDIRECT_LOOP = "redirect_loop"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_REDIRECT = "bad_redirect"
    NOT_FOUND = "not_found"
    GONE = "gone"
    TOO_MANY_REQUESTS = "too_many_requests"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    BAD_STATUS = "bad_status"
    WRONG_TYPE = "wrong_type"
    ROBOTS_DISALLOWED = "robots_disallowed"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    OPTED_OUT = "opted_out"
    HOST_PAUSED = "host_paused"
    HOST_BUSY = "host_busy"

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed later: the others are given up at once."""
        return self in _TRANSIENT

    @property
    def is_of_host(self) -> bool:
        """Whether it is the host that fails, and not the page: the host's other URLs would fail as well."""
        return self in _OF_HOST


_OF_HOST = frozenset(
    {
        FailureClass.DNS_FAILED,
        FailureClass.CONNECT_FAILED,
        FailureClass.TLS_FAILED,
        FailureClass.CONNECT_TIMED_OUT,
        FailureClass.ROBOTS_UNREACHABLE,
        FailureClass.HOST_PAUSED,
        FailureClass.HOST_BUSY,
    }
)
_TRANSIENT = _OF_HOST | {
    FailureClass.IDLE_TIMED_OUT,
    FailureClass.TOTAL_TIMED_OUT,
    FailureClass.DISCONNECTED,
    FailureClass.INCOMPLETE_BODY,
    FailureClass.BAD_HTTP,
    FailureClass.BAD_CODING,
    FailureClass.TOO_MANY_REQUESTS,
    FailureClass.SERVER_ERROR,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure: its class, and one line of detail for people.

    `retry_after` is the pause that the server asked for, in seconds from the answer; None where it asked for none.
    """

    kind: FailureClass
    detail: str
    retry_after: float | None = None

    @property
    def is_transient(self) -> bool:
        """Whether another try may succeed."""
        return self.kind.is_transient
