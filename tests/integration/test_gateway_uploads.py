"""Files come in through the gateway."""

from hashlib import sha256
from io import BytesIO

import pytest

from tests.integration.gateway_door import ACME, ACME_READER, MAX_UPLOAD, RIVAL, open_door

PHOTO = b"\xff\xd8" + b"photo" * 50_000


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    with open_door(tmp_path_factory.mktemp("door")) as door:
        yield door


def stored(door, answer, account="acme"):
    return door.services.store.head(f"quarantine/{account}/uploads/{answer.json()['upload']}")


def test_a_raw_file(door):
    """The body is the file; its digest, size and name are told, and kept with it in quarantine."""
    answer = door.ask(
        "POST", "/v1/uploads?file_name=a.jpg", key=ACME, body=PHOTO, headers={"Content-Type": "image/jpeg"}
    )
    shown = answer.json()
    assert (answer.status, shown["size_bytes"], shown["sha256"], shown["file_name"]) == (
        201,
        len(PHOTO),
        sha256(PHOTO).hexdigest(),
        "a.jpg",
    )
    found = stored(door, answer)
    assert (found.size_bytes, found.media_type) == (len(PHOTO), "image/jpeg")
    assert found.key == shown["object_key"]
    assert found.metadata == {"sha256": shown["sha256"], "owner": "agent", "file_name": "a.jpg"}


def test_a_form_with_a_file(door):
    """Browsers post forms."""
    answer = door.ask("POST", "/v1/uploads", key=ACME, fields={"note": "x", "file": ("b.png", PHOTO, "image/png")})
    assert (answer.status, answer.json()["sha256"], answer.json()["file_name"]) == (
        201,
        sha256(PHOTO).hexdigest(),
        "b.png",
    )
    assert stored(door, answer).media_type == "image/png"


def test_a_file_of_unknown_length(door):
    """Chunked transfer needs no Content-Length."""
    answer = door.ask("POST", "/v1/uploads", key=ACME, body=BytesIO(PHOTO), chunked=True)
    assert (answer.status, answer.json()["size_bytes"]) == (201, len(PHOTO))


def test_a_name_in_any_language(door):
    """`X-File-Name` carries UTF-8 as RFC 8187 has it."""
    answer = door.ask(
        "POST", "/v1/uploads", key=ACME, body=b"x", headers={"X-File-Name": "UTF-8''Gr%C3%B6%C3%9Fe%20%E2%82%AC.jpg"}
    )
    assert answer.json()["file_name"] == "Größe €.jpg"
    assert stored(door, answer).metadata["file_name"] == "Größe €.jpg"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("C%3A%5Cphotos%5Ca.jpg", "a.jpg"),
        ("a%0D%0ASet-Cookie%3A%20x.jpg", "aSet-Cookie: x.jpg"),
        ("%00a.jpg", "a.jpg"),
        ("%E2%80%AEgpj.exe", "gpj.exe"),
        ("..", None),
        ("%FF", "\ufffd"),
    ],
)
def test_a_hostile_name_is_made_plain(door, name, expected):
    """A name is never a path, a header or a disguise."""
    answer = door.ask("POST", f"/v1/uploads?file_name={name}", key=ACME, body=b"x")
    assert (answer.status, answer.json().get("file_name")) == (201, expected)


@pytest.mark.parametrize("declared", ["../..", "x" * 300, "image/jpeg, text/html"])
def test_a_hostile_type_is_worth_nothing(door, declared):
    """What is no media type is stored as plain bytes."""
    answer = door.ask("POST", "/v1/uploads", key=ACME, body=b"x", headers={"Content-Type": declared})
    assert (answer.status, stored(door, answer).media_type) == (201, "application/octet-stream")


@pytest.mark.parametrize("how", ["declared", "chunked", "form"])
def test_too_large_a_file_is_refused(door, how):
    """The cap holds for every way in, and the sender hears the limit."""
    data = b"x" * (MAX_UPLOAD + 100_000)
    kwargs = {
        "declared": {"body": data},
        "chunked": {"body": BytesIO(data), "chunked": True},
        "form": {"fields": {"file": ("a", data)}},
    }[how]
    answer = door.ask("POST", "/v1/uploads", key=ACME, **kwargs)
    assert (answer.status, answer.error) == (413, "too_large")


def test_a_form_just_over_the_limit_is_refused(door):
    """The form's own overhead does not make room for a larger file."""
    answer = door.ask("POST", "/v1/uploads", key=ACME, fields={"file": ("a", b"x" * (MAX_UPLOAD + 1))})
    assert (answer.status, answer.json()["error"]["limit"]) == (413, MAX_UPLOAD)


def test_a_file_of_exactly_the_limit_passes(door):
    """The limit itself is allowed."""
    assert door.ask("POST", "/v1/uploads", key=ACME, body=b"x" * MAX_UPLOAD).status == 201


@pytest.mark.parametrize(
    ("kwargs", "status", "code"),
    [
        ({"body": b""}, 422, "file_empty"),
        ({"fields": {"note": "no file"}}, 422, "file_missing"),
        ({"body": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "form_unreadable"),
        ({"body": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}}, 400, "form_unreadable"),
        ({"fields": {"a": ("a", b"1"), "b": ("b", b"2")}}, 400, "form_unreadable"),
    ],
)
def test_what_is_no_file_is_refused(door, kwargs, status, code):
    """Each with its own reason."""
    answer = door.ask("POST", "/v1/uploads", key=ACME, **kwargs)
    assert (answer.status, answer.error) == (status, code)


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        (None, 401, "key_missing"),
        ("", 401, "key_missing"),
        ("tb_desk_wrong", 401, "key_invalid"),
        (ACME_READER[:-1], 401, "key_invalid"),
        (ACME.replace("desk", "reader"), 401, "key_invalid"),
        (ACME_READER, 403, "scope_missing"),
    ],
)
def test_only_a_key_with_the_scope_uploads(door, key, status, code):
    """No key, a wrong key, a key that may only read."""
    answer = door.ask("POST", "/v1/uploads", key=key, body=b"x")
    assert (answer.status, answer.error) == (status, code)


def test_an_upload_lies_in_its_own_account(door):
    """The account comes from the key, from nowhere else."""
    answer = door.ask("POST", "/v1/uploads?account=acme", key=RIVAL, body=b"x")
    assert stored(door, answer, "rival").size_bytes == 1
