"""A small web: hosts with feeds, sitemaps and pages, and a sources file that names them. Sizes are parameters."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

from fetch_samples import page_answer
from fetch_server import Answer, FetchServer, Seen, conditional

XML = "application/xml"
_PATH = "/2026/11/{day:02}/the-story-of-the-mill-part-{number}.html"


@dataclass(frozen=True, slots=True)
class World:
    """The hosts, how many pages each has, and the pause that one of them asks for."""

    host_count: int
    pages_per_host: int
    crawl_delay: float = 0.0

    @property
    def hosts(self) -> list[str]:
        """Addresses of this machine, each a host."""
        return [f"127.0.{number // 250 + 1}.{number % 250 + 1}" for number in range(self.host_count)]

    @property
    def page_count(self) -> int:
        """Pages that may be fetched."""
        return self.host_count * self.pages_per_host

    def paths(self) -> list[str]:
        """Return the paths of the pages of a host."""
        return [_PATH.format(day=number % 22 + 1, number=number) for number in range(self.pages_per_host)]

    def pages(self, server: FetchServer) -> list[str]:
        """Return the URLs of all pages."""
        return [server.url(host, path) for host in self.hosts for path in self.paths()]


def serve(world: World, page=page_answer) -> FetchServer:
    """Return a server of the world: every page, listing and robots.txt has an ETag."""
    server = FetchServer(default=page, addresses=world.hosts)
    for number, host in enumerate(world.hosts):
        for path, route in _listings(world, server, host, asks_for_pause=number == 0).items():
            server.routes[(host, path)] = route
    return server


def _listings(world: World, server: FetchServer, host: str, *, asks_for_pause: bool):
    """Return the listings of a host: each page in a feed or a sitemap, some in both, and one page that is closed."""
    urls = [server.url(host, path) for path in world.paths()]
    closed = server.url(host, "/private/2026/11/01/not-for-machines-at-all.html")
    half = len(urls) // 2
    delay = f"Crawl-delay: {world.crawl_delay}\n" if asks_for_pause and world.crawl_delay else ""
    robots = f"User-agent: *\nDisallow: /private/\n{delay}\nSitemap: {server.url(host, '/sitemap.xml')}\n"
    # The newest pages of a feed stand in the sitemap too, under an address with a tracking parameter.
    feed = [*urls[:half], closed]
    return {
        "/robots.txt": Answer(robots.encode(), headers={"Content-Type": "text/plain"}),
        "/feed.xml": conditional(_feed(feed), **{"Content-Type": "application/rss+xml"}),
        "/sitemap.xml": conditional(_index([server.url(host, "/pages.xml.gz")]), **{"Content-Type": XML}),
        "/pages.xml.gz": conditional(
            gzip.compress(_sitemap([*urls[half:], *(f"{url}?utm_source=feed" for url in urls[:3])])),
            **{"Content-Type": "application/gzip"},
        ),
    }


def _feed(urls) -> bytes:
    items = "".join(f"<item><title>The mill</title><link>{url}</link></item>" for url in urls)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Mill</title>{items}</channel></rss>'.encode()


def _sitemap(urls) -> bytes:
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    return (
        f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'.encode()
    )


def _index(urls) -> bytes:
    entries = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0"?><sitemapindex xmlns="{space}">{entries}</sitemapindex>'.encode()


def write_sources(world: World, server: FetchServer, path: Path) -> Path:
    """Write a sources file: a feed and a sitemap each, every second site's found through its robots.txt."""
    lines = []
    for number, host in enumerate(world.hosts):
        lines += ["[[source]]", f'name = "mill-{number}"', f'homepage = "{server.url(host, "/")}"',
                  f'feeds = ["{server.url(host, "/feed.xml")}"]']  # fmt: skip
        lines.append(
            "sitemaps_from_robots = true" if number % 2 else f'sitemaps = ["{server.url(host, "/sitemap.xml")}"]'
        )
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def is_page(seen: Seen) -> bool:
    """Tell whether a request was for a page."""
    return seen.path.endswith(".html")
