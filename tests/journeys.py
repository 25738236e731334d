"""Messages as the workers report them, event by event: the material of tests about the record."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas import identity
from schemas.attachment import (
    AnnouncedAttachment,
    FittedAttachment,
    ReceivedAttachment,
    RejectedAttachment,
    RenderedAttachment,
    Rendition,
    Source,
    StoredAttachment,
    ValidatedAttachment,
)
from schemas.attachments_announced import AttachmentsAnnounced
from schemas.delivery import PartOutcome
from schemas.delivery_completed import DeliveryCompleted
from schemas.delivery_failed import DeliveryFailed
from schemas.delivery_in_doubt import DeliveryInDoubt
from schemas.delivery_reported import DeliveryReported
from schemas.delivery_unconfirmed import DeliveryUnconfirmed
from schemas.event import AnyEvent, EventData
from schemas.lineage import begin, follow
from schemas.media_fitted import MediaFitted, Part
from schemas.media_received import MediaReceived
from schemas.media_rejected import MediaRejected
from schemas.media_stored import MediaStored
from schemas.media_validated import MediaValidated
from schemas.message import Reply
from schemas.message_received import FileAnnounced, MessageReceived
from schemas.payload_received import PayloadReceived
from schemas.reason import Reason
from schemas.reply_requested import ReplyRequested
from schemas.thumbnails_rendered import ThumbnailsRendered

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = "acme"
ADDRESS = "+15005550006"
CONTACT = "+15551234567"
SHA = "ab" * 32
DEADLINES = {
    "ingestor": 300,
    "fetcher": 1800,
    "validator": 600,
    "storer": 600,
    "thumbnailer": 900,
    "fitter": 900,
    "deliverer": 1800,
}
NO = Reason(code="type_not_allowed", sentence="Please send a picture.")


@dataclass
class StoppedClock:
    """Tells the time that it is told."""

    at: datetime = START + timedelta(minutes=10)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


@dataclass
class Journey:
    """Makes a message's events in the order in which the workers would, one second apart."""

    direction: str
    name: str = "SM1"
    files: int = 2
    kind: str = "image"
    channel: str = "sms"
    address: str | None = ADDRESS
    account: str = ACCOUNT
    text: str | None = "hello"
    events: list[AnyEvent] = field(default_factory=list)

    @property
    def message(self) -> str:
        if self.direction == "inbound":
            return identity.inbound_message_id(self.account, self.channel, self.name)
        return identity.root_id(self.account, "helpdesk", self.name)

    @property
    def conversation(self) -> str:
        return identity.conversation_id(self.account, self.channel, ADDRESS, CONTACT)

    @property
    def part(self) -> str:
        return identity.part_id(self.message, 0)

    @property
    def external_id(self) -> str:
        return f"MM-{self.name}"

    def id_of(self, index: int) -> str:
        return identity.attachment_id(self.message, index)

    def payload(self) -> AnyEvent:
        data = PayloadReceived(
            channel=self.channel,
            provider="twilio",
            account=self.account,
            received_at=START,
            url="https://example.org/hook",
            headers={},
            body=self.name,
        )
        return self._keep(begin(data, id=f"payload-{self.name}", source="trombone/gateway", now=START))

    def begun(self, parent: AnyEvent | None = None) -> AnyEvent:
        files = [FileAnnounced(source=Source(url="https://example.org/1"), file_name=f"{n}.jpg") for n in self._all]
        common: dict[str, Any] = {"channel": self.channel, "account": self.account, "contact": CONTACT, "files": files}
        data: EventData = (
            MessageReceived(address=ADDRESS, external_id=self.name, text=self.text, **common)
            if self.direction == "inbound"
            else ReplyRequested(address=self.address, text=self.text, **common)
        )
        if parent:
            return self.after(parent, data)[0]
        return self._keep(begin(data, id=self.name, source="helpdesk", now=START))

    def announced(self, parent: AnyEvent) -> list[AnyEvent]:
        groups = [[index] for index in self._all] or [[]]
        if self.direction == "outbound":
            groups = [self._all]
        return self.after(
            parent,
            *(
                AttachmentsAnnounced(
                    attachments=[
                        AnnouncedAttachment(**self._file(n), source=Source(url="https://example.org/1")) for n in group
                    ],
                    **self._media,
                )
                for group in groups
            ),
        )

    def received(self, parent: AnyEvent) -> AnyEvent:
        return self._next(parent, MediaReceived, ReceivedAttachment, object_key="quarantine/acme/1")

    def validated(self, parent: AnyEvent) -> AnyEvent:
        return self._next(parent, MediaValidated, ValidatedAttachment, object_key="quarantine/acme/1")

    def stored(self, parent: AnyEvent) -> AnyEvent:
        return self._next(parent, MediaStored, StoredAttachment, object_key="media/acme/c/original")

    def rendered(self, parent: AnyEvent) -> AnyEvent:
        rendition = Rendition(
            name="thumbnail-320",
            object_key="media/acme/c/thumbnail-320.webp",
            media_type="image/webp",
            size_bytes=9,
            sha256=SHA,
        )
        files = [RenderedAttachment(**self._file(n), renditions=[rendition]) for n in self._indexes(parent)]
        return self.after(parent, ThumbnailsRendered(attachments=files, **self._media))[0]

    def rejected(self, parent: AnyEvent) -> AnyEvent:
        files = [RejectedAttachment(**self._file(n), reason=NO) for n in self._indexes(parent)]
        whole = {"reply_refused": True, "reason": NO} if self.direction == "outbound" else {}
        return self.after(parent, MediaRejected(attachments=files, **self._media, **whole))[0]

    def fitted(self, parent: AnyEvent) -> AnyEvent:
        files = [
            FittedAttachment(
                **self._file(n), object_key="media/acme/c/fitted.jpg", media_type="image/jpeg", size_bytes=5, sha256=SHA
            )
            for n in self._indexes(parent)
        ]
        part = Part(id=self.part, index=0, text=self.text, attachments=[file.id for file in files])
        return self.after(parent, MediaFitted(attachments=files, parts=[part], **self._media))[0]

    def completed(self, parent: AnyEvent) -> AnyEvent:
        outcome = self._outcome("accepted", external_id=self.external_id, accepted_at=START, attempt=1)
        return self.after(parent, DeliveryCompleted(parts=[outcome], **self._head))[0]

    def failed(self, parent: AnyEvent) -> AnyEvent:
        outcome = self._outcome("refused", attempt=1, reason=NO)
        return self.after(parent, DeliveryFailed(parts=[outcome], reason=NO, **self._head))[0]

    def in_doubt(self, parent: AnyEvent) -> AnyEvent:
        return self.after(parent, DeliveryInDoubt(parts=[self._outcome("in_doubt")], reason=NO, **self._head))[0]

    def unconfirmed(self, parent: AnyEvent) -> AnyEvent:
        outcome = self._outcome("unconfirmed", external_id=self.external_id, accepted_at=START, attempt=1)
        return self.after(parent, DeliveryUnconfirmed(parts=[outcome], reason=NO, **self._head))[0]

    def fell_back(self, parent: AnyEvent, state: str = "accepted") -> AnyEvent:
        """The part's files were refused, and its words left with links, or did not."""
        refused = self._outcome("refused", attempt=1, reason=NO)
        links = PartOutcome(
            part=identity.fallback_id(self.part),
            index=0,
            state=state,
            attempt=1,
            external_id=f"{self.external_id}-links" if state == "accepted" else None,
            links=[self.id_of(index) for index in self._all],
            replaces=self.part,
        )
        if state == "accepted":
            return self.after(parent, DeliveryCompleted(parts=[refused, links], **self._head))[0]
        return self.after(parent, DeliveryFailed(parts=[refused, links], reason=NO, **self._head))[0]

    def reported(self, status: str, *, with_token: bool = False) -> AnyEvent:
        token = {"message": self.message, "part": self.part} if with_token else {}
        data = DeliveryReported(
            channel=self.channel,
            provider="twilio",
            account=self.account,
            external_id=self.external_id,
            status=status,
            **token,
        )
        return self._keep(begin(data, id=f"{status}-{self.name}", source="twilio", now=START))

    def after(self, parent: AnyEvent, *datas: EventData) -> list[AnyEvent]:
        moment = START + timedelta(seconds=len(self.events))
        return [self._keep(event) for event in follow(parent, datas, source="trombone/test", now=moment)]

    @property
    def _all(self) -> list[int]:
        return list(range(self.files))

    @property
    def _head(self) -> dict[str, Any]:
        return {
            "direction": self.direction,
            "channel": self.channel,
            "provider": "twilio",
            "account": self.account,
            "address": ADDRESS,
            "contact": CONTACT,
            "conversation": self.conversation,
            "message": self.message,
        }

    @property
    def _media(self) -> dict[str, Any]:
        reply = Reply(text=self.text, expires_at=START + timedelta(days=1))
        return self._head | ({"reply": reply} if self.direction == "outbound" else {})

    def _outcome(self, state: str, **more: Any) -> PartOutcome:
        return PartOutcome(
            part=self.part, index=0, state=state, attachments=[self.id_of(index) for index in self._all], **more
        )

    def _file(self, index: int) -> dict[str, Any]:
        return {"id": self.id_of(index), "index": index, "count": self.files, "file_name": f"{index}.jpg"}

    def _indexes(self, parent: AnyEvent) -> list[int]:
        return [one.index for one in parent.data.attachments]

    def _next(self, parent: AnyEvent, event: type[EventData], attachment: type[Any], object_key: str) -> AnyEvent:
        fields: dict[str, Any] = {"object_key": object_key, "etag": "e", "size_bytes": 100, "sha256": SHA}
        if issubclass(attachment, ValidatedAttachment):
            fields |= {"detected_media_type": "image/jpeg", "kind": self.kind, "width": 40, "height": 30}
        files = [attachment(**self._file(index), **fields) for index in self._indexes(parent)]
        return self.after(parent, event(attachments=files, **self._media))[0]  # type: ignore[call-arg]

    def _keep(self, event: AnyEvent) -> AnyEvent:
        self.events.append(event)
        return event


def shown(name: str = "SM1", *, files: int = 2, kind: str = "image") -> Journey:
    """A customer's message that went well."""
    journey = Journey("inbound", name, files=files, kind=kind)
    begun = journey.begun(journey.payload())
    for announced in journey.announced(begun):
        stored = journey.stored(journey.validated(journey.received(announced)))
        if files:
            journey.rendered(stored)
    return journey


def planned(name: str = "R1", *, files: int = 2, address: str | None = ADDRESS) -> Journey:
    """An agent's reply, ready to be sent."""
    journey = Journey("outbound", name, files=files, address=address)
    [announced] = journey.announced(journey.begun())
    stored = journey.stored(journey.validated(journey.received(announced)))
    journey.rendered(stored)
    journey.fitted(stored)
    return journey


def delivered(name: str = "R1", *, files: int = 2, address: str | None = ADDRESS, with_token: bool = False) -> Journey:
    """An agent's reply that went well; the provider names it by its own id, or brings our token back."""
    journey = planned(name, files=files, address=address)
    journey.completed(journey.events[-1])
    journey.reported("sent", with_token=with_token)
    journey.reported("delivered", with_token=with_token)
    return journey


def states(attachments: Sequence[Any]) -> list[str]:
    return [one.state for one in attachments]
