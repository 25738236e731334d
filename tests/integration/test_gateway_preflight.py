"""`POST /v1/preflight`: an agent knows what will become of a file before sending it."""

from pathlib import Path

import pytest

from tests import images
from tests.integration.gateway_door import ACME, ACME_READER, NUMBER, RIVAL, Door, open_door

CUSTOMER = "+14155550100"


@pytest.fixture
def door(tmp_path: Path):
    with open_door(tmp_path) as door:
        yield door


def ask(door: Door, upload: str, key: str | None = ACME, **fields: str):
    return door.ask("POST", "/v1/preflight", key=key, json={"channel": "sms", "upload": upload, **fields})


def test_an_upload_is_looked_at_and_nothing_is_kept(door: Door) -> None:
    """The verdict with its figures; the store holds the upload and nothing else."""
    webp = images.encoded(images.paint((300, 200)), "WEBP")
    upload = door.upload(webp, "a.webp")
    before = [found.key for found in door.services.store.list("")]
    answer = ask(door, upload, contact=CUSTOMER, address=NUMBER)
    verdict = answer.json()
    assert (answer.status, verdict["verdict"], verdict["from_bytes"]) == (200, "converted", len(webp))
    assert (verdict["from_media_type"], verdict["reason"]) == ("image/webp", None)
    assert verdict["to_bytes"] <= 600_000
    assert [found.key for found in door.services.store.list("")] == before
    assert door.intake_rows() == []


def test_a_contact_that_no_file_reaches_is_told(door: Door) -> None:
    """A link instead."""
    verdict = ask(door, door.upload(images.encoded(images.corners(), "PNG")), contact="+33612345678").json()
    assert (verdict["verdict"], verdict["reason"]["code"]) == ("link", "contact_takes_no_files")


@pytest.mark.parametrize(
    ("key", "fields", "status", "code"),
    [
        (None, {}, 401, "key_missing"),
        (ACME_READER, {}, 403, "scope_missing"),
        (RIVAL, {}, 404, "upload_unknown"),
        (ACME, {"upload": "0" * 32}, 404, "upload_unknown"),
        (ACME, {"upload": "../../media"}, 422, "wrong_field"),
        (ACME, {"channel": "fax"}, 422, "channel_not_connected"),
        (ACME, {"address": "+15005550007"}, 422, "channel_not_connected"),
        (ACME, {"more": "x"}, 422, "wrong_field"),
    ],
)
def test_strangers_and_nonsense_get_a_sentence(
    door: Door, key: str | None, fields: dict[str, str], status: int, code: str
) -> None:
    """Another account's upload does not exist; another account's number is not connected."""
    upload = door.upload(b"%PDF-1.7\n")
    answer = ask(door, **{"upload": upload, "key": key, **fields})  # type: ignore[arg-type]
    assert (answer.status, answer.error) == (status, code)
