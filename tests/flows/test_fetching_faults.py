"""Whatever a server or the network does wrong has a class and a row, and harms nothing beside it."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import threading
import zlib
from contextlib import suppress

import brotli
import fetch_faults as faults
import pyarrow as pa
import pytest
import trustme
from fetch_samples import AT_ONCE, SOON, ask, client_settings, fetch, fetch_one, run_plan, site_server
from fetch_server import Answer, FetchServer, MapResolver

from flows.fetching.client import Client
from flows.fetching.errors import FailureClass
from flows.fetching.messages import FetchRequest
from warehouse.layout import Warehouse

LIMIT = 1_000_000
TIGHT = {"max_bytes": LIMIT, "connect_seconds": 0.5, "idle_seconds": 0.4, "total_seconds": 1.0}
HUGE = b"X-Huge: " + b"h" * 100_000 + b"\r\n"
MANY = b"".join(b"X-%d: y\r\n" % number for number in range(5000))
ROUTES = {
    "/reset": Answer(fault=faults.reset),
    "/hang-up": Answer(fault=faults.hang_up),
    "/drip": Answer(fault=faults.drip),
    "/silence": Answer(fault=faults.silence),
    "/no-answer": Answer(fault=faults.never_answer),
    "/endless": Answer(fault=faults.endless),
    "/endless-headers": Answer(fault=faults.endless_headers),
    "/large": Answer(b"x" * (LIMIT + 1)),
    "/claims-large": faults.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n", b"x"),
    "/gzip-bomb": faults.coded("gzip", faults.bomb("gzip")),
    "/br-bomb": faults.coded("br", faults.bomb("br")),
    "/cut-gzip": faults.coded("gzip", gzip.compress(faults.PAGE)[:-20]),
    "/unknown-coding": faults.coded("rot13", b"\x00\x01\x02" * 50),
    "/short": faults.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n", b"<p>too short"),
    "/long": faults.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", b"<p>and more"),
    "/cut-chunks": faults.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", b"ff\r\n<p>cut"),
    "/bad-chunks": faults.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", b"zz\r\n<p>\r\n0\r\n\r\n"),
    "/no-http": Answer(raw=b"SSH-2.0-OpenSSH_9.9\r\n"),
    "/bad-length": faults.raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n", b"x"),
    "/huge-header": faults.raw(b"HTTP/1.1 200 OK\r\n" + HUGE, b"x"),
    "/many-headers": faults.raw(b"HTTP/1.1 200 OK\r\n" + MANY, b"x"),
    "/loop": faults.moved("/loop-back"),
    "/loop-back": faults.moved("/loop"),
    "/self": faults.moved("/self", 301),
    "/nowhere": Answer(status=302),
    "/bad-place": faults.moved("http://[::1"),
    "/429": Answer(status=429, headers={"Retry-After": "1"}),
    "/503": Answer(status=503),
    "/500": Answer(status=500),
    "/403": Answer(status=403),
    "/404": Answer(status=404),
    "/410": Answer(status=410),
    "/204": Answer(status=204),
    "/304": Answer(status=304),
    "/image": Answer(b"\x89PNG", headers={"Content-Type": "image/png"}),
}
CASES = [
    ("/reset", {FailureClass.DISCONNECTED, FailureClass.INCOMPLETE_BODY}),
    ("/hang-up", {FailureClass.DISCONNECTED}),
    ("/drip", {FailureClass.TOTAL_TIMED_OUT}),
    ("/silence", {FailureClass.IDLE_TIMED_OUT}),
    ("/no-answer", {FailureClass.IDLE_TIMED_OUT}),
    ("/endless", {FailureClass.BODY_TOO_LARGE}),
    ("/endless-headers", {FailureClass.BAD_HTTP}),
    ("/large", {FailureClass.BODY_TOO_LARGE}),
    ("/claims-large", {FailureClass.BODY_TOO_LARGE}),
    ("/gzip-bomb", {FailureClass.BODY_TOO_LARGE}),
    ("/br-bomb", {FailureClass.BODY_TOO_LARGE}),
    ("/cut-gzip", {FailureClass.BAD_CODING}),
    ("/unknown-coding", {FailureClass.BAD_CODING}),
    ("/short", {FailureClass.INCOMPLETE_BODY}),
    ("/cut-chunks", {FailureClass.INCOMPLETE_BODY}),
    ("/bad-chunks", {FailureClass.BAD_HTTP, FailureClass.INCOMPLETE_BODY}),
    ("/no-http", {FailureClass.BAD_HTTP}),
    ("/bad-length", {FailureClass.BAD_HTTP}),
    ("/huge-header", {FailureClass.HEADERS_TOO_LARGE}),
    ("/many-headers", {FailureClass.BAD_HTTP}),
    ("/long", {FailureClass.BAD_HTTP}),
    ("/loop", {FailureClass.REDIRECT_LOOP}),
    ("/self", {FailureClass.REDIRECT_LOOP}),
    ("/nowhere", {FailureClass.BAD_REDIRECT}),
    ("/bad-place", {FailureClass.BAD_REDIRECT}),
    ("/step-0", {FailureClass.TOO_MANY_REDIRECTS}),
    ("/429", {FailureClass.TOO_MANY_REQUESTS}),
    ("/503", {FailureClass.SERVER_ERROR}),
    ("/500", {FailureClass.SERVER_ERROR}),
    ("/403", {FailureClass.CLIENT_ERROR}),
    ("/404", {FailureClass.NOT_FOUND}),
    ("/410", {FailureClass.GONE}),
    ("/204", {FailureClass.BAD_STATUS}),
    ("/304", {FailureClass.BAD_STATUS}),
    ("/image", {FailureClass.WRONG_TYPE}),
]
TRANSIENT = {
    "/reset", "/hang-up", "/drip", "/silence", "/no-answer", "/cut-gzip", "/unknown-coding", "/short", "/cut-chunks",
    "/bad-chunks", "/endless-headers", "/many-headers", "/long", "/no-http", "/bad-length", "/429", "/503", "/500",
}  # fmt: skip
LONG_WAY = {f"/step-{number}": faults.moved(f"/step-{number + 1}") for number in range(30)}


@pytest.fixture(scope="module")
def server():
    """Serve every fault at an address of its own."""
    with site_server(ROUTES | LONG_WAY) as server:
        yield server


@pytest.mark.parametrize(("path", "kinds"), CASES, ids=[path for path, _ in CASES])
def test_each_fault_has_its_class(server, path, kinds):
    """One request, one class; no body is handed on, and nothing is raised."""
    result = fetch_one(server.url("127.0.0.1", path), settings=client_settings(**TIGHT))
    assert result.failure.kind in kinds
    assert result.failure.detail
    assert result.failure.is_transient == (path in TRANSIENT)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_refused():
    """Nobody listens: transient, for the host may come back."""
    result = fetch_one(f"http://127.0.0.1:{free_port()}/")
    assert (result.failure.kind, result.failure.is_transient) == (FailureClass.CONNECT_FAILED, True)


def test_no_such_name():
    """A name that does not resolve: transient, for names come back too."""
    result = fetch_one("http://gone.example/", resolver=MapResolver({}))
    assert (result.failure.kind, result.failure.is_transient) == (FailureClass.DNS_FAILED, True)


def test_connecting_takes_too_long():
    """A host that takes no connections in time."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        where = listener.getsockname()
        # The kernel finishes some handshakes by itself; then the queue is full.
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:
            filler.settimeout(0)
            filler.connect_ex(where)
        result = fetch_one(f"http://127.0.0.1:{where[1]}/", settings=client_settings(**TIGHT))
        for filler in fillers:
            filler.close()
    assert result.failure.kind is FailureClass.CONNECT_TIMED_OUT


