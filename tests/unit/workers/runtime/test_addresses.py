"""Which URLs and addresses may be contacted: the SSRF table."""

from collections.abc import Sequence

import pytest

from workers.runtime.addresses import AddressNotAllowed, Gate, HostUnknown, is_public, resolve

PUBLIC = ["1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "192.0.1.1", "100.63.0.1", "100.128.0.1", "2606:4700::1111"]

NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "3fff::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "5f00::1",
    # IPv4 inside, private or not
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "::127.0.0.1",
    "::8.8.8.8",
    "64:ff9b::127.0.0.1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::127.0.0.1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2606:4700::5efe:127.0.0.1",
    "2606:4700::200:5efe:8.8.8.8",
    # no addresses at all
    "",
    "localhost",
    "127.1",
    "0177.0.0.1",
]


def unknown(host: str, port: int) -> Sequence[str]:
    raise OSError(host)


def gate(*addresses: str, allow: Sequence[str] = ()) -> Gate:
    return Gate(allow, lambda _host, _port: addresses)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_contacted(address: str) -> None:
    """The borders of the special networks are exact."""
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_all_other_addresses_may_not(address: str) -> None:
    """Private, special, and IPv4 hidden in IPv6 in every form."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a",
        "ftp://example.com/a",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "gopher://example.com/",
        "mailto:a@example.com",
        "//example.com/a",
        "/a",
        "",
        "https://",
        "https:///a",
        "https://user:secret@example.com/a",
        "https://example.com@/a",
        "https://example.com:0/a",
        "https://example.com:99999/a",
        "https://exa mple.com/a",
        "https://[::1/a",
        "https://[fe80::1%25lo]/a",
    ],
)
def test_a_url_that_is_no_plain_https_url_is_refused(url: str) -> None:
    """Other schemes, no host, a user, an impossible port."""
    with pytest.raises(AddressNotAllowed):
        gate("1.1.1.1").check(url)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "0",
        "1.1.1.1.1",
        "01.1.1.1",
        "0x",
        "1.2.3.0x4",
    ],
)
def test_an_address_in_disguise_is_refused(host: str) -> None:
    """Even one that would resolve to a public address: numbers that the C library reads as IPv4."""
    with pytest.raises(AddressNotAllowed):
        gate("1.1.1.1").check(f"https://{host}/")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "169.254.169.254", "localhost", "localhost."],
)
def test_a_literal_private_host_is_refused(host: str) -> None:
    """Asked of the system's own resolver."""
    with pytest.raises(AddressNotAllowed):
        Gate((), resolve).check(f"https://{host}/")


def test_one_private_address_among_many_refuses_the_name() -> None:
    """A name has all of its addresses checked, not the first."""
    with pytest.raises(AddressNotAllowed):
        gate("1.1.1.1", "2606:4700::1111", "10.0.0.1").check("https://files.example/a")


def test_a_checked_url_says_where_to_connect() -> None:
    """The addresses that were checked come with it: nobody asks for the name again."""
    target = gate("1.1.1.1", "2606:4700::1111").check("HTTPS://Files.Example/a b/../c?d=é#fragment")
    assert target.origin == ("https", "files.example", 443)
    assert target.path == "/c?d=%C3%A9"
    assert target.addresses == ("1.1.1.1", "2606:4700::1111")


@pytest.mark.parametrize("resolver", [unknown, lambda _host, _port: []])
def test_a_name_without_addresses_is_unknown(resolver: object) -> None:
    """It may be known tomorrow, so this is not a refusal."""
    with pytest.raises(HostUnknown):
        Gate((), resolver).check("https://files.example/")  # type: ignore[arg-type]


def test_a_name_that_dns_cannot_carry_is_unknown() -> None:
    """The system's resolver raises UnicodeError for a label of 64 letters."""
    with pytest.raises(HostUnknown):
        Gate().check(f"https://{'a' * 64}.example/")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/a",
        "https://127.0.0.1:9000/a",
        "http://sandbox:80/",
        "http://[::1]:90/",
        "http://SANDBOX./",
    ],
)
def test_the_allow_list_opens_exact_places(url: str) -> None:
    """Plain http and private addresses, where the operator named host and port."""
    allow = ["127.0.0.1:9000", "Sandbox:80", "[::1]:90"]
    assert gate("10.0.0.1", allow=allow).check(url).addresses == ("10.0.0.1",)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9001/a",
        "http://127.0.0.1/a",
        "http://127.0.0.2:9000/",
        "https://localhost:9000/",
        "http://x.sandbox/",
    ],
)
def test_the_allow_list_opens_nothing_else(url: str) -> None:
    """Another port, another host, another spelling of the same address."""
    with pytest.raises(AddressNotAllowed):
        gate("127.0.0.1", allow=["127.0.0.1:9000", "sandbox:80"]).check(url)


@pytest.mark.parametrize("entry", ["localhost", ":80", "host:", "host:http", ""])
def test_an_allow_list_entry_needs_host_and_port(entry: str) -> None:
    """A mistake there is told at the start, not ignored."""
    with pytest.raises(ValueError, match="host:port"):
        Gate([entry])
