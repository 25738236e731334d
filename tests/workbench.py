"""
A worker on a bench: real parts behind its ports, a clock that stands, and the real stage around it.

What goes in and comes out travels as bytes, so that a worker that breaks its own contract fails here too.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from deliver.outgoing import Client
from schemas import identity, object_keys
from schemas.attachment import ReceivedAttachment, StoredAttachment, ValidatedAttachment
from schemas.codec import decode, encode
from schemas.event import AnyEvent, EventData
from schemas.lineage import begin
from schemas.media_received import MediaReceived
from schemas.media_stored import MediaStored
from schemas.media_validated import MediaValidated
from schemas.message import MediaEvent, Reply
from schemas.message_received import MessageReceived
from workers.runtime.broker import Delivery, Outgoing
from workers.runtime.database import Database
from workers.runtime.fetching import Fetcher, HttpFetcher
from workers.runtime.folder import FolderStore
from workers.runtime.http import HttpClient
from workers.runtime.ledger import Ledger
from workers.runtime.links import SignedLinks
from workers.runtime.ports import Decoder
from workers.runtime.record import Record, RecordedDelivery
from workers.runtime.scanning import Scanner
from workers.runtime.settings import Settings, load
from workers.runtime.sql_ledger import SqlLedger
from workers.runtime.sql_turns import SqlTurns
from workers.runtime.stage import EventStage
from workers.runtime.topology import DEAD, EVENTS, REQUEUE, RETRY
from workers.runtime.turns import Turns
from workers.runtime.worker import Worker

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ACCOUNT = "acme"
SHOP = "+15005550006"
CUSTOMER = "+14155550100"
SHOP_PAGE = "acme-shop"
VISITOR = "visitor-1"
SID = "AC" + "0" * 32
TOKEN = "the-auth-token"
MEDIA_KEYS = "k1:a-secret-for-media-links"

T = TypeVar("T", bound=EventData)


@dataclass
class StandingClock:
    """Stands until it is moved."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


class Counting:
    """A part whose calls are counted by name; it answers as ever."""

    def __init__(self, part: Any) -> None:
        self.part = part
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.part, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            return found(*args, **kwargs)

        return counted if callable(found) else found


@dataclass
class Bench:
    """Has the shape of `workers.runtime.ports.Ports`."""

    settings: Settings
    clock: StandingClock
    store: Any
    decode: Any
    fetch: Fetcher
    client: Client
    links: SignedLinks
    database: Database
    scan: Scanner | None = None

    @cached_property
    def ledger(self) -> Ledger:
        """The tables are made only for who asks: a media worker never does."""
        self.database.migrate()
        return SqlLedger(self.database, self.clock)

    @cached_property
    def turns(self) -> Turns:
        self.database.migrate()
        return SqlTurns(self.database, self.clock)

    @cached_property
    def record(self) -> Record:
        self.database.migrate()
        return Record(self.database, self.clock)

    def run(self, worker: Worker, data: EventData | AnyEvent, *, attempt: int = 0) -> "Ran":
        """One delivery of an event, as the broker would bring it after `attempt` failures."""
        event = data if not isinstance(data, EventData) else begun(data)
        delivery = Delivery(
            queue=worker.queues,
            exchange=REQUEUE if attempt else EVENTS,
            routing_key="any",
            body=encode(event),
            message_id=event.id,
            headers={"x-attempt": attempt, "x-first-exchange": EVENTS} if attempt else {},
            redelivered=False,
        )
        (messages,) = EventStage(worker, self).run([delivery])
        return Ran(messages)

    def recorded(self, *data: EventData) -> None:
        """What the recorder would have written down by now."""
        deadlines = {name: one.deadline_seconds for name, one in self.settings.queues.workers.items()}
        events = [begun(one, f"recorded-{uuid4()}") for one in data]
        self.record.write([RecordedDelivery("event", encode(event), event) for event in events], deadlines)

    def keep(self, key: str, content: bytes, media_type: str = "application/octet-stream", **metadata: str) -> Any:
        return self.store.put(
            key, BytesIO(content), size_bytes=len(content), media_type=media_type, metadata=metadata or None
        )

    def content(self, key: str) -> bytes:
        with self.store.read(key) as chunks:
            return b"".join(chunks)

    def keys(self, prefix: str = "") -> list[str]:
        return [found.key for found in self.store.list(prefix)]


@dataclass
class Ran:
    """What a stage published."""

    messages: Sequence[Outgoing]

    @property
    def events(self) -> list[AnyEvent]:
        """Only results: what came back as a retry or a dead letter fails the test, with its error."""
        troubles = [dict(one.headers) for one in self.messages if one.exchange != EVENTS]
        assert troubles == []
        return [decode(one.body) for one in self.messages]

    @property
    def data(self) -> list[Any]:
        return [event.data for event in self.events]

    def only(self, kind: type[T]) -> T:
        (data,) = self.data
        assert type(data) is kind
        return data

    @property
    def retry(self) -> tuple[str, float]:
        """The code of a retry and the seconds it waits."""
        (message,) = self.messages
        assert message.exchange == RETRY, dict(message.headers)
        return str(message.headers["x-error-code"]), float(message.routing_key.partition("s.")[0])

    @property
    def dead(self) -> str:
        """The reason of a dead letter."""
        (message,) = self.messages
        assert message.exchange == DEAD, message.routing_key
        return str(message.headers["x-reason"])


