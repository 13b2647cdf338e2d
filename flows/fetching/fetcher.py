"""A polite fetch: robots.txt first, each hop in its host's turn, redirects followed one by one and recorded.

Everything that a run sends goes through here, feeds and robots.txt included, so that a host sees one pace. What is done
with the answers is not known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from flows.fetching.client import is_redirect
from flows.fetching.errors import Failure, FailureClass
from flows.fetching.messages import FetchRequest, FetchResult, Redirect, host_of
from flows.fetching.opt_out import opt_out_of
from flows.fetching.politeness import HostPausedError, Paces
from flows.fetching.robots import MOST_BYTES, MOST_REDIRECTS, SECONDS_VALID, RobotsRules, robots_url_of, rules_of
from flows.fetching.settings import PolitenessRules

Get = Callable[[FetchRequest], Awaitable[FetchResult]]

# After one of these the host is asked again for its robots.txt: it may have come back.
_SECONDS_UNREACHABLE = 300.0


class PoliteFetcher:
    """Fetches at the pace and by the rules of each host. `claim` says whether a host is this run's to ask."""

    def __init__(
        self, get: Get, rules: PolitenessRules, paces: Paces, claim: Callable[[str], bool] = lambda _host: True
    ) -> None:
        self._get = get
        self._rules = rules
        self._paces = paces
        self._claim = claim
        self._robots: dict[str, tuple[float, asyncio.Task[RobotsRules]]] = {}

    async def fetch(self, request: FetchRequest) -> FetchResult:
        """Fetch a URL, and where it redirects to; whatever goes wrong is in the result's failure.

        A robots.txt is answered from what the run knows of the host.
        """
        if request.url.endswith("/robots.txt") and request.url == robots_url_of(request.url):
            result = (await self._rules_for(request.url)).result
            return result or failed(request, Failure(FailureClass.ROBOTS_UNREACHABLE, "there was no answer"))
        result = await self._follow(request, self._rules.max_redirects, checks_robots=True)
        if result.failure is None and self._honours_opt_out(result.final_url):
            reserved = opt_out_of(result)
            if reserved:
                return replace(result, body=b"", failure=Failure(FailureClass.OPTED_OUT, reserved))
        return result

    def _honours_opt_out(self, url: str) -> bool:
        return self._rules.of_host(host_of(url)).honours_opt_out

    async def _follow(self, request: FetchRequest, most: int, *, checks_robots: bool) -> FetchResult:
        hops: list[Redirect] = []
        current = request
        while True:
            result = await self._one(current, checks_robots=checks_robots)
            if not is_redirect(result):
                break
            hops.append(Redirect(current.url, result.status or 0))
            target = _target_of(result)
            failure = _hop_failure(target, hops, most)
            if failure or target is None:
                result = replace(result, failure=failure)
                break
            # The validators belong to the address that gave them, wherever that one points now.
            current = FetchRequest(target, max_bytes=request.max_bytes, is_cut=request.is_cut)
        return replace(result, url=request.url, redirects=tuple(hops)) if hops else result

    async def _one(self, request: FetchRequest, *, checks_robots: bool) -> FetchResult:
        """Send one request in its host's turn."""
        host = host_of(request.url)
        if not self._claim(host):
            return failed(request, Failure(FailureClass.HOST_BUSY, "another run is fetching from this host"))
        refusal = await self._refusal(request.url) if checks_robots else None
        if refusal:
            return failed(request, refusal)
        pace = self._paces.of_host(host)
        try:
            await pace.take_turn(self._rules.patience_seconds)
        except HostPausedError as paused:
            return failed(request, Failure(FailureClass.HOST_PAUSED, str(paused), paused.seconds))
        try:
            result = await self._get(request)
        finally:
            pace.end_turn()
        if result.failure and result.failure.retry_after:
            pace.pause(result.failure.retry_after)
        return result

    async def _refusal(self, url: str) -> Failure | None:
        rules = await self._rules_for(url)
        return rules.refusal(url, honours_opt_out=self._honours_opt_out(url))

    async def _rules_for(self, url: str) -> RobotsRules:
        """Return the rules for a URL; each robots.txt is asked for once a day."""
        robots_url = robots_url_of(url)
        now = asyncio.get_running_loop().time()
        known = self._robots.get(robots_url)
        if known is None or _is_stale(*known, now):
            known = (now, asyncio.ensure_future(self._ask_rules(robots_url)))
            self._robots[robots_url] = known
        task = known[1]
        # Whoever waits may be cancelled; the others still want the answer.
        return task.result() if task.done() else await asyncio.shield(task)

    async def _ask_rules(self, robots_url: str) -> RobotsRules:
        result = await self._follow(
            FetchRequest(robots_url, max_bytes=MOST_BYTES, is_cut=True), MOST_REDIRECTS, checks_robots=False
        )
        rules = rules_of(result)
        self._paces.of_host(host_of(robots_url)).ask_for(rules.delay_seconds)
        return rules


def _is_stale(asked_at: float, task: asyncio.Task[RobotsRules], now: float) -> bool:
    if not task.done():
        return False
    if task.cancelled() or task.exception() is not None:
        return True
    return now - asked_at > (_SECONDS_UNREACHABLE if task.result().failure else SECONDS_VALID)


def failed(request: FetchRequest, failure: Failure) -> FetchResult:
    """Return the result of a request that was never sent."""
    return FetchResult(request.url, request.url, datetime.now(UTC), failure=failure)


def _target_of(result: FetchResult) -> str | None:
    location = next((value for name, value in result.headers if name.lower() == "location"), "").strip()
    if not location:
        return None
    try:
        return urljoin(result.final_url, location)
    except ValueError:
        return None


def _hop_failure(target: str | None, hops: list[Redirect], most: int) -> Failure | None:
    if target is None:
        return Failure(FailureClass.BAD_REDIRECT, "a redirect to nowhere")
    if any(hop.url == target for hop in hops):
        return Failure(FailureClass.REDIRECT_LOOP, f"back to {target[:200]}")
    if len(hops) > most:
        return Failure(FailureClass.TOO_MANY_REDIRECTS, f"more than {most}")
    if urlsplit(target).scheme.lower() not in {"http", "https"}:
        return Failure(FailureClass.BAD_REDIRECT, f"to {target[:200]}")
    return None
