"""Fetching files from servers that are slow, wrong or hostile: real sockets on loopback, allow-listed by port."""

import gzip
import hashlib
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

import pytest
import trustme

from ingest.incoming import Get, Got, NotYet
from schemas.reason import Refused
from tests.http_origin import Origin, Reply, answer, redirect
from tests.services.process import free_port
from workers.runtime.exchange import Waits
from workers.runtime.fetching import Fetched, HttpFetcher
from workers.runtime.outcome import Retry

MIB = 1024 * 1024
QUICK = Waits(connect_seconds=1, idle_seconds=0.5, total_seconds=2)
PHOTO = b"\xff\xd8 not really a photo"
# Public by the registries, answers nothing: AS112 (RFC 7534).
BLACK_HOLE = "192.31.196.1"


def only(url: str, **credentials: tuple[str, str] | str) -> Generator[Get, Got, Get]:
    yield from ()
    return Get(url, **credentials)  # type: ignore[arg-type]


def fetch(origin: Origin, path: Path, where: str = "/file", *, max_bytes: int = MIB, **credentials: object) -> Fetched:
    fetcher = HttpFetcher([origin.address], waits=QUICK)
    return fetcher.fetch(only(origin.url(where), **credentials), path / "file", max_bytes=max_bytes)  # type: ignore[arg-type]


def refusal(ask: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        ask()
    return caught.value.code


def code_of_retry(ask: Callable[[], object]) -> str:
    with pytest.raises(Retry) as caught:
        ask()
    return caught.value.code


def test_a_file_arrives_with_all_that_is_known_about_it(tmp_path: Path) -> None:
    """Bytes, size, digest, declared type and file name."""
    reply = answer(
        PHOTO,
        content_type="Image/JPEG; charset=x",
        content_disposition="attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.jpg",
    )
    with Origin({"/file": reply}) as origin:
        got = fetch(origin, tmp_path)
    assert got == Fetched(tmp_path / "file", len(PHOTO), hashlib.sha256(PHOTO).hexdigest(), "image/jpeg", "Grüße.jpg")
    assert got.path.read_bytes() == PHOTO


def test_nothing_is_claimed_that_the_server_did_not_say(tmp_path: Path) -> None:
    """No type, an empty type or a meaningless one is None, and no name is None."""
    with Origin({"/none": answer(PHOTO), "/bad": answer(PHOTO, content_type="what; ever")}) as origin:
        for where in ("/none", "/bad"):
            got = fetch(origin, tmp_path, where)
            assert (got.declared_media_type, got.file_name) == (None, None)


@pytest.mark.parametrize(
    ("reply", "size"),
    [
        (answer(b""), 0),
        (answer(b"5\r\nhello\r\n0\r\n\r\n", transfer_encoding="chunked"), 5),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 13),
        (answer(b"hello and more than was promised", content_length="5"), 5),
        (answer(gzip.compress(b"x" * 1000), content_encoding="gzip"), 1000),
    ],
)
def test_every_honest_framing_is_read(tmp_path: Path, reply: bytes, size: int) -> None:
    """Length, chunks, end of connection; and a gzip nobody asked for."""
    with Origin({"/file": reply}) as origin:
        assert fetch(origin, tmp_path).size_bytes == size


@pytest.mark.parametrize(
    "reply",
    [
        answer(b"hello", content_length="6"),
        answer(b"5\r\nhello\r\n", transfer_encoding="chunked"),
        answer(b"zz\r\nhello\r\n0\r\n\r\n", transfer_encoding="chunked"),
        answer(b"not gzip at all", content_encoding="gzip"),
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"x-%d: y\r\n" % number for number in range(200)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\ncontent-len",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 9999 What\r\n\r\n",
        b"",
    ],
)
def test_a_broken_answer_is_tried_again_and_leaves_no_file(tmp_path: Path, reply: bytes) -> None:
    """Half a file is never taken for a file; headers without end are not read to their end."""
    with Origin({"/file": reply}) as origin:
        assert code_of_retry(lambda: fetch(origin, tmp_path)) == "source_unavailable"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("401 Unauthorized", "source_forbidden"),
        ("403 Forbidden", "source_forbidden"),
        ("400 Bad Request", "source_refused"),
    ],
)
def test_a_no_is_refused(tmp_path: Path, status: str, code: str) -> None:
    """With the code that the agent's sentence belongs to."""
    with Origin({"/file": answer(status=status)}) as origin:
        assert refusal(lambda: fetch(origin, tmp_path)) == code


