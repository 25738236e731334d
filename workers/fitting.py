"""Make one stored file fit a number of bytes, or find that somebody did already."""

from hashlib import sha256
from pathlib import Path

from msgspec import json

from deliver.outgoing import Limits
from schemas import object_keys
from schemas.attachment import Conversion, FittedAttachment, StoredAttachment, advance
from schemas.reason import Reason, Refused
from thumbnails.clips import is_clip
from thumbnails.names import listed
from thumbnails.orders import FitParams, Fitted
from workers.runtime.decoding.slow import TRANSCODE
from workers.runtime.media_policy import MediaPolicy
from workers.runtime.memo import recall, remember
from workers.runtime.ports import Ports
from workers.runtime.workdir import workdir

ANIMATED = ("image/gif", "image/webp", "image/avif", "image/png")
"""Types of pictures that may move."""
KINDS = {"image": "pictures", "video": "videos", "audio": "recordings", "file": "documents"}
NO_MEDIA_THERE = Reason(
    code="contact_takes_no_files",
    sentence="Files cannot be sent to this customer's number. Send a link, or use another channel.",
)


def fitted(attachment: StoredAttachment, share: int, limits: Limits, ports: Ports) -> FittedAttachment:
    """
    At most `share` bytes and what the channel takes of its kind. Raises Refused.

    The same original under the same limits is computed once, whoever asks.
    """
    params = params_for(attachment.detected_media_type, attachment.kind, share, limits, ports.settings.media)
    recipe = sha256(json.encode(params)).hexdigest()[:12]
    result = recall(ports.store, _result_key(attachment, recipe), Fitted) or _made(attachment, params, recipe, ports)
    if result.file_name is None:
        return as_it_is(attachment)
    return _converted(attachment, result, recipe)


def _films(media_type: str, limits: Limits) -> frozenset[str]:
    """What moves may leave as a film where the channel takes no GIF."""
    video, image = limits.kinds.get("video"), limits.kinds.get("image")
    if media_type not in ANIMATED or video is None or image is None or not image.media_types:
        return frozenset()
    return video.media_types & {"video/mp4"}


def params_for(media_type: str, kind_of_file: str, share: int, limits: Limits, policy: MediaPolicy) -> FitParams:
    """What to ask of the child. Raises Refused."""
    kind = limits.kinds.get(kind_of_file) or limits.kinds.get("file")
    if kind is None:
        raise _not_carried(limits)
    return FitParams(
        media_type=media_type,
        max_bytes=min(share, kind.max_bytes),
        media_types=sorted(kind.media_types | _films(media_type, limits)),
        max_pixels=policy.decode.max_pixels,
        max_frames=policy.decode.max_frames,
        max_seconds=policy.transcode.max_seconds,
        plain_h264=kind.plain_h264,
        preferred_types=list(kind.preferred_types),
    )


def _not_carried(limits: Limits) -> Refused:
    carried = listed([word for kind, word in KINDS.items() if kind in limits.kinds]) or "words alone"
    sentence = f"This channel does not carry files of this kind, but {carried}. Use another channel."
    return Refused(Reason(code="type_not_on_channel", sentence=sentence))


def job_for(params: FitParams) -> str:
    return TRANSCODE if is_clip(params.media_type) else "thumbnails.jobs:fit"


def check_contact(contact: str, limits: Limits) -> None:
    """Raises Refused where no file at all can reach the customer."""
    if limits.media_prefixes and not contact.startswith(limits.media_prefixes):
        raise Refused(NO_MEDIA_THERE)


def budget_of(limits: Limits) -> int:
    """How many bytes of files a message may hold."""
    return int(limits.max_message_bytes / limits.overhead)


def as_it_is(attachment: StoredAttachment) -> FittedAttachment:
    return advance(attachment, FittedAttachment, media_type=attachment.detected_media_type)


def _result_key(attachment: StoredAttachment, recipe: str) -> str:
    return object_keys.derived(attachment.object_key, f"fitted-{recipe}.json")


def _file_key(attachment: StoredAttachment, result: Fitted, recipe: str) -> str:
    return object_keys.derived(attachment.object_key, f"fitted-{recipe}{_suffix(result)}")


def _suffix(result: Fitted) -> str:
    """As the job named it: what the machine's own table of types says differs from one to the next."""
    return Path(result.file_name or "").suffix


def _made(attachment: StoredAttachment, params: FitParams, recipe: str, ports: Ports) -> Fitted:
    with workdir() as folder:
        source = folder / "source"
        ports.store.download(attachment.object_key, source)
        result = ports.decode.run(job_for(params), params, source=source, workdir=folder, returns=Fitted)
        if result.file_name:
            with (folder / result.file_name).open("rb") as data:
                ports.store.put(
                    _file_key(attachment, result, recipe),
                    data,
                    size_bytes=result.size_bytes,
                    media_type=result.media_type,
                )
    return remember(ports.store, _result_key(attachment, recipe), result)


def _converted(attachment: StoredAttachment, result: Fitted, recipe: str) -> FittedAttachment:
    name = Path(attachment.file_name or "file").stem
    return advance(
        attachment,
        FittedAttachment,
        object_key=_file_key(attachment, result, recipe),
        file_name=f"{name}{_suffix(result)}",
        media_type=result.media_type,
        size_bytes=result.size_bytes,
        sha256=result.sha256,
        width=result.width,
        height=result.height,
        conversion=Conversion(
            from_media_type=attachment.detected_media_type,
            from_size_bytes=attachment.size_bytes,
            from_width=attachment.width,
            from_height=attachment.height,
            to_media_type=result.media_type,
            to_size_bytes=result.size_bytes,
            to_width=result.width,
            to_height=result.height,
            steps=result.steps,
            score=result.score,
        ),
    )
