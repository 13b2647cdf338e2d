"""What the columns of the warehouse are: the one truth for every Parquet file.

Only pyarrow schemas live here, written by hand, each field with its description. No values are converted (see
`warehouse.rows`) and no file is touched. `docs/data-dictionary.md` is generated from these descriptions.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

SCHEMA_VERSION = "3"
"""Goes up when a column is added, dropped or changes its meaning: files of another version are stale."""

FETCHES_SCHEMA_VERSION = "1"
"""The same for the log of fetching, which nothing is derived from."""

_STRING = pa.string()
_TIMESTAMP = pa.timestamp("us", tz="UTC")


def _field(name: str, kind: pa.DataType, description: str, *, required: bool = False) -> pa.Field[Any]:
    return pa.field(name, kind, nullable=not required, metadata={"description": description})


def _strings(name: str, description: str) -> pa.Field[Any]:
    """Return a list column: never null, and none of its elements is."""
    return _field(name, pa.list_(pa.field("element", _STRING, nullable=False)), description, required=True)


def _structs(name: str, fields: list[pa.Field[Any]], description: str) -> pa.Field[Any]:
    """Return a column that lists structs: never null, and none of its elements is."""
    return _field(name, pa.list_(pa.field("element", pa.struct(fields), nullable=False)), description, required=True)


_HEADER_FIELDS = [
    _field("name", _STRING, "Name of the header, as received.", required=True),
    _field("value", _STRING, "Value of the header, as received.", required=True),
]

_HINT_FIELDS = [
    _field("title", _STRING, "Title of the page."),
    _strings("authors", "Names of the authors; empty when none were given."),
    _field("published_raw", _STRING, "Date of publication, as written in the source."),
    _field("modified_raw", _STRING, "Date of the last change, as written in the source."),
    _field("description", _STRING, "Summary of the page."),
    _field("sitename", _STRING, "Name of the site."),
    _field("language", _STRING, "Language of the page."),
    _field("image_url", _STRING, "URL of the main image."),
    _field("license", _STRING, "License of the content."),
    _strings("categories", "Sections or categories; empty when none were given."),
    _strings("tags", "Tags or keywords; empty when none were given."),
]

_REMOVAL_FIELDS = [
    _field(
        "offset",
        pa.int32(),
        "Where the span began in the extracted text, in characters (Unicode code points) from 0.",
        required=True,
    ),
    _field("text", _STRING, "The span itself, to the letter.", required=True),
    _field(
        "kind",
        _STRING,
        "What the span is, from a closed list: donation, subscribe and so on.",
        required=True,
    ),
    _field("rule_id", _STRING, "The rule that cut it.", required=True),
    _field("reason", _STRING, "Why it was cut, in words.", required=True),
    _field("confidence", pa.float32(), "How sure the rule was, between 0 and 1.", required=True),
]

_SITE_RULE_FIELDS = [
    _field(
        "line",
        pa.int32(),
        "Which line: its index among the non-blank lines of the extracted text, from 0; null when the rule found "
        "something on the page, but none of its text.",
    ),
    _field("rule_id", _STRING, "The site rule: `site.<domain>.<hash of its selector>`.", required=True),
    _field("is_stopped", pa.bool_(), "Whether the text-loss guard stopped the rule on this page.", required=True),
]

RAW_SCHEMA = pa.schema(
    [
        _field("page_id", _STRING, "Id of this capture of the page: 32 hex digits, unique in a batch.", required=True),
        _field("url", _STRING, "URL that the page was fetched from; null when the source does not tell."),
        _field(
            "fetched_at", _TIMESTAMP, "When the page was fetched, in UTC; its date is the partition.", required=True
        ),
        _field("source", _STRING, "Label of the source that the page came from.", required=True),
        _field("locator", _STRING, "Place inside the source: a path, a record's offset, a row number.", required=True),
        _field("http_status", pa.int32(), "Status code of the HTTP response; null when there was none."),
        _field("media_type", _STRING, "Media type as declared by the source, in lower case, without parameters."),
        _field("http_charset", _STRING, "Character encoding named in the HTTP Content-Type header."),
        _structs("headers", _HEADER_FIELDS, "Headers of the HTTP response, in order; empty when there were none."),
        _field("defect", _STRING, "What went wrong before extraction, from the list of reject reasons."),
        _field("defect_detail", _STRING, "The defect in words."),
        _field("hints", pa.struct(_HINT_FIELDS), "Metadata that came beside the content.", required=True),
        _field(
            "body",
            pa.binary(),
            "Content as received, after transfer and content encodings were undone and before decoding.",
            required=True,
        ),
        _field("raw_sha256", _STRING, "SHA-256 of `body`: 64 hex digits.", required=True),
    ]
)
"""One row per page as received. `fetch_date` is the partition, not a column of the file."""

PAGES_SCHEMA = pa.schema(
    [
        _field(
            "page_id", _STRING, "Id of this capture of the page: 32 hex digits, as in the raw layer.", required=True
        ),
        _field("url", _STRING, "URL that the page was fetched from; null when the source does not tell."),
        _field("canonical_url", _STRING, "URL that the page itself names as its canonical one."),
        _field("site", _STRING, "Registrable domain of the URL, in lower case; null without a URL."),
        _field("source", _STRING, "Label of the source that the page came from.", required=True),
        _field("locator", _STRING, "Place inside the source: a path, a record's offset, a row number.", required=True),
        _field("form", _STRING, "How the content is written, `html` or `text`; null when it was not found out."),
        _field("status", _STRING, "`article` or `rejected`.", required=True),
        _field("reject_reason", _STRING, "Why there is no article, from a closed list; null for an article."),
        _field("reject_detail", _STRING, "The rejection in words; null for an article."),
        _field("title", _STRING, "Title of the article."),
        _strings("authors", "Names of the authors; empty when the page names none."),
        _field(
            "text",
            _STRING,
            "Clean text of the article, paragraphs apart by newlines; for a rejection what the cuts left, if anything.",
        ),
        _field("comments_text", _STRING, "Readers' comments, where they were asked for."),
        _field("description", _STRING, "Summary that the page gives of itself."),
        _field("sitename", _STRING, "Name of the site, as the page gives it."),
        _strings("categories", "Sections or categories; empty when the page names none."),
        _strings("tags", "Tags or keywords; empty when the page names none."),
        _field("language", _STRING, "Language of the article, as a language code."),
        _field("image_url", _STRING, "URL of the main image."),
        _field("license", _STRING, "License that the page states."),
        _field("published_at", _TIMESTAMP, "When the article was published, in UTC."),
        _field("published_raw", _STRING, "The date of publication as the page writes it."),
        _field("published_precision", _STRING, "How much of the date is stated: second, minute, day, month or year."),
        _field("published_source", _STRING, "Where on the page the date of publication was found."),
        _field("modified_at", _TIMESTAMP, "When the article was last changed, in UTC."),
        _field(
            "fetched_at", _TIMESTAMP, "When the page was fetched, in UTC; its date is the partition.", required=True
        ),
        _field("http_status", pa.int32(), "Status code of the HTTP response; null when there was none."),
        _field("media_type", _STRING, "Media type as declared by the source, in lower case, without parameters."),
        _field("encoding", _STRING, "Character encoding that the body was decoded with."),
        _field("encoding_source", _STRING, "How the encoding was decided."),
        _field("body_source", _STRING, "What found the article's body; null when the page did not get that far."),
        _field(
            "is_paywalled", pa.bool_(), "Whether the page says that it is behind a paywall; null when it is silent."
        ),
        _structs(
            "removals",
            _REMOVAL_FIELDS,
            "Every span cut out of the extracted text, in order. Putting each span back at its `offset` in the "
            "column `text` rebuilds the extracted text exactly.",
        ),
        _structs(
            "site_rule_lines",
            _SITE_RULE_FIELDS,
            "What the user's rules of the site matched in the HTML: with it stripping can be done again from the text.",
        ),
        _field(
            "line_marks",
            pa.binary(),
            "What the HTML says of the extracted text, a byte for each of its non-blank lines, so that stripping can "
            "be done again from the text. Bits 0-1: links to other pages are 0 none, 1 some, 2 most of the line, 3 "
            "all of it and lead to the same site; bit 2: a second extractor has the line too; bit 3: it stands in a "
            "box named like furniture; bits 4-6: it is 0 found nowhere, 1 a paragraph, 2 a heading, 3 a list entry, 4 "
            "a quotation, 5 a table cell, 6 a caption, 7 anything else. Null for a dump.",
        ),
        _field("extracted_chars", pa.int32(), "Characters of the extracted text, before any cut.", required=True),
        _field("kept_chars", pa.int32(), "Characters of `text`; 0 when it is null.", required=True),
        _field("raw_sha256", _STRING, "SHA-256 of the body in the raw layer: 64 hex digits.", required=True),
        _field("text_sha256", _STRING, "SHA-256 of `text` in UTF-8: 64 hex digits; null when rejected."),
        _field("extractor_version", _STRING, "Version of the extractor that made this row.", required=True),
        _field("rules_version", _STRING, "Version of the rules that made this row.", required=True),
        _field("furniture_version", _STRING, "Version of the furniture learned of the row's site; null without any."),
        _field("batch_id", _STRING, "Batch that the row belongs to; the file's name in both layers.", required=True),
    ]
)
"""One row per raw page, an article or a rejection. `fetch_date` is the partition, not a column of the file."""

_DATE = pa.date32()

FURNITURE_SCHEMA = pa.schema(
    [
        _field("site", _STRING, "Registrable domain that the block was learned of, in lower case.", required=True),
        _field("block_id", _STRING, "Key of the block's text, numbers and case apart: 16 hex digits.", required=True),
        _field("group_count", pa.int32(), "Different articles that hold the block; copies of one count once.",
               required=True),
        _field("site_group_count", pa.int32(), "Different articles of the site that were read.", required=True),
        _field("page_count", pa.int32(), "Pages that hold the block, copies included.", required=True),
        _field("is_edge_bound", pa.bool_(), "Whether the block is cut only at the edges of a text, or beside other "
               "furniture.", required=True),
        _field("first_seen_date", _DATE, "UTC date of the first fetch of a page that holds it.", required=True),
        _field("last_seen_date", _DATE, "UTC date of the last fetch of a page that holds it.", required=True),
        _field("sample", _STRING, "The block as one of the pages has it, at most 1,000 characters.", required=True),
        _field("is_vetoed", pa.bool_(), "Whether a person said that it is no furniture: then it is never cut.",
               required=True),
    ]
)  # fmt: skip
"""One row per block that was learned to be furniture of a site."""


_REDIRECT_FIELDS = [
    _field("url", _STRING, "URL that was asked for.", required=True),
    _field("status", pa.int32(), "Status that it answered with.", required=True),
]

FETCHES_SCHEMA = pa.schema(
    [
        _field("url", _STRING, "URL as it was found, in canonical form.", required=True),
        _field("source", _STRING, "Name of the source that names the page.", required=True),
        _field("found_in", _STRING, "Feed, sitemap or list that names the page; null when a person named it."),
        _field("host", _STRING, "Host of the URL, in lower case.", required=True),
        _field("recorded_at", _TIMESTAMP, "When the request was sent or, without one, when this was decided; its "
               "UTC date is the partition.", required=True),
        _field("outcome", _STRING, "`queued`: to be fetched; `stored`: in the raw layer; `not_modified`: unchanged "
               "since it was stored; `failed`: to be tried again; `skipped`: not asked for, by the host's own rules; "
               "`dropped`: given up.", required=True),
        _field("final_url", _STRING, "URL that answered in the end, after redirects; null without a request."),
        _structs("redirects", _REDIRECT_FIELDS, "Redirects on the way, in order."),
        _field("http_status", pa.int32(), "Status code of the last answer; null when there was none."),
        _field("failure_class", _STRING, "Why there is no page, from a closed list; null when there is one."),
        _field("failure_detail", _STRING, "The failure in words."),
        _field("is_transient", pa.bool_(), "Whether the same request may succeed later; null without a failure."),
        _field("drop_reason", _STRING, "Why the URL was given up: `permanent`, `tries_exhausted` or `user`; null "
               "unless dropped."),
        _field("etag", _STRING, "ETag of the answer, for a conditional request later."),
        _field("last_modified", _STRING, "Last-Modified of the answer, for a conditional request later."),
        _field("body_bytes", pa.int64(), "Bytes of the body, its content encoding undone; null without a page."),
        _field("wire_bytes", pa.int64(), "Bytes of the body as sent; null without an answer."),
        _field("page_id", _STRING, "Id of the capture in the raw layer; null unless stored."),
        _field("batch_id", _STRING, "Batch of the raw layer that holds the capture; null unless stored."),
        _field("try_count", pa.int32(), "Failures in a row, this one included; 0 after a success.", required=True),
        _field("next_try_at", _TIMESTAMP, "When it is tried again at the earliest; null when at once, or never."),
        _field("host_paused_until", _TIMESTAMP, "Until when the host asked to be left alone; null when it did not."),
        _field("hints", pa.struct(_HINT_FIELDS), "What the source says of the page.", required=True),
        _field("run_id", _STRING, "Run that recorded the row.", required=True),
    ]
)  # fmt: skip
"""One row for whatever became of a URL: found, fetched, failed, given up. `fetch_date` is the partition."""


def description_of(field: pa.Field[Any]) -> str:
    """Return the description of a schema's field. Raises KeyError when it has none."""
    metadata: dict[bytes, bytes] = field.metadata or {}
    return metadata[b"description"].decode()


def child_fields(field: pa.Field[Any]) -> list[Any]:
    """Return the fields inside a struct, or inside a list of structs; none for any other type."""
    kind = field.type.value_type if pa.types.is_list(field.type) else field.type
    return list(kind) if pa.types.is_struct(kind) else []
