"""
What every object store must do: one suite, run on a folder and on a real S3 server.

What a folder cannot do is declared here: it has no network to lose, and no key can be the beginning of another's path.
"""

import hashlib
import threading
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import urlsplit

import pytest

from tests.services.process import free_port
from tests.services.s3 import client
from tests.tcp_proxy import TcpProxy
from workers.runtime.folder import FolderStore
from workers.runtime.objects import (
    KeyNotAllowed,
    MetadataTooLong,
    ObjectChanged,
    ObjectMissing,
    ObjectStore,
    StoreUnavailable,
    WrongSize,
)
from workers.runtime.s3 import PART_BYTES, S3Store
from workers.runtime.stores import open_store, reap

pytestmark = pytest.mark.services

MIB = 1024 * 1024


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return open_store(f"file:{tmp_path}/objects")
    return open_store(request.getfixturevalue("bucket_url"))


class Stream:
    """Bytes made while they are read, so that nobody can say we held them."""

    def __init__(self, size: int, error_at: int | None = None) -> None:
        self.left = size
        self.read_so_far = 0
        self.error_at = error_at

    def read(self, size: int = -1) -> bytes:
        if self.error_at is not None and self.read_so_far >= self.error_at:
            raise ConnectionResetError("the sender went away")
        size = self.left if size < 0 else min(size, self.left)
        self.left -= size
        self.read_so_far += size
        return b"x" * size


def stream(size: int, error_at: int | None = None) -> BinaryIO:
    return cast("BinaryIO", Stream(size, error_at))


def put(store: ObjectStore, key: str, data: bytes, media_type: str = "text/plain") -> str:
    return store.put(key, BytesIO(data), size_bytes=len(data), media_type=media_type).etag


def content(store: ObjectStore, key: str, start: int = 0, length: int | None = None) -> bytes:
    with store.read(key, start=start, length=length) as chunks:
        return b"".join(chunks)


def test_an_object_comes_back_as_it_was_put(store: ObjectStore) -> None:
    """Bytes, size, type and etag are the same from put, head and read."""
    before = datetime.now(UTC) - timedelta(seconds=5)
    kept = store.put("a/b/c", BytesIO(b"hello"), size_bytes=5, media_type="image/png", metadata={"Name": "x"})
    found = store.head("a/b/c")
    assert content(store, "a/b/c") == b"hello"
    assert (found.key, found.size_bytes, found.media_type) == ("a/b/c", 5, "image/png")
    assert found.etag == kept.etag
    assert found.metadata == {"name": "x"} == kept.metadata
    assert before < found.modified_at < datetime.now(UTC) + timedelta(seconds=5)


@pytest.mark.parametrize("size", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES])
@pytest.mark.parametrize("known", [True, False])
def test_every_size_can_be_stored(store: ObjectStore, size: int, known: bool) -> None:
    """An empty object, and sizes around the parts of an upload, with the length known before or not."""
    kept = store.put("sizes/one", stream(size), size_bytes=size if known else None, media_type="text/plain")
    assert kept.size_bytes == size
    assert replace(store.head("sizes/one"), modified_at=kept.modified_at) == kept
    with store.read("sizes/one") as chunks:
        assert sum(len(chunk) for chunk in chunks) == size


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (0, 1, b"0"),
        (3, 4, b"3456"),
        (8, 100, b"89"),
        (10, None, b""),
        (99, 5, b""),
        (2, 0, b""),
    ],
)
def test_a_range_is_cut_to_what_there_is(store: ObjectStore, start: int, length: int | None, expected: bytes) -> None:
    """Any start and length may be asked for."""
    put(store, "ranges/one", b"0123456789")
    assert content(store, "ranges/one", start, length) == expected


