"""The client of providers: what surely was not sent, and what may have been."""

import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from email import message_from_bytes

import pytest
import trustme

from deliver.outgoing import NoAnswer, NotSent, OutgoingFile, ProviderAnswer
from tests.http_origin import Origin, Reply, answer, redirect
from tests.services.process import free_port
from workers.runtime.exchange import Waits
from workers.runtime.http import MAX_ANSWER_BYTES, HttpClient

QUICK = Waits(connect_seconds=0.5, idle_seconds=0.5, total_seconds=1.5)


def client(*allow: str, context: ssl.SSLContext | None = None) -> HttpClient:
    return HttpClient(allow, waits=QUICK, resolver=lambda host, _port: ["127.0.0.1"], context=context)


def test_a_form_is_posted_once_and_answered() -> None:
    """Fields keep their order and may repeat, as Twilio's `MediaUrl` does."""
    with Origin({"/send": answer(b'{"sid":"MM1"}', "201 Created", x_id="7")}) as origin:
        fields = [("To", "+1555"), ("MediaUrl", "https://a/1"), ("MediaUrl", "https://a/2"), ("Body", "Grüße & so")]
        got = client(origin.address).post_form(origin.url("/send"), fields, basic=("AC1", "hush"))
        [seen] = origin.seen
    assert got == ProviderAnswer(201, {"x-id": "7", "content-length": "13"}, b'{"sid":"MM1"}')
    assert (
        seen.body == b"To=%2B1555&MediaUrl=https%3A%2F%2Fa%2F1&MediaUrl=https%3A%2F%2Fa%2F2&Body=Gr%C3%BC%C3%9Fe+%26+so"
    )
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.headers["authorization"] == "Basic QUMxOmh1c2g="


def test_a_get_carries_its_credentials() -> None:
    """Looking up what became of a send."""
    with Origin({"/look": answer(b"{}")}) as origin:
        assert client(origin.address).get(origin.url("/look?a=b"), basic=("AC1", "hush")).status == 200
        assert (origin.seen[0].method, origin.seen[0].path) == ("GET", "/look?a=b")


def test_json_is_posted_with_a_bearer() -> None:
    """As Graph APIs want it."""
    with Origin({"/send": answer(b"{}")}) as origin:
        got = client(origin.address).post_json(origin.url("/send"), {"text": "Grüße"}, bearer="hush")
        [seen] = origin.seen
    assert got.status == 200
    assert (seen.headers["content-type"], seen.headers["authorization"]) == ("application/json", "Bearer hush")
    assert json.loads(seen.body) == {"text": "Grüße"}


def test_a_file_is_streamed_in_a_form() -> None:
    """Its length is told before, its name cannot break out of the header, and no chunk waits for another."""
    chunks = [b"first-", b"second"]
    file = OutgoingFile(
        attachment="a1",
        url="https://unused",
        media_type="image/png",
        size_bytes=12,
        file_name='na"me\r\nX: y.png',
        read=lambda: nullcontext(iter(chunks)),
    )
    with Origin({"/media": answer(b'{"id":"1"}')}) as origin:
        fields = [("messaging_product", "whatsapp"), ("type", "image/png")]
        got = client(origin.address).post_file(origin.url("/media"), fields, "file", file, bearer="hush")
        [seen] = origin.seen
    assert got.body == b'{"id":"1"}'
    message = message_from_bytes(b"Content-Type: " + seen.headers["content-type"].encode() + b"\r\n\r\n" + seen.body)
    parts = message.get_payload()
    assert [part.get_param("name", header="content-disposition") for part in parts] == [
        "messaging_product",
        "type",
        "file",
    ]
    assert [part.get_payload(decode=True) for part in parts] == [b"whatsapp", b"image/png", b"first-second"]
    assert (parts[2].get_content_type(), "X" in parts[2]) == ("image/png", False)


@pytest.mark.parametrize("status", ["400 Bad", "404 Gone", "429 Many", "500 Oh", "503 Busy"])
def test_an_error_is_an_answer_and_is_never_tried_again(status: str) -> None:
    """What a status means is the provider module's to say."""
    with Origin({"/send": answer(b"no", status, retry_after="1")}) as origin:
        assert client(origin.address).post_form(origin.url("/send"), []).status == int(status[:3])
        assert len(origin.seen) == 1


