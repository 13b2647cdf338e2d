"""Where requests may not go: every spelling of a private address, whoever names it, is refused before a connection."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest
from fetch_samples import AT_ONCE, client_settings, fetch, fetch_one, site_server
from fetch_server import Answer, MapResolver

from flows.fetching.addresses import AddressPolicy, is_public, parse_networks
from flows.fetching.errors import FailureClass

PRIVATE = [
    "127.0.0.1", "127.8.9.10", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.0.170",
    "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::1", "::", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::10.1.2.3", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::1", "2002:a00:1::",
    "2001:0:1:2:3:4:5:6", "2001:db8::1", "2001:10::1", "fe80::1", "fe80::1%lo", "fec0::1", "fc00::1",
    "fd00:ec2::254", "ff02::1", "ff0e::1", "100::1", "3fff::1", "5f00::1", "4000::1",
    "2606:4700::5efe:127.0.0.1", "2606:4700::200:5efe:10.0.0.1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "93.184.215.14", "100.63.255.255", "100.128.0.0", "172.32.0.1", "2606:4700::1111",
          "2a00:1450:4001::200e", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e", "2002:5db8:d70e::1"]  # fmt: skip
# How a URL may spell a host that is an address of this machine or of its network.
SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1", "017700000001",
    "0", "0.0.0.0", "0x0", "10.1", "0xa000001", "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376",
    "192.168.257", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fd00:ec2::254]", "[ff02::1]", "localhost", "LocalHost",
    "LOCALHOST", "①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1", "user@127.0.0.1", "example.com@127.0.0.1",
    "127.0.0.1.", "[::ffff:0:7f00:1]", "[2001:0:7f00:1::1]", "[fec0::1]",
]  # fmt: skip
REFUSED = {FailureClass.ADDRESS_REFUSED, FailureClass.BAD_URL}


@pytest.fixture(scope="module")
def server():
    """Serve on loopback addresses, where nothing may ever arrive."""
    with site_server() as server:
        yield server


def outside(server):
    """Return the settings of a user, to whom only the port of the server is open beside the web's."""
    return client_settings(addresses=AddressPolicy(allowed_ports=frozenset({80, server.port})))


@pytest.mark.parametrize("text", PRIVATE)
def test_private(text):
    """No special address is public, however an IPv4 address is wrapped."""
    assert not AddressPolicy().allows_address(text)


@pytest.mark.parametrize("text", PUBLIC)
def test_public(text):
    """What belongs to the public internet is reached, through a translator too."""
    assert AddressPolicy().allows_address(text)
    assert not AddressPolicy(is_public_allowed=False).allows_address(text)


def test_every_ipv4_network_that_python_calls_private():
    """The first and the last address of each network that the standard library knows as private are refused."""
    known = ip_address("127.0.0.1")._constants._private_networks
    ends = [address for network in known for address in (network[0], network[-1])]
    assert [str(address) for address in ends if is_public(address)] == []


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_host_gets_through(server, spelling):
    """Decimal, octal, hex, short, full-width, IPv6: refused, and nothing arrives."""
    before = len(server.log)
    result = fetch_one(f"http://{spelling}:{server.port}/", settings=outside(server))
    assert result.failure.kind in REFUSED
    assert len(server.log) == before


@pytest.mark.parametrize("address", PRIVATE)
def test_no_answer_of_dns_gets_through(server, address):
    """A public name that resolves to a private address is refused."""
    address = address.partition("%")[0]
    found = fetch_one(
        f"http://innocent.example:{server.port}/", settings=outside(server),
        resolver=MapResolver({"innocent.example": address}),
    )  # fmt: skip
    assert found.failure.kind is FailureClass.ADDRESS_REFUSED
    assert server.log == []


class Rebinding(MapResolver):
    """A resolver whose first answers are harmless and whose later ones are not, as a hostile DNS server's."""

    async def resolve(self, host, port=0, family=socket.AF_UNSPEC):
        """Answer otherwise the second time."""
        self._hosts = {host: "127.0.0.2" if not self.asked else "10.0.0.1"}
        return await super().resolve(host, port, family)


