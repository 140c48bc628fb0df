"""Which web addresses may be fetched: how a URL must be written, and where its name may lead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote, urljoin

from ..errors import BadFile

MAX_LENGTH = 2_048
"""Characters of a URL."""

PORTS = {80, 443, 8080, 8443}
"""Where web servers are found. A redirect must not knock at a mail server or a database."""

_DEFAULT_PORT = {"http": 80, "https": 443}

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)")
_AUTHORITY = re.compile(r"(?:\[(?P<six>[^\[\]]*)\]|(?P<name>[^:\[\]]+))(?::(?P<port>[0-9]{0,5}))?")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# What some resolvers take for IPv4: 2130706433, 0x7f000001, 127.1, 0177.0.0.1.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

# IANA's special-purpose registry, and what is_global of Python 3.11 lets pass: 6to4 relays,
# multicast, 192.0.0.0/24. The last is Azure's metadata server, which has a public number.
_CLOSED_4 = [
    ip_network(block)
    for block in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 "
        "192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 "
        "224.0.0.0/4 240.0.0.0/4 168.63.129.16/32"
    ).split()
]
# Of IPv6 only what is handed out for the public net, so that mapped, compatible, translated
# (64:ff9b::), local, link-local, site-local and multicast addresses need no list of their own;
# less Teredo and other protocols' blocks, examples, and 6to4.
_OPEN_6 = ip_network("2000::/3")
_CLOSED_6 = [ip_network(b) for b in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]


@dataclass(frozen=True, slots=True)
class Address:
    """A URL that was read strictly. `host` is lower-case ASCII, or a number with `literal` set.

    target:   path and query, percent-encoded, never empty.
    literal:  the numeric address where the URL names one itself; then nothing is resolved.
    """

    scheme: str
    host: str
    port: int
    target: str
    literal: str | None = None

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORT[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        return self.origin + self.target


def parse(url: str) -> Address:
    """Read a URL without forgiving anything that two readers might understand differently.

    Raises BadFile for any other scheme than http and https, a name and password, a port that is
    not in PORTS, control characters, backslashes, and hosts that are numbers in disguise.
    """
    if len(url) > MAX_LENGTH:
        raise BadFile(f"has {len(url):,} characters; a URL may have {MAX_LENGTH:,}")
    if re.search(r"[\x00-\x1f\x7f\\]", url):
        raise BadFile("holds a control character or a backslash (write it percent-encoded)")
    parts = _URL.fullmatch(url.partition("#")[0])
    if parts is None:
        raise BadFile("is no URL (write https://host/path)")
    scheme = parts["scheme"].lower()
    if scheme not in _DEFAULT_PORT:
        raise BadFile(f'has the scheme "{shown(scheme)}" (only http and https are fetched)')
    host, port, literal = _authority(parts["authority"], _DEFAULT_PORT[scheme])
    target = quote(parts["target"], safe="%/:=&?~+!$,;'@()*[]|")
    return Address(scheme, host, port, target if target[:1] == "/" else "/" + target, literal)


def join(base: Address, reference: str) -> Address:
    """The address that a redirect or a link means. Raises BadFile as `parse` does."""
    reference = reference.strip(" \t\r\n")
    if _URL.match(reference):  # urljoin would read http:///x as a path
        return parse(reference)
    try:
        return parse(urljoin(base.url, reference))
    except ValueError:  # urljoin's, for brackets that hold no address
        raise BadFile(f'"{shown(reference)}" is no URL') from None


def _authority(authority: str, default: int) -> tuple[str, int, str | None]:
    if "@" in authority:
        raise BadFile("holds a name or password before the host (leave it out)")
    if "%" in authority:
        raise BadFile("has a % in its host: no zone ids, nothing encoded (write the plain name)")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise BadFile(f'"{shown(authority)}" is not a host with a port')
    port = int(parts["port"] or default)
    if port not in PORTS:
        known = ", ".join(map(str, sorted(PORTS)))
        raise BadFile(f"names port {port} (fetched are {known}; save the page and add the file)")
    if parts["six"] is not None:
        try:
            six = str(IPv6Address(parts["six"]))
        except AddressValueError:
            raise BadFile(f'"[{shown(parts["six"])}]" is no IPv6 address') from None
        return six, port, six
    host = _ascii(parts["name"])
    try:
        return host, port, str(IPv4Address(host))
    except AddressValueError:
        return _name(host), port, None


def _ascii(name: str) -> str:
    """A host in the form that is asked of a name server, without the dot at its end."""
    if not name.isascii():
        import idna

        try:
            # Circled and full-width digits and dots become plain ones here, before any check.
            name = idna.encode(name[:253], uts46=True).decode()
        except UnicodeError:
            raise BadFile(f'"{shown(name)}" is no host name') from None
    return name.lower().removesuffix(".")


def _name(host: str) -> str:
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        raise BadFile(f'"{shown(host)}" is a number in disguise (write the host\'s name)')
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadFile(f'"{shown(host)}" is no host name')
    if len(labels) < 2:
        raise BadFile(f'"{host}" names a machine of the local network (only public ones)')
    return host


def check_public(address: str) -> str:
    """The numeric address itself, when it belongs to the public net. Raises BadFile if not."""
    try:
        number = ip_address(address)
    except ValueError:
        number = None
    if number is None or "%" in address or not _public(number):
        raise BadFile(f"leads to {shown(address)}, which is not a public address")
    return str(number)


def _public(number: IPv4Address | IPv6Address) -> bool:
    if isinstance(number, IPv4Address):
        return number.is_global and not any(number in block for block in _CLOSED_4)
    # ISATAP: a local IPv4 address in the lower half of a public prefix.
    isatap = (int(number) >> 32) & 0xFDFFFFFF == 0x00005EFE
    return number in _OPEN_6 and not isatap and not any(number in block for block in _CLOSED_6)


def shown(text: str) -> str:
    """Text from elsewhere, safe to print: no control characters, no more than 200 characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:200])