@pytest.mark.parametrize(
    "status", ["404 Not Found", "410 Gone", "429 Too Many", "500 Oh", "503 Busy", "206 Partial", "302 Found"]
)
def test_a_not_now_is_tried_again(tmp_path: Path, status: str) -> None:
    """Also a redirect to nowhere; the server's wish for a wait rides along."""
    with Origin({"/file": answer(status=status, retry_after="9")}) as origin, pytest.raises(Retry) as caught:
        fetch(origin, tmp_path)
    assert caught.value.code == "source_unavailable"
    assert caught.value.after_seconds == (9 if status[0] in "45" and status[:3] not in ("404", "410") else None)


def test_bytes_with_the_promised_digest_pass(tmp_path: Path) -> None:
    """A provider may say beforehand what they are."""
    with Origin({"/file": answer(PHOTO)}) as origin:
        assert fetch(origin, tmp_path, sha256=hashlib.sha256(PHOTO).hexdigest()).size_bytes == len(PHOTO)


def test_other_bytes_than_promised_are_tried_again_and_leave_no_file(tmp_path: Path) -> None:
    """They are the wrong file, or a broken one."""
    with Origin({"/file": answer(PHOTO + b"!")}) as origin:
        digest = hashlib.sha256(PHOTO).hexdigest()
        assert code_of_retry(lambda: fetch(origin, tmp_path, sha256=digest)) == "source_unavailable"
    assert list(tmp_path.iterdir()) == []


def test_a_channel_that_says_not_yet_is_tried_again(tmp_path: Path) -> None:
    """Some providers say it in words of their own."""

    def not_yet() -> Generator[Get, Got, Get]:
        yield from ()
        raise NotYet("error 4")

    assert code_of_retry(lambda: HttpFetcher().fetch(not_yet(), tmp_path / "file", max_bytes=MIB)) == (
        "source_unavailable"
    )


def test_a_file_that_says_it_is_too_large_is_not_read(tmp_path: Path) -> None:
    """The reason holds both numbers."""
    with Origin({"/file": answer(content_length=str(MIB + 1))}) as origin, pytest.raises(Refused) as caught:
        fetch(origin, tmp_path)
    assert (caught.value.code, caught.value.reason.actual, caught.value.reason.limit) == (
        "too_many_bytes",
        MIB + 1,
        MIB,
    )


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


def test_an_endless_body_ends_at_the_cap(tmp_path: Path) -> None:
    """No length was promised, so bytes are counted; the file is removed."""
    with Origin({"/file": endless}) as origin:
        assert refusal(lambda: fetch(origin, tmp_path)) == "too_many_bytes"
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_exactly_the_cap_passes(tmp_path: Path) -> None:
    """The limit itself is allowed."""
    with Origin({"/file": answer(b"x" * MIB)}) as origin:
        assert fetch(origin, tmp_path).size_bytes == MIB


def test_a_gzip_bomb_ends_at_the_cap_without_filling_memory(tmp_path: Path) -> None:
    """Decoded bytes count: 200 MB hide in 200 KB."""
    bomb = gzip.compress(b"\0" * 200 * MIB, compresslevel=9)
    with Origin({"/file": answer(bomb, content_encoding="gzip")}) as origin:
        tracemalloc.start()
        assert refusal(lambda: fetch(origin, tmp_path)) == "too_many_bytes"
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak_bytes < 8 * MIB


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "made-up"])
def test_an_encoding_that_was_not_asked_for_is_refused(tmp_path: Path, encoding: str) -> None:
    """It would be stored as rubbish."""
    with Origin({"/file": answer(b"x", content_encoding=encoding)}) as origin:
        assert refusal(lambda: fetch(origin, tmp_path)) == "source_misbehaves"


