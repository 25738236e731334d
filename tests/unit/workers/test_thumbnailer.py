"""The thumbnailer: what a browser can show of a file, made once."""

from hashlib import sha256
from io import BytesIO

import msgspec
import pytest
from msgspec.structs import replace
from PIL import Image

from schemas import object_keys
from schemas.reason import Reason
from schemas.thumbnails_rendered import ThumbnailsRendered
from tests import images
from tests.clips import clip
from tests.documents import archive, pdf
from tests.images import encoded, paint
from tests.workbench import begun, bench, decode, head, replying, stored
from thumbnails.probe import ClipLimits, probe
from workers.runtime.decoding import DecoderUnavailable
from workers.runtime.objects import StoreUnavailable
from workers.runtime.topology import EVENTS, RETRY
from workers.thumbnailer import Manifest, manifest_key, orders, wanted, worker

PHOTO = images.sideways_jpeg(6, (2000, 1500))


def test_a_photo_gets_a_preview_and_a_thumbnail(on):
    """Beside the original, upright, in the sizes of the recipes, with a placeholder."""
    media = stored(on, head(), (PHOTO, "image/jpeg"))
    (file,) = on.run(worker, media).only(ThumbnailsRendered).attachments
    pictures = {one.name: Image.open(BytesIO(on.content(one.object_key))) for one in file.renditions}
    assert {name: picture.size for name, picture in pictures.items()} == {
        "preview-1280": (1280, 960),
        "thumbnail-320": (320, 240),
    }
    assert all(images.corner_colors(picture) == images.CORNERS for picture in pictures.values())
    assert (file.width, file.height) == (2000, 1500)
    assert file.placeholder
    folder = media.attachments[0].object_key.removesuffix("original")
    assert all(one.object_key.startswith(folder) for one in file.renditions)


def test_renditions_bear_no_metadata(on):
    """Nobody learns from a thumbnail where it was taken."""
    media = stored(on, head(), (PHOTO, "image/jpeg"))
    (file,) = on.run(worker, media).only(ThumbnailsRendered).attachments
    assert not any(b"SecretCamera" in on.content(one.object_key) for one in file.renditions)


def test_a_rendition_is_what_its_event_says(on):
    """Size, digest and type of every file hold."""
    media = stored(on, head(), (PHOTO, "image/jpeg"))
    (file,) = on.run(worker, media).only(ThumbnailsRendered).attachments
    for one in file.renditions:
        content = on.content(one.object_key)
        assert (one.size_bytes, one.sha256) == (len(content), sha256(content).hexdigest())
        assert on.store.head(one.object_key).media_type == one.media_type


def test_a_file_that_cannot_be_shown_has_no_renditions(on):
    """That is no error, and its bytes are not even fetched."""
    media = stored(on, head(), (archive(), "application/zip"))
    (file,) = on.run(worker, media).only(ThumbnailsRendered).attachments
    assert (file.renditions, file.reason, file.placeholder) == ([], None, None)
    assert on.store.calls["download"] == 0


@pytest.mark.parametrize(
    ("content", "media_type", "names"),
    [
        (images.heic((2000, 1500)), "image/heic", {"full-2560", "preview-1280", "thumbnail-320"}),
        (pdf(), "application/pdf", {"preview-1280", "thumbnail-320"}),
        (clip("video/mp4"), "video/mp4", {"preview-1280", "thumbnail-320"}),
        (clip("video/quicktime"), "video/quicktime", {"full", "preview-1280", "thumbnail-320"}),
        (clip("audio/ogg"), "audio/ogg", {"preview-1280", "thumbnail-320"}),
        (clip("audio/amr"), "audio/amr", {"full", "preview-1280", "thumbnail-320"}),
        (images.noisy_gif(20, (640, 480)), "image/gif", {"animation-480", "preview-1280", "thumbnail-320"}),
    ],
)
def test_whatever_can_be_seen_or_heard_is_shown(on, content, media_type, names):
    """In a confined child with the limits as they are shipped; what browsers cannot open has a full version too."""
    (file,) = on.run(worker, stored(on, head(), (content, media_type))).only(ThumbnailsRendered).attachments
    assert ({one.name for one in file.renditions}, file.reason) == (names, None)
    assert not any(b"SecretCamera" in on.content(one.object_key) for one in file.renditions)


