"""The values that cross package borders: a page comes in, an article or a rejection goes out.

Only plain, immutable records live here, with the closed lists that they draw on. No behaviour beyond what a
record says of itself, no I/O, no clock. The Parquet columns that hold these fields are in `warehouse.schema`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a removed span is: the closed list of boilerplate kinds."""

    DONATION = "donation"
    SUBSCRIBE = "subscribe"
    REGISTRATION = "registration"
    NEWSLETTER = "newsletter"
    COMMENTS = "comments"
    SHARE_FOLLOW = "share_follow"
    RELATED = "related"
    APP_PROMO = "app_promo"
    COOKIE_CONSENT = "cookie_consent"
    AD_LABEL = "ad_label"
    AUTHOR_CONTACT = "author_contact"
    COPYRIGHT = "copyright"
    UPDATE_NOTE = "update_note"
    REPEATED_TITLE = "repeated_title"
    SITE_FURNITURE = "site_furniture"


class RejectReason(StrEnum):
    """Why a page yields no article: the closed list. The free words go to `reject_detail`."""

    EMPTY = "empty"
    HTTP_ERROR = "http_error"
    WRONG_TYPE = "wrong_type"
    NOT_HTML = "not_html"
    UNDECODABLE = "undecodable"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_SHORT = "too_short"
    NO_BODY = "no_body"
    NOT_ARTICLE = "not_article"
    ONLY_BOILERPLATE = "only_boilerplate"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    EXTRACTOR_ERROR = "extractor_error"


class Form(StrEnum):
    """How the content of a page is written: as HTML, or as plain text that needs no HTML extraction."""

    HTML = "html"
    TEXT = "text"


class DatePrecision(StrEnum):
    """How much of a date the page states. A time without a zone is taken as UTC; `published_raw` shows it."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Hints:
    """Metadata that came beside the content: from a sidecar, or from the other columns of a table.

    A hint fills a field that the page itself does not state. Dates are as written in the source.
    """

    title: str | None = None
    authors: tuple[str, ...] = ()
    published_raw: str | None = None
    modified_raw: str | None = None
    description: str | None = None
    sitename: str | None = None
    language: str | None = None
    image_url: str | None = None
    license: str | None = None
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page as received: a row of the raw layer.

    `body` holds the content after transfer and content encodings (chunked, gzip, br, zstd) were undone, and before
    any character decoding. `defect` says what went wrong on the way here (a content encoding that could not be
    undone, a body cut off at the size limit) and leads to a rejection. `source` is the label of where the page came
    from and `locator` its place in there (a path, a record's offset, a row number); neither names the machine.
    """

    page_id: str
    url: str | None
    fetched_at: datetime
    source: str
    locator: str
    body: bytes
    raw_sha256: str
    http_status: int | None = None
    media_type: str | None = None
    http_charset: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    defect: RejectReason | None = None
    defect_detail: str | None = None
    hints: Hints = field(default_factory=Hints)


@dataclass(frozen=True, slots=True)
class Removal:
    """One span cut out of the extracted text.

    `offset` counts characters (Unicode code points) of the extracted text. Putting every `text` back at its
    `offset`, in order, rebuilds the extracted text exactly. `confidence` is between 0 and 1.
    """

    offset: int
    text: str
    kind: Kind
    rule_id: str
    reason: str
    confidence: float


@dataclass(frozen=True, slots=True)
class SiteRuleLine:
    """What a user's rule of a site matched on a page: recorded, so that stripping can be done again without the HTML.

    `line` is the index of a non-blank line of the extracted text, from 0; None when the rule found something, but none
    of the text. `is_stopped`: the text-loss guard does not let it cut, or count, on this page.
    """

    line: int | None
    rule_id: str
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says of itself. Absent fields are None or empty, never guessed from the clock."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    description: str | None = None
    sitename: str | None = None
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None
    image_url: str | None = None
    license: str | None = None
    canonical_url: str | None = None
    published_at: datetime | None = None
    published_raw: str | None = None
    published_precision: DatePrecision | None = None
    published_source: str | None = None
    modified_at: datetime | None = None
    is_paywalled: bool | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """A page that yielded an article: its clean text, its metadata, and every span that was cut.

    `line_marks` is a byte for each non-blank line of the extracted text (see `extractors.marks`); None without HTML.
    """

    metadata: Metadata
    site: str | None
    form: Form
    text: str
    comments_text: str | None
    removals: tuple[Removal, ...]
    extracted_chars: int
    text_sha256: str
    encoding: str
    encoding_source: str
    body_source: str
    site_rule_lines: tuple[SiteRuleLine, ...] = ()
    line_marks: bytes | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A page that yielded no article, and why. The raw bytes stay in the raw layer.

    What was found out before the rejection (metadata, encoding, cuts) is kept where there is any. `text` is what the
    cuts left, too little for an article: with the removals it rebuilds what was extracted.
    """

    reason: RejectReason
    detail: str
    site: str | None
    form: Form | None = None
    metadata: Metadata = field(default_factory=Metadata)
    text: str | None = None
    removals: tuple[Removal, ...] = ()
    extracted_chars: int = 0
    body_source: str | None = None
    encoding: str | None = None
    encoding_source: str | None = None
    site_rule_lines: tuple[SiteRuleLine, ...] = ()
    line_marks: bytes | None = None


Outcome = Article | Rejected


@dataclass(frozen=True, slots=True)
class Versions:
    """What a page's row is a function of, beside the raw page. Recorded in every row and, for the batch, in its file.

    `furniture_version` is that of what was learned of the page's site, None where nothing was.
    """

    extractor_version: str
    rules_version: str
    furniture_version: str | None = None


@dataclass(frozen=True, slots=True)
class FurnitureBlock:
    """A block that was learned to be a site's furniture, for it stands on different articles of the site.

    `block_id` is the key of its text (see `extractors.furniture.lines`). Of `site_group_count` groups of
    near-duplicate articles `group_count` hold it, on `page_count` pages fetched from `first_seen_date` to
    `last_seen_date` (UTC). `is_edge_bound`: it goes only at the edges of a text, or beside other furniture.
    """

    site: str
    block_id: str
    group_count: int
    site_group_count: int
    page_count: int
    is_edge_bound: bool
    first_seen_date: date
    last_seen_date: date
    sample: str
    is_vetoed: bool = False


def rebuild_extracted(kept: str, removals: tuple[Removal, ...]) -> str:
    """Put every removed span back: the extracted text, to the letter.

    `kept` is the clean text; the removals' offsets count characters of the result and must not overlap. Raises
    ValueError when an offset cannot be reached.
    """
    parts: list[str] = []
    built = used = 0
    for removal in sorted(removals, key=lambda r: r.offset):
        take = removal.offset - built
        if take < 0 or used + take > len(kept):
            raise ValueError(f"removal at {removal.offset} does not fit the text")
        parts.append(kept[used : used + take])
        parts.append(removal.text)
        used += take
        built = removal.offset + len(removal.text)
    parts.append(kept[used:])
    return "".join(parts)