def dripping(*parts: bytes, every: float = 0.1) -> Reply:
    def drip(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
        connection.settimeout(every)
        while True:
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                connection.sendall(b"x")

    return drip


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "reply",
    [
        dripping(HEAD + b"content-length: 1000\r\n\r\n"),
        dripping(HEAD + b"\r\n"),
        dripping(HEAD + b"x-header: "),
        dripping(HEAD + b"content-length: 1000\r\n\r\n", every=30),
        dripping(every=30),
    ],
    ids=["slow body", "slow body without length", "slow headers", "stalled body", "silent"],
)
def test_slowness_has_an_end(tmp_path: Path, reply: Reply) -> None:
    """A byte now and then defeats no deadline, and the cut is never taken for the end of the file."""
    began = time.monotonic()
    with Origin({"/file": reply}) as origin:
        assert code_of_retry(lambda: fetch(origin, tmp_path)) == "source_unavailable"
        assert time.monotonic() - began < 3
    assert list(tmp_path.iterdir()) == []


def test_redirects_together_have_one_deadline(tmp_path: Path) -> None:
    """Five slow hops do not add up to five deadlines."""

    def slowly(connection: socket.socket) -> None:
        time.sleep(0.45)
        connection.sendall(redirect("/file?again"))

    began = time.monotonic()
    with Origin({"/file": slowly}) as origin:
        assert code_of_retry(lambda: fetch(origin, tmp_path)) == "source_unavailable"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_followed(tmp_path: Path, status: str) -> None:
    """Relative places, too."""
    with Origin({"/a/file": redirect("../b?c=d#e", status), "/b": answer(PHOTO)}) as origin:
        assert fetch(origin, tmp_path, "/a/file").size_bytes == len(PHOTO)
        assert [seen.path for seen in origin.seen] == ["/a/file", "/b?c=d"]


def test_a_redirect_in_raw_utf_8_is_followed(tmp_path: Path) -> None:
    """As many servers write it, though a URL should be escaped."""
    with Origin({"/file": redirect("/grüße.jpg"), "/gr%C3%BC%C3%9Fe.jpg": answer(PHOTO)}) as origin:
        assert fetch(origin, tmp_path).size_bytes == len(PHOTO)


def test_five_redirects_are_followed_and_six_are_not(tmp_path: Path) -> None:
    """A loop is just too many."""
    hops = {f"/{number}": redirect(f"/{number + 1}") for number in range(1, 6)}
    with Origin({**hops, "/6": answer(PHOTO), "/0": redirect("/1"), "/loop": redirect("/loop")}) as origin:
        assert fetch(origin, tmp_path, "/1").size_bytes == len(PHOTO)
        assert refusal(lambda: fetch(origin, tmp_path, "/0")) == "source_misbehaves"
        assert refusal(lambda: fetch(origin, tmp_path, "/loop")) == "source_misbehaves"


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/latest/meta-data/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "http://example.com/",
        "//10.0.0.1/x",
        "file:///etc/passwd",
        "ftp://example.com/x",
        "data:text/plain,hello",
        "javascript:alert(1)",
        "https://user:secret@example.com/",
        "https://exa mple/",
        "https://[::1/",
    ],
)
def test_a_redirect_to_a_forbidden_place_is_refused(tmp_path: Path, location: str) -> None:
    """Every hop is checked like the first."""
    with Origin({"/file": redirect(location)}) as origin:
        assert refusal(lambda: fetch(origin, tmp_path)) == "address_not_allowed"


def test_a_redirect_to_another_port_of_the_same_host_is_refused(tmp_path: Path) -> None:
    """The allow-list names ports."""
    with Origin({}) as secret, Origin({"/file": redirect(secret.url("/admin"))}) as origin:
        assert refusal(lambda: fetch(origin, tmp_path)) == "address_not_allowed"
        assert secret.seen == []


@pytest.mark.parametrize("credentials", [{"basic": ("AC1", "hush")}, {"bearer": "hush"}])
def test_credentials_stay_with_their_own_host(tmp_path: Path, credentials: dict[str, object]) -> None:
    """They go along a redirect on the same host and port, never to another, nor back again from there."""
    with Origin({}) as cdn, Origin({"/file": redirect("/moved")}) as origin:
        origin.replies["/moved"] = redirect(cdn.url("/away"))
        origin.replies["/back"] = answer(PHOTO)
        cdn.replies["/away"] = redirect(origin.url("/back"))
        fetcher = HttpFetcher([origin.address, cdn.address], waits=QUICK)
        fetcher.fetch(only(origin.url("/file"), **credentials), tmp_path / "file", max_bytes=MIB)  # type: ignore[arg-type]
        assert ["authorization" in seen.headers for seen in origin.seen] == [True, True, False]
        assert ["authorization" in seen.headers for seen in cdn.seen] == [False]


