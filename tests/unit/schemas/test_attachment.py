"""From stage to stage: what is known is passed on, what is unknown too."""

import pytest

from schemas.attachment import (
    AnnouncedAttachment,
    FittedAttachment,
    ReceivedAttachment,
    RejectedAttachment,
    RenderedAttachment,
    Source,
    StoredAttachment,
    ValidatedAttachment,
    advance,
)
from schemas.reason import Reason

ANNOUNCED = AnnouncedAttachment(
    id="a1",
    index=0,
    count=2,
    file_name="photo.jpg",
    alt_text="A hinge",
    source=Source(url="https://a.example/1"),
    extra={"blur": 0.5, "sha256": "claimed", "released_by": "a stranger"},
)


def test_a_newer_producers_field_survives_all_stages() -> None:
    """Announced to stored, and from there to every end."""
    received = advance(ANNOUNCED, ReceivedAttachment, object_key="q/acme/1", etag="e", size_bytes=9, sha256="ab" * 32)
    validated = advance(received, ValidatedAttachment, detected_media_type="image/jpeg", kind="image")
    stored = advance(validated, StoredAttachment, object_key="media/acme/1")
    ends = [
        advance(stored, RenderedAttachment, renditions=[]),
        advance(stored, RejectedAttachment, reason=Reason(code="x", sentence="X.")),
        advance(stored, FittedAttachment, media_type="image/jpeg"),
    ]

    assert [end.extra["blur"] for end in ends] == [0.5, 0.5, 0.5]
    assert [(end.id, end.file_name, end.alt_text) for end in ends] == [("a1", "photo.jpg", "A hinge")] * 3
    assert (stored.object_key, stored.etag, stored.kind) == ("media/acme/1", "e", "image")


def test_a_stages_own_result_beats_what_was_carried_along() -> None:
    """A field that is unknown to one stage may be the next one's finding."""
    received = advance(ANNOUNCED, ReceivedAttachment, object_key="q/acme/1", etag="e", size_bytes=9, sha256="ab" * 32)

    assert (received.sha256, received.extra) == ("ab" * 32, {"blur": 0.5})


def test_nobody_but_an_operator_releases_a_file() -> None:
    """An upstream system's claim ends where a file is fetched."""
    received = advance(ANNOUNCED, ReceivedAttachment, object_key="q/acme/1", etag="e", size_bytes=9, sha256="ab" * 32)

    assert received.released_by is None


def test_a_missing_field_of_the_next_stage_is_an_error() -> None:
    """Nobody advances a file without saying what was found."""
    with pytest.raises(TypeError):
        advance(ANNOUNCED, ReceivedAttachment, object_key="q/acme/1")


@pytest.mark.parametrize("places", [{}, {"url": "https://a.example/", "reference": "1"}])
def test_a_source_is_in_exactly_one_place(places: dict[str, str]) -> None:
    """Two places could hold two different files."""
    with pytest.raises(ValueError, match="exactly one"):
        Source(**places)
