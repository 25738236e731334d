"""Signatures of notices, against a computation of our own and the example of the specification."""

import hashlib
from base64 import b64decode, b64encode

import pytest

from workers.runtime.signatures import SecretInvalid, key_of, new_secret, signed_headers

SECRET = "whsec_" + b64encode(bytes(range(24))).decode()
OTHER = "whsec_" + b64encode(bytes(range(100, 164))).decode()


def by_hand(key: bytes, content: bytes) -> str:
    """HMAC-SHA256 as RFC 2104 spells it, without the library's own."""
    padded = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + content).digest()
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()
    return "v1," + b64encode(outer).decode()


def test_the_example_of_the_specification():
    """standardwebhooks.com, read 2026-11-27: its libraries test with this one."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signed_headers([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("body", [b"", b"{}", "é\n".encode(), b"\x00\xff" * 500], ids=repr)
def test_a_signature_is_the_one_that_anybody_computes(body):
    """Over the id, the moment and the raw bytes."""
    headers = signed_headers([SECRET], "msg_1", 1795737600, body)
    assert headers["webhook-signature"] == by_hand(bytes(range(24)), b"msg_1.1795737600." + body)


def test_while_a_secret_is_replaced_both_sign():
    """A receiver that knows either of them accepts."""
    headers = signed_headers([SECRET, OTHER], "msg_1", 1, b"{}")
    assert headers["webhook-signature"].split(" ") == [
        by_hand(bytes(range(24)), b"msg_1.1.{}"),
        by_hand(bytes(range(100, 164)), b"msg_1.1.{}"),
    ]


def test_a_new_secret_is_a_secret():
    """32 random bytes, another each time."""
    secret = new_secret()
    assert key_of(secret) == b64decode(secret.removeprefix("whsec_"))
    assert len(key_of(secret)) == 32
    assert new_secret() != secret


@pytest.mark.parametrize(
    "wrong",
    ["", "hunter2", "whsec_short", "whsec_" + "A" * 200, SECRET.removeprefix("whsec_"), "whsec_é" * 12],
)
def test_what_is_no_secret_is_refused_without_being_repeated(wrong):
    """Too short, too long, not Base64, without its mark."""
    with pytest.raises(SecretInvalid) as refused:
        key_of(wrong)
    assert not wrong or wrong not in str(refused.value)
