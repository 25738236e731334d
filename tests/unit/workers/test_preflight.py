"""Preflight: what a channel will make of a file, told before it is sent."""

from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from ingest.incoming import ChannelAccount
from schemas.reason import Reason
from tests import images
from tests.workbench import CUSTOMER, SHOP, settings
from thumbnails.orders import Fitted
from workers.preflight import Preflight, Verdict
from workers.runtime.decoding import ForkDecoder
from workers.runtime.provider_limits import Limit

SMS = ChannelAccount("acme", "sms", "twilio", SHOP, "")
WEBCHAT = ChannelAccount("acme", "webchat", "webchat", "shop", "")
PDF = b"%PDF-1.7\n"


@cache
def photo() -> bytes:
    return images.camera_scene((2400, 1800), seed=1, orientation=6)


@pytest.fixture
def look(tmp_path, decoder):
    """Look at these bytes as a file."""

    def looking(content, connection=SMS, contact=CUSTOMER, used=None, decode=decoder):
        path = tmp_path / "file"
        path.write_bytes(content)
        verdict = Preflight(used or settings(), decode).look(path, connection, contact)
        assert path.read_bytes() == content
        return verdict

    return looking


def test_a_photo_is_made_to_fit_and_its_size_is_told(look):
    """The real result of the real work: from and to, in bytes and in words."""
    verdict = look(photo())
    assert (verdict.verdict, verdict.from_bytes, verdict.from_media_type) == ("converted", len(photo()), "image/jpeg")
    assert verdict.to_bytes is not None
    assert 300_000 < verdict.to_bytes <= 600_000
    assert verdict.sentence.startswith("It will be made to fit: ")
    assert verdict.reason is None


def test_a_new_type_is_told(look):
    """WebP is not for MMS."""
    verdict = look(images.encoded(images.paint((300, 200)), "WEBP"))
    assert (verdict.verdict, verdict.from_media_type) == ("converted", "image/webp")
    assert verdict.sentence.endswith(f"as {verdict.media_type}.")


def test_a_small_clean_picture_leaves_as_it_is(look):
    """Nothing is done to it."""
    png = images.encoded(Image.new("RGB", (60, 40), "teal"), "PNG")
    assert look(png) == Verdict(
        verdict="as_is",
        sentence="It leaves as it is.",
        from_bytes=len(png),
        to_bytes=len(png),
        from_media_type="image/png",
        media_type="image/png",
    )


def test_what_is_too_large_leaves_as_a_link_where_the_channel_allows_it(look):
    """With the reason why it cannot be a file; webchat takes the same file as it is."""
    large = PDF.ljust(700_000, b"%")
    verdict = look(large)
    assert (verdict.verdict, verdict.to_bytes) == ("link", len(large))
    assert verdict.reason is not None
    assert verdict.reason.code == "file_too_large"
    assert look(large, WEBCHAT).verdict == "as_is"


def test_a_customer_whom_no_file_reaches_gets_a_link(look):
    """Outside of the United States and Canada there is no MMS; as long as nobody is named, there is."""
    assert (look(PDF, contact="+33612345678").verdict, look(PDF, contact=None).verdict) == ("link", "as_is")
    assert look(PDF, contact="+33612345678").reason.code == "contact_takes_no_files"


def test_where_no_link_may_stand_for_it_the_file_is_refused(look):
    """The sentence is the pipeline's own."""
    used = settings()
    limits = used.limits("sms", "twilio")
    no = Limit(value=False, source="a test", read="2026-11-22")
    strict = limits.model_copy(update={"outbound": limits.outbound.model_copy(update={"links": no})})
    used = used.model_copy(update={"channels": used.channels | {"sms": {"twilio": strict}}})
    verdict = look(PDF.ljust(700_000, b"%"), used=used)
    assert verdict.verdict == "refused"
    assert verdict.reason is not None
    assert (verdict.reason.code, verdict.sentence) == ("file_too_large", verdict.reason.sentence)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"MZ\x90\x00" + bytes(200), "type_not_allowed"),
        (images.png_of_zeros(50_000, 50_000), "too_many_pixels"),
    ],
    ids=["empty", "program", "bomb"],
)
def test_what_may_not_pass_is_refused_on_every_channel(look, content, code):
    """No link stands for a file that nobody should open."""
    for connection in (SMS, WEBCHAT):
        verdict = look(content, connection)
        assert (verdict.verdict, verdict.reason.code) == ("refused", code)


def test_the_kind_of_our_number_counts(look):
    """What is a link from a short code is a file from a long code."""
    large = PDF.ljust(700_000, b"%")
    long_code = ChannelAccount("acme", "sms", "twilio", SHOP, "", options={"number_type": "long_code"})
    assert (look(large).verdict, look(large, long_code).verdict) == ("link", "as_is")


class Slow:
    """Looks like the real one, but never gets a fit done in time."""

    def __init__(self, decoder: ForkDecoder) -> None:
        self.run = decoder.run

    def attempt(self, *_args: object, **_kwargs: object) -> Fitted | Reason:
        return Reason(code="decode_timed_out", sentence="It took too long.")


def test_what_takes_too_long_is_told_by_its_limit(look, decoder):
    """Nobody waits for a film to be encoded: the answer is how large it will be at most."""
    verdict = look(photo(), decode=Slow(decoder))
    assert (verdict.verdict, verdict.to_bytes, verdict.media_type) == ("converted", 600_000, None)
    assert verdict.sentence == "It will be made to fit in 0.6 MB; that takes a while."
    assert verdict.reason is not None
    assert verdict.reason.code == "decode_timed_out"


def test_nothing_is_left_behind(look, tmp_path, monkeypatch):
    """Working folders are gone when the answer is there."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    look(photo())
    assert [path for path in Path(tmp_path).iterdir() if path.name != "file"] == []
