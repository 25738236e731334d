"""From a media id to the request that brings the bytes."""

import json
from hashlib import sha256

import pytest

from ingest.incoming import ChannelAccount, Get, Got, NotYet, Unparsable
from ingest.whatsapp.meta import download
from ingest.whatsapp.meta_media import digest
from schemas.attachment import Source
from schemas.reason import Refused

HEX = sha256(b"hello").hexdigest()
BASE64 = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
CDN = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"


def account(api_url="https://graph.facebook.com", **options):
    return ChannelAccount("acme", "whatsapp", "meta", "+1555", api_url, {"access_token": "token"}, options)


def answered(body, status=200, of=None):
    """What comes of it when the media endpoint says this."""
    steps = download(Source(reference="27/5?"), of or account())
    next(steps)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(StopIteration) as done:
        steps.send(Got(status, {}, content))
    return done.value.value


def refused(status, body):
    steps = download(Source(reference="1"), account())
    next(steps)
    steps.send(Got(status, {}, body if isinstance(body, bytes) else json.dumps({"error": body}).encode()))


def test_the_id_is_asked_for_with_our_token_and_number():
    """An id is somebody's word: it stays one segment of the path."""
    asked = next(download(Source(reference="27/5?"), account(phone_number_id="106", api_version="v26.0")))
    assert asked == Get("https://graph.facebook.com/v26.0/27%2F5%3F?phone_number_id=106", bearer="token")


def test_the_bytes_are_had_with_the_same_token_and_must_have_the_digest():
    """In one go: the URL lives for five minutes."""
    got = answered({"url": CDN, "mime_type": "image/jpeg", "sha256": HEX, "file_size": "5", "id": "27"})
    assert got == Get(CDN, bearer="token", sha256=HEX)


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        (HEX, HEX),
        (HEX.upper(), HEX),
        (BASE64, HEX),
        (None, None),
        ("", None),
        ("short", None),
        ("AAAA", None),
        ("é" * 44, None),
    ],
)
def test_a_digest_comes_in_hex_or_base64(claimed, expected):
    """What is neither proves nothing and is left aside."""
    assert digest(claimed) == expected


@pytest.mark.parametrize(
    ("url", "bearer"),
    [
        (CDN, "token"),
        ("http://127.0.0.1:9000/media", "token"),
        ("http://127.0.0.1:9001/media", None),
        ("http://lookaside.fbsbx.com/media", None),
    ],
)
def test_the_token_never_goes_in_the_clear(url, bearer):
    """Only to the configured API itself, which may be a loopback one."""
    assert answered({"url": url}, of=account("http://127.0.0.1:9000")).bearer == bearer


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, {"code": 100, "error_subcode": 33, "message": "does not exist"}, "media_gone"),
        (401, {"code": 190, "message": "expired"}, "provider_190"),
        (400, {"code": 131052, "message": "too big"}, "provider_131052"),
        (400, {"code": 4242, "message": "new"}, "provider_4242"),
    ],
)
def test_a_no_is_told(status, error, code):
    """With its reason."""
    with pytest.raises(Refused) as no:
        refused(status, error)
    assert no.value.code == code


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"code": 130429, "message": "slow down"}),
        (400, {"code": 4, "message": "slow down"}),
        (404, {"code": 100, "message": "?"}),
        (404, b""),
        (403, b"<html>"),
        (200, b"<html>"),
        (200, b"{}"),
    ],
)
def test_a_not_now_is_tried_again(status, body):
    """Also what makes no sense: the id lives for seven days."""
    with pytest.raises(NotYet):
        refused(status, body)


def test_a_file_without_an_id_cannot_be_had():
    """Something else made this source."""
    with pytest.raises(Unparsable):
        next(download(Source(url="https://example.org/x"), account()))