def test_a_download_lands_in_a_file(store: ObjectStore, tmp_path: Path) -> None:
    """The answer describes the very bytes that were written."""
    etag = put(store, "down/one", b"bytes", "image/gif")
    found = store.download("down/one", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"bytes"
    assert (found.size_bytes, found.etag, found.media_type) == (5, etag, "image/gif")


def test_what_is_not_there_is_missing(store: ObjectStore, tmp_path: Path) -> None:
    """Every way of asking says ObjectMissing, and deleting is quietly done."""
    asks: list[Callable[[], object]] = [
        lambda: store.head("no/such"),
        lambda: content(store, "no/such"),
        lambda: content(store, "no/such", length=0),
        lambda: store.download("no/such", tmp_path / "file"),
        lambda: store.copy("no/such", "to/there", etag="x", media_type="text/plain"),
    ]
    for ask in asks:
        with pytest.raises(ObjectMissing):
            ask()
    store.delete("no/such")


def test_a_deleted_object_is_gone(store: ObjectStore) -> None:
    """It is missing for head and list, and its key is free again."""
    put(store, "gone/one", b"1")
    store.delete("gone/one")
    with pytest.raises(ObjectMissing):
        store.head("gone/one")
    assert list(store.list("gone/")) == []
    assert store.put_new("gone/one", b"2", media_type="text/plain").size_bytes == 1


def test_a_later_put_replaces_the_object_whole(store: ObjectStore) -> None:
    """Bytes, type and metadata are the later ones; nothing of the earlier is left."""
    store.put("twice/one", BytesIO(b"earlier"), size_bytes=7, media_type="text/plain", metadata={"a": "1"})
    etag = put(store, "twice/one", b"later", "image/png")
    found = store.head("twice/one")
    assert content(store, "twice/one") == b"later"
    assert (found.etag, found.media_type, found.metadata) == (etag, "image/png", {})


def test_a_reader_keeps_the_bytes_that_it_began_with(store: ObjectStore) -> None:
    """An object that is replaced while it is read does not mix old and new bytes."""
    put(store, "open/one", b"a" * 100)
    with store.read("open/one") as chunks:
        put(store, "open/one", b"b" * 100)
        assert b"".join(chunks) == b"a" * 100


@pytest.mark.parametrize("promised", [4, 6, 0])
def test_a_wrong_size_stores_nothing(store: ObjectStore, promised: int) -> None:
    """Fewer or more bytes than promised are noticed before the object appears."""
    with pytest.raises(WrongSize):
        store.put("wrong/one", BytesIO(b"12345"), size_bytes=promised, media_type="text/plain")
    with pytest.raises(ObjectMissing):
        store.head("wrong/one")


@pytest.mark.parametrize("known", [True, False])
def test_a_sender_that_breaks_off_leaves_nothing(store: ObjectStore, known: bool) -> None:
    """An error of the stream is the caller's own, and no half object appears, at any size."""
    size = 3 * PART_BYTES
    with pytest.raises(ConnectionResetError):
        store.put(
            "broken/one", stream(size, error_at=PART_BYTES + 1), size_bytes=size if known else None, media_type="a/b"
        )
    with pytest.raises(ObjectMissing):
        store.head("broken/one")
    assert list(store.list("broken/")) == []


def test_25_megabytes_pass_without_being_held(store: ObjectStore, tmp_path: Path) -> None:
    """Put, read and download need a few buffers, not the file."""
    put(store, "warm/up", b"1")
    digest = hashlib.sha256()
    tracemalloc.start()
    store.put("big/one", stream(25 * MIB), size_bytes=25 * MIB, media_type="a/b")
    with store.read("big/one") as chunks:
        for chunk in chunks:
            digest.update(chunk)
    store.download("big/one", tmp_path / "file")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert digest.hexdigest() == hashlib.sha256(b"x" * 25 * MIB).hexdigest()
    assert (tmp_path / "file").stat().st_size == 25 * MIB
    assert peak_bytes < 3 * PART_BYTES


def test_put_new_writes_only_once(store: ObjectStore) -> None:
    """The second writer is told, and the first one's bytes stay."""
    kept = store.put_new("once/one", b"first", media_type="application/json")
    with pytest.raises(ObjectChanged):
        store.put_new("once/one", b"second", media_type="text/plain")
    found = store.head("once/one")
    assert content(store, "once/one") == b"first"
    assert (found.etag, found.media_type, found.size_bytes) == (kept.etag, "application/json", 5)


def test_put_new_respects_a_plain_put(store: ObjectStore) -> None:
    """However the object came there, the key is taken."""
    put(store, "once/two", b"first")
    with pytest.raises(ObjectChanged):
        store.put_new("once/two", b"second", media_type="text/plain")


def test_of_eight_racing_writers_exactly_one_wins(store: ObjectStore) -> None:
    """Five races; each has one winner, and its bytes are what everybody reads."""
    store.put_new("race/warm", b"", media_type="text/plain")

    def write(race: int, writer: int, start: threading.Barrier) -> bytes | None:
        data = f"writer {writer}".encode()
        start.wait()
        try:
            store.put_new(f"race/{race}", data, media_type=f"text/x-{writer}")
        except ObjectChanged:
            return None
        return data

    for race in range(5):
        start = threading.Barrier(8)
        with ThreadPoolExecutor(8) as writers:
            wrote = list(writers.map(write, [race] * 8, range(8), [start] * 8))
        winners = [data for data in wrote if data is not None]
        assert winners == [content(store, f"race/{race}")]
        assert store.head(f"race/{race}").media_type == f"text/x-{winners[0][-1:].decode()}"


def test_a_copy_takes_the_bytes_under_a_new_type(store: ObjectStore) -> None:
    """What the validator detected replaces what the sender claimed, who is asked for nothing else."""
    store.put(
        "from/one", BytesIO(b"bytes"), size_bytes=5, media_type="text/plain", metadata={"file-name": "Grüße 1.png"}
    )
    etag = store.head("from/one").etag
    copied = store.copy("from/one", "to/one", etag=etag, media_type="image/png")
    kept = store.head("to/one")
    assert (kept.etag, kept.size_bytes, kept.media_type) == (copied, 5, "image/png")
    assert kept.metadata == {}
    assert content(store, "to/one") == b"bytes"
    assert content(store, "from/one") == b"bytes"


@pytest.mark.parametrize(("start", "length"), [(0, None), (1, 2), (3, None), (0, 0), (9, 2)])
def test_who_reads_is_told_of_the_whole_object(store: ObjectStore, start: int, length: int | None) -> None:
    """Whatever range was asked for: a door needs no other call to answer."""
    store.put("told/one", BytesIO(b"12345"), size_bytes=5, media_type="image/png", metadata={"sha256": "abc"})
    with store.read("told/one", start=start, length=length) as reading:
        assert reading.found == store.head("told/one")
        assert b"".join(reading) == b"12345"[start:][:length]


def test_a_large_object_can_be_copied(store: ObjectStore) -> None:
    """The etag of an upload in parts is a condition like any other."""
    kept = store.put("from/large", stream(12 * MIB), size_bytes=12 * MIB, media_type="a/b")
    assert store.copy("from/large", "to/large", etag=kept.etag, media_type="a/b") == store.head("to/large").etag
    assert store.head("to/large").size_bytes == 12 * MIB


def test_a_copy_of_a_changed_object_is_refused(store: ObjectStore) -> None:
    """Only the bytes that were validated may be promoted."""
    etag = put(store, "from/two", b"validated")
    put(store, "from/two", b"something else")
    with pytest.raises(ObjectChanged):
        store.copy("from/two", "to/two", etag=etag, media_type="image/png")
    with pytest.raises(ObjectMissing):
        store.head("to/two")


def test_a_listing_is_the_prefix_in_order(store: ObjectStore) -> None:
    """A prefix is just a beginning: it may end at a slash or inside a name."""
    for key in ("list/b/2", "list/b/1", "list/a", "list/c.txt", "lists/x", "other/y"):
        put(store, key, b"12")
    assert [found.key for found in store.list("list/")] == ["list/a", "list/b/1", "list/b/2", "list/c.txt"]
    assert [found.key for found in store.list("list/b/")] == ["list/b/1", "list/b/2"]
    assert [found.key for found in store.list("list/b/1")] == ["list/b/1"]
    assert [found.key for found in store.list("lis")][-1] == "lists/x"
    assert [found.size_bytes for found in store.list("list/a")] == [2]
    assert len(list(store.list(""))) == 6
    assert list(store.list("nothing/here/")) == []


def test_a_listing_has_the_etags_of_head(store: ObjectStore) -> None:
    """What a listing shows can be used as a condition."""
    put(store, "list/one", b"12")
    [found] = store.list("list/one")
    assert found.etag == store.head("list/one").etag


def test_a_listing_goes_on_behind_a_thousand(store: ObjectStore) -> None:
    """S3 answers in pages; nobody sees them."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.put_new(f"many/{number:04}", b"", media_type="a/b"), range(1005)))
    assert [found.key for found in store.list("many/")] == [f"many/{number:04}" for number in range(1005)]


@pytest.mark.parametrize(
    "value",
    ["plain.jpg", "Grüße aus Köln.jpg", "写真 📷.png", " two  spaces ", "100%.png", "a\r\nX-Evil: 1", 'quo"te\\'],
)
def test_metadata_may_be_any_text(store: ObjectStore, value: str) -> None:
    """Headers carry ASCII only and signatures fold spaces; a file name survives both."""
    kept = store.put("meta/one", BytesIO(b""), size_bytes=0, media_type="text/plain", metadata={"file-name": value})
    assert kept.metadata == store.head("meta/one").metadata == {"file-name": value}


def test_an_empty_metadata_value_is_not_kept(store: ObjectStore) -> None:
    """Servers differ in this, so no store keeps it."""
    kept = store.put("meta/one", BytesIO(b""), size_bytes=0, media_type="a/b", metadata={"name": "", "other": "x"})
    assert kept.metadata == store.head("meta/one").metadata == {"other": "x"}


def test_metadata_with_the_name_of_a_header_is_only_metadata(store: ObjectStore) -> None:
    """`content-type` and `if-none-match` mean nothing there."""
    names = {"content-type": "text/html", "if-none-match": "*", "content-encoding": "gzip"}
    store.put("meta/two", BytesIO(b""), size_bytes=0, media_type="text/plain", metadata=names)
    found = store.head("meta/two")
    assert (found.media_type, found.metadata) == ("text/plain", names)


def test_too_much_metadata_is_refused_alike(store: ObjectStore) -> None:
    """S3 takes 2 KB; a folder refuses what S3 would."""
    with pytest.raises(MetadataTooLong):
        store.put("meta/three", BytesIO(b""), size_bytes=0, media_type="a/b", metadata={"name": "é" * 400})


@pytest.mark.parametrize("media_type", ["", "image", "image/png\r\nX-Evil: 1", "image/pñg", "a/b; c", "x" * 500])
def test_what_is_no_media_type_is_unknown(store: ObjectStore, media_type: str) -> None:
    """A sender's claim never breaks a header."""
    put(store, "types/one", b"", media_type)
    assert store.head("types/one").media_type == "application/octet-stream"


@pytest.mark.parametrize("key", ["simple", "Grüße/写真.png", "a b/c+d&e=f?g#h%2e", "colon:at@x", "a/b~(1)'!*,;$"])
def test_any_plain_text_can_be_a_key(store: ObjectStore, key: str) -> None:
    """What means something in a URL is just a character here."""
    etag = put(store, key, b"1")
    assert content(store, key) == b"1"
    assert [found.key for found in store.list(key)] == [key]
    assert store.copy(key, f"copy/{key}", etag=etag, media_type="a/b") == store.head(f"copy/{key}").etag


HOSTILE = [
    "",
    "/",
    "/etc/passwd",
    "..",
    "../secret",
    "a/../../secret",
    "a/./b",
    "a//b",
    "a/",
    ".about/a.json",
    "a/.lock",
    "a\\..\\b",
    "a\x00b",
    "a\nb",
    "a/" + "x" * 201,
    "a/" * 600 + "b",
    "lone\ud800surrogate",
]


@pytest.mark.parametrize("key", HOSTILE)
def test_a_key_that_could_mean_another_place_is_refused(store: ObjectStore, tmp_path: Path, key: str) -> None:
    """By every call, before anything happens."""
    put(store, "secret", b"1")
    calls: list[Callable[[], object]] = [
        lambda: put(store, key, b"evil"),
        lambda: store.put_new(key, b"evil", media_type="a/b"),
        lambda: store.head(key),
        lambda: content(store, key),
        lambda: store.download(key, tmp_path / "file"),
        lambda: store.copy(key, "b", etag="x", media_type="a/b"),
        lambda: store.copy("secret", key, etag=store.head("secret").etag, media_type="a/b"),
        lambda: store.delete(key),
    ]
    for call in calls:
        with pytest.raises(KeyNotAllowed):
            call()
    assert [found.key for found in store.list("")] == ["secret"]


@pytest.mark.parametrize("prefix", ["../", "a/../b", "/", "/etc", "a//", ".about/"])
def test_a_prefix_that_could_mean_another_place_is_refused(store: ObjectStore, prefix: str) -> None:
    """Listing does not leave the store either."""
    with pytest.raises(KeyNotAllowed):
        list(store.list(prefix))


def test_reaping_deletes_the_old_under_a_prefix_only(store: ObjectStore) -> None:
    """Age and prefix decide together."""
    for key in ("quarantine/a/1", "quarantine/b/2", "media/a/3"):
        put(store, key, b"1")
    now = datetime.now(UTC)
    assert reap(store, "quarantine/", older_than=now - timedelta(hours=1)) == 0
    assert reap(store, "quarantine/", older_than=now + timedelta(hours=1)) == 2
    assert [found.key for found in store.list("")] == ["media/a/3"]


def test_a_folder_is_an_object_store_for_several_processes(tmp_path: Path) -> None:
    """Two stores on one folder see each other's objects, and leave neither temporary files nor empty folders."""
    one, other = FolderStore(tmp_path / "objects"), FolderStore(tmp_path / "objects")
    put(one, "deep/down/one", b"1")
    assert content(other, "deep/down/one") == b"1"
    assert one.path("deep/down/one").read_bytes() == b"1"
    other.delete("deep/down/one")
    left = [path.name for path in (tmp_path / "objects").rglob("*")]
    assert sorted(left) == [".lock", ".tmp"]


def test_a_folder_refuses_a_file_where_a_folder_lies(tmp_path: Path) -> None:
    """The declared limit: S3 would take it."""
    store = FolderStore(tmp_path / "objects")
    put(store, "a/b", b"1")
    for key in ("a", "a/b/c"):
        with pytest.raises(KeyNotAllowed):
            put(store, key, b"2")
        with pytest.raises(ObjectMissing):
            store.head(key)


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    """The disk's errors are the store's own failures."""
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreUnavailable):
        put(FolderStore(tmp_path / "file" / "objects"), "a", b"1")


