"""One file in one message, as it is known after each stage. A stage adds fields and passes all others on."""

from datetime import datetime
from typing import Any

from schemas.event import Piece
from schemas.reason import Reason


class Source(Piece, frozen=True, kw_only=True):
    """Where the bytes can be had: exactly one of `url`, `object_key` or `reference`."""

    url: str | None = None
    object_key: str | None = None
    """An upload that lies in our own store already (`quarantine/<account>/uploads/<id>`)."""
    reference: str | None = None
    """A provider's media id, resolved to a URL by the channel's own module at download time."""
    expires_at: datetime | None = None


class Attachment(Piece, frozen=True, kw_only=True):
    """`index` counts from 0 inside the message, `count` says of how many."""

    id: str
    index: int
    count: int
    file_name: str | None = None
    declared_media_type: str | None = None
    alt_text: str | None = None
    extra: dict[str, Any] = {}
    """Fields of a newer producer, carried along unread; flat on the wire (the codec folds them in and out)."""


class AnnouncedAttachment(Attachment, frozen=True, kw_only=True):
    source: Source


class ReceivedAttachment(Attachment, frozen=True, kw_only=True):
    """Its bytes lie in quarantine under `object_key`, unchanged as long as `etag` holds."""

    object_key: str
    etag: str
    size_bytes: int
    sha256: str


class ValidatedAttachment(ReceivedAttachment, frozen=True, kw_only=True):
    """Known by its content. `kind` is `image`, `video`, `audio` or `file`; pixels are as displayed (turned upright)."""

    detected_media_type: str
    kind: str
    width: int | None = None
    height: int | None = None
    frames: int | None = None


class StoredAttachment(ValidatedAttachment, frozen=True, kw_only=True):
    """`object_key` now names the original under `media/`."""


class RejectedAttachment(Attachment, frozen=True, kw_only=True):
    reason: Reason
    size_bytes: int | None = None
    detected_media_type: str | None = None


class Rendition(Piece, frozen=True, kw_only=True):
    """A derived file. `name` is `thumbnail`, `preview` or `fitted`."""

    name: str
    object_key: str
    media_type: str
    size_bytes: int
    sha256: str
    width: int | None = None
    height: int | None = None


class RenderedAttachment(Attachment, frozen=True, kw_only=True):
    """
    What a browser can show. `placeholder` is a base64 ThumbHash. No renditions means that there is nothing to show
    (a ZIP file) or that rendering failed; `reason` then says why. The file itself is fine either way.
    """

    renditions: list[Rendition]
    placeholder: str | None = None
    width: int | None = None
    height: int | None = None
    reason: Reason | None = None


class Conversion(Piece, frozen=True, kw_only=True):
    """What the fitter did to a file: `steps` are short phrases (`resized 4032x3024 to 1600x1200`)."""

    from_media_type: str
    from_size_bytes: int
    from_width: int | None = None
    from_height: int | None = None
    to_media_type: str
    to_size_bytes: int
    to_width: int | None = None
    to_height: int | None = None
    steps: list[str]


class FittedAttachment(Attachment, frozen=True, kw_only=True):
    """The file as it will leave: `object_key` is the original when it could leave untouched (`conversion` absent)."""

    object_key: str
    media_type: str
    size_bytes: int
    sha256: str
    width: int | None = None
    height: int | None = None
    conversion: Conversion | None = None