def test_the_address_is_checked_when_it_is_connected_to(monkeypatch):
    """Each resolving is checked, not only the first."""
    monkeypatch.setattr("flows.fetching.connect._DNS_SECONDS", 0)
    with site_server({"/a": Answer(b"<p>x", headers={"Connection": "close"})}, addresses=["127.0.0.2"]) as server:
        settings = client_settings(addresses=AddressPolicy(allowed_networks=parse_networks(["127.0.0.2"])))
        resolver = Rebinding({})
        server.routes["/robots.txt"] = Answer(status=404, headers={"Connection": "close"})
        result = fetch_one(server.url("rebind.example", "/a"), settings=settings, resolver=resolver)
    assert result.failure.kind is FailureClass.ADDRESS_REFUSED
    assert [seen.path for seen in server.log] == ["/robots.txt"]
    assert len(resolver.asked) == 2


@pytest.mark.parametrize("inside", ["http://127.0.0.3:{port}/", "http://2130706435:{port}/", "//127.0.0.3:{port}/",
                                    "http://[::ffff:127.0.0.3]:{port}/", "http://inner.example:{port}/"])  # fmt: skip
def test_no_redirect_gets_through(inside):
    """A page that redirects to a private address is refused at the hop; the redirect is on record."""
    policy = AddressPolicy(allowed_networks=parse_networks(["127.0.0.2"]))
    resolver = MapResolver({"inner.example": "127.0.0.3", "2130706435": "127.0.0.3"})
    with site_server(addresses=["127.0.0.2", "127.0.0.3"]) as server:
        target = inside.format(port=server.port)
        server.routes[("127.0.0.2", "/go")] = Answer(status=302, headers={"Location": target})
        policy = AddressPolicy(frozenset({server.port}), policy.allowed_networks)
        result = fetch_one(
            server.url("127.0.0.2", "/go"), settings=client_settings(addresses=policy), resolver=resolver
        )
        assert result.failure.kind in REFUSED
        assert [hop.status for hop in result.redirects] == [302]
        assert {seen.host for seen in server.log} == {"127.0.0.2"}


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://mill.example/", "gopher://127.0.0.1/", "javascript:1",
                                    "data:text/html,x"])  # fmt: skip
def test_only_the_web(target):
    """Other schemes are no URLs to fetch, and no redirects to follow."""
    with site_server({"/go": Answer(status=301, headers={"Location": target})}) as server:
        direct, redirected = fetch([target, server.url("127.0.0.1", "/go")])
    assert direct.failure.kind is FailureClass.BAD_URL
    assert redirected.failure.kind is FailureClass.BAD_REDIRECT


@pytest.mark.parametrize("port", [22, 25, 6379, 11211, 1, 65535])
def test_ports_of_other_services(port):
    """A public address is reached on the ports of the web alone."""
    resolver = MapResolver({"quay.example": "93.184.215.14"})
    result = fetch_one(f"http://quay.example:{port}/", resolver=resolver, settings=client_settings())
    assert result.failure.kind is FailureClass.PORT_REFUSED


@pytest.mark.parametrize("url", ["", "http://", "http:///x", "mill.example/a", "http://mill.example:99999/", "http://[::1",
                                 "http://a b/", "https://mill.example:x/", "http://" + "a" * 9000 + ".example/"])  # fmt: skip
def test_what_is_no_url(url):
    """Rubbish is a class of failure, never an exception."""
    assert fetch_one(url).failure.kind is FailureClass.BAD_URL


def test_a_network_that_is_named_is_reached_and_no_other():
    """The setting for tests opens the network that it names, on every port."""
    policy = AddressPolicy(allowed_networks=parse_networks(["127.0.0.2/32"]))
    with site_server(addresses=["127.0.0.2", "127.0.0.3"]) as server:
        urls = [server.url("127.0.0.2", "/a"), server.url("127.0.0.3", "/a")]
        there, refused = fetch(urls, rules=AT_ONCE, settings=client_settings(addresses=policy))
    assert there.failure is None
    assert refused.failure.kind is FailureClass.ADDRESS_REFUSED
    assert {seen.host for seen in server.log} == {"127.0.0.2"}


def test_a_proxy_of_the_environment_is_no_way_around(server, monkeypatch):
    """What the environment says of proxies is not used: a proxy would connect wherever it is told to."""
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
    before = len(server.log)
    result = fetch_one("http://10.0.0.1/", settings=outside(server))
    assert result.failure.kind is FailureClass.ADDRESS_REFUSED
    assert len(server.log) == before
