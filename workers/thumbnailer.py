"""
Render thumbnails and previews of stored media.

consumes  media_stored
emits     thumbnails_rendered
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from schemas import object_keys
from schemas.attachment import RenderedAttachment, Rendition, StoredAttachment, advance
from schemas.event import AnyEvent, Event, EventData, Piece
from schemas.media_stored import MediaStored
from schemas.message import carry
from schemas.reason import Reason
from schemas.thumbnails_rendered import ThumbnailsRendered
from thumbnails.orders import Recipe, Rendered, RenderedFile, RenderParams
from thumbnails.pictures import is_picture
from workers.runtime.memo import recall, remember
from workers.runtime.ports import Ports
from workers.runtime.workdir import workdir
from workers.runtime.worker import Worker


class Manifest(Piece, frozen=True, kw_only=True):
    """What was rendered of one original, kept beside it: the same picture is never rendered twice."""

    renditions: list[Rendition]
    placeholder: str | None = None
    width: int | None = None
    height: int | None = None


def render(event: Event[MediaStored], ports: Ports) -> Sequence[EventData]:
    media = event.data
    if not media.attachments:
        return []
    return [carry(media, ThumbnailsRendered, attachments=[rendered(one, ports) for one in media.attachments])]


def rendered(attachment: StoredAttachment, ports: Ports) -> RenderedAttachment:
    if not is_picture(attachment.detected_media_type):
        return advance(attachment, RenderedAttachment, renditions=[])
    key = manifest_key(attachment, ports)
    manifest = recall(ports.store, key, Manifest) or made(attachment, key, ports)
    if isinstance(manifest, Reason):
        return without_preview(attachment, manifest)
    return advance(
        attachment,
        RenderedAttachment,
        renditions=manifest.renditions,
        placeholder=manifest.placeholder,
        width=manifest.width,
        height=manifest.height,
    )


def manifest_key(attachment: StoredAttachment, ports: Ports) -> str:
    """Named after the recipes: a new recipe renders anew, and what the old one made stays."""
    recipes = sha256(ports.settings.media.renditions.model_dump_json().encode()).hexdigest()[:12]
    return object_keys.derived(attachment.object_key, f"renditions-{recipes}.json")


def made(attachment: StoredAttachment, key: str, ports: Ports) -> Manifest | Reason:
    limits, recipes = ports.settings.media.decode, ports.settings.media.renditions
    with workdir() as folder:
        source = folder / "source"
        ports.store.download(attachment.object_key, source)
        result = ports.decode.attempt(
            "thumbnails.jobs:render",
            RenderParams(
                media_type=attachment.detected_media_type,
                recipes=[Recipe(**recipe.model_dump()) for recipe in (recipes.preview, recipes.thumbnail)],
                max_pixels=limits.max_pixels,
                max_frames=limits.max_frames,
            ),
            source=source,
            workdir=folder,
            returns=Rendered,
        )
        if isinstance(result, Reason):
            return result
        renditions = [kept(attachment, one, folder, ports) for one in result.files]
    manifest = Manifest(renditions=renditions, placeholder=result.placeholder, width=result.width, height=result.height)
    return remember(ports.store, key, manifest)


def kept(attachment: StoredAttachment, file: RenderedFile, folder: Path, ports: Ports) -> Rendition:
    key = object_keys.derived(attachment.object_key, file.file_name)
    with (folder / file.file_name).open("rb") as data:
        ports.store.put(key, data, size_bytes=file.size_bytes, media_type=file.media_type)
    return Rendition(
        name=file.name,
        object_key=key,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        width=file.width,
        height=file.height,
    )


def without_preview(attachment: StoredAttachment, reason: Reason) -> RenderedAttachment:
    """A preview that fails is never a failed attachment: the file stays, and the reason shows."""
    return advance(attachment, RenderedAttachment, renditions=[], reason=reason)


def give_up(event: AnyEvent, reason: Reason, guilty: str | None) -> Sequence[EventData]:  # noqa: ARG001
    media: MediaStored = event.data
    attachments = [without_preview(attachment, reason) for attachment in media.attachments]
    return [carry(media, ThumbnailsRendered, attachments=attachments)]


worker = Worker(
    name="thumbnailer",
    queues="thumbnail.<lane>",
    handlers={MediaStored: render},
    emits=(ThumbnailsRendered,),
    ending=give_up,
)
