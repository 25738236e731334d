"""A conversation of 1,000 messages, every second with a picture, written into the record as the recorder leaves it."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import msgspec
from sqlalchemy import insert

from schemas.attachment import Rendition
from tests.images import encoded, paint
from workers.demo.stand_ins import SHOP_NUMBER
from workers.demo.world import World
from workers.runtime.tables import conversations, messages
from workers.runtime.views import AttachmentView, MessageView

CONTACT = "+15570000001"
CONVERSATION = "a" * 32
COUNT = 1000


def write(world: World) -> None:
    start = datetime.now(UTC) - timedelta(days=2)
    key = f"media/demo/{CONVERSATION}/{'ab' * 32}"
    for name, size, kind in (("", (800, 600), "JPEG"), (".thumbnail", (320, 240), "WEBP")):
        picture = encoded(paint(size, seed=5), kind)
        world.ports.store.put(key + name, BytesIO(picture), size_bytes=len(picture), media_type=f"image/{kind.lower()}")
    views = [_message(number, start + timedelta(minutes=number), key) for number in range(COUNT)]
    about = {"account": "demo", "conversation": CONVERSATION, "channel": "sms"}
    with world.ports.database.write() as connection:
        connection.execute(
            insert(conversations).values(
                **about, address=SHOP_NUMBER, contact=CONTACT, cursor=COUNT, changed_at=datetime.now(UTC)
            )
        )
        connection.execute(
            insert(messages),
            [
                about
                | {
                    "message": view.message,
                    "direction": view.direction,
                    "state": view.state,
                    "at": view.at,
                    "ended": True,
                    "pending": "[]",
                    "cursor": view.cursor,
                    "view": msgspec.json.encode(view).decode(),
                }
                for view in views
            ],
        )


def _message(number: int, at: datetime, key: str) -> MessageView:
    direction = "inbound" if number % 3 else "outbound"
    return MessageView(
        account="demo",
        message=f"{number:032}",
        direction=direction,
        channel="sms",
        state="shown" if direction == "inbound" else "delivered",
        at=at,
        ended=True,
        conversation=CONVERSATION,
        address=SHOP_NUMBER,
        contact=CONTACT,
        text=f"Message {number}",
        attachments=[_picture(number, key)] if number % 2 else [],
        cursor=number + 1,
    )


def _picture(number: int, key: str) -> AttachmentView:
    thumbnail = Rendition(
        name="thumbnail-320",
        object_key=f"{key}.thumbnail",
        media_type="image/webp",
        size_bytes=1,
        sha256="ab" * 32,
        width=320,
        height=240,
    )
    return AttachmentView(
        id=f"{number}/0",
        index=0,
        state="shown",
        ended=True,
        file_name="scene.jpg",
        media_type="image/jpeg",
        kind="image",
        size_bytes=100_000,
        width=800,
        height=600,
        placeholder="1QcSHQRnh493V4dIh4eXh1h4kJUI",
        object_key=key,
        sha256="ab" * 32,
        renditions=[thumbnail],
    )
