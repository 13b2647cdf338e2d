"""Pages, outcomes and strategies that the warehouse tests share."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from hypothesis import strategies as st

from extractors.records import (
    Article,
    DatePrecision,
    Form,
    Hints,
    Kind,
    Metadata,
    Outcome,
    RawPage,
    Rejected,
    RejectReason,
    Removal,
    Versions,
)
from warehouse.batches import write_pages_batch, write_raw_batch
from warehouse.layout import BatchRef, Warehouse, batch_ref_of
from warehouse.rows import pages_row

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
VERSIONS = Versions(extractor_version="1.0", rules_version="r1")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_page(
    number: int = 0,
    *,
    url: str | None = "https://www.mill.example/a",
    at: datetime = NOON,
    body: bytes = b"<p>Flour</p>",
) -> RawPage:
    digest = sha256(body)
    key = f"{number} {url} {at.isoformat()} {digest}".encode("utf-8", "surrogatepass")
    return RawPage(
        page_id=sha256(key)[:32],
        url=url,
        fetched_at=at,
        source="samples",
        locator=f"page-{number}.html",
        body=body,
        raw_sha256=digest,
        http_status=200,
        media_type="text/html",
        http_charset="utf-8",
        headers=(("Content-Type", "text/html; charset=utf-8"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")),
        hints=Hints(title="Hinted", authors=("A. Miller",)),
    )


def make_article(
    text: str = "Flour is ground.", *, site: str | None = "mill.example", cut: str = "Donate now. "
) -> Article:
    removals = (Removal(0, cut, Kind.DONATION, "donation.plea", "asks for money", 0.9),) if cut else ()
    return Article(
        metadata=Metadata(
            title="On flour",
            authors=("A. Miller", "B. Baker"),
            tags=("grain",),
            language="en",
            published_at=datetime(2026, 11, 21, 9, 30, tzinfo=timezone(timedelta(hours=2))),
            published_raw="2026-11-21T09:30+02:00",
            published_precision=DatePrecision.MINUTE,
            published_source="json-ld",
        ),
        site=site,
        form=Form.HTML,
        text=text,
        comments_text=None,
        removals=removals,
        extracted_chars=len(text) + sum(len(removal.text) for removal in removals),
        text_sha256=sha256(text.encode("utf-8", "surrogatepass")),
        encoding="utf-8",
        encoding_source="http",
        body_source="trafilatura",
    )


def make_rejected(*, site: str | None = "mill.example", reason: RejectReason = RejectReason.TOO_SHORT) -> Rejected:
    return Rejected(reason=reason, detail="4 characters", site=site, form=Form.HTML)


def land(
    warehouse: Warehouse,
    judged: list[tuple[RawPage, Outcome]],
    *,
    label: str = "samples",
    versions: Versions = VERSIONS,
) -> BatchRef:
    """Write pages and what was made of them as one batch, through both layers."""
    pages = [page for page, _ in judged]
    ref = batch_ref_of(label, pages)
    write_raw_batch(warehouse, ref, pages)
    write_pages_batch(warehouse, ref, [pages_row(page, outcome, ref, versions) for page, outcome in judged], versions)
    return ref


def snapshot(root: Path) -> dict[str, bytes]:
    """Return every file below a folder by its relative path."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
moments = st.datetimes(datetime(1971, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
string_lists = st.lists(texts, max_size=3).map(tuple)
hints = st.builds(
    Hints,
    title=st.none() | texts,
    authors=string_lists,
    published_raw=st.none() | texts,
    modified_raw=st.none() | texts,
    description=st.none() | texts,
    sitename=st.none() | texts,
    language=st.none() | texts,
    image_url=st.none() | texts,
    license=st.none() | texts,
    categories=string_lists,
    tags=string_lists,
)
raw_pages = st.builds(
    RawPage,
    page_id=st.uuids().map(lambda uuid: uuid.hex),
    url=st.none() | texts,
    fetched_at=moments,
    source=texts,
    locator=texts,
    body=st.binary(max_size=60),
    raw_sha256=texts,
    http_status=st.none() | st.integers(0, 999),
    media_type=st.none() | texts,
    http_charset=st.none() | texts,
    headers=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
    defect=st.none() | st.sampled_from(RejectReason),
    defect_detail=st.none() | texts,
    hints=hints,
)