def settings(api_url: str = "https://api.twilio.com", fetch_allow: Sequence[str] = (), **others: Any) -> Settings:
    sms = {
        "provider": "twilio",
        "address": SHOP,
        "api_url": api_url,
        "credentials": {"account_sid": {"value": SID}, "auth_token": {"value": TOKEN}},
    }
    webchat = {"provider": "webchat", "address": SHOP_PAGE, "credentials": {"visitor_key": {"value": "visitor-key"}}}
    accounts = {
        ACCOUNT: {"name": "Acme", "channels": {"sms": [sms], "webchat": [webchat]}},
        "rival": {"name": "Rival", "channels": {}},
    }
    return load({}, endpoints={"fetch_allow": list(fetch_allow)}, **{"accounts": accounts, **others})


def bench(folder: Path, decoder: Decoder, used: Settings | None = None) -> Bench:
    """A store in a folder, a ledger in SQLite, real HTTP."""
    used = used or settings()
    clock = StandingClock()
    return Bench(
        settings=used,
        clock=clock,
        store=Counting(FolderStore(folder / "objects")),
        decode=Counting(decoder),
        fetch=HttpFetcher(used.endpoints.fetch_allow),
        client=HttpClient(used.endpoints.fetch_allow),
        links=SignedLinks("https://door.example", MEDIA_KEYS, clock),
        database=Database(f"sqlite:///{folder}/ledger.db"),
    )


def begun(data: EventData, name: str = "event-1") -> AnyEvent:
    return begin(data, id=name, source="helpdesk", now=NOW)


def head(direction: str = "inbound", *, channel: str = "sms", message: str = "m1", **others: Any) -> dict[str, Any]:
    """The fields that every event of one message shares; outbound bears a reply."""
    address, contact = (SHOP, CUSTOMER) if channel == "sms" else (SHOP_PAGE, VISITOR)
    reply = {"reply": Reply(text="hello", expires_at=LATER)} if direction == "outbound" else {}
    return {
        "direction": direction,
        "channel": channel,
        "provider": "twilio" if channel == "sms" else "webchat",
        "account": ACCOUNT,
        "address": address,
        "contact": contact,
        "conversation": identity.conversation_id(ACCOUNT, channel, address, contact),
        "message": message,
        **reply,
        **others,
    }


def greeting(contact: str = VISITOR) -> MessageReceived:
    """A visitor's first words."""
    return MessageReceived(
        channel="webchat",
        account=ACCOUNT,
        address=SHOP_PAGE,
        contact=contact,
        external_id=f"{contact}-1",
        text="hello?",
    )


def replying(text: str | None = None, *, send_what_fits: bool = False, **others: Any) -> dict[str, Any]:
    return head("outbound", reply=Reply(text=text, expires_at=LATER, send_what_fits=send_what_fits), **others)


def received(on: Bench, about: dict[str, Any], *contents: bytes) -> MediaReceived:
    """Files that lie in quarantine."""
    return MediaReceived(
        **about, attachments=[ReceivedAttachment(**_quarantined(on, about, *one)) for one in _counted(contents)]
    )


def validated(on: Bench, about: dict[str, Any], *contents: bytes, media_type: str = "image/jpeg") -> MediaValidated:
    """Files that lie in quarantine and may pass."""
    known = {"detected_media_type": media_type, "kind": media_type.partition("/")[0]}
    return MediaValidated(
        **about,
        attachments=[ValidatedAttachment(**_quarantined(on, about, *one), **known) for one in _counted(contents)],
    )


def stored(on: Bench, about: dict[str, Any], *files: tuple[bytes, str]) -> MediaStored:
    """Originals of (content, type)."""
    attachments = []
    for index, ((content, media_type), count) in enumerate((one, len(files)) for one in files):
        digest = sha256(content).hexdigest()
        kept = on.keep(object_keys.original(ACCOUNT, about["conversation"], digest), content, media_type)
        family = media_type.partition("/")[0]
        attachments.append(
            StoredAttachment(
                id=identity.attachment_id(about["message"], index),
                index=index,
                count=count,
                file_name=f"file-{index}.bin",
                object_key=kept.key,
                etag=kept.etag,
                size_bytes=len(content),
                sha256=digest,
                detected_media_type=media_type,
                kind=family if family in ("image", "video", "audio") else "file",
            )
        )
    return MediaStored(**about, attachments=attachments)


def refusals(rejected: Any) -> list[tuple[int, str]]:
    """(index, code) of each refused file."""
    return [(one.index, one.reason.code) for one in rejected.attachments]


def total(media: MediaEvent, ids: Sequence[str]) -> int:
    sizes: dict[str, int] = {one.id: one.size_bytes for one in media.attachments}  # type: ignore[attr-defined]
    return sum(sizes[one] for one in ids)


def once(do: Callable[[], Ran]) -> tuple[list[Any], list[Any]]:
    """What a delivery and its redelivery emitted."""
    return do().data, do().data


def _counted(contents: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
    return [(index, len(contents), content) for index, content in enumerate(contents)]


def _quarantined(on: Bench, about: dict[str, Any], index: int, count: int, content: bytes) -> dict[str, Any]:
    attachment = identity.attachment_id(about["message"], index)
    kept = on.keep(object_keys.quarantine(ACCOUNT, about["conversation"], attachment, "attempt"), content)
    return {
        "id": attachment,
        "index": index,
        "count": count,
        "file_name": f"file-{index}.jpg",
        "object_key": kept.key,
        "etag": kept.etag,
        "size_bytes": len(content),
        "sha256": sha256(content).hexdigest(),
    }