def test_a_request_that_is_cancelled_is_no_failure(server):
    """Only a limit of ours becomes a failure: whoever cancels a request sees it cancelled."""

    async def cancel():
        async with Client(client_settings()) as client:
            task = asyncio.create_task(client.get(FetchRequest(server.url("127.0.0.1", "/silence"))))
            await asyncio.sleep(0.2)
            task.cancel()
            await asyncio.wait({task})
            return task.cancelled()

    assert asyncio.run(cancel())


@pytest.fixture(scope="module")
def authority():
    """Return a certificate authority that no system trusts."""
    return trustme.CA()


def tls_of(authority, name):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_an_untrusted_certificate(authority):
    """A certificate of nobody known: no page is taken from there."""
    with FetchServer(tls=tls_of(authority, "127.0.0.1")) as server:
        result = fetch_one(server.url("127.0.0.1", "/a"))
    assert result.failure.kind is FailureClass.TLS_FAILED
    assert server.log == []


def get_trusting(authority, url, resolver):
    async def get():
        trust = ssl.create_default_context()
        authority.configure_trust(trust)
        async with Client(client_settings(), resolver, trust) as client:
            return await client.get(FetchRequest(url))

    return asyncio.run(get())


@pytest.mark.parametrize(("host", "kind"), [("quay.example", None), ("other.example", FailureClass.TLS_FAILED)])
def test_a_certificate_of_another_host(authority, host, kind):
    """A trusted certificate counts for the host that it names, and for no other."""
    resolver = MapResolver({host: "127.0.0.1"})
    with FetchServer({"/a": Answer(faults.PAGE)}, tls=tls_of(authority, "quay.example")) as server:
        result = get_trusting(authority, server.url(host, "/a"), resolver)
    assert (result.failure.kind if result.failure else None) is kind