def test_the_bucket_is_made_at_first_use(bucket_url: str) -> None:
    """By any call, and by several at once."""
    parts = urlsplit(bucket_url)
    name = f"{parts.path[1:]}-new"
    store = S3Store(parts._replace(path=f"/{name}").geturl())
    try:
        with ThreadPoolExecutor(4) as pool:
            assert [list(found) for found in pool.map(lambda _: store.list(""), range(4))] == [[]] * 4
        put(store, "a", b"1")
        store.delete("a")
    finally:
        client(bucket_url).remove_bucket(name)


def test_a_wrong_secret_makes_the_store_unavailable(bucket_url: str) -> None:
    """It may be put right, so it is worth a retry; the error does not tell the secret."""
    store = S3Store(bucket_url.replace("trombone-secret", "another-secret"))
    with pytest.raises(StoreUnavailable) as caught:
        put(store, "a", b"1")
    assert "another-secret" not in str(caught.value)


def test_an_upload_that_breaks_off_leaves_no_parts(bucket_url: str) -> None:
    """The parts that were sent already are given back."""
    store = S3Store(bucket_url)
    with pytest.raises(ConnectionResetError):
        store.put("a", stream(4 * PART_BYTES, error_at=2 * PART_BYTES + 1), size_bytes=None, media_type="a/b")
    left = client(bucket_url)._list_multipart_uploads(urlsplit(bucket_url).path[1:])
    assert left.uploads == []


