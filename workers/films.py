"""The version of a film that every browser plays, where only encoding it anew makes one (HEVC, AVI …)."""

from hashlib import sha256
from pathlib import Path

from msgspec import json

from schemas import object_keys
from schemas.attachment import Rendition, StoredAttachment
from schemas.event import Piece
from schemas.reason import Reason
from thumbnails.orders import FitParams, Fitted, RenderedFile
from workers.renditions import kept
from workers.runtime.decoding.slow import TRANSCODE
from workers.runtime.media_policy import MediaPolicy
from workers.runtime.memo import recall, remember
from workers.runtime.ports import Decoder, Ports
from workers.runtime.workdir import workdir

NAME, TYPE = "full", "video/mp4"


class Version(Piece, frozen=True, kw_only=True):
    """What became of a film, kept beside it: nothing where it cannot be encoded."""

    rendition: Rendition | None = None


def wants_encoding(attachment: StoredAttachment, policy: MediaPolicy) -> bool:
    """It may take minutes, so long films stay a poster and a download."""
    seconds = attachment.duration_seconds
    return (
        attachment.kind == "video"
        and attachment.browser_shows is False
        and seconds is not None
        and seconds <= policy.renditions.full.max_film_seconds
    )


def played(attachment: StoredAttachment, ports: Ports) -> list[Rendition]:
    """Empty where it cannot be made: the film still has its poster. The same film is encoded once."""
    params = params_for(attachment.detected_media_type, ports.settings.media)
    recipe = sha256(json.encode(params)).hexdigest()[:12]
    key = object_keys.derived(attachment.object_key, f"film-{recipe}.json")
    found = recall(ports.store, key, Version) or remember(ports.store, key, _version(attachment, params, ports))
    return [found.rendition] if found.rendition else []


def params_for(media_type: str, policy: MediaPolicy) -> FitParams:
    return FitParams(
        media_type=media_type,
        max_bytes=policy.transcode.output_bytes // 2,  # a second try lies beside the first
        media_types=[TYPE],
        max_pixels=policy.decode.max_pixels,
        max_frames=policy.decode.max_frames,
        max_seconds=policy.transcode.max_seconds,
    )


def _version(attachment: StoredAttachment, params: FitParams, ports: Ports) -> Version:
    with workdir() as folder:
        source = folder / "source"
        ports.store.download(attachment.object_key, source)
        made = _encoded(source, folder, params, ports.decode)
        return Version(rendition=kept(attachment, made, folder, ports) if made else None)


def _encoded(source: Path, folder: Path, params: FitParams, decode: Decoder) -> RenderedFile | None:
    """H.264 and AAC in MP4, up to 720p."""
    made = decode.attempt(TRANSCODE, params, source=source, workdir=folder, returns=Fitted)
    if isinstance(made, Reason) or made.file_name is None:
        return None
    path = (folder / made.file_name).rename(folder / f"{NAME}.mp4")
    return RenderedFile(
        name=NAME,
        file_name=path.name,
        media_type=made.media_type,
        size_bytes=made.size_bytes,
        sha256=made.sha256,
        width=made.width,
        height=made.height,
    )
