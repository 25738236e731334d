"""Media come out: what browsers and providers may see of a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO

import pytest

from tests.integration.gateway_door import PUBLIC, open_door
from workers.runtime.folder import FolderStore
from workers.runtime.objects import Reading, StoreUnavailable

DATA = bytes(range(256)) * 1000
KEY = f"media/acme/c1/{sha256(DATA).hexdigest()}/original"


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    with open_door(tmp_path_factory.mktemp("door")) as door:
        door.services.store.put(KEY, BytesIO(DATA), size_bytes=len(DATA), media_type="image/jpeg")
        yield door


def link(door, key=KEY, media_type="image/jpeg", file_name="photo.jpg", lives=60, disposition="inline"):
    url = door.services.links.media_url(
        "acme", key, media_type=media_type, file_name=file_name, lives_seconds=lives, disposition=disposition
    )
    return url.removeprefix(PUBLIC)


def test_a_file_with_its_true_type_and_length(door):
    """What Twilio compares: type, length and a name; and nothing that a browser could be tricked with."""
    answer = door.ask("GET", link(door))
    assert (answer.status, answer.body) == (200, DATA)
    expected = {
        "content-type": "image/jpeg",
        "content-length": str(len(DATA)),
        "accept-ranges": "bytes",
        "content-disposition": "inline; filename=\"photo.jpg\"; filename*=UTF-8''photo.jpg",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }
    assert {name: answer.headers[name] for name in expected} == expected
    assert answer.headers["cache-control"].startswith("private")
    assert answer.headers["etag"].startswith('"')


def test_head_says_the_same_without_the_bytes(door):
    """Twilio asks HEAD first."""
    head, get = (door.ask(method, link(door)) for method in ("HEAD", "GET"))
    assert (head.status, head.body) == (200, b"")
    names = ("content-type", "content-length", "etag", "content-disposition", "accept-ranges")
    assert [head.headers[name] for name in names] == [get.headers[name] for name in names]


@pytest.mark.parametrize(
    ("header", "expected", "content_range"),
    [
        ("bytes=0-9", DATA[:10], f"bytes 0-9/{len(DATA)}"),
        ("bytes=200000-", DATA[200000:], f"bytes 200000-{len(DATA) - 1}/{len(DATA)}"),
        ("bytes=-5", DATA[-5:], f"bytes {len(DATA) - 5}-{len(DATA) - 1}/{len(DATA)}"),
    ],
)
def test_a_range(door, header, expected, content_range):
    """Players seek, downloads resume."""
    answer = door.ask("GET", link(door), headers={"Range": header})
    assert (answer.status, answer.body, answer.headers["content-range"]) == (206, expected, content_range)
    assert answer.headers["content-length"] == str(len(expected))


def test_a_range_behind_the_end(door):
    """416 says how long the file is."""
    answer = door.ask("GET", link(door), headers={"Range": f"bytes={len(DATA)}-"})
    assert (answer.status, answer.error) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(DATA)}"


def test_a_range_of_another_version_gets_the_whole(door):
    """`If-Range` protects against halves of two files."""
    answer = door.ask("GET", link(door), headers={"Range": "bytes=0-9", "If-Range": '"old"'})
    assert (answer.status, len(answer.body)) == (200, len(DATA))


def test_a_known_version_is_not_sent_again(door):
    """304 for a browser that has it."""
    etag = door.ask("HEAD", link(door)).headers["etag"]
    answer = door.ask("GET", link(door), headers={"If-None-Match": etag})
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/png", "inline"),
        ("video/mp4", "inline"),
        ("audio/mpeg", "inline"),
        ("image/svg+xml", "attachment"),
        ("text/html", "attachment"),
        ("application/pdf", "attachment"),
        ("text/plain", "attachment"),
        ("application/octet-stream", "attachment"),
    ],
)
def test_only_known_safe_types_open_by_themselves(door, media_type, kind):
    """A page or a drawing with scripts is saved, never shown on our own address."""
    answer = door.ask("HEAD", link(door, media_type=media_type, file_name="a.bin"))
    assert (answer.headers["content-disposition"].split(";")[0], answer.headers["content-type"]) == (kind, media_type)


def test_a_link_may_ask_for_saving(door):
    """Even a photo can be handed out as a download."""
    answer = door.ask("HEAD", link(door, disposition="attachment"))
    assert answer.headers["content-disposition"].startswith("attachment;")


def test_a_hostile_name_stays_inside_its_header(door):
    """No name adds a header or ends the quotes."""
    answer = door.ask("HEAD", link(door, file_name='a"\r\nX-Evil: 1\r\n; filename=b.exe.jpg'))
    assert "x-evil" not in answer.headers
    assert answer.headers["content-disposition"].count('"') == 2


def test_an_expired_link(door):
    """410: it was good once."""
    answer = door.ask("GET", link(door, lives=-1))
    assert (answer.status, answer.error) == (410, "link_expired")


@pytest.mark.parametrize("change", [lambda t: t[:-2] + "xx", lambda t: "k2" + t[2:], lambda _: "x", lambda t: t + "a"])
def test_a_forged_link(door, change):
    """403: it was never ours."""
    _, _, token, name = link(door).split("/")
    answer = door.ask("GET", f"/media/{change(token)}/{name}")
    assert (answer.status, answer.error) == (403, "link_forged")


def test_an_erased_file(door):
    """A link dies with its object."""
    answer = door.ask("GET", link(door, key="media/acme/c1/gone/original"))
    assert (answer.status, answer.error) == (404, "media_gone")


@pytest.mark.parametrize("path", ["/media/x", "/media/../v1/uploads", "/media/x/../../etc/passwd", "/media/x/%2e%2e/y"])
def test_paths_lead_nowhere_else(door, path):
    """What is opened stands in the token, not in the path."""
    assert door.ask("GET", path).status in (401, 403, 404, 405)


def test_media_cannot_be_changed(door):
    """GET and HEAD are all there is."""
    assert door.ask("POST", link(door)).status == 405


class FailingStore(FolderStore):
    """Of its first calls `failures` fail; and `breaks` readings end after their first thousand bytes."""

    failures = 0
    breaks = 0

    def head(self, key):
        self._fail()
        return super().head(key)

    @contextmanager
    def read(self, key, *, start=0, length=None) -> Iterator[Reading]:
        self._fail()
        with super().read(key, start=start, length=length) as chunks:
            if self.breaks:
                self.breaks -= 1
                yield Reading(chunks.found, broken(next(chunks)[:1000]))
            else:
                yield chunks

    def _fail(self):
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("half of it fails")


def broken(data):
    yield data
    raise StoreUnavailable("cut")


@pytest.mark.parametrize(("failures", "breaks"), [(3, 0), (0, 2), (2, 2)])
@pytest.mark.parametrize(("header", "expected"), [({}, DATA), ({"Range": "bytes=500-9999"}, DATA[500:10_000])])
def test_a_store_that_fails_now_and_then_costs_time_only(tmp_path, failures, breaks, header, expected):
    """A provider asks once: the store is asked again, and what broke off is read on from there."""
    store = FailingStore(tmp_path / "objects")
    with open_door(tmp_path, store=store) as door:
        store.put(KEY, BytesIO(DATA), size_bytes=len(DATA), media_type="image/jpeg")
        store.failures, store.breaks = failures, breaks
        answer = door.ask("GET", link(door), headers=header)
    assert (answer.status in (200, 206), answer.body == expected) == (True, True)
    assert (store.failures, store.breaks) == (0, 0)


def test_a_store_that_stays_away_is_a_503_to_whoever_fetches(tmp_path):
    """With a time to come back."""
    store = FailingStore(tmp_path / "objects")
    with open_door(tmp_path, store=store, patience_seconds=0.3) as door:
        store.failures = 10_000
        answer = door.ask("HEAD", link(door))
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
