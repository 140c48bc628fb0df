"""The guarded fetch against servers, names and redirects that want in, hurt or never end."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import re
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import brotli
import pytest
import trustme

from index.errors import BadFile
from index.web.address import check_public, parse
from index.web.fetch import System, fetch
from index.web.wire import Limits
from tests.hostile_server import (
    HEAD,
    Lab,
    Script,
    Server,
    answer,
    bomb,
    dripping,
    endless,
    endless_name,
    members,
    redirect,
    reset,
    says,
    silent,
    zeros,
    zipped,
)

PUBLIC, OTHER = "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"
STORY = "<html><body><p>The ferry sailed at noon.</p></body></html>"
TYPES = ["text/html", "text/plain"]
LIMITS = Limits(body=1_000_000, headers=16_384, connect=5, read=5, total=20)
HASTY = Limits(body=1_000_000, headers=16_384, connect=0.3, read=0.3, total=1)
"""For what would go on for ever: only the limit ends it."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    made.answers["news.example/story"] = answer(STORY)
    yield made
    made.close()


@pytest.fixture
def lab(server: Server) -> Lab:
    """news.example and other.example, on public addresses, lead to the server."""
    made = Lab()
    made.names = {"news.example": [[PUBLIC]], "other.example": [[OTHER]]}
    made.doors = {(a, p): server for a in (PUBLIC, OTHER) for p in (80, 8080)}
    return made


def refusal(url: str, lab: Lab, limits: Limits = LIMITS) -> str:
    """Why a URL was refused; nothing forbidden was connected to on the way."""
    with pytest.raises(BadFile) as refused:
        fetch(url, limits, lab, TYPES)
    assert lab.escaped == []
    return str(refused.value)


# URLs that must lead nowhere, given by a person or by a redirect

LOCAL = "not a public address"
DISGUISED = "number in disguise"
URLS = {
    "http://127.0.0.1/": LOCAL,
    "http://127.0.0.1.:80/": LOCAL,
    "http://10.1.2.3/": LOCAL,
    "http://172.31.0.1/": LOCAL,
    "http://192.168.1.1:8080/": LOCAL,
    "http://169.254.169.254/latest/meta-data/": LOCAL,
    "http://100.100.100.200/": LOCAL,
    "http://0.0.0.0/": LOCAL,
    "http://[::]/": LOCAL,
    "http://[::1]/": LOCAL,
    "http://[::ffff:127.0.0.1]/": LOCAL,
    "http://[::ffff:a9fe:a9fe]/": LOCAL,
    "http://[0:0:0:0:0:ffff:10.0.0.1]/": LOCAL,
    "http://[::127.0.0.1]/": LOCAL,
    "http://[64:ff9b::10.0.0.1]/": LOCAL,
    "http://[2002:7f00:1::]/": LOCAL,
    "http://[fd00:ec2::254]/": LOCAL,
    "http://[fe80::1]/": LOCAL,
    "http://[fe80::1%25eth0]/": "zone ids",
    "http://[fe80::1%eth0]/": "zone ids",
    "http://[v1.fe80::a+en1]/": "no IPv6 address",
    "http://2130706433/": DISGUISED,
    "http://0x7f000001/": DISGUISED,
    "http://0x7f.0x0.0x0.0x1/": DISGUISED,
    "http://0177.0.0.1/": DISGUISED,
    "http://017700000001/": DISGUISED,
    "http://127.1/": DISGUISED,
    "http://127.0.1/": DISGUISED,
    "http://127.0.0.01/": DISGUISED,
    "http://127.0.0.1.0x/": DISGUISED,
    "http://256.256.256.256/": DISGUISED,
    "http://①②⑦.⓪.⓪.①/": LOCAL,
    "http://１２７。０。０。１/": LOCAL,
    "http://127．0．0．1/": LOCAL,
    "http://0ｘ7f.1/": DISGUISED,
    "http://١٢٧.0.0.1/": "no host name",
    "http://localhost/": "local network",
    "http://LOCALHOST./": "local network",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/": "local network",
    "http://loc%61lhost/": "nothing encoded",
    "http://%31%32%37.0.0.1/": "nothing encoded",
    "http://news.example%00.other.example/": "nothing encoded",
    "http://news.example@127.0.0.1/": "name or password",
    "http://user:secret@news.example/": "name or password",
    "http://127.0.0.1\\@news.example/": "backslash",
    "http://news.example\\.127.0.0.1/": "backslash",
    "http://news.example:22/": "port 22",
    "http://news.example:0/": "port 0",
    "http://news.example:6379/": "port 6379",
    "http://news.example:65616/": "port 65616",
    "http://news.example:８０/": "not a host with a port",
    "http://news.example:80:80/": "not a host with a port",
    "http://[::1]news.example/": "not a host with a port",
    "http://news..example/": "no host name",
    "http://news.example../": "no host name",
    "http://-news.example/": "no host name",
    "http://news example.example/": "no host name",
    "http:///story": "not a host with a port",
    "http://news.example/a\r\nX-Evil: 1": "control character",
    "http://news.example/" + "a" * 3_000: "characters",
    "file:///etc/passwd": "only http and https",
    "ftp://news.example/story": "only http and https",
    "gopher://news.example:80/_GET": "only http and https",
    "javascript://news.example/%0aalert(1)": "only http and https",
    "data://text/html,x": "only http and https",
    "unix:///var/run/docker.sock": "only http and https",
}


