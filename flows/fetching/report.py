"""What a run of fetching counts, for each source and each host. How it is shown is in `flows.fetching.progress`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from flows.discovery.report import DiscoveryReport
from flows.sources.options import SourceProblem
from warehouse.fetches import FetchOutcome, FetchRow


@dataclass(slots=True)
class SourceCounts:
    """Of one source: URLs that it named, those of them that were known already, and what became of the others."""

    found_count: int = 0
    seen_count: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class HostCounts:
    """Of one host: what became of its URLs, and how many wait for their turn."""

    outcomes: Counter[str] = field(default_factory=Counter)
    waiting_count: int = 0
    waited_seconds: float = 0.0
    pause_seconds: float = 0.0
    started_at: float | None = None

    @property
    def done_count(self) -> int:
        """Attempts, whatever came of them."""
        return self.outcomes.total() - self.outcomes[FetchOutcome.QUEUED]


@dataclass(slots=True)
class FetchReport:
    """The sum of a run. `failures` counts attempts that brought no page, by class.

    An attempt that the same run repeats is a retry, and counts as nothing else; `later_count` of them are to come.
    `problems` are listings that could not be read; what was wrong with others, and what they named and was left out, is
    in `discovery`.
    """

    sources: dict[str, SourceCounts] = field(default_factory=dict)
    hosts: dict[str, HostCounts] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    problems: list[SourceProblem] = field(default_factory=list)
    discovery: DiscoveryReport = field(default_factory=DiscoveryReport)
    body_bytes: int = 0
    wire_bytes: int = 0
    recovered_count: int = 0
    retry_count: int = 0
    later_count: int = 0

    def of_source(self, name: str) -> SourceCounts:
        """Return the counts of a source."""
        counts = self.sources.get(name)
        if counts is None:
            counts = self.sources[name] = SourceCounts()
        return counts

    def of_host(self, name: str) -> HostCounts:
        """Return the counts of a host."""
        counts = self.hosts.get(name)
        if counts is None:
            counts = self.hosts[name] = HostCounts()
        return counts

    def add(self, row: FetchRow) -> None:
        """Count what became of a URL; that it was queued is no event."""
        if row.outcome is FetchOutcome.QUEUED and row.failure_class is None:
            return
        self.of_source(row.source).outcomes[row.outcome] += 1
        self.of_host(row.host).outcomes[row.outcome] += 1
        if row.failure_class:
            self.failures[row.failure_class] += 1
        self.body_bytes += row.body_bytes or 0
        self.wire_bytes += row.wire_bytes or 0

    def left_out(self, source: str) -> Counter[str]:
        """Return what a source named and was left out, by reason; sitemaps that are too old count as one each."""
        found = self.discovery.sources.get(source)
        if found is None:
            return Counter()
        reasons = Counter({str(reason): count for reason, count in found.dropped.items()})
        reasons["no address at all"] = found.unusable_count
        reasons["sitemaps too old"] = found.old_sitemap_count
        return +reasons

    def count(self, outcome: FetchOutcome) -> int:
        """Return how often a URL had this outcome."""
        return sum(source.outcomes[outcome] for source in self.sources.values())