def test_a_redirect_is_an_answer_too() -> None:
    """A send is never followed to another place."""
    with Origin({"/send": redirect("/other"), "/other": answer(b"sent")}) as origin:
        got = client(origin.address).post_form(origin.url("/send"), [], basic=("AC1", "hush"))
        assert (got.status, len(origin.seen)) == (302, 1)


def resetting(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def silent(connection: socket.socket) -> None:
    connection.settimeout(30)
    connection.recv(1)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        resetting,
        silent,
        b"HTTP/1.1 201 Created\r\ncontent-le",
        answer(b"half", content_length="100"),
        answer(b"x" * (MAX_ANSWER_BYTES + 1)),
        b"rubbish\r\n\r\n",
    ],
    ids=["closed", "reset", "silent", "half of the headers", "half of the body", "too long", "rubbish"],
)
def test_whatever_goes_wrong_after_the_request_is_no_answer(reply: Reply) -> None:
    """The provider may have taken the message: this is doubt, and nothing is sent again."""
    with Origin({"/send": reply}) as origin:
        with pytest.raises(NoAnswer):
            client(origin.address).post_form(origin.url("/send"), [("Body", "hello")])
        assert len(origin.seen) == 1


def test_the_longest_answer_is_read() -> None:
    """One MiB exactly."""
    with Origin({"/send": answer(b"x" * MAX_ANSWER_BYTES)}) as origin:
        assert len(client(origin.address).get(origin.url("/send")).body) == MAX_ANSWER_BYTES


def unknown(host: str, port: int) -> list[str]:
    raise socket.gaierror(host)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Origin]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("api.test").configure_cert(context)
    with Origin({"/send": answer(b"sent")}, tls=context) as origin:
        yield origin


def test_what_never_connected_is_not_sent() -> None:
    """Refused, unknown, a full queue of a listener, a forbidden address: the message surely stayed here."""
    nobody = f"127.0.0.1:{free_port()}"
    asks: list[Callable[[], object]] = [
        lambda: client(nobody).post_form(f"http://{nobody}/send", []),
        lambda: HttpClient(resolver=unknown).post_form("https://nowhere.example/send", []),
        lambda: HttpClient(resolver=lambda _host, _port: ["10.0.0.1"]).post_form("https://inside.example/send", []),
        lambda: client().post_form("http://api.example/send", []),
        lambda: client().get("not a url"),
    ]
    for ask in asks:
        with pytest.raises(NotSent):
            ask()


def test_a_time_out_of_the_connection_is_not_sent() -> None:
    """A listener whose queue is full never completes a connection."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        began = time.monotonic()
        with pytest.raises(NotSent):
            client(f"127.0.0.1:{address[1]}").post_form(f"http://127.0.0.1:{address[1]}/send", [])
        assert time.monotonic() - began < 3
        for one in waiting:
            one.close()


def test_a_certificate_that_does_not_hold_is_not_sent(secure: Origin, authority: trustme.CA) -> None:
    """Wrong name or unknown authority: the request never left; with the right ones it does."""
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    for host, context in (("other.test", trusting), ("api.test", None)):
        with pytest.raises(NotSent):
            client(f"{host}:{secure.port}", context=context).get(secure.url("/send", host))
    assert secure.seen == []
    assert client(f"api.test:{secure.port}", context=trusting).get(secure.url("/send", "api.test")).body == b"sent"


def test_a_handshake_that_breaks_off_is_not_sent() -> None:
    """A plain server under an https address."""
    with Origin({}) as origin, pytest.raises(NotSent):
        client(origin.address).post_form(f"https://{origin.address}/send", [("Body", "hello")])


def test_errors_tell_no_secrets() -> None:
    """Neither credentials nor fields nor the query."""
    with Origin({"/send": b""}) as origin:
        with pytest.raises(NoAnswer) as caught:
            client(origin.address).post_form(origin.url("/send?token=hush"), [("Body", "hush")], basic=("AC1", "hush"))
        assert "hush" not in str(caught.value)