def asks(store: ObjectStore, folder: Path) -> dict[str, Callable[[], object]]:
    return {
        "put": lambda: put(store, "a", b"1"),
        "put of parts": lambda: store.put("a", stream(11 * MIB), size_bytes=None, media_type="a/b"),
        "put_new": lambda: store.put_new("b", b"1", media_type="a/b"),
        "head": lambda: store.head("kept"),
        "read": lambda: content(store, "kept"),
        "download": lambda: store.download("kept", folder / "file"),
        "copy": lambda: store.copy("kept", "c", etag="x", media_type="a/b"),
        "list": lambda: list(store.list("")),
        "delete": lambda: store.delete("kept"),
    }


def seconds_until_unavailable(ask: Callable[[], object]) -> float:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        ask()
    return time.monotonic() - began


def test_a_silent_server_makes_the_store_unavailable_within_ten_seconds(bucket_url: str, tmp_path: Path) -> None:
    """Every call gives up; when the server answers again, so does the store."""
    with TcpProxy(bucket_url) as link:
        store = S3Store(link.url)
        put(store, "kept", b"1")
        put(store, "read/later", b"1")
        link.black_hole()
        every = list(asks(store, tmp_path).values())
        with ThreadPoolExecutor(len(every)) as pool:
            took = list(pool.map(seconds_until_unavailable, every))
        link.heal()
        assert max(took) < 10
        assert content(store, "read/later") == b"1"


