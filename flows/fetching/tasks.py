"""A URL to fetch, and what becomes of it: decisions only. Nothing here fetches, writes, or asks for the time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from extractors.records import Hints
from flows.discovery.candidates import Candidate
from flows.fetching.errors import Failure, FailureClass
from flows.fetching.messages import FetchResult, host_of
from flows.fetching.settings import RetryPolicy
from warehouse.fetch_log import UrlState
from warehouse.fetches import DropReason, FetchOutcome, FetchRow

# What a host's own rules disallow is looked at again after so long: rules change.
_SKIPPED_FOR = timedelta(days=7)
_SKIPS = frozenset({FailureClass.ROBOTS_DISALLOWED, FailureClass.OPTED_OUT})
_NEVER_ASKED = frozenset({FailureClass.HOST_PAUSED, FailureClass.HOST_BUSY})


@dataclass(frozen=True, slots=True)
class FetchTask:
    """One URL to fetch in this run, and its host. `try_count` counts its failures in a row before this try."""

    url: str
    source: str
    found_in: str | None = None
    hints: Hints = field(default_factory=Hints)
    etag: str | None = None
    last_modified: str | None = None
    try_count: int = 0
    host: str = field(init=False)

    def __post_init__(self) -> None:
        """Find the host."""
        object.__setattr__(self, "host", host_of(self.url))

    def after_failure(self) -> FetchTask:
        """Return the task for the next try."""
        return replace(self, try_count=self.try_count + 1)


def task_of_candidate(candidate: Candidate, state: UrlState | None) -> FetchTask:
    """Return the task of a page that a source names, with what is known of it."""
    hints = Hints(
        title=candidate.title,
        published_raw=candidate.published_at.isoformat() if candidate.published_at else None,
        modified_raw=candidate.modified_at.isoformat() if candidate.modified_at else None,
        language=candidate.language,
    )
    task = FetchTask(candidate.url, candidate.source, candidate.found_in, hints)
    if state is None:
        return task
    failures = state.try_count if state.outcome is FetchOutcome.FAILED else 0
    return replace(task, etag=state.etag, last_modified=state.last_modified, try_count=failures)


def task_of_state(state: UrlState) -> FetchTask:
    """Return the task of a URL that an earlier run left to do."""
    return FetchTask(
        url=state.url,
        source=state.source,
        found_in=state.found_in,
        hints=state.hints,
        etag=state.etag,
        last_modified=state.last_modified,
        try_count=state.try_count,
    )


def queued_row(task: FetchTask, run_id: str, now: datetime) -> FetchRow:
    """Return the row that says that a URL is to be fetched."""
    return _row(task, run_id, now, FetchOutcome.QUEUED)


def left_row(task: FetchTask, run_id: str, now: datetime, failure: Failure, until: datetime | None) -> FetchRow:
    """Return the row of a URL that is left to a later run, for the sake of its host."""
    row = _row(task, run_id, now, FetchOutcome.QUEUED)
    return replace(
        row, failure_class=failure.kind.value, failure_detail=failure.detail, is_transient=True,
        try_count=task.try_count, next_try_at=until,
        host_paused_until=until if failure.kind is FailureClass.HOST_PAUSED else None,
    )  # fmt: skip


def dropped_row(task: FetchTask, run_id: str, now: datetime) -> FetchRow:
    """Return the row of a URL that a person gives up."""
    row = _row(task, run_id, now, FetchOutcome.DROPPED)
    return replace(row, drop_reason=DropReason.USER, try_count=task.try_count)


def row_of(task: FetchTask, result: FetchResult, run_id: str, policy: RetryPolicy, now: datetime) -> FetchRow:
    """Return the row of an attempt that ended `now`: what became of the URL, and when it is tried again, if ever."""
    if result.failure is not None and result.failure.kind in _NEVER_ASKED:
        pause = result.failure.retry_after
        until = now + timedelta(seconds=pause) if pause else None
        return left_row(task, run_id, result.fetched_at, result.failure, until)
    outcome = FetchOutcome.NOT_MODIFIED if result.is_not_modified else FetchOutcome.STORED
    is_page = outcome is FetchOutcome.STORED and result.failure is None
    row = FetchRow(
        url=task.url,
        source=task.source,
        host=task.host,
        recorded_at=result.fetched_at,
        outcome=outcome,
        run_id=run_id,
        found_in=task.found_in,
        hints=task.hints,
        final_url=result.final_url,
        redirects=tuple((hop.url, hop.status) for hop in result.redirects),
        http_status=result.status,
        etag=result.etag,
        last_modified=result.last_modified,
        wire_bytes=result.wire_bytes if result.status is not None else None,
        body_bytes=len(result.body) if is_page else None,
    )
    return row if result.failure is None else _failed(row, task.try_count + 1, result.failure, policy, now)


def _failed(row: FetchRow, tries: int, failure: Failure, policy: RetryPolicy, now: datetime) -> FetchRow:
    asked = failure.retry_after
    row = replace(
        row, failure_class=failure.kind.value, failure_detail=failure.detail, is_transient=failure.is_transient,
        try_count=tries, host_paused_until=now + timedelta(seconds=asked) if asked else None,
    )  # fmt: skip
    if failure.kind in _SKIPS:
        return replace(row, outcome=FetchOutcome.SKIPPED, try_count=tries - 1, next_try_at=now + _SKIPPED_FOR)
    if not failure.is_transient:
        return replace(row, outcome=FetchOutcome.DROPPED, drop_reason=DropReason.PERMANENT)
    if tries >= policy.max_tries:
        return replace(row, outcome=FetchOutcome.DROPPED, drop_reason=DropReason.TRIES_EXHAUSTED)
    pause = policy.pause_after(tries, failure.retry_after)
    return replace(row, outcome=FetchOutcome.FAILED, next_try_at=now + pause)


def _row(task: FetchTask, run_id: str, now: datetime, outcome: FetchOutcome) -> FetchRow:
    return FetchRow(
        url=task.url,
        source=task.source,
        host=task.host,
        recorded_at=now,
        outcome=outcome,
        run_id=run_id,
        found_in=task.found_in,
        hints=task.hints,
    )
