"""What a WARC of ours says of a page beside the standard's own fields, so that reading it back gives the same page.

It stands in a `metadata` record before the page's own, which other tools pass over. Both the writer and the reader of
archives use it; neither is here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from extractors.identity import Capture, make_raw_page, sha256_hex
from extractors.records import Hints, RawPage, RejectReason

NOTE_TYPE = "application/vnd.gristmill.page+json"


class PageNote(BaseModel):
    """A page without its body: the fields of `RawPage` and the version of this form."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    url: str | None
    fetched_at: AwareDatetime
    source: str
    locator: str
    http_status: int | None
    media_type: str | None
    http_charset: str | None
    headers: tuple[tuple[str, str], ...]
    defect: RejectReason | None
    defect_detail: str | None
    hints: Hints
    raw_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

    @classmethod
    def of(cls, page: RawPage) -> PageNote:
        """Return the note of a page."""
        return cls.model_construct(**{name: getattr(page, name) for name in cls.model_fields if name != "version"})

    def to_json(self) -> bytes:
        """Return the note as one line of JSON, without what is absent in the hints."""
        return self.model_dump_json(exclude_defaults=False).encode("utf-8", "surrogatepass")

    def page_of(self, body: bytes, label: str | None = None) -> RawPage | None:
        """Return the page that this is the note of, from `label` where one is given; None when it has another body."""
        if sha256_hex(body) != self.raw_sha256:
            return None
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        del fields["version"], fields["raw_sha256"]
        return make_raw_page(body, Capture(**(fields | {"source": label or self.source})))


def parse_note(data: bytes) -> PageNote | None:
    """Read a note; None for anything else."""
    try:
        return PageNote.model_validate_json(data)
    except ValidationError:
        return None