def test_tls_where_there_is_none():
    """A server that answers a handshake with plain text."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            with suppress(OSError):
                while True:
                    talk = listener.accept()[0]
                    talk.recv(10)
                    talk.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    talk.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        result = fetch_one(f"https://127.0.0.1:{listener.getsockname()[1]}/")
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    assert result.failure.kind is FailureClass.TLS_FAILED


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity", "gzip, br"])
def test_codings_are_undone(coding):
    """A page comes out as it was before its content encodings; what was sent is counted as sent."""
    undone = {
        "gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "identity": bytes,
        "gzip, br": lambda body: brotli.compress(gzip.compress(body)), "zstd": zstd,
    }  # fmt: skip
    sent = undone[coding](faults.PAGE)
    with site_server({"/a": faults.coded(coding, sent)}) as server:
        result = fetch_one(server.url("127.0.0.1", "/a"))
    assert (result.failure, result.body, result.wire_bytes) == (None, faults.PAGE, len(sent))


def zstd(body):
    return pa.compress(body, codec="zstd", asbytes=True)


def test_pages_that_look_wrong_and_are_not():
    """A wrong charset, HTML under the name of gzip, no length at all: pages all the same."""
    routes = {
        "/charset": Answer("<p>Zürich".encode("latin-1"), headers={"Content-Type": "text/html; charset=utf-8"}),
        "/no-gzip": faults.coded("gzip", faults.PAGE),
        "/no-length": faults.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", faults.PAGE),
        "/odd-header": faults.raw(b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nContent-Length: 3\r\n", b"<p>"),
    }
    with site_server(routes) as server:
        results = dict(zip(routes, fetch([server.url("127.0.0.1", path) for path in routes]), strict=True))
    assert {path: result.failure for path, result in results.items()} == dict.fromkeys(routes)
    assert results["/no-gzip"].body == faults.PAGE
    assert results["/odd-header"].header("x-name") == "caf\ufffd"


def test_a_run_among_faults_keeps_every_good_page(tmp_path):
    """All faults at once, beside good pages of the same and of other hosts: every good page is stored, every fault is a row."""
    warehouse = Warehouse(tmp_path)
    paths = [path for path, _ in CASES]
    hosts = {"bad.example": "127.0.0.1", "good.example": "127.0.0.1"}
    with site_server(ROUTES | LONG_WAY) as server:
        bad = [server.url("bad.example", path) for path in paths]
        good = [server.url(host, f"/story/{number}") for host in hosts for number in range(20)]
        nobody = [f"http://gone.example/{number}" for number in range(5)]
        mixed = [url for pair in zip(good, bad, strict=False) for url in pair] + good + bad + nobody
        report, _ = run_plan(
            warehouse, dict.fromkeys(mixed), resolver=MapResolver(hosts), settings=client_settings(**TIGHT),
            rules=AT_ONCE, retries=SOON,
        )  # fmt: skip
    rows = dict(ask(warehouse, "select url, coalesce(failure_class, outcome) from fetch_state"))
    assert len(rows) == len(good) + len(bad) + len(nobody)
    for (_, kinds), url in zip(CASES, bad, strict=True):
        assert rows[url] in {kind.value for kind in kinds} | {"host_paused"}
    assert {rows[url] for url in good} <= {"stored", "host_paused"}
    assert {rows[url] for url in good if "good.example" in url} == {"stored"}
    # After three failures of the name, the others of this host are left to a later run.
    assert {rows[url] for url in nobody} == {"dns_failed"}
    assert report.problems == []
    assert ask(warehouse, "select count(*) from fetch_failures where failure_class = 'dns_failed'") == [(5,)]
