"""What the API makes of what is known about a file."""

import pytest

from schemas.attachment import Rendition
from schemas.reason import Reason
from tests.workbench import ACCOUNT, MEDIA_KEYS, NOW, StandingClock
from workers.gateway.showing import Showing
from workers.runtime.links import SignedLinks
from workers.runtime.views import AttachmentView, MessageView

WARNING = Reason(code="extension_differs", sentence="Its name ends in .jpg, but its content is video/quicktime.")


class Services:
    clock = StandingClock()
    links = SignedLinks("https://door.example", MEDIA_KEYS, clock)


def rendition(name: str, media_type: str) -> Rendition:
    return Rendition(
        name=name, object_key=f"media/acme/c/s/{name}", media_type=media_type, size_bytes=1, sha256="ab" * 32
    )


def shown(**fields):
    view = AttachmentView(
        id="a", index=0, state="shown", object_key="media/acme/c/s/original", media_type="video/quicktime", **fields
    )
    message = MessageView(
        account=ACCOUNT, message="m", direction="inbound", channel="sms", state="shown", at=NOW, attachments=[view]
    )
    (attachment,) = Showing(Services(), ACCOUNT).message(message).attachments
    return attachment


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("thumbnail-320", "thumbnail_url"),
        ("preview-1280", "preview_url"),
        ("animation-480", "animation_url"),
        ("full-2560", "full_url"),
        ("full", "full_url"),
    ],
)
def test_a_rendition_is_shown_by_what_it_is_for(name, field):
    """Its name begins with that; the size behind it may change."""
    attachment = shown(renditions=[rendition(name, "image/webp")])
    urls = {one: getattr(attachment, one) for one in ("thumbnail_url", "preview_url", "animation_url", "full_url")}
    assert [one for one, url in urls.items() if url] == [field]


def test_what_is_known_of_a_film_is_shown():
    """Length, sound, whether it plays, and what is odd about it."""
    attachment = shown(duration_seconds=12.4, has_audio=True, browser_shows=False, warnings=[WARNING])
    assert (attachment.duration_seconds, attachment.has_audio, attachment.browser_shows) == (12.4, True, False)
    assert attachment.warnings == [WARNING]


@pytest.mark.parametrize(
    ("media_type", "renditions", "name"),
    [("image/jpeg", [], "fitted"), ("image/jpeg", ["preview-1280"], "preview-1280"), ("image/tiff", [], None)],
)
def test_what_left_is_its_own_preview(media_type, renditions, name):
    """Where the thumbnailer made none and browsers show it; the original is no preview."""
    attachment = shown(
        kind="image",
        fitted=rendition("fitted", media_type),
        renditions=[rendition(one, "image/jpeg") for one in renditions],
    )
    url = attachment.preview_url
    assert (url and Services.links.open(url.split("/")[-2]).object_key) == (name and f"media/acme/c/s/{name}")