def test_basic_credentials_are_utf_8(tmp_path: Path) -> None:
    """As in RFC 7617."""
    with Origin({"/file": answer(PHOTO)}) as origin:
        fetch(origin, tmp_path, basic=("user", "pä:ss"))
        assert origin.seen[0].headers["authorization"] == "Basic dXNlcjpww6Q6c3M="


def test_we_ask_for_no_compression(tmp_path: Path) -> None:
    """So that a length is a length."""
    with Origin({"/file": answer(PHOTO)}) as origin:
        fetch(origin, tmp_path)
        assert origin.seen[0].headers["accept-encoding"] == "identity"
        assert origin.seen[0].headers["host"] == origin.address


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(tmp_path: Path) -> None:
    """DNS rebinding: we connect to the address that was checked and never ask again."""
    answers = iter([[BLACK_HOLE], ["127.0.0.1"]])
    with Origin({"/file": answer(b"secret")}) as secret:
        fetcher = HttpFetcher(
            waits=Waits(connect_seconds=0.3, idle_seconds=0.3, total_seconds=1),
            resolver=lambda _host, _port: next(answers),
        )
        url = f"https://rebinding.example:{secret.port}/file"
        with pytest.raises((Retry, Refused)) as caught:
            fetcher.fetch(only(url), tmp_path / "file", max_bytes=MIB)
        # The first look-up is checked; the one before connecting is checked again.
        assert caught.value.code in ("source_unavailable", "address_not_allowed")
        assert secret.seen == []


def test_a_name_with_a_dead_address_is_reached_at_its_next(tmp_path: Path) -> None:
    """Addresses are tried in order, as browsers do; the host name stays in the request."""
    with Origin({"/file": answer(PHOTO)}) as origin:
        fetcher = HttpFetcher(
            [f"files.test:{origin.port}"], waits=QUICK, resolver=lambda _host, _port: ["127.0.0.2", "127.0.0.1"]
        )
        got = fetcher.fetch(only(origin.url("/file", "files.test")), tmp_path / "file", max_bytes=MIB)
        assert got.size_bytes == len(PHOTO)
        assert origin.seen[0].headers["host"] == f"files.test:{origin.port}"


def unknown(host: str, port: int) -> Sequence[str]:
    raise socket.gaierror(host)


def test_what_cannot_be_reached_is_tried_again(tmp_path: Path) -> None:
    """A refused connection and an unknown name may be better later."""
    nobody = f"127.0.0.1:{free_port()}"
    for fetcher, url in (
        (HttpFetcher([nobody], waits=QUICK), f"http://{nobody}/file"),
        (HttpFetcher(waits=QUICK, resolver=unknown), "https://nowhere.example/file"),
    ):
        assert code_of_retry(lambda: fetcher.fetch(only(url), tmp_path / "f", max_bytes=1)) == "source_unavailable"  # noqa: B023


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Origin]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("files.test").configure_cert(context)
    with Origin({"/file": answer(PHOTO)}, tls=context) as origin:
        yield origin


def fetch_secure(origin: Origin, path: Path, host: str, context: ssl.SSLContext | None) -> Fetched:
    fetcher = HttpFetcher(
        [f"{host}:{origin.port}"], waits=QUICK, resolver=lambda _host, _port: ["127.0.0.1"], context=context
    )
    return fetcher.fetch(only(origin.url("/file", host)), path / "file", max_bytes=MIB)


def test_the_certificate_must_be_for_the_name_though_we_connect_by_address(
    secure: Origin, authority: trustme.CA, tmp_path: Path
) -> None:
    """The right name passes; another name, or an authority that is not trusted, does not."""
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    assert fetch_secure(secure, tmp_path, "files.test", trusting).size_bytes == len(PHOTO)
    for host, context in (("other.test", trusting), ("files.test", None), ("127.0.0.1", trusting)):
        assert code_of_retry(lambda: fetch_secure(secure, tmp_path, host, context)) == "source_unavailable"  # noqa: B023
    assert len(secure.seen) == 1


