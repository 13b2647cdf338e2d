"""Judge one page: a raw page goes in, an article or a rejection with a reason comes out.

The whole of the extraction in the order that it happens. A pure, total function: whatever is wrong with the content
becomes a rejection. Deadlines, memory limits and crashes are the business of the process that calls it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from extractors.body import Body, NoBody, extract_body, parse_html
from extractors.decode import Decoded, decode_body
from extractors.furniture.matching import FurnitureSet
from extractors.identity import sha256_hex, site_of
from extractors.marks import mark_lines
from extractors.metadata.extract import PageContext, extract_metadata, metadata_from_hints
from extractors.records import (
    Article,
    Form,
    Metadata,
    Outcome,
    RawPage,
    Rejected,
    RejectReason,
    Versions,
)
from extractors.sites.apply import choose_site_body, match_lines, state_metadata
from extractors.sites.marking import SiteEvidence
from extractors.sites.records import PageRules, SiteRuleSet
from extractors.sniff import Content, binary_type, sniff_content
from extractors.strip.engine import StripContext, strip_text
from extractors.strip.rules import RuleSet, load_packaged_rules
from extractors.versions import extractor_version

# 20 MB of flat paragraphs keep trafilatura busy for 85 seconds; no article is this long.
MAX_BODY_BYTES = 16 * 1024 * 1024
# Fewer letters than this are no article: a headline, a button, an error message.
MIN_LETTERS = 40
# What a page that shows no markup may be declared as; a script, a style sheet or a JSON file is no page.
_TEXT_TYPES = frozenset({None, "", "text/plain", "text/html", "application/xhtml+xml", "application/octet-stream"})
_FRONT_PATH = re.compile(r"/?(?:(?:index|home|default)(?:\.\w{2,5})?/?)?", re.IGNORECASE)
# A page may be dated by a clock ahead of ours, never by much.
_AHEAD = timedelta(days=1)
_SAMPLE_CHARS = 8_000


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """What a judgement depends on beside the page. `with_comments` keeps readers' comments in a column of their own.

    `site_rules` are the user's own.
    """

    rules: RuleSet = field(default_factory=load_packaged_rules)
    with_comments: bool = False
    furniture: FurnitureSet = field(default_factory=FurnitureSet)
    site_rules: SiteRuleSet = field(default_factory=SiteRuleSet)

    @property
    def versions(self) -> Versions:
        """The versions to be recorded with every row that these options produce; `versions_for` adds the site's."""
        own = f"+sites-{self.site_rules.version}" if self.site_rules.version else ""
        return Versions(extractor_version(with_comments=self.with_comments), self.rules.version + own)

    def versions_for(self, site: str | None) -> Versions:
        """Return the versions to be recorded with a row of a site."""
        furniture = self.furniture.for_site(site)
        return replace(self.versions, furniture_version=furniture.version if furniture else None)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found on a page before anything is cut: its body, its metadata, what the user's rules say."""

    body: Body | NoBody
    metadata: Metadata
    site: SiteEvidence | None = None
    marks: bytes | None = None


def judge_page(page: RawPage, options: JudgeOptions) -> Outcome:
    """Return the article that a page holds, or why it holds none."""
    unfit = _unfit(page)
    if unfit is not None:
        return reject_page(page, *unfit)
    form = Form.TEXT if sniff_content(page.body, page.media_type) is Content.TEXT else Form.HTML
    decoded = decode_body(page.body, page.http_charset, form)
    return _judge_text(page, decoded, options) if form is Form.TEXT else _judge_html(page, decoded, options)


def reject_page(page: RawPage, reason: RejectReason, detail: str) -> Rejected:
    """Return a rejection of a page that nothing more is known of."""
    return Rejected(reason=reason, detail=detail, site=site_of(page.url))


def _unfit(page: RawPage) -> tuple[RejectReason, str] | None:
    """Say why a page need not be decoded: a defect, an error status, too many bytes, another type."""
    if page.defect is not None:
        return page.defect, page.defect_detail or ""
    if page.http_status is not None and not 200 <= page.http_status < 300:
        return RejectReason.HTTP_ERROR, f"HTTP status {page.http_status}"
    if len(page.body) > MAX_BODY_BYTES:
        return RejectReason.TOO_LARGE, f"{len(page.body)} bytes, the limit is {MAX_BODY_BYTES}"
    return _wrong_content(page)


def _wrong_content(page: RawPage) -> tuple[RejectReason, str] | None:
    content = sniff_content(page.body, page.media_type)
    if content is Content.EMPTY:
        return RejectReason.EMPTY, f"{len(page.body)} bytes, none of them visible"
    if content is Content.BINARY:
        return RejectReason.WRONG_TYPE, binary_type(page.body) or "binary data"
    if content is Content.TEXT and page.media_type not in _TEXT_TYPES:
        return RejectReason.WRONG_TYPE, page.media_type or ""
    return None