def test_a_server_that_falls_silent_in_an_upload_is_given_up_within_ten_seconds(bucket_url: str) -> None:
    """Aborting the upload does not double the wait."""
    with TcpProxy(bucket_url) as link:
        store = S3Store(link.url)
        put(store, "kept", b"1")

        class Freezing(Stream):
            def read(self, size: int = -1) -> bytes:
                if self.read_so_far > PART_BYTES:
                    link.black_hole()
                return super().read(size)

        data = cast("BinaryIO", Freezing(4 * PART_BYTES))
        took = seconds_until_unavailable(lambda: store.put("a", data, size_bytes=None, media_type="a/b"))
        link.heal()
        assert took < 10


def test_a_refusing_server_makes_the_store_unavailable_at_once(tmp_path: Path) -> None:
    """Nobody listens there."""
    store = S3Store(f"s3://key:secret@127.0.0.1:{free_port()}/bucket?tls=0")
    assert max(seconds_until_unavailable(ask) for ask in asks(store, tmp_path).values()) < 2


def test_a_server_lost_in_a_read_makes_the_store_unavailable(bucket_url: str) -> None:
    """Bytes that did not come are never taken for the end of the object."""
    with TcpProxy(bucket_url) as link:
        store = S3Store(link.url)
        store.put("large", stream(25 * MIB), size_bytes=25 * MIB, media_type="a/b")
        with store.read("large") as chunks:
            next(chunks)
            link.reset()
            with pytest.raises(StoreUnavailable):
                list(chunks)