@pytest.mark.parametrize("url", URLS)
def test_a_url_that_leads_inside_is_refused_before_anything_is_asked(url: str, lab: Lab) -> None:
    assert re.search(URLS[url], refusal(url, lab))
    assert (lab.resolved, lab.connected) == ([], [])


@pytest.mark.parametrize("url", [url for url in URLS if "\n" not in url])
def test_a_redirect_that_leads_inside_is_not_followed(url: str, lab: Lab, server: Server) -> None:
    # As bytes: a server may send in a header what no client would.
    start, end = redirect("TARGET").split(b"TARGET")
    server.answers["news.example/go"] = start + url.encode() + end
    said = refusal("http://news.example/go", lab)
    assert "redirected to" in said and re.search(URLS[url], said)
    assert lab.connected == [(PUBLIC, 80)]
    assert lab.resolved == ["news.example"]


@pytest.mark.parametrize(
    "reference",
    [
        "//127.0.0.1/",
        "//127.0.0.1:80/x",
        "///127.0.0.1/",
        "\\\\127.0.0.1/",
        "//news.example@10.0.0.1/",
        "//[::1]/",
        "//[::1",
        "//2130706433",
        "http:/\\127.0.0.1/",
    ],
)
def test_a_relative_redirect_leads_no_further(reference: str, lab: Lab, server: Server) -> None:
    server.answers["news.example/go"] = redirect(reference)
    server.answers["news.example/127.0.0.1/"] = redirect("http://10.0.0.1/")
    assert "redirected" in refusal("http://news.example/go", lab)
    assert set(lab.connected) == {(PUBLIC, 80)}


# Names that resolve to where nobody may go

