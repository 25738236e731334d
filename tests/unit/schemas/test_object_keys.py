"""The layout of object keys."""

import msgspec
import pytest

from schemas import object_keys
from schemas.values import ObjectKey

SHA256 = "ab" * 32


def test_every_key_begins_with_its_area_and_account() -> None:
    """Access and erasure are prefixes."""
    keys = [
        object_keys.payload("acme", "e1"),
        object_keys.upload("acme", "u1"),
        object_keys.quarantine("acme", "c1", "a1", "t1"),
        object_keys.original("acme", "c1", SHA256),
        object_keys.plan("acme", "c1", "m1"),
        object_keys.dead_letter("acme", "e1"),
    ]

    assert [key.split("/")[:2] for key in keys] == [
        ["intake", "acme"], ["quarantine", "acme"], ["quarantine", "acme"],
        ["media", "acme"], ["plans", "acme"], ["dead", "acme"],
    ]  # fmt: skip
    assert [msgspec.convert(key, ObjectKey) for key in keys] == keys


def test_attempts_share_a_prefix_and_never_a_key() -> None:
    """The fetcher finds its earlier result by prefix, and overwrites nothing."""
    first = object_keys.quarantine("acme", "c1", "a1", "t1")
    second = object_keys.quarantine("acme", "c1", "a1", "t2")

    assert first != second
    assert all(key.startswith(object_keys.quarantine_prefix("acme", "c1", "a1")) for key in (first, second))


def test_a_rendition_lies_beside_its_original() -> None:
    """Erasing the folder erases both."""
    original = object_keys.original("acme", "c1", SHA256)

    assert object_keys.derived(original, "thumbnail-320.webp") == f"media/acme/c1/{SHA256}/thumbnail-320.webp"


@pytest.mark.parametrize(
    "key",
    [
        "quarantine/other/uploads/u1",
        "quarantine/acme/uploads/",
        "quarantine/acme/uploads/..",
        "quarantine/acme/uploads/u1/more",
        "quarantine/acme/uploads",
        "quarantine/acme/c1/a1/t1",
        "media/acme/c1/x/original",
        "/quarantine/acme/uploads/u1",
        "quarantine//acme/uploads/u1",
        "",
    ],
)
def test_only_an_upload_of_the_account_is_one(key: str) -> None:
    """A key from outside may name another account's file, or climb."""
    assert not object_keys.is_upload_of("acme", key)


def test_an_upload_of_the_account_is_one() -> None:
    """The gateway's own keys pass."""
    assert object_keys.is_upload_of("acme", object_keys.upload("acme", "u1"))
