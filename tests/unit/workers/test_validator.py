"""The validator: what a file really is, and whether it may pass."""

import pytest

from schemas.media_rejected import MediaRejected
from schemas.media_validated import MediaValidated
from tests import images
from tests.clips import clip
from tests.documents import archive, office, pdf
from tests.images import encoded, paint, png_of_zeros
from tests.workbench import head, once, received, refusals, replying
from thumbnails.capabilities import capability
from workers.demo.photos import PROGRAM
from workers.refusing import COMPANION
from workers.runtime.objects import StoreUnavailable
from workers.validator import worker

PHOTO = encoded(paint((400, 300)), "JPEG")
FLOOD = images.png_of_zeros(13_300, 13_300, complete=False)


def test_a_photo_is_known_by_its_content(on):
    """Type, kind and pixels come from the bytes, and the file goes on as it is."""
    media = received(on, head(), PHOTO)
    (file,) = on.run(worker, media).only(MediaValidated).attachments
    assert (file.detected_media_type, file.kind, file.width, file.height, file.frames) == (
        "image/jpeg",
        "image",
        400,
        300,
        1,
    )
    assert (file.object_key, file.etag, file.sha256) == (
        media.attachments[0].object_key,
        media.attachments[0].etag,
        media.attachments[0].sha256,
    )


def test_pixels_are_as_displayed(on):
    """A photo that is stored sideways has the width that a person sees."""
    media = received(on, head(), images.sideways_jpeg(6))
    (file,) = on.run(worker, media).only(MediaValidated).attachments
    assert (file.width, file.height) == (400, 300)


def test_a_disguised_program_is_refused(on):
    """A name and a declared type convince nobody."""
    rejected = on.run(worker, received(on, head(), PROGRAM)).only(MediaRejected)
    assert refusals(rejected) == [(0, "type_not_allowed")]
    assert "application/x-" in rejected.attachments[0].reason.sentence


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (PROGRAM, "is a program, and programs are never accepted"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "can run scripts"),
        (office("docx", "word/vbaProject.bin"), "is a program"),
        (archive("AndroidManifest.xml"), "is a program"),
    ],
    ids=["program", "drawing", "macros", "android"],
)
def test_what_can_run_is_refused_in_plain_words(on, content, words):
    """Whatever it is called."""
    rejected = on.run(worker, received(on, head(), content)).only(MediaRejected)
    assert rejected.attachments[0].reason.code == "type_not_allowed"
    assert words in rejected.attachments[0].reason.sentence


def test_a_page_passes_as_a_file_to_be_saved(on):
    """Mail brings pages; they are only ever handed out to be saved, so that they run nothing of ours."""
    page = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
    (file,) = on.run(worker, received(on, head(), page)).only(MediaValidated).attachments
    assert (file.detected_media_type, file.kind) == ("text/html", "file")
    assert not capability("text/html").inline_safe


def test_a_film_tells_its_length_and_its_sound(on):
    """The thread shows both before anybody opens it."""
    (file,) = on.run(worker, received(on, head(), clip("video/mp4"))).only(MediaValidated).attachments
    assert (file.kind, file.width, file.height, file.has_audio, file.browser_shows) == ("video", 320, 240, True, True)
    assert 0.4 < file.duration_seconds < 0.7


def test_a_name_that_lies_is_a_warning(on):
    """What came as `file-0.jpg` is a sound PDF: it passes, and the agent is told."""
    (file,) = on.run(worker, received(on, head(), pdf(3))).only(MediaValidated).attachments
    assert (file.detected_media_type, file.pages) == ("application/pdf", 3)
    assert [warning.code for warning in file.warnings] == ["extension_differs"]


def test_a_picture_that_hides_a_script_is_a_warning(on):
    """Its renditions never hold it."""
    (file,) = on.run(worker, received(on, head(), PHOTO + b"<script>")).only(MediaValidated).attachments
    assert [warning.code for warning in file.warnings] == ["hidden_content"]


def test_a_flooding_picture_is_refused_from_its_header(on):
    """The numbers behind the refusal are told, and no pixel was decoded."""
    rejected = on.run(worker, received(on, head(), FLOOD)).only(MediaRejected)
    reason = rejected.attachments[0].reason
    assert (reason.code, reason.actual, reason.limit) == ("too_many_pixels", 13_300 * 13_300, 50_000_000)


def test_an_empty_file_is_refused(on):
    """Nothing is not a file."""
    assert refusals(on.run(worker, received(on, head(), b"")).only(MediaRejected)) == [(0, "file_empty")]


def test_one_bad_file_ends_the_whole_reply(on):
    """Every file of it ends visibly, the innocent ones for their companion's sake."""
    rejected = on.run(worker, received(on, replying("look"), PHOTO, PROGRAM)).only(MediaRejected)
    assert refusals(rejected) == [(0, COMPANION.code), (1, "type_not_allowed")]
    assert (rejected.reply_refused, rejected.reason.code) == (True, "type_not_allowed")


def test_send_what_fits_lets_the_good_ones_pass(on):
    """What is refused is said, and the rest goes on."""
    rejected, passed = on.run(worker, received(on, replying(send_what_fits=True), PHOTO, PROGRAM)).data
    assert (refusals(rejected), rejected.reply_refused) == ([(1, "type_not_allowed")], False)
    assert [one.index for one in passed.attachments] == [0]


def test_send_what_fits_with_nothing_left_ends_the_reply(on):
    """Without words and without a file there is nothing to send."""
    rejected = on.run(worker, received(on, replying(send_what_fits=True), PROGRAM)).only(MediaRejected)
    assert rejected.reply_refused


def test_a_message_without_files_takes_the_same_way(on):
    """Words alone go on with an empty list."""
    assert on.run(worker, received(on, replying("words"))).only(MediaValidated).attachments == []


@pytest.mark.parametrize(
    ("content", "lane"),
    [
        (PHOTO, "light"),
        (encoded(paint((400, 300)), "TIFF"), "heavy"),
        (b"%PDF-1.7\n" + bytes(12_000_000), "heavy"),
        (b"%PDF-1.7\n", "heavy"),
        (png_of_zeros(6000, 5000, bits=1, color=0), "heavy"),
        (b"Good morning", "light"),
    ],
    ids=["photo", "slow type", "large file", "document", "many pixels", "text"],
)
def test_slow_work_takes_the_heavy_lane(on, content, lane):
    """Known from type and size, so that thumbnails of photos never wait for it."""
    assert on.run(worker, received(on, head(), content)).only(MediaValidated).lane == lane


def test_a_redelivery_gives_the_same_result(on):
    """The same bytes are the same answer."""
    media = received(on, head(), PHOTO)
    first, second = once(lambda: on.run(worker, media))
    assert first == second


def test_a_file_that_is_gone_from_quarantine_is_refused(on):
    """After a long outage the reaper may have been faster; the customer can send it again."""
    media = received(on, head(), PHOTO)
    on.store.delete(media.attachments[0].object_key)
    assert refusals(on.run(worker, media).only(MediaRejected)) == [(0, "file_expired")]


def test_a_ladder_that_is_used_up_ends_the_file(on, monkeypatch):
    """A store that stays away is a visible refusal in the end."""

    def away(*_args, **_kwargs):
        raise StoreUnavailable("away")

    media = received(on, head(), PHOTO)
    monkeypatch.setattr(on.store.part, "download", away)
    assert on.run(worker, media).retry == ("store_unavailable", 1)
    rejected = on.run(worker, media, attempt=4).only(MediaRejected)
    assert refusals(rejected) == [(0, "store_unavailable")]