def _judge_html(page: RawPage, decoded: Decoded, options: JudgeOptions) -> Outcome:
    tree = parse_html(decoded.text)
    body = extract_body(decoded.text, tree, with_comments=options.with_comments)
    latest = page.fetched_at + _AHEAD
    if tree is None:
        metadata = metadata_from_hints(page.hints, latest)
    else:
        sample = body.text[:_SAMPLE_CHARS] if isinstance(body, Body) else ""
        metadata = extract_metadata(tree, PageContext(page.url, page.hints, sample, latest))
    found = _Found(body, metadata)
    if tree is not None:
        rules = options.site_rules.for_url(page.url or metadata.canonical_url)
        found = _by_site_rules(decoded.text, tree, found, rules, latest)
    body, metadata = found.body, found.metadata
    if isinstance(body, Body) and _is_front_page(page.url or metadata.canonical_url, metadata):
        body = NoBody(RejectReason.NOT_ARTICLE, "the front page of a site, without a date of its own")
    if isinstance(body, NoBody):
        rejected = Rejected(body.reason, body.detail, _site(page, metadata), form=Form.HTML, metadata=metadata)
        site_lines = found.site.lines if found.site else ()
        return replace(rejected, encoding=decoded.encoding, encoding_source=decoded.source, site_rule_lines=site_lines)
    marks = mark_lines(tree, body.text, body.second_text) if tree is not None else None
    return _finish(page, replace(found, body=body, marks=marks), (decoded, options))


def _by_site_rules(html: str, tree: HtmlElement, found: _Found, rules: PageRules | None, latest: datetime) -> _Found:
    """Return what was found with what the user's rules of the site make of it; the text is still whole."""
    if rules is None:
        return found
    body, noted = choose_site_body(html, tree, rules, found.body)
    lines = match_lines(body.text, tree, rules) if isinstance(body, Body) else ()
    metadata = state_metadata(tree, rules, found.metadata, latest)
    return _Found(body, metadata, SiteEvidence(rules, (*noted, *lines)))


def _is_front_page(url: str | None, metadata: Metadata) -> bool:
    """Tell whether a page is the front page of its site: an address without a path or query, and no date."""
    if url is None or metadata.published_at is not None:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and not parts.query and bool(_FRONT_PATH.fullmatch(parts.path))


def _judge_text(page: RawPage, decoded: Decoded, options: JudgeOptions) -> Outcome:
    """Judge a plain-text dump: its first line is the title, unless a title came beside it."""
    metadata = metadata_from_hints(page.hints, page.fetched_at + _AHEAD, decoded.text[:_SAMPLE_CHARS])
    if metadata.title is None:
        first = next((line.strip() for line in decoded.text.split("\n") if line.strip()), None)
        metadata = replace(metadata, title=first)
    rules = options.site_rules.for_url(page.url)
    found = _Found(Body(decoded.text, "text"), metadata, SiteEvidence(rules) if rules else None)
    return _finish(page, found, (decoded, options))


def _finish(page: RawPage, found: _Found, how: tuple[Decoded, JudgeOptions]) -> Outcome:
    """Choose the language, strip, and decide whether what is left is an article."""
    decoded, options = how
    body, metadata = found.body, found.metadata
    assert isinstance(body, Body)
    site_lines = found.site.lines if found.site else ()
    form = Form.TEXT if body.source == "text" else Form.HTML
    is_dump = form is Form.TEXT and page.hints.title is None
    site = _site(page, metadata)
    furniture = options.furniture.for_site(site)
    context = StripContext(metadata.language, form, is_dump, metadata.title, furniture, found.site, found.marks)
    stripped = strip_text(body.text, context, options.rules)
    letters = _count_letters(stripped.text, context)
    if letters < MIN_LETTERS:
        had = _count_letters(body.text, context)
        reason = RejectReason.ONLY_BOILERPLATE if had >= MIN_LETTERS else RejectReason.TOO_SHORT
        detail = f"{letters} letters of text are left of {had}" if had > letters else f"{letters} letters of text"
        return Rejected(
            reason=reason,
            detail=detail,
            site=site,
            form=form,
            metadata=metadata,
            text=stripped.text,
            removals=stripped.removals,
            extracted_chars=len(body.text),
            encoding=decoded.encoding,
            encoding_source=decoded.source,
            body_source=body.source,
            site_rule_lines=site_lines,
            line_marks=found.marks,
        )
    return Article(
        metadata=metadata,
        site=site,
        form=form,
        text=stripped.text,
        comments_text=body.comments,
        removals=stripped.removals,
        extracted_chars=len(body.text),
        text_sha256=sha256_hex(stripped.text.encode("utf-8", "surrogatepass")),
        encoding=decoded.encoding,
        encoding_source=decoded.source,
        body_source=body.source,
        site_rule_lines=site_lines,
        line_marks=found.marks,
    )


def _count_letters(text: str, context: StripContext) -> int:
    """Count the letters and digits of a text as far as it matters; the title line of a dump is no article."""
    if context.has_title_line:
        text = text.lstrip().partition("\n")[2]
    return sum(1 for _letter in islice(filter(str.isalnum, text), MIN_LETTERS))


def _site(page: RawPage, metadata: Metadata) -> str | None:
    return site_of(page.url) or site_of(metadata.canonical_url)
