"""URLs of object stores."""

from pathlib import Path

import pytest

from workers.runtime.folder import FolderStore
from workers.runtime.s3 import S3Store
from workers.runtime.stores import StoreUrlInvalid, open_store


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("file:data/objects", "data/objects"),
        ("file:/srv/objects", "/srv/objects"),
        ("file:///srv/objects", "/srv/objects"),
    ],
)
def test_a_file_url_opens_a_folder(url: str, root: str) -> None:
    """Relative or absolute; nothing is made yet."""
    store = open_store(url)
    assert isinstance(store, FolderStore)
    assert store.path("a/b") == Path(root, "a/b")


def test_an_s3_url_opens_a_bucket_without_connecting() -> None:
    """A media worker that never stores never connects."""
    assert isinstance(open_store("s3://key:se%2Fcret@127.0.0.1:1/bucket?region=eu-west-1&tls=0"), S3Store)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file:",
        "http://a/b",
        "/srv",
        "s3://key:hu/hush@127.0.0.1:1/bucket",
        "s3://host/bucket",
        "s3://key:hush@host/",
        "s3:",
        "s3://key:hush@host:x/b",
    ],
)
def test_any_other_url_is_refused_without_telling_the_secret(url: str) -> None:
    """At the start, not at the first photo."""
    with pytest.raises(StoreUrlInvalid) as caught:
        open_store(url)
    assert "hush" not in str(caught.value)