@pytest.mark.parametrize(
    ("media_type", "known", "names"),
    [
        ("video/x-msvideo", {"browser_shows": False, "duration_seconds": 0.5}, {"full"}),
        ("video/3gpp", {"browser_shows": False, "duration_seconds": 0.5}, {"full"}),
        ("video/x-msvideo", {"browser_shows": False, "duration_seconds": 121.0}, set()),
        ("video/mp4", {"browser_shows": True, "duration_seconds": 0.5}, set()),
    ],
    ids=["MPEG-4 in AVI", "AMR in 3GP", "too long", "plays already"],
)
def test_a_film_that_no_browser_plays_is_encoded_anew(on, tmp_path, media_type, known, names):
    """H.264 and AAC in MP4, beside its poster; long films stay a download."""
    media = stored(on, head(), (clip(media_type), media_type))
    media = replace(media, attachments=[replace(media.attachments[0], **known)])
    on.run(worker, media)
    (file,) = on.run(worker, media).data[-1].attachments
    full = {one.name: on.content(one.object_key) for one in file.renditions if one.name == "full"}
    assert (set(full), len(file.renditions)) == (names, 2 + len(names))
    for content in full.values():
        path = tmp_path / "full.mp4"
        path.write_bytes(content)
        assert probe(path, "video/mp4", ClipLimits(50_000_000, 3600)).plays_in_browsers
        assert b"SecretCamera" not in content


FILM = {"browser_shows": False, "duration_seconds": 0.5}
STILLS = ["preview-1280", "thumbnail-320"]


def film(on, **known):
    media = stored(on, head(), (clip("video/x-msvideo"), "video/x-msvideo"))
    return replace(media, attachments=[replace(media.attachments[0], **FILM, **known)])


def names_of(event):
    return [one.name for one in event.data.attachments[0].renditions]


def test_a_poster_does_not_wait_for_its_film(on):
    """The thread shows a picture at once; the same delivery comes back for what takes long."""
    event = begun(film(on))
    first, later = on.run(worker, event).messages
    poster, playing = on.run(worker, event).events
    assert (first.exchange, later.exchange, later.headers["x-error-code"]) == (EVENTS, RETRY, "film_being_encoded")
    assert (poster.id, poster.data) == (first.message_id, decode(first.body).data)
    assert (names_of(poster), names_of(playing)) == (STILLS, [*STILLS, "full"])


def test_a_film_is_encoded_once(on):
    """A redelivery, or a second message with the same film, says at once what is known."""
    for _ in range(2):
        on.run(worker, film(on))
    calls = on.decode.calls["attempt"]
    again = on.run(worker, film(on)).events
    assert ([names_of(one) for one in again], on.decode.calls["attempt"]) == ([STILLS, [*STILLS, "full"]], calls)


@pytest.mark.parametrize(
    ("answer", "last"),
    [(Reason(code="decode_timed_out", sentence="…"), STILLS), (DecoderUnavailable("no memory"), STILLS)],
    ids=["damaged behind its first frames", "no decoder for as long as is tried"],
)
def test_a_film_that_cannot_be_encoded_keeps_its_poster(on, answer, last):
    """What has been shown stays, and its end says the same."""
    event = begun(film(on))
    on.run(worker, event)

    def failing(*_args, **_kwargs):
        if isinstance(answer, Exception):
            raise answer
        return answer

    on.decode.attempt = failing
    ended = on.run(worker, event, attempt=4).events
    assert [names_of(one) for one in ended][-1] == last
    assert {one.data.attachments[0].reason for one in ended} == {None}


def test_alternative_text_is_carried_along(on):
    """What a picture shows, in words, for those who cannot see it."""
    media = stored(on, head(), (PHOTO, "image/jpeg"))
    media = replace(media, attachments=[replace(media.attachments[0], alt_text="A cracked display")])
    (file,) = on.run(worker, media).only(ThumbnailsRendered).attachments
    assert file.alt_text == "A cracked display"


def test_a_broken_picture_keeps_its_attachment(on):
    """A preview that fails is never a failed file: the reason shows."""
    broken = encoded(paint((640, 480)), "JPEG")[:3000]
    media = stored(on, head(), (broken, "image/jpeg"), (PHOTO, "image/jpeg"))
    first, second = on.run(worker, media).only(ThumbnailsRendered).attachments
    assert first.renditions == []
    assert first.reason.code == "image_unreadable"
    assert len(second.renditions) == 2


def test_the_same_picture_is_never_rendered_twice(on):
    """A second message with the same photo in the conversation finds the manifest."""
    first, second = (
        on.run(worker, stored(on, head(message=name), (PHOTO, "image/jpeg"))).only(ThumbnailsRendered)
        for name in ("m1", "m2")
    )
    assert first.attachments[0].renditions == second.attachments[0].renditions
    assert on.decode.calls["attempt"] == 1


def test_a_redelivery_renders_and_writes_nothing(on):
    """It emits the same data from the manifest."""
    media = stored(on, head(), (PHOTO, "image/jpeg"))
    first = on.run(worker, media).data
    puts = on.store.calls["put"]
    assert on.run(worker, media).data == first
    assert (on.store.calls["put"], on.store.calls["put_new"], on.store.calls["download"]) == (puts, 1, 1)


