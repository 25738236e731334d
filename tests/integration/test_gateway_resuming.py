"""Uploads in pieces: what came is kept, what broke off is asked for again, and nobody sees anybody else's."""

import hashlib

import pytest

from tests.integration.gateway_door import ACME, ACME_READER, MAX_UPLOAD, RIVAL, open_door

NAME = "0123456789abcdef" * 2
FILE = bytes(range(256)) * 1000
SIZE = 256_000


@pytest.fixture
def door(tmp_path):
    with open_door(tmp_path) as door:
        yield door


def put(door, offset, piece, *, size=SIZE, key=ACME, path=f"/v1/uploads/{NAME}"):
    headers = {"Content-Type": "image/jpeg"}
    return door.ask("PUT", f"{path}?offset={offset}&size={size}&file_name=a.jpg", key=key, body=piece, headers=headers)


def received(door, key=ACME, path=f"/v1/uploads/{NAME}"):
    return door.ask("GET", path, key=key).json()["received_bytes"]


def test_pieces_become_one_upload(door):
    """With the digest of the whole, the type and the name; nothing of the pieces stays."""
    first = put(door, 0, FILE[:100_000])
    assert (first.status, first.json()["received_bytes"], received(door)) == (200, 100_000, 100_000)
    last = put(door, 100_000, FILE[100_000:])
    assert (last.status, last.json()["sha256"]) == (201, hashlib.sha256(FILE).hexdigest())
    reply = {"channel": "sms", "contact": "+14155550100", "files": [{"upload": NAME}]}
    assert door.ask("POST", "/v1/replies", key=ACME, json=reply).status == 202
    (event,) = door.events(1)
    assert event.data.files[0].file_name == "a.jpg"
    assert event.data.files[0].declared_media_type == "image/jpeg"
    (kept,) = door.services.store.list("quarantine/")
    assert (kept.key, kept.size_bytes) == (last.json()["object_key"], len(FILE))


def test_the_last_piece_may_come_twice(door):
    """Its first answer got lost: the second one is the same."""
    first = put(door, 0, FILE)
    again = put(door, 0, FILE)
    assert (first.status, again.status, again.json()) == (201, 201, first.json())
    assert received(door) == len(FILE)


@pytest.mark.parametrize("offset", [1, 99_999, 200_000])
def test_a_piece_that_does_not_follow_is_refused(door, offset):
    """And the client is told where to go on."""
    put(door, 0, FILE[:100_000])
    wrong = put(door, offset, b"x")
    assert (wrong.status, wrong.error, wrong.json()["error"]["limit"]) == (409, "offset_wrong", 100_000)


@pytest.mark.parametrize(
    ("size", "piece", "status", "error"),
    [
        (MAX_UPLOAD + 1, b"x", 413, "too_large"),
        (10, b"x" * 11, 413, "too_large"),
        (0, b"", 409, "offset_wrong"),
    ],
)
def test_it_never_becomes_more_than_it_said(door, size, piece, status, error):
    """Nor more than is taken at all."""
    answer = put(door, 0, piece, size=size)
    assert (answer.status, answer.error) == (status, error)
    assert list(door.services.store.list("quarantine/")) == []


def test_an_upload_belongs_to_who_began_it(door):
    """Others who know its name find nothing, and can neither go on with it nor spoil it."""
    visitor, stranger = (door.ask("POST", "/webchat/acme-shop/sessions").json()["token"] for _ in range(2))
    path = f"/webchat/uploads/{NAME}"
    put(door, 0, FILE[:100_000], key=visitor, path=path)
    assert (received(door), received(door, RIVAL), received(door, stranger, path)) == (0, 0, 0)
    assert put(door, 0, b"spoiled", key=stranger, path=path, size=10_000).status == 200
    done = put(door, 100_000, FILE[100_000:], key=visitor, path=path)
    assert done.json()["sha256"] == hashlib.sha256(FILE).hexdigest()
    assert put(door, 7, b"x", key=stranger, path=path, size=10_000).error == "upload_unknown"


def test_names_and_keys_are_checked(door):
    """Nothing else than a name at random leads into the store, and a reader brings nothing."""
    assert put(door, 0, b"x", path="/v1/uploads/..%2f..%2fmedia").status in (404, 422)
    assert put(door, 0, b"x", path="/v1/uploads/short").error == "wrong_field"
    assert put(door, 0, b"x", key=ACME_READER).error == "scope_missing"
