"""How fetching behaves: limits, politeness and patience, with defaults that a site's owner could have chosen.

Values only. What a user may set of them, and how, is in `flows.fetching.parameters`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version

from flows.fetching.addresses import AddressPolicy

AGENT_NAME = "Gristmill"
"""The name that rules in robots.txt address."""

MEBIBYTE = 2**20


def user_agent_of(contact: str) -> str:
    """Return the User-Agent header: name, version and where the people behind it are reached."""
    return f"{AGENT_NAME}/{version('gristmill')} (+{contact})"


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """What one request may cost. Times in seconds; `max_bytes` counts a body as sent, and again once it is decoded."""

    user_agent: str
    max_bytes: int = 20 * MEBIBYTE
    connect_seconds: float = 15.0
    idle_seconds: float = 30.0
    total_seconds: float = 120.0
    connection_count: int = 64
    addresses: AddressPolicy = field(default_factory=AddressPolicy)


@dataclass(frozen=True, slots=True)
class Politeness:
    """How a host is treated.

    At least `delay_seconds` pass between an answer and the next request, and up to `jitter` times as much again, by
    chance. With a `concurrency` above 1 they pass between two requests. `honours_opt_out`: pages and sites that reserve
    themselves against AI training and text mining are left alone.
    """

    delay_seconds: float = 1.0
    jitter: float = 0.25
    concurrency: int = 1
    honours_opt_out: bool = False


@dataclass(frozen=True, slots=True)
class PolitenessRules:
    """How hosts are treated: all alike, but for those that have their own rule.

    A host that asks for a pause longer than `patience_seconds` is left to a later run.
    """

    default: Politeness = field(default_factory=Politeness)
    hosts: Mapping[str, Politeness] = field(default_factory=dict)
    patience_seconds: float = 300.0
    max_redirects: int = 10

    def of_host(self, host: str) -> Politeness:
        """Return how a host is treated."""
        return self.hosts.get(host, self.default)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a URL that failed is tried again, and when it is given up.

    The pause after the n-th failure is `base_seconds` times `factor` to the power of n-1, at most `max_seconds`. A
    pause of up to `in_run_seconds` is waited for, a longer one left to a later run.
    """

    base_seconds: float = 30.0
    factor: float = 4.0
    max_seconds: float = 7 * 86_400.0
    in_run_seconds: float = 60.0
    max_tries: int = 8

    def pause_after(self, try_count: int, retry_after: float | None = None) -> timedelta:
        """Return the pause after so many failures, never shorter than what the server asked for."""
        grown = min(self.max_seconds, self.base_seconds * self.factor ** (max(1, try_count) - 1))
        return timedelta(seconds=max(grown, retry_after or 0.0))


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """When what was received moves from the spool into a batch: by number, by size, or by age in seconds."""

    pages: int = 500
    body_bytes: int = 32 * MEBIBYTE
    seconds: float = 60.0
