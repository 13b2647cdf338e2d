"""robots.txt as RFC 9309 has it: what may be fetched, how fast, and what it means when the file does not come.

Rules only: how a robots.txt is fetched, and at what pace, is in `flows.fetching.fetcher`.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from protego import Protego

from flows.fetching.errors import Failure, FailureClass
from flows.fetching.messages import FetchResult
from flows.fetching.settings import AGENT_NAME

MOST_BYTES = 512 * 1024
"""As much of a robots.txt is read; the standard asks for 500 KiB at least."""
MOST_REDIRECTS = 5
SECONDS_VALID = 86_400.0
"""The standard's longest time to believe a robots.txt."""

_ORIGIN = re.compile(r"[^:]*://[^/?#\\]*")

# Names under which sites address machines that gather texts for models, and do not mean search or readers.
MODEL_AGENTS = (
    "GPTBot",
    "CCBot",
    "Google-Extended",
    "ClaudeBot",
    "anthropic-ai",
    "Applebot-Extended",
    "meta-externalagent",
    "Bytespider",
    "cohere-ai",
    "Diffbot",
    "omgili",
    "img2dataset",
)


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """What a host's robots.txt says. Without `parsed` everything is allowed; with a `failure`, nothing is."""

    parsed: Protego | None = None
    failure: Failure | None = None
    result: FetchResult | None = None

    def refusal(self, url: str, *, honours_opt_out: bool) -> Failure | None:
        """Return why a URL may not be fetched; None when it may."""
        if self.failure is not None:
            return self.failure
        if self.parsed is None:
            return None
        if not self.parsed.can_fetch(url, AGENT_NAME):
            return Failure(FailureClass.ROBOTS_DISALLOWED, "robots.txt disallows it")
        if honours_opt_out:
            for agent in MODEL_AGENTS:
                if not self.parsed.can_fetch(url, agent):
                    return Failure(FailureClass.OPTED_OUT, f"robots.txt disallows it to {agent}")
        return None

    @property
    def delay_seconds(self) -> float | None:
        """The pause between requests that the host asks for, by Crawl-delay or Request-rate."""
        if self.parsed is None:
            return None
        rate = self.parsed.request_rate(AGENT_NAME)
        by_rate = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return max(self.parsed.crawl_delay(AGENT_NAME) or 0.0, by_rate) or None


def rules_of(result: FetchResult) -> RobotsRules:
    """Return the rules that follow from what came when robots.txt was asked for.

    A 4xx, or more redirects than the standard asks to follow, means that there are none; a 5xx, a 429 and a network
    that fails mean that everything is disallowed for now. A file beyond the limit counts as far as it was read.
    """
    failure = result.failure
    if failure is None:
        return RobotsRules(parsed=_parse(result.body), result=result)
    if failure.kind in _UNAVAILABLE:
        return RobotsRules(result=result)
    kind = failure.kind if failure.kind in _SAID_AS_IT_IS else FailureClass.ROBOTS_UNREACHABLE
    return RobotsRules(failure=Failure(kind, f"robots.txt: {failure.detail}", failure.retry_after), result=result)


_UNAVAILABLE = frozenset(
    {
        FailureClass.NOT_FOUND,
        FailureClass.GONE,
        FailureClass.CLIENT_ERROR,
        FailureClass.WRONG_TYPE,
        FailureClass.TOO_MANY_REDIRECTS,
        FailureClass.REDIRECT_LOOP,
        FailureClass.BAD_REDIRECT,
    }
)
# The page would have failed in the same way.
_SAID_AS_IT_IS = frozenset(
    {
        FailureClass.BAD_URL,
        FailureClass.ADDRESS_REFUSED,
        FailureClass.PORT_REFUSED,
        FailureClass.DNS_FAILED,
        FailureClass.CONNECT_FAILED,
        FailureClass.CONNECT_TIMED_OUT,
        FailureClass.TLS_FAILED,
        FailureClass.HOST_PAUSED,
        FailureClass.HOST_BUSY,
    }
)


def robots_url_of(url: str) -> str:
    """Return where the robots.txt for a URL is; for what is no URL, something that is none either."""
    found = _ORIGIN.match(url)
    return f"{found.group() if found else f'{url}://'}/robots.txt"


def _parse(body: bytes) -> Protego:
    # A NUL ends a line for no parser; some servers send UTF-16 or binary rubbish under this name.
    text = body.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    return Protego.parse(text.replace("\0", ""))