ANSWERS = {
    "loopback": ["127.0.0.1"],
    "loopback, far": ["127.255.255.254"],
    "private 10": ["10.0.0.1"],
    "private 172": ["172.16.0.1"],
    "private 192": ["192.168.0.1"],
    "carrier NAT": ["100.64.0.1"],
    "carrier NAT, end": ["100.127.255.255"],
    "link-local": ["169.254.10.10"],
    "metadata": ["169.254.169.254"],
    "metadata of Azure": ["168.63.129.16"],
    "metadata of Oracle": ["192.0.0.192"],
    "this network": ["0.0.0.7"],
    "protocol block": ["192.0.0.9"],
    "examples": ["192.0.2.1"],
    "examples 2": ["198.51.100.7"],
    "examples 3": ["203.0.113.9"],
    "benchmarks": ["198.18.0.1"],
    "6to4 relay": ["192.88.99.1"],
    "multicast": ["224.0.0.251"],
    "multicast, scoped": ["239.255.255.250"],
    "reserved": ["240.0.0.1"],
    "broadcast": ["255.255.255.255"],
    "unspecified 6": ["::"],
    "loopback 6": ["::1"],
    "mapped loopback": ["::ffff:127.0.0.1"],
    "mapped public": ["::ffff:8.8.8.8"],
    "translated": ["::ffff:0:10.0.0.1"],
    "compatible": ["::10.0.0.1"],
    "NAT64": ["64:ff9b::a9fe:a9fe"],
    "NAT64, local": ["64:ff9b:1::10.0.0.1"],
    "6to4": ["2002:c0a8:101::1"],
    "Teredo": ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "ISATAP": ["2606:2800:220:1:0:5efe:10.0.0.1"],
    "ISATAP, global bit": ["2606:2800:220:1:200:5efe:192.168.0.1"],
    "unique local": ["fd12:3456:789a::1"],
    "unique local, fc": ["fc00::1"],
    "link-local 6": ["fe80::1"],
    "link-local with a zone": ["fe80::1%eth0"],
    "a zone on a public one": [OTHER + "%eth0"],
    "site-local": ["fec0::1"],
    "multicast 6": ["ff02::1"],
    "multicast 6, global": ["ff0e::1"],
    "discard": ["100::1"],
    "examples 6": ["2001:db8::1"],
    "examples 6, new": ["3fff::1"],
    "ORCHID": ["2001:20::1"],
    "segments": ["5f00::1"],
    "not handed out": ["4000::1"],
    "no number": ["localhost"],
    "a short form": ["127.1"],
    "public, then private": [PUBLIC, "10.0.0.1"],
    "private, then public": ["10.0.0.1", PUBLIC],
    "public, then loopback 6": [PUBLIC, OTHER, "::1"],
}


@pytest.mark.parametrize("addresses", ANSWERS.values(), ids=ANSWERS)
def test_a_name_with_one_forbidden_address_is_not_connected_to(
    addresses: list[str], lab: Lab, server: Server
) -> None:
    lab.names["evil.example"] = [addresses]
    assert LOCAL in refusal("http://evil.example/", lab)
    assert (lab.resolved, lab.connected) == (["evil.example"], [])
    server.answers["news.example/go"] = redirect("http://evil.example/")
    assert LOCAL in refusal("http://news.example/go", lab)
    assert lab.connected == [(PUBLIC, 80)]


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", OTHER, "2a00:1450:4001:82a::200e"])
def test_public_addresses_are_taken_as_such(address: str) -> None:
    assert check_public(address) == address