def test_credentials_are_dropped_from_https_to_http(secure: Origin, authority: trustme.CA, tmp_path: Path) -> None:
    """Same host, another scheme and port: another origin."""
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with Origin({"/plain": answer(PHOTO)}) as plain:
        secure.replies["/file"] = redirect(plain.url("/plain", "files.test"))
        fetcher = HttpFetcher(
            [f"files.test:{secure.port}", f"files.test:{plain.port}"],
            waits=QUICK,
            resolver=lambda _host, _port: ["127.0.0.1"],
            context=trusting,
        )
        download = only(secure.url("/file", "files.test"), bearer="hush")
        fetcher.fetch(download, tmp_path / "file", max_bytes=MIB)
        assert secure.seen[0].headers["authorization"] == "Bearer hush"
        assert "authorization" not in plain.seen[0].headers


def test_a_handshake_that_never_ends_has_an_end(tmp_path: Path) -> None:
    """A server that speaks TCP but not TLS, one byte at a time."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        stop = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"\x16\x03\x03\x40\x00")
                while not stop.wait(0.1):
                    connection.sendall(b"\x02")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        began = time.monotonic()
        fetcher = HttpFetcher([f"127.0.0.1:{port}"], waits=QUICK)
        ask = only(f"https://127.0.0.1:{port}/file")
        assert code_of_retry(lambda: fetcher.fetch(ask, tmp_path / "file", max_bytes=MIB)) == "source_unavailable"
        assert time.monotonic() - began < 3
        stop.set()
        thread.join(5)


def two_steps(origin: Origin) -> Generator[Get, Got, Get]:
    got = yield Get(origin.url("/media/1"), bearer="hush")
    return Get(origin.url(got.body.decode()), bearer="hush")


def test_a_channel_may_need_a_step_before_the_file(tmp_path: Path) -> None:
    """WhatsApp asks for the URL first; the step's answer goes back into the channel's generator."""
    with Origin({"/media/1": answer(b"/file"), "/file": answer(PHOTO)}) as origin:
        fetcher = HttpFetcher([origin.address], waits=QUICK)
        assert fetcher.fetch(two_steps(origin), tmp_path / "file", max_bytes=MIB).size_bytes == len(PHOTO)
        assert [seen.headers["authorization"] for seen in origin.seen] == ["Bearer hush"] * 2


def test_a_step_has_a_small_answer(tmp_path: Path) -> None:
    """An endless one is not read into memory."""
    with Origin({"/media/1": endless}) as origin:
        fetcher = HttpFetcher([origin.address], waits=QUICK)
        ask = lambda: fetcher.fetch(two_steps(origin), tmp_path / "file", max_bytes=MIB)  # noqa: E731
        assert code_of_retry(ask) == "source_unavailable"


def test_steps_have_an_end(tmp_path: Path) -> None:
    """A channel that a server leads on and on gives up."""

    def on_and_on(origin: Origin) -> Generator[Get, Got, Get]:
        while True:
            yield Get(origin.url("/media/1"))

    with Origin({"/media/1": answer(b"again")}) as origin:
        fetcher = HttpFetcher([origin.address], waits=QUICK)
        ask = lambda: fetcher.fetch(on_and_on(origin), tmp_path / "file", max_bytes=MIB)  # noqa: E731
        assert refusal(ask) == "source_misbehaves"
        assert len(origin.seen) == 5


def test_a_refusal_of_the_channel_itself_passes_through(tmp_path: Path) -> None:
    """A step's 404 is the channel's to understand."""

    def gone(origin: Origin) -> Generator[Get, Got, Get]:
        got = yield Get(origin.url("/nothing"))
        assert got.status == 404
        raise LookupError("the channel says so")

    with Origin({}) as origin, pytest.raises(LookupError):
        HttpFetcher([origin.address], waits=QUICK).fetch(gone(origin), tmp_path / "file", max_bytes=MIB)


def test_25_megabytes_pass_without_being_held(tmp_path: Path) -> None:
    """Into the file, chunk by chunk."""
    chunk = b"x" * MIB

    def large(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (25 * MIB))
        for _ in range(25):
            connection.sendall(chunk)

    with Origin({"/file": large}) as origin:
        tracemalloc.start()
        got = fetch(origin, tmp_path, max_bytes=25 * MIB)
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert got.sha256 == hashlib.sha256(chunk * 25).hexdigest()
    assert peak_bytes < 4 * MIB
