"""Signed media links: what they bind, how they end, and what a forger may try."""

import base64
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from workers.runtime.links import LinkRefused, MediaGrant, MediaKeysInvalid, SignedLinks

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OLD = "old:0123456789abcdef-old"
NEW = "new:0123456789abcdef-new"
KEY = "media/acme/conversation/0123abcd/original"


class Frozen:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


def links(keys: str = NEW, public: str = "https://media.example/") -> SignedLinks:
    return SignedLinks(public, keys, Frozen())


def url(
    by: SignedLinks, *, object_key: str = KEY, file_name: str = "Foto vom Garten.JPG", lives_seconds: int = 60
) -> str:
    return by.media_url("acme", object_key, media_type="image/jpeg", file_name=file_name, lives_seconds=lives_seconds)


def token(url: str) -> str:
    return urlsplit(url).path.split("/")[2]


def code(by: SignedLinks, forged: str, now: datetime = NOW) -> str:
    with pytest.raises(LinkRefused) as caught:
        by.open(forged, now)
    return caught.value.code


def test_a_link_opens_what_it_was_signed_for() -> None:
    """Account, object, type, full file name, disposition and end come back."""
    by = links()
    attached = by.media_url(
        "acme", KEY, media_type="image/jpeg", file_name="Grüße 📷.jpg", lives_seconds=60, disposition="attachment"
    )
    assert by.open(token(attached)) == MediaGrant(
        account="acme",
        object_key=KEY,
        media_type="image/jpeg",
        file_name="Grüße 📷.jpg",
        disposition="attachment",
        expires_at=NOW + timedelta(seconds=60),
    )
    assert by.open(token(url(by))).disposition == "inline"


def test_a_link_ends_in_a_name_that_every_provider_takes() -> None:
    """Twilio wants an extension, at most 20 characters and nothing special."""
    assert re.fullmatch(r"https://media\.example/media/[\w.-]+/Foto-vom-Garten\.jpg", url(links()))


def test_a_link_is_short() -> None:
    """A real key (three ids and a digest) still makes a URL under 400 characters."""
    object_key = f"media/acme/{'c' * 36}/{'d' * 64}/original"
    assert len(url(links(), object_key=object_key)) < 400


def test_a_link_ends_with_its_time() -> None:
    """To the second, and says so."""
    by = links()
    signed = token(url(by, lives_seconds=60))
    assert by.open(signed, NOW + timedelta(seconds=59)).object_key == KEY
    assert code(by, signed, NOW + timedelta(seconds=60)) == "link_expired"


def test_every_character_of_a_token_counts() -> None:
    """Changing, dropping or doubling any of them makes a forgery."""
    by = links()
    signed = token(url(by))
    for place, character in enumerate(signed):
        other = "A" if character != "A" else "B"
        for forged in (
            signed[:place] + other + signed[place + 1 :],
            signed[:place] + signed[place + 1 :],
            signed[:place] + character + signed[place:],
        ):
            # The last character of a signature has bits that mean nothing; a decoder must not take two spellings.
            if forged != signed:
                assert code(by, forged) == "link_forged", forged


def test_a_payload_cannot_be_exchanged() -> None:
    """Another object under the same signature is a forgery."""
    by = links()
    key_id, payload, signature = token(url(by)).split(".")
    other = base64.urlsafe_b64encode(b'["media/acme/secret/x/original","image/jpeg","a.jpg","i",9999999999]').decode()
    assert code(by, f"{key_id}.{other.rstrip('=')}.{signature}") == "link_forged"
    assert code(by, f"{key_id}.{payload}.") == "link_forged"


def test_an_expired_forgery_is_a_forgery() -> None:
    """Nothing is read from a token before its signature holds."""
    forged = token(url(links(OLD))).replace("old.", "new.", 1)
    assert code(links(NEW), forged, NOW + timedelta(days=1)) == "link_forged"


@pytest.mark.parametrize(
    "forged",
    [
        "",
        ".",
        "..",
        "new",
        "new.",
        "new..",
        "new.a.b",
        "../../etc/passwd",
        "new.\x00.\x00",
        "ñ.é.ü",
        "new." + "A" * 9000,
    ],
)
def test_what_is_no_token_is_a_forgery(forged: str) -> None:
    """Anything may stand in a URL."""
    assert code(links(), forged) == "link_forged"


def test_a_key_can_be_replaced_without_breaking_links() -> None:
    """The first key signs and all verify; a key that is gone verifies no more."""
    before = token(url(links(OLD)))
    rotated = links(f"{NEW},{OLD}")
    assert token(url(rotated)).startswith("new.")
    assert rotated.open(before).object_key == KEY
    assert links(NEW).open(token(url(rotated))).object_key == KEY
    assert code(links(NEW), before) == "link_forged"


def test_the_same_id_with_another_secret_verifies_nothing() -> None:
    """An id is a name, not a key."""
    assert code(links("new:another-secret-of-ours"), token(url(links()))) == "link_forged"


def test_a_token_moved_to_another_key_id_is_a_forgery() -> None:
    """Even where both ids have the same secret."""
    both = links("a:0123456789abcdef,b:0123456789abcdef")
    moved = "b" + token(url(both)).removeprefix("a")
    assert code(both, moved) == "link_forged"


@pytest.mark.parametrize(
    "object_key",
    [
        "quarantine/acme/uploads/1",
        "media/other/conversation/1/original",
        "media/acme",
        "media/acme/../other/1",
        "media/acme//1",
        "media/acme/./1",
        "../media/acme/1",
        "/media/acme/1",
        "intake/acme/1",
        "",
    ],
)
def test_only_media_of_the_account_is_ever_signed(object_key: str) -> None:
    """Quarantine, other accounts and clever paths are a mistake of ours."""
    with pytest.raises(ValueError, match="media/<account>/"):
        url(links(), object_key=object_key)


@pytest.mark.parametrize("file_name", ["../../etc/passwd", "C:\\x\\passwd", "\r\npasswd", "/a/b/passwd"])
def test_a_file_name_is_a_name_only(file_name: str) -> None:
    """No path and no line break reaches a header."""
    assert links().open(token(url(links(), file_name=file_name))).file_name == "passwd"


@pytest.mark.parametrize(
    "keys",
    [
        "",
        ",",
        "secret",
        ":0123456789abcdef",
        "a:short",
        "a b:0123456789abcdef",
        f"{NEW},{NEW}",
        f"{'x' * 17}:0123456789abcdef",
    ],
)
def test_keys_that_make_no_sense_are_refused_at_the_start(keys: str) -> None:
    """And the message shows no secret."""
    with pytest.raises(MediaKeysInvalid) as caught:
        links(keys)
    assert "0123456789abcdef" not in str(caught.value)


def test_a_callback_carries_our_token_in_the_query() -> None:
    """Ids come back as they were, whatever they hold."""
    callback = urlsplit(links().callback_url("sms", "twilio", message="m&1", conversation="c 2", part="p/3"))
    assert callback.path == "/webhooks/sms/twilio/status"
    assert parse_qs(callback.query) == {"message": ["m&1"], "conversation": ["c 2"], "part": ["p/3"]}


def test_a_public_url_may_have_a_path() -> None:
    """The gateway may live behind a prefix."""
    by = links(public="https://example.com/trombone/")
    assert url(by).startswith("https://example.com/trombone/media/new.")
    assert by.callback_url("a", "b", message="", conversation="", part="").startswith(
        "https://example.com/trombone/webhooks/a/b/"
    )