def test_a_name_is_asked_for_once_and_the_checked_address_is_connected_to(lab: Lab) -> None:
    lab.names["news.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert fetch("http://news.example/story", LIMITS, lab, TYPES).body == STORY.encode()
    assert (lab.resolved, lab.connected) == (["news.example"], [(PUBLIC, 80)])


def test_a_name_that_turns_inside_between_two_hops_is_caught(lab: Lab, server: Server) -> None:
    lab.names["news.example"] = [[PUBLIC], ["127.0.0.1"]]
    server.answers["news.example/go"] = redirect("/story")
    assert "leads to 127.0.0.1" in refusal("http://news.example/go", lab)
    assert (lab.resolved, lab.connected) == (["news.example"] * 2, [(PUBLIC, 80)])


# Servers that do not answer as they should

TOO_MANY = "more than"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SCRIPTS: dict[str, tuple[Script | bytes, str]] = {
    "endless body": (endless(HEAD + b"\r\n", b"<p>more</p>"), TOO_MANY),
    "endless chunks": (endless(CHUNKED, b"3\r\nabc\r\n"), TOO_MANY),
    "endless chunks of one byte": (endless(CHUNKED, b"1\r\na\r\n"), TOO_MANY),
    "endless chunk extension": (endless(CHUNKED + b"3;", b"a=b;"), "HTTP|more than"),
    "endless trailers": (endless(CHUNKED + b"0\r\n", b"X-More: 1\r\n"), "HTTP|more than"),
    "a chunk of 2^64 bytes": (says(CHUNKED + b"F" * 16 + b"\r\n"), "HTTP|hung up"),
    "a chunk of -1 bytes": (says(CHUNKED + b"-1\r\nabc\r\n"), "HTTP"),
    "endless headers": (endless(HEAD, b"X-More: and more\r\n"), TOO_MANY),
    "one endless header": (endless(HEAD + b"X-Long: ", b"a"), TOO_MANY),
    "endless status line": (endless(b"HTTP/1.1 200 ", b"O"), TOO_MANY),
    "endless early hints": (endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), TOO_MANY),
    "endless continue": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), TOO_MANY),
    "another protocol": (silent(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "HTTP"),
    "HTTP/0.9": (says(STORY.encode()), "HTTP"),
    "HTTP/2": (says(b"\0\0\x12\x04\0\0\0\0\0" + bytes(18)), "HTTP"),
    "switched protocols": (
        says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nabc"),
        "HTTP|hung up",
    ),
    "nothing at all": (says(), "HTTP|hung up"),
    "half a header": (says(HEAD), "HTTP|hung up"),
    "reset in the body": (reset(HEAD + b"Content-Length: 900\r\n\r\n<p>"), "broke off|HTTP"),
    "more announced than sent": (says(HEAD + b"Content-Length: 900\r\n\r\n<p>"), "HTTP|hung up"),
    "too much announced": (silent(HEAD + b"Content-Length: 1000001\r\n\r\n"), TOO_MANY),
    "a length of 5000 digits": (
        silent(HEAD + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n"),
        "HTTP|more than",
    ),
    "a negative length": (says(HEAD + b"Content-Length: -1\r\n\r\n"), "HTTP"),
    "two lengths": (says(HEAD + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"), "HTTP"),
    "cut chunks": (says(CHUNKED + b"3\r\nabc\r\n"), "HTTP|hung up"),
    "gzip bomb": (bomb(zeros(200), "gzip"), TOO_MANY),
    "gzip bomb, announced": (
        answer(b"".join(zeros(50)), Content_Encoding="gzip"),
        TOO_MANY,
    ),
    "gzip without end": (bomb(members(), "gzip"), TOO_MANY),
    "gzip with an endless name": (bomb(endless_name(), "gzip"), TOO_MANY),
    "gzip in gzip": (
        answer(gzip.compress(b"".join(zeros(50))), Content_Encoding="gzip, gzip"),
        ",",
    ),
    "gzip given twice": (
        says(HEAD + b"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n"),
        "gzip, gzip",
    ),
    "deflate bomb": (bomb(zeros(50, 15), "deflate"), "only gzip"),
    "raw deflate bomb": (bomb(zeros(50, -15), "deflate"), "only gzip"),
    "brotli bomb": (
        answer(brotli.compress(bytes(50_000_000), quality=1), Content_Encoding="br"),
        "only gzip",
    ),
    "an encoding of its own": (answer(b"x", Content_Encoding="aes128gcm"), "only gzip"),
    "gzip cut off": (answer(gzip.compress(b"a" * 999)[:-9], Content_Encoding="gzip"), "damaged"),
    "gzip with a wrong sum": (
        answer(gzip.compress(b"abc")[:-8] + bytes(8), Content_Encoding="gzip"),
        "damaged",
    ),
    "no gzip at all": (answer(STORY, Content_Encoding="gzip"), "damaged"),
    "an image": (answer(b"\x89PNG", "image/png"), "image/png"),
    "a program": (answer(b"\x7fELF", "application/octet-stream"), "octet-stream"),
    "a script": (answer("alert(1)", "text/javascript"), "javascript"),
    "no type": (answer(STORY, ""), 'type ""'),
    "two types": (answer(STORY, "text/html\r\nContent-Type: image/png"), "text/html, image/png"),
    "a type with escapes": (answer(STORY, "text/\x9b31m\u202ehtml"), "HTTP|type"),
    "not found": (answer(STORY, status="404 Not Found"), "404 Not Found"),
    "gone wrong": (answer(STORY, status="503 Service Unavailable"), "503"),
    "a part": (answer(STORY, status="206 Partial Content"), "206"),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", "204"),
    "a status of its own": (answer(STORY, status="299 Whatever"), "299"),
    "not modified": (b"HTTP/1.1 304 Not Modified\r\n\r\n", "304"),
    "a redirect to itself": (redirect("/bad"), "circle"),
    "a redirect to nowhere": (answer(status="301 Moved"), "circle"),
    "two places at once": (
        redirect("/story\r\nLocation: http://10.0.0.1/"),
        "redirected|404|no host",
    ),
    "a refresh header": (answer(STORY, "image/gif", Refresh="0; url=http://10.0.0.1/"), "image"),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_server_that_does_not_answer_properly_is_refused(
    name: str, lab: Lab, server: Server
) -> None:
    script, reason = SCRIPTS[name]
    server.answers["news.example/bad"] = script
    said = refusal("http://news.example/bad", lab)
    assert re.search(reason, said), said
    assert said.isprintable()
    assert lab.taken <= LIMITS.headers + LIMITS.body + 1


SLOW: dict[str, Script] = {
    "silence": silent(),
    "silence in the body": silent(HEAD + b"\r\n<p>"),
    "dripping headers": dripping(HEAD, b"X-More: 1\r\n"),
    "dripping a header": dripping(HEAD + b"X-Long: ", b"a"),
    "dripping body": dripping(HEAD + b"\r\n", b"a"),
    "dripping chunks": dripping(CHUNKED, b"1\r\na\r\n"),
    "dripping gzip": dripping(HEAD + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08", b"a"),
    "dripping continue": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_server_that_is_slow_for_ever_is_left(name: str, lab: Lab, server: Server) -> None:
    server.answers["news.example/slow"] = SLOW[name]
    assert re.search("too slow|too long", refusal("http://news.example/slow", lab, HASTY))


def test_the_time_is_for_all_redirects_together(lab: Lab, server: Server) -> None:
    def late(line: socket.socket) -> None:
        time.sleep(0.25)  # each hop is in time, the fifth is not
        line.sendall(redirect(f"/{len(server.requests)}"))

    server.answers = {f"news.example/{hop}": late for hop in range(9)}
    hasty = Limits(redirects=8, total=1)
    assert re.search("too slow|too long", refusal("http://news.example/0", lab, hasty))


# Redirects


def test_redirects_are_followed_so_far_and_no_further(lab: Lab, server: Server) -> None:
    for hop in range(9):
        server.answers[f"news.example/{hop}"] = redirect(f"/{hop + 1}")
    server.answers["news.example/5"] = answer(STORY)
    page = fetch("http://news.example/0", LIMITS, lab, TYPES)
    assert (page.url, len(lab.resolved)) == ("http://news.example/5", 6)
    server.answers["news.example/5"] = redirect("/6")
    assert "more than 5 times" in refusal("http://news.example/0", lab)


def test_a_circle_of_redirects_is_named(lab: Lab, server: Server) -> None:
    server.answers["news.example/a"] = redirect("http://other.example/b")
    server.answers["other.example/b"] = redirect("http://news.example/a")
    assert "in a circle (http://news.example/a)" in refusal("http://news.example/a", lab)


def test_cookies_are_not_kept_nor_is_anything_else_told(lab: Lab, server: Server) -> None:
    server.answers["news.example/go"] = redirect("http://other.example/story\r\nSet-Cookie: id=7")
    server.answers["other.example/story"] = answer(STORY)
    fetch("http://news.example/go", LIMITS, lab, TYPES)
    for head in server.requests:
        names = {line.split(":")[0] for line in head.split("\r\n")[1:] if line}
        assert names == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}


# Certificates

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
CERTIFICATES: dict[str, Callable[[trustme.CA], trustme.LeafCert]] = {
    "signed by itself": lambda _: trustme.CA().issue_cert("news.example"),
    "for another name": lambda ca: ca.issue_cert("other.example"),
    "for names below it": lambda ca: ca.issue_cert("*.news.example"),
    "its name as common name only": lambda ca: ca.issue_cert(
        "other.example", common_name="news.example"
    ),
    "for its address": lambda ca: ca.issue_cert(PUBLIC),
    "expired": lambda ca: ca.issue_cert("news.example", not_after=YESTERDAY),
}


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(ca: trustme.CA, tmp_path: Path) -> Iterator[Callable[[trustme.LeafCert], Lab]]:
    """A lab whose news.example is also served with a certificate; our CA is believed."""
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    servers = []

    def made(certificate: trustme.LeafCert) -> Lab:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        server = Server(context)
        servers.append(server)
        lab = Lab(str(tmp_path / "ca.pem"))
        lab.names = {"news.example": [[PUBLIC]]}
        lab.doors = {(PUBLIC, 443): server}
        server.answers["news.example/story"] = answer(STORY)
        return lab

    yield made
    for server in servers:
        server.close()


def door(lab: Lab) -> Server:
    server = lab.doors[PUBLIC, 443]
    assert server is not None
    return server


def test_a_proved_name_is_fetched_over_tls(
    ca: trustme.CA, secure: Callable[[trustme.LeafCert], Lab]
) -> None:
    lab = secure(ca.issue_cert("news.example"))
    assert fetch("https://NEWS.example./story", LIMITS, lab, TYPES).body == STORY.encode()
    assert "Host: news.example\r\n" in door(lab).requests[0]


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_certificate_that_does_not_prove_the_name_ends_it(
    name: str, ca: trustme.CA, secure: Callable[[trustme.LeafCert], Lab]
) -> None:
    lab = secure(CERTIFICATES[name](ca))
    lab.doors[PUBLIC, 80] = door(lab)
    assert "cannot prove its name" in refusal("https://news.example/story", lab)
    # Neither a second try without the check, nor one without TLS; and nothing was told.
    assert (lab.connected, door(lab).requests) == ([(PUBLIC, 443)], [])


TLS: dict[str, Script] = {
    "cut short": says(HEAD + b"\r\n" + STORY.encode()),
    "down to http": says(redirect("http://news.example/story")),
    "down to http elsewhere": says(redirect("http://10.0.0.1/")),
}


@pytest.mark.parametrize("name", TLS)
def test_what_was_secure_stays_secure(
    name: str, ca: trustme.CA, secure: Callable[[trustme.LeafCert], Lab]
) -> None:
    lab = secure(ca.issue_cert("news.example"))
    door(lab).answers["news.example/bad"] = TLS[name]
    said = refusal("https://news.example/bad", lab)
    assert re.search("broke off|from https to plain http", said)
    assert lab.connected == [(PUBLIC, 443)]


@pytest.mark.parametrize("script", [silent(), says(b"220 mail.example ESMTP\r\n"), says()])
def test_a_server_that_speaks_no_tls_is_refused(script: Script, lab: Lab, tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            line, _ = listener.accept()
            script(line)
            line.close()

    threading.Thread(target=serve, daemon=True).start()
    plain = Server()
    plain.port = listener.getsockname()[1]
    lab.doors[PUBLIC, 443] = plain
    lab.authorities = System().authorities
    assert "no secure connection" in refusal("https://news.example/", lab, HASTY)
    listener.close()


def test_the_environment_changes_nothing(
    ca: trustme.CA,
    secure: Callable[[trustme.LeafCert], Lab],
    monkeypatch: pytest.MonkeyPatch,
    server: Server,
) -> None:
    lab = secure(ca.issue_cert("news.example"))
    ours, lab.authorities = lab.authorities, System().authorities
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, ours)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{server.port}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{server.port}")
    assert "cannot prove its name" in refusal("https://news.example/story", lab)
    lab.authorities = ours
    assert fetch("https://news.example/story", LIMITS, lab, TYPES).body == STORY.encode()
    assert server.requests == []


# The system's own network, which the lab stands in for


def test_the_system_connects_to_the_number_that_it_is_given(server: Server) -> None:
    with System().connect("127.0.0.1", server.port, 5) as line:
        assert line.getpeername() == ("127.0.0.1", server.port)


def test_the_system_resolves_a_local_name_to_what_is_then_refused() -> None:
    numbers = System().resolve("localhost")
    assert numbers
    for number in numbers:
        with pytest.raises(BadFile, match=LOCAL):
            check_public(number)


# What must work


def test_a_page_comes_whole_with_its_type_and_its_final_url(lab: Lab, server: Server) -> None:
    server.answers["news.example/go"] = redirect("../story?day=5&q=caf\xe9#top")
    server.answers["news.example/story?day=5&q=caf%C3%A9"] = zipped(STORY, "Text/HTML; charset=x")
    page = fetch("HTTP://News.Example:80/go#there", LIMITS, lab, TYPES)
    assert page.url == "http://news.example/story?day=5&q=caf%C3%A9"
    assert (page.content_type, page.body) == ("text/html", STORY.encode())


def test_no_more_is_read_than_was_announced(lab: Lab, server: Server) -> None:
    server.answers["news.example/more"] = endless(HEAD + b"Content-Length: 5\r\n\r\nfirst", b"a")
    assert fetch("http://news.example/more", LIMITS, lab, TYPES).body == b"first"
    assert lab.taken <= LIMITS.headers


def test_a_length_that_is_said_twice_or_not_needed_does_no_harm(lab: Lab, server: Server) -> None:
    twice = HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nfirst"
    both = (
        CHUNKED.replace(b"Transfer", b"Content-Length: 99\r\nTransfer") + b"5\r\nfirst\r\n0\r\n\r\n"
    )
    for sent in (twice, both):
        server.answers["news.example/odd"] = says(sent)
        assert fetch("http://news.example/odd", LIMITS, lab, TYPES).body == b"first"


def test_a_body_of_just_the_limit_is_taken(lab: Lab, server: Server) -> None:
    body = b"a" * LIMITS.body
    server.answers["news.example/full"] = answer(body)
    server.answers["news.example/open"] = says(HEAD + b"\r\n" + body)
    server.answers["news.example/more"] = says(HEAD + b"\r\n" + body + b"a")
    for path in ("full", "open"):
        assert fetch(f"http://news.example/{path}", LIMITS, lab, TYPES).body == body
    assert TOO_MANY in refusal("http://news.example/more", lab)


def test_the_next_address_is_tried_when_one_does_not_answer(lab: Lab) -> None:
    lab.names["news.example"] = [["1.1.1.1", PUBLIC]]
    lab.doors["1.1.1.1", 80] = None
    assert fetch("http://news.example/story", LIMITS, lab, TYPES).body == STORY.encode()
    assert lab.connected == [("1.1.1.1", 80), (PUBLIC, 80)]
    lab.names["news.example"] = [["1.1.1.1"]]
    assert "Connection refused" in refusal("http://news.example/story", lab)
    assert "has no address" in refusal("http://nowhere.example/", lab)


def test_names_in_any_script_are_asked_for_in_ascii() -> None:
    assert parse("https://Bücher.Example/ä b?ö").url == (
        "https://xn--bcher-kva.example/%C3%A4%20b?%C3%B6"
    )
    assert parse("http://[2606:2800::1]:8080").authority == "[2606:2800::1]:8080"


@pytest.mark.parametrize("pieces", [zeros, lambda _: members()], ids=["one file", "many files"])
def test_a_bomb_is_put_out_before_it_fills_the_memory(
    pieces: Callable[[int], Iterator[bytes]], lab: Lab, server: Server
) -> None:
    """A gigabyte in a megabyte: little of it is read, and under four times the limit held."""
    packed = list(itertools.islice(pieces(1_000), 1_001))
    server.answers["news.example/bomb"] = bomb(iter(packed), "gzip")
    tracemalloc.start()
    assert TOO_MANY in refusal("http://news.example/bomb", lab)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lab.taken < 100_000
    assert peak < 4 * LIMITS.body


def test_there_are_vectors_enough() -> None:
    """Each counted once, however many ways it is tried."""
    vectors = [*URLS, *ANSWERS, *SCRIPTS, *SLOW, *CERTIFICATES, *TLS]
    assert len(set(vectors)) == len(vectors) >= 40
