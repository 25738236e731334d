"""One file in one message, as it is known after each stage. A stage adds fields and passes all others on."""

from typing import Any, TypeVar

from schemas.event import Piece
from schemas.reason import Reason
from schemas.values import (
    Amount,
    Count,
    Id,
    Index,
    Label,
    Line,
    MediaType,
    Name,
    ObjectKey,
    Pixels,
    Placeholder,
    Sha256,
    Share,
    Size,
    Time,
    Url,
)


class Source(Piece, frozen=True, kw_only=True):
    """Where the bytes can be had: exactly one of `url`, `object_key` or `reference`."""

    url: Url | None = None
    object_key: ObjectKey | None = None
    """An upload that lies in our own store already (`quarantine/<account>/uploads/<id>`)."""
    reference: Line | None = None
    """A provider's media id, resolved to a URL by the channel's own module at download time."""
    expires_at: Time | None = None

    def __post_init__(self) -> None:
        if [self.url, self.object_key, self.reference].count(None) != 2:
            raise ValueError("A source has exactly one of url, object_key and reference")


class Attachment(Piece, frozen=True, kw_only=True):
    """`index` counts from 0 inside the message, `count` says of how many."""

    id: Id
    index: Index
    count: Count
    file_name: Label | None = None
    declared_media_type: Label | None = None
    alt_text: Label | None = None
    role: Name | None = None
    """What it is to the message, where that is not simply a file of it: `inline`, `voice`, `sticker`, `logo` …"""
    extra: dict[str, Any] = {}
    """Fields of a newer producer, carried along unread; flat on the wire (the codec folds them in and out)."""


class AnnouncedAttachment(Attachment, frozen=True, kw_only=True):
    source: Source


class ReceivedAttachment(Attachment, frozen=True, kw_only=True):
    """Its bytes lie in quarantine under `object_key`, unchanged as long as `etag` holds."""

    object_key: ObjectKey
    etag: Line
    size_bytes: Size
    sha256: Sha256
    released_by: Line | None = None
    """The operator who let it pass although the virus scanner did not. Only `trombone quarantine release` writes it."""


class ValidatedAttachment(ReceivedAttachment, frozen=True, kw_only=True):
    """
    Known by its content. `kind` is `image`, `video`, `audio` or `file`; pixels are as displayed (turned upright).

    `browser_shows`: whether a browser shows or plays the file itself. `warnings` did not keep it from passing: a name
    or a declared type that says something else, content that hides in it, damage.
    """

    detected_media_type: MediaType
    kind: Name
    width: Pixels | None = None
    height: Pixels | None = None
    frames: Pixels | None = None
    duration_seconds: Amount | None = None
    pages: Pixels | None = None
    has_audio: bool | None = None
    browser_shows: bool | None = None
    warnings: list[Reason] = []


class StoredAttachment(ValidatedAttachment, frozen=True, kw_only=True):
    """`object_key` now names the original under `media/`."""


class RejectedAttachment(Attachment, frozen=True, kw_only=True):
    reason: Reason
    size_bytes: Size | None = None
    detected_media_type: MediaType | None = None


class Rendition(Piece, frozen=True, kw_only=True):
    """
    A derived file. `name` begins with what it is for (`thumbnail-320`): `thumbnail`, `preview`, `animation` (a moving
    preview), `full` (what a browser can open of a file that it cannot show itself) or `fitted`.
    """

    name: Name
    object_key: ObjectKey
    media_type: MediaType
    size_bytes: Size
    sha256: Sha256
    width: Pixels | None = None
    height: Pixels | None = None


class RenderedAttachment(Attachment, frozen=True, kw_only=True):
    """
    What a browser can show. `placeholder` is a base64 ThumbHash. No renditions means that there is nothing to show
    (a ZIP file) or that rendering failed; `reason` then says why. The file itself is fine either way.
    """

    renditions: list[Rendition]
    placeholder: Placeholder | None = None
    width: Pixels | None = None
    height: Pixels | None = None
    reason: Reason | None = None


class Conversion(Piece, frozen=True, kw_only=True):
    """
    What the fitter did to a file: `steps` are short phrases (`resized 4032x3024 to 1600x1200`).

    `score` is how much a picture still looks like the original at display size: SSIM, 1 where nothing differs.
    """

    from_media_type: MediaType
    from_size_bytes: Size
    from_width: Pixels | None = None
    from_height: Pixels | None = None
    to_media_type: MediaType
    to_size_bytes: Size
    to_width: Pixels | None = None
    to_height: Pixels | None = None
    steps: list[Label]
    score: Share | None = None


class FittedAttachment(Attachment, frozen=True, kw_only=True):
    """The file as it will leave: `object_key` is the original when it could leave untouched (`conversion` absent)."""

    object_key: ObjectKey
    media_type: MediaType
    size_bytes: Size
    sha256: Sha256
    width: Pixels | None = None
    height: Pixels | None = None
    conversion: Conversion | None = None


A = TypeVar("A", bound=Attachment)


def advance(previous: Attachment, onto: type[A], **fields: object) -> A:
    """The next stage's view of a file: what both views have in common, what nobody here knows, and the new fields."""
    known = set(onto.__struct_fields__)
    common = {name: getattr(previous, name) for name in known & set(previous.__struct_fields__)}
    extra = {name: value for name, value in previous.extra.items() if name not in known}
    return onto(**common | {"extra": extra} | fields)