def test_a_crash_between_files_and_manifest_is_made_good(on):
    """Without a manifest there is no result yet: it is made again."""
    media = stored(on, head(), (PHOTO, "image/jpeg"))
    first = on.run(worker, media).data
    on.store.delete(manifest_key(media.attachments[0], orders("image/jpeg", on.settings.media)))
    assert on.run(worker, media).data == first


def test_the_first_manifest_counts(on, monkeypatch):
    """Of two deliveries at once the loser tells what the winner found."""
    media = stored(on, head(), (PHOTO, "image/jpeg"))
    key = manifest_key(media.attachments[0], orders("image/jpeg", on.settings.media))
    winner = Manifest(renditions=[], placeholder="AAAA", width=1, height=1)
    real = on.decode.part.attempt

    def overtaken(*args, **kwargs):
        on.store.put_new(key, msgspec.json.encode(winner), media_type="application/json")
        return real(*args, **kwargs)

    monkeypatch.setattr(on.decode, "attempt", overtaken, raising=False)
    (file,) = on.run(worker, media).only(ThumbnailsRendered).attachments
    assert (file.placeholder, file.renditions) == ("AAAA", [])


def test_another_recipe_renders_anew(on, tmp_path, decoder):
    """And what the old one made stays where it was."""
    media = stored(on, head(), (PHOTO, "image/jpeg"))
    (before,) = on.run(worker, media).only(ThumbnailsRendered).attachments
    used = on.settings
    smaller = used.media.renditions.thumbnail.model_copy(update={"name": "thumbnail-160", "max_side": 160})
    renditions = used.media.renditions.model_copy(update={"thumbnail": smaller})
    changed = used.model_copy(update={"media": used.media.model_copy(update={"renditions": renditions})})
    (after,) = bench(tmp_path, decoder, changed).run(worker, media).only(ThumbnailsRendered).attachments
    assert {one.name: max(one.width, one.height) for one in after.renditions}["thumbnail-160"] == 160
    assert all(on.content(one.object_key) for one in before.renditions)


def test_an_empty_message_has_nothing_to_render(on):
    """Words need no thumbnails."""
    assert on.run(worker, stored(on, head())).data == []


def test_what_the_agent_sends_is_shown_too(on):
    """A reply's files get their thumbnails in one event."""
    media = stored(on, replying("look"), (PHOTO, "image/jpeg"), (archive(), "application/zip"))
    files = on.run(worker, media).only(ThumbnailsRendered).attachments
    assert [[rendition.name for rendition in one.renditions] for one in files] == [["thumbnail-320"], []]


@pytest.mark.parametrize(
    ("direction", "up_to", "names"),
    [
        ("outbound", 1_000_000, ["thumbnail-320"]),
        ("outbound", 1000, ["preview-1280", "thumbnail-320"]),
        ("inbound", 1_000_000, ["preview-1280", "thumbnail-320"]),
    ],
)
def test_only_a_picture_that_is_sent_may_be_its_own_preview(on, direction, up_to, names):
    """What leaves is shown instead, unless the original is large; a customer's original may tell too much."""
    media = stored(on, head() if direction == "inbound" else replying("look"), (PHOTO, "image/jpeg"))
    (file,) = media.attachments
    renditions = on.settings.media.renditions
    preview = renditions.preview.model_copy(update={"spared_up_to_bytes": up_to})
    policy = on.settings.media.model_copy(update={"renditions": renditions.model_copy(update={"preview": preview})})
    assert [one.name for one in wanted(file, media.direction, policy).recipes] == names


def test_what_browsers_do_not_open_keeps_its_preview(on):
    """An agent's HEIC is shown by what was made of it."""
    media = stored(on, replying("look"), (images.heic((2000, 1500)), "image/heic"))
    (file,) = on.run(worker, media).only(ThumbnailsRendered).attachments
    assert {one.name for one in file.renditions} == {"full-2560", "preview-1280", "thumbnail-320"}


@pytest.mark.parametrize(("attempt", "ends"), [(0, False), (4, True)])
def test_a_store_that_stays_away_leaves_the_file_without_preview(on, monkeypatch, attempt, ends):
    """The ladder first, then a visible end that is no failure of the file."""
    media = stored(on, head(), (PHOTO, "image/jpeg"))

    def away(*_args, **_kwargs):
        raise StoreUnavailable("away")

    monkeypatch.setattr(on.store.part, "download", away)
    ran = on.run(worker, media, attempt=attempt)
    if not ends:
        assert ran.retry == ("store_unavailable", 1)
        return
    (file,) = ran.only(ThumbnailsRendered).attachments
    assert (file.renditions, file.reason.code) == ([], "store_unavailable")


def test_keys_never_leave_the_conversation(on):
    """A rendition lies where erasing the conversation finds it."""
    media = stored(on, head(), (PHOTO, "image/jpeg"))
    on.run(worker, media)
    prefix = object_keys.original(media.account, media.conversation, "x").removesuffix("x/original")
    assert all(key.startswith(prefix) for key in on.keys("media/"))
