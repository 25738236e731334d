"""
Which addresses may be contacted: public unicast ones, and what the operator's allow-list names.

Sources: the IANA special-purpose address registries (https://www.iana.org/assignments/iana-ipv4-special-registry,
https://www.iana.org/assignments/iana-ipv6-special-registry) and RFC 4291, 6052, 4380, 3056, 5214; read 2026-11-22.
"""

import re
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""(host, port) -> addresses. Raises OSError when the name is unknown."""

_NOT_PUBLIC = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        # Azure's platform services (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16)
        "168.63.129.16/32",
    )
]
# Only 2000::/3 is global unicast. This leaves out ::, ::1, IPv4-mapped (::ffff:0:0/96) and -compatible (::/96), NAT64
# (64:ff9b::/96, 64:ff9b:1::/48), unique local (fc00::/7), link-local (fe80::/10) and multicast (ff00::/8).
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NOT_GLOBAL = [
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo (IPv4 inside), benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 (IPv4 inside)
        "3fff::/20",  # documentation
    )
]
_ISATAP_MARKS = (0x0000_5EFE, 0x0200_5EFE)  # upper half of an interface id with an IPv4 address inside

# inet_aton takes 2130706433, 0x7f.1 and 0177.1 for 127.0.0.1; nobody means well with them.
_NUMERIC_HOST = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)\.?", re.IGNORECASE)


class AddressNotAllowed(Exception):
    """Raised when a URL, or an address that its host resolves to, must not be contacted."""

    code = "address_not_allowed"
    retryable = False


class HostUnknown(Exception):
    """Raised when a host has no address, at least now."""

    code = "host_unknown"
    retryable = True


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect for a URL: to one of these checked addresses, never by name again."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def origin(self) -> tuple[str, str, int]:
        """What credentials are bound to."""
        return self.scheme, self.host, self.port


def is_public(address: str) -> bool:
    """Whether anybody on the internet could have this address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _NOT_PUBLIC)
    return _is_global(parsed)


def _is_global(address: IPv6Address) -> bool:
    isatap = (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP_MARKS
    return address in _GLOBAL_UNICAST and not isatap and not any(address in network for network in _NOT_GLOBAL)


def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system; its own time-out applies (`/etc/resolv.conf`)."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Gate:
    """Decides about URLs. `allow` holds `host:port` entries, exactly as in the URLs: they may be private and plain."""

    def __init__(self, allow: Iterable[str] = (), resolver: Resolver = resolve) -> None:
        self._allow = {_allowed(entry) for entry in allow}
        self._resolver = resolver

    def check(self, url: str) -> Target:
        """Raises AddressNotAllowed or HostUnknown."""
        parsed = _parse(url)
        host = (parsed.host or "").removeprefix("[").removesuffix("]").rstrip(".")
        port = parsed.port or (443 if parsed.scheme == "https" else 80)
        allowed = (host, port) in self._allow
        if parsed.scheme == "http" and not allowed:
            raise AddressNotAllowed("only https is fetched")
        if not allowed and ":" not in host and _NUMERIC_HOST.fullmatch(host) and not _is_dotted(host):
            raise AddressNotAllowed(f"{host} is an address in disguise")
        addresses = self._addresses(host, port)
        for address in addresses:
            if not allowed and not is_public(address):
                raise AddressNotAllowed(f"{host} has the address {address}, which is not public")
        return Target(str(parsed.scheme), host, port, parsed.request_uri, addresses)

    def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        try:
            found = tuple(self._resolver(host, port))
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that DNS cannot carry
            raise HostUnknown(f"{host}: {type(error).__name__}") from error
        if not found:
            raise HostUnknown(host)
        return found


def _parse(url: str) -> Url:
    try:
        parsed = parse_url(url)
    except (LocationParseError, ValueError):
        raise AddressNotAllowed("not a URL") from None
    if parsed.scheme not in ("http", "https"):
        raise AddressNotAllowed(f"{str(parsed.scheme)[:20]} is not a scheme that is fetched")
    if not parsed.host or parsed.auth is not None or "%" in parsed.host or parsed.port == 0:
        raise AddressNotAllowed("the URL needs a plain host, without a user, a zone or port 0")
    return parsed


def _is_dotted(host: str) -> bool:
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False


def _allowed(entry: str) -> tuple[str, int]:
    host, _, port = entry.strip().lower().rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f"an allow-list entry is host:port, not {entry!r}")
    return host.removeprefix("[").removesuffix("]").rstrip("."), int(port)
