"""
Render thumbnails, previews and versions for browsers of stored media.

consumes  media_stored
emits     thumbnails_rendered
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from msgspec import json, structs

from schemas import object_keys
from schemas.attachment import RenderedAttachment, Rendition, StoredAttachment, advance
from schemas.event import AnyEvent, Event, EventData, Piece
from schemas.media_stored import MediaStored
from schemas.message import carry
from schemas.reason import Reason
from schemas.thumbnails_rendered import ThumbnailsRendered
from thumbnails.capabilities import capability, is_shown
from thumbnails.orders import AnimationRecipe, Recipe, Rendered, RenderedFile, RenderParams
from workers.films import Film
from workers.runtime.media_policy import MediaPolicy, RenditionRecipe
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
    files = [rendered(one, wanted(one, media.direction, ports.settings.media), ports) for one in media.attachments]
    return [carry(media, ThumbnailsRendered, attachments=files)]


def rendered(attachment: StoredAttachment, params: RenderParams, ports: Ports) -> RenderedAttachment:
    if not is_shown(attachment.detected_media_type):
        return advance(attachment, RenderedAttachment, renditions=[])
    key = manifest_key(attachment, params)
    manifest = recall(ports.store, key, Manifest) or made(attachment, params, key, ports)
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


def manifest_key(attachment: StoredAttachment, params: RenderParams) -> str:
    """Named after what was asked for: a new recipe renders anew, and what the old one made stays."""
    recipes = sha256(json.encode(params)).hexdigest()[:12]
    return object_keys.derived(attachment.object_key, f"renditions-{recipes}.json")


def made(attachment: StoredAttachment, params: RenderParams, key: str, ports: Ports) -> Manifest | Reason:
    with workdir() as folder:
        source = folder / "source"
        ports.store.download(attachment.object_key, source)
        result = ports.decode.attempt("thumbnails.jobs:render", params, source=source, workdir=folder, returns=Rendered)
        if isinstance(result, Reason):
            return result
        renditions = [kept(attachment, one, folder, ports) for one in result.files]
        if not any(one.name.startswith("full") for one in renditions):
            renditions += played(attachment, source, ports)
    manifest = Manifest(renditions=renditions, placeholder=result.placeholder, width=result.width, height=result.height)
    return remember(ports.store, key, manifest)


def wanted(attachment: StoredAttachment, direction: str, policy: MediaPolicy) -> RenderParams:
    """What an agent sends is seen in full as it leaves, once the fitter has made that: a thumbnail is enough."""
    params = orders(attachment.detected_media_type, policy)
    if direction == "outbound" and shows_itself(attachment, policy.renditions.preview.spared_up_to_bytes):
        return structs.replace(params, recipes=[recipe(policy.renditions.thumbnail)])
    return params


def shows_itself(attachment: StoredAttachment, max_bytes: int) -> bool:
    """A picture that browsers open, and that is loaded soon."""
    can = capability(attachment.detected_media_type)
    return can.preview == "picture" and can.browser_shows and attachment.size_bytes <= max_bytes


def played(attachment: StoredAttachment, source: Path, ports: Ports) -> list[Rendition]:
    """A film that no browser plays, encoded anew; nothing where it plays, is too long, or cannot be encoded."""
    policy = ports.settings.media
    with workdir() as folder:
        film = Film(attachment, source, folder)
        made = film.encoded(ports.decode, policy) if film.wants_encoding(policy) else None
        return [kept(attachment, made, folder, ports)] if made else []


def orders(media_type: str, policy: MediaPolicy) -> RenderParams:
    limits, recipes = policy.decode, policy.renditions
    return RenderParams(
        media_type=media_type,
        recipes=[recipe(recipes.preview), recipe(recipes.thumbnail)],
        full=recipe(recipes.full),
        animation=AnimationRecipe(**recipes.animation.model_dump()),
        max_pixels=limits.max_pixels,
        max_frames=limits.max_frames,
        max_seconds=limits.max_seconds,
        max_audio_seconds=recipes.full.max_audio_seconds,
        max_copied_bytes=recipes.full.max_copied_bytes,
    )


def recipe(one: RenditionRecipe) -> Recipe:
    return Recipe(name=one.name, max_side=one.max_side, media_type=one.media_type, quality=one.quality)


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
