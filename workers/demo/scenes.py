"""The scenes of the demo: the main job, step by step, each claim checked."""

from pathlib import Path
from typing import Any

from rich.filesize import decimal

from workers.commands.timeline import print_timeline
from workers.demo.claims import Claims
from workers.demo.photos import Photos
from workers.demo.world import SHOP_NUMBER, World, wait_for
from workers.runtime.folder import FolderStore
from workers.sandbox.eyes import Seen, look
from workers.sandbox.visitor import Visitor

MMS_BYTES = 600_000


def customer_sends_mms(world: World, photos: Photos, claims: Claims) -> None:
    claims.scene("A customer sends two photos by MMS; one is stored sideways and tells where it was taken")
    world.twilio.send_mms(
        world.customer, SHOP_NUMBER, text="It came broken, look", files=[photos.rotated, photos.small]
    )
    thread = wait_for(lambda: _shown_thread(world, world.customer), "the customer's message")
    message = thread["messages"][-1]
    files = message["attachments"]
    thumbnails = [look(world.helpdesk.download(file["thumbnail_url"])) for file in files]
    originals = [world.helpdesk.download(file["url"]) for file in files]
    claims.claim("the thread shows the words and both photos, each with a thumbnail", true=len(thumbnails) == 2)
    claims.claim("every thumbnail is upright", true=all(seen.bright_side == "top" for seen in thumbnails))
    claims.claim("no thumbnail holds metadata", true=not any(seen.has_metadata for seen in thumbnails))
    claims.claim(
        "width, height and placeholder are known",
        true=all(file["width"] and file["height"] and file["placeholder"] for file in files),
    )
    claims.claim(
        "the originals open in full, byte for byte",
        true=originals == [photos.rotated.read_bytes(), photos.small.read_bytes()],
    )
    _timeline(world, message["message"], claims)


def agent_replies_by_sms(world: World, photos: Photos, claims: Claims) -> None:
    claims.scene("An agent replies by SMS with a large photo and a caption")
    answer = _reply(world, "sms", world.customer, photos.large, "This is the spare part, we ship it today")
    phone = world.twilio.phone(world.customer)
    wait_for(lambda: phone.received or _failed(world, answer["message"]), "the MMS on the phone")
    if not phone.received:
        claims.claim(f"the phone received nothing: {_failed(world, answer['message'])}", true=False)
        return
    received = phone.received[-1]
    total = sum(file.size_bytes for file in received.files)
    claims.claim("the phone received one message with the caption", true=received.text.startswith("This is the spare"))
    claims.claim(
        f"its photo weighs {decimal(total)}, under {decimal(MMS_BYTES)} (it was {decimal(_size(photos.large))})",
        true=0 < total <= MMS_BYTES,
    )
    _claim_clean(look(received.files[0].path.read_bytes()), photos, claims)
    message = wait_for(lambda: _in_state(world, answer["message"], "delivered"), "the phone's receipt in the thread")
    claims.claim("the thread shows the reply as delivered", true=message["state"] == "delivered")
    _timeline(world, answer["message"], claims)
    claims.say(f"on the phone: {received.files[0].path}")


def webchat_both_ways(world: World, photos: Photos, claims: Claims) -> None:
    claims.scene("A visitor and an agent exchange photos by webchat")
    visitor = world.visitor()
    sent = visitor.send("Does this fit?", [photos.small])
    message = wait_for(lambda: _in_state(world, sent, "shown"), "the visitor's photo in the thread")
    seen = look(world.helpdesk.download(message["attachments"][0]["thumbnail_url"]))
    claims.claim("the agent sees the visitor's words and a thumbnail of the photo", true=seen.bright_side == "top")
    _timeline(world, sent, claims)
    answer = _reply(world, "webchat", visitor.contact, photos.large, "Yes, like this")
    wait_for(lambda: _saved(visitor) or _failed(world, answer["message"]), "the agent's photo on the visitor's page")
    if not visitor.saved:
        claims.claim(f"the visitor received nothing: {_failed(world, answer['message'])}", true=False)
        return
    (path,) = visitor.saved.values()
    _claim_clean(look(path.read_bytes()), photos, claims)
    wait_for(lambda: _in_state(world, answer["message"], "delivered"), "the visitor's receipt in the thread")
    claims.claim("the thread shows the reply as delivered", true=True)
    _timeline(world, answer["message"], claims)
    claims.say(f"on the visitor's page: {path}")
    visitor.close()


def refusals(world: World, photos: Photos, claims: Claims) -> None:
    claims.scene("What may not pass is refused with a sentence")
    visitor = world.visitor()
    flood = visitor.send("open this", [photos.flood])
    message = wait_for(lambda: _ended(world, flood), "the end of the flooding picture")
    _claim_refused(message, "too_many_pixels", claims)
    visitor.close()
    before = len(world.twilio.sent)
    answer = _reply(world, "sms", world.customer, photos.program, "a holiday photo")
    message = wait_for(lambda: _ended(world, answer["message"]), "the end of the disguised program")
    _claim_refused(message, "type_not_allowed", claims)
    claims.claim("nothing of that reply was sent", true=len(world.twilio.sent) == before)
    _timeline(world, answer["message"], claims)


def _reply(world: World, channel: str, contact: str, path: Path, text: str) -> dict[str, Any]:
    upload = world.helpdesk.upload(path)
    return world.helpdesk.reply(channel, contact, text=text, uploads=[(upload, path.name)])


def _shown_thread(world: World, contact: str) -> dict[str, Any] | None:
    for conversation in world.helpdesk.conversations():
        if conversation["contact"] == contact:
            thread = world.helpdesk.thread(conversation["conversation"])
            return thread if thread["messages"][-1]["state"] == "shown" else None
    return None


def _in_state(world: World, message: str, state: str) -> dict[str, Any] | None:
    found = world.helpdesk.message(message)
    return found if found and found["state"] == state else None


def _ended(world: World, message: str) -> dict[str, Any] | None:
    found = world.helpdesk.message(message)
    return found if found and found["ended"] else None


def _saved(visitor: Visitor) -> bool:
    visitor.look()
    return bool(visitor.saved)


def _failed(world: World, message: str) -> str | None:
    """Why the reply will not arrive; None as long as it may."""
    found = world.helpdesk.message(message)
    if found is None or found["state"] not in ("refused", "failed", "in_doubt"):
        return None
    return str((found["reason"] or {}).get("sentence") or found["state"])


def _claim_clean(seen: Seen, photos: Photos, claims: Claims) -> None:
    if photos.large_is_painted:
        claims.claim("it is the right way up", true=seen.bright_side == "top")
    claims.claim("it tells nobody where it was taken", true=not (seen.has_gps or seen.has_metadata))


def _claim_refused(message: dict[str, Any], code: str, claims: Claims) -> None:
    (file,) = message["attachments"]
    reason = file["reason"] or {}
    claims.claim(f"{file['file_name']}: {reason.get('sentence')}", true=reason.get("code") == code)


def _timeline(world: World, message: str, claims: Claims) -> None:
    print_timeline(world.ports, message, claims.out, lambda key: _where(world, key))


def _where(world: World, key: str) -> str:
    store = world.ports.store
    if not isinstance(store, FolderStore):
        return key
    path = store.path(key)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _size(path: Path) -> int:
    return path.stat().st_size
