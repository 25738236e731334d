"""
Render thumbnails, previews and versions for browsers of stored media.

consumes  media_stored
emits     thumbnails_rendered
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from msgspec import json, structs

from schemas import object_keys
from schemas.attachment import RenderedAttachment, Rendition, StoredAttachment, advance
from schemas.event import AnyEvent, Event, EventData, Piece
from schemas.media_stored import MediaStored
from schemas.message import carry
from schemas.reason import Reason
from schemas.thumbnails_rendered import ThumbnailsRendered
from thumbnails.capabilities import capability, is_shown
from thumbnails.orders import AnimationRecipe, Recipe, Rendered, RenderParams
from workers import films
from workers.renditions import kept
from workers.runtime.decoding import DecoderUnavailable
from workers.runtime.media_policy import MediaPolicy, RenditionRecipe
from workers.runtime.memo import recall, remember
from workers.runtime.objects import StoreUnavailable
from workers.runtime.outcome import Retry, Wait
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
    """A film that has to be encoded shows its poster first, and in a second delivery the version that plays."""
    media = event.data
    if not media.attachments:
        return []
    shown = [rendered(one, wanted(one, media.direction, ports.settings.media), ports) for one in media.attachments]
    told = carry(media, ThumbnailsRendered, attachments=[one.attachment for one in shown])
    if not any(one.wants_film for one in shown):
        return [told]
    if any(one.is_new for one in shown):
        raise Wait("film_being_encoded", "Its poster is shown; a version that browsers play follows.", told=[told])
    try:
        return [told, carry(media, ThumbnailsRendered, attachments=[with_film(one, ports) for one in shown])]
    except (DecoderUnavailable, StoreUnavailable) as error:
        raise Retry(error.code, str(error), ending=[told]) from error


@dataclass(frozen=True)
class Shown:
    """What there is to see of a file, whether it was made just now, and whether its film is still to be encoded."""

    source: StoredAttachment
    attachment: RenderedAttachment
    is_new: bool = False
    wants_film: bool = False


def rendered(attachment: StoredAttachment, params: RenderParams, ports: Ports) -> Shown:
    if not is_shown(attachment.detected_media_type):
        return Shown(attachment, advance(attachment, RenderedAttachment, renditions=[]))
    key = manifest_key(attachment, params)
    known = recall(ports.store, key, Manifest)
    manifest = known or made(attachment, params, key, ports)
    if isinstance(manifest, Reason):
        return Shown(attachment, without_preview(attachment, manifest))
    seen = advance(
        attachment,
        RenderedAttachment,
        renditions=manifest.renditions,
        placeholder=manifest.placeholder,
        width=manifest.width,
        height=manifest.height,
    )
    plays = any(one.name == films.NAME for one in manifest.renditions)
    wants_film = not plays and films.wants_encoding(attachment, ports.settings.media)
    return Shown(attachment, seen, is_new=known is None, wants_film=wants_film)


def with_film(one: Shown, ports: Ports) -> RenderedAttachment:
    if not one.wants_film:
        return one.attachment
    return structs.replace(one.attachment, renditions=[*one.attachment.renditions, *films.played(one.source, ports)])


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
