"""Write `sample.warc.gz`, the sample web archive, from the captures in the folder `make_archive/`.

Each file there with a sidecar becomes a request and a response record, its body sent as the sidecar's headers say
(gzip, br, chunked). The bytes depend on nothing but that folder: no clock, no random ids, no file times. Run it again
after a change there: `python seeds/make_archive.py`.
"""

from __future__ import annotations

import hashlib
import json
import uuid
import zlib
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import brotli
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

SEEDS = Path(__file__).resolve().parent
CAPTURES = SEEDS / "make_archive"
ARCHIVE = SEEDS / "sample.warc.gz"
SIDECAR = ".meta.json"
CHUNK_BYTES = 700


def encode_body(body: bytes, headers: dict[str, str]) -> bytes:
    """Return a body as it goes over the wire under these HTTP headers: content encoding, then chunks."""
    encoding = headers.get("Content-Encoding")
    if encoding == "gzip":
        # gzip.compress writes a header that differs between Python versions; zlib's own is constant.
        packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        body = packer.compress(body) + packer.flush()
    elif encoding == "br":
        body = brotli.compress(body)
    elif encoding:
        raise ValueError(f"no way to encode {encoding!r}")
    if headers.get("Transfer-Encoding") != "chunked":
        return body
    chunks = [body[at : at + CHUNK_BYTES] for at in range(0, len(body), CHUNK_BYTES)]
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])


def record_id(kind: str, *parts: str | bytes) -> str:
    """Return a WARC record id that follows from what the record holds."""
    digest = hashlib.sha256(kind.encode())
    for part in parts:
        digest.update(b"\0" + (part if isinstance(part, bytes) else part.encode()))
    return f"<urn:uuid:{uuid.UUID(bytes=digest.digest()[:16], version=4)}>"


def make_records(writer: WARCWriter, path: Path) -> tuple[ArcWarcRecord, ArcWarcRecord]:
    """Return the request and the response record of one captured file and its sidecar."""
    meta = json.loads(path.with_name(path.name + SIDECAR).read_text(encoding="utf-8"))
    url, body = meta["url"], path.read_bytes()
    address = urlsplit(url)
    asked = {"Host": address.netloc, "User-Agent": "gristmill-sample/1", "Accept-Encoding": "gzip, br"}
    sent = encode_body(body, meta["headers"])
    headers = dict(meta["headers"])
    if "Transfer-Encoding" not in headers:
        headers["Content-Length"] = str(len(sent))
    status = HTTPStatus(meta["http_status"])
    response_id = record_id("response", url, meta["fetched_at"], body)
    request = writer.create_warc_record(
        url,
        "request",
        http_headers=StatusAndHeaders(f"GET {address.path} HTTP/1.1", list(asked.items()), is_http_request=True),
        warc_headers_dict={
            "WARC-Date": meta["fetched_at"],
            "WARC-Record-ID": record_id("request", url, meta["fetched_at"]),
            "WARC-Concurrent-To": response_id,
        },
    )
    response = writer.create_warc_record(
        url,
        "response",
        payload=BytesIO(sent),
        length=len(sent),
        http_headers=StatusAndHeaders(f"{status.value} {status.phrase}", list(headers.items()), protocol="HTTP/1.1"),
        warc_headers_dict={"WARC-Date": meta["fetched_at"], "WARC-Record-ID": response_id},
    )
    return request, response


def make_archive(captures: Path) -> bytes:
    """Return the archive of all captured files of a folder, in the order of their names, one gzip member a record."""
    sink = BytesIO()
    writer = WARCWriter(sink, gzip=True)
    info = writer.create_warcinfo_record(ARCHIVE.name, {"description": "Invented pages, see seeds/README.md"})
    info.rec_headers.replace_header("WARC-Date", "2026-11-12T21:00:00Z")
    info.rec_headers.replace_header("WARC-Record-ID", record_id("warcinfo", ARCHIVE.name))
    writer.write_record(info)
    for sidecar in sorted(captures.glob("*" + SIDECAR)):
        for record in make_records(writer, sidecar.with_name(sidecar.name.removesuffix(SIDECAR))):
            writer.write_record(record)
    return sink.getvalue()


def main() -> None:
    """Write the archive beside this script."""
    archive = make_archive(CAPTURES)
    ARCHIVE.write_bytes(archive)
    print(f"{ARCHIVE.name}: {len(archive):,} bytes")


if __name__ == "__main__":
    main()
