"""
WhatsApp's webhook, as far as we read it; unknown fields are ignored.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages (read 2026-11-27).
Messages and statuses stay raw at first: one that nobody understands must not take its neighbors along.
"""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct, field

from deliver.graph import GraphError
from ingest.incoming import Unparsable
from schemas.decoders import decoder
from schemas.values import Line

OBJECT = "whatsapp_business_account"
Moment = str | int | float | None


class Media(Struct, frozen=True):
    """`url` is left aside: it may be missing and lives for five minutes, the id for seven days."""

    id: Line | None = None
    mime_type: str | None = None
    filename: str | None = None
    caption: str | None = None
    voice: bool = False


class Context(Struct, frozen=True):
    id: Line | None = None


class Text(Struct, frozen=True):
    body: str = ""


class Location(Struct, frozen=True):
    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


class Phone(Struct, frozen=True):
    phone: str | None = None


class Email(Struct, frozen=True):
    email: str | None = None


class CardName(Struct, frozen=True):
    formatted_name: str | None = None
    first_name: str | None = None


class Card(Struct, frozen=True):
    """A contact that the customer shared."""

    name: CardName = CardName()
    phones: list[Phone] = []
    emails: list[Email] = []


class Choice(Struct, frozen=True):
    title: str = ""
    description: str | None = None


class Form(Struct, frozen=True):
    body: str | None = None
    response_json: str | None = None


class Interactive(Struct, frozen=True):
    button_reply: Choice | None = None
    list_reply: Choice | None = None
    nfm_reply: Form | None = None


class Button(Struct, frozen=True):
    text: str = ""


class Reaction(Struct, frozen=True):
    """Without an emoji the customer took the reaction back."""

    message_id: Line | None = None
    emoji: str | None = None


class Item(Struct, frozen=True):
    product_retailer_id: str = ""
    quantity: int | float | str = 1
    item_price: int | float | str | None = None
    currency: str | None = None


class Order(Struct, frozen=True):
    text: str | None = None
    product_items: list[Item] = []


class System(Struct, frozen=True):
    body: str | None = None


class Revoke(Struct, frozen=True):
    original_message_id: Line


class Edit(Struct, frozen=True):
    original_message_id: Line
    message: Raw


class Unsupported(Struct, frozen=True):
    type: str | None = None


class Sender(Struct, frozen=True):
    """What must be there for a message to have a place: `from` is a phone number, `from_user_id` stands in for it."""

    id: Line
    from_: Annotated[str, Meta(max_length=256)] | None = field(name="from", default=None)
    from_user_id: Line | None = None
    timestamp: Moment = None

    @property
    def contact(self) -> str | None:
        """Phone numbers as everywhere, with a plus."""
        given = self.from_ or self.from_user_id
        return f"+{given}" if given and given == digits(given) else given


class Message(Struct, frozen=True):
    """The contents; exactly the field that `type` names is there."""

    type: str = ""
    context: Context | None = None
    errors: list[GraphError] = []
    text: Text | None = None
    image: Media | None = None
    video: Media | None = None
    audio: Media | None = None
    voice: Media | None = None
    document: Media | None = None
    sticker: Media | None = None
    location: Location | None = None
    contacts: list[Card] = []
    interactive: Interactive | None = None
    button: Button | None = None
    reaction: Reaction | None = None
    order: Order | None = None
    system: System | None = None
    revoke: Revoke | None = None
    edit: Edit | None = None
    unsupported: Unsupported | None = None


class Status(Struct, frozen=True):
    id: Line
    status: str
    timestamp: Moment = None
    errors: list[GraphError] = []
    biz_opaque_callback_data: str | None = None


class Profile(Struct, frozen=True):
    name: str | None = None


class Person(Struct, frozen=True):
    wa_id: str | None = None
    user_id: str | None = None
    profile: Profile = Profile()


class Metadata(Struct, frozen=True):
    display_phone_number: str = ""
    phone_number_id: str = ""

    @property
    def number(self) -> str:
        return f"+{digits(self.display_phone_number)}"

    def names(self, address: str) -> bool:
        """Whether a connection's address is this number, as people write it or as Meta counts it."""
        ours = digits(address)
        return bool(ours) and ours in (digits(self.display_phone_number), self.phone_number_id)


class Value(Struct, frozen=True):
    metadata: Metadata = Metadata()
    contacts: list[Person] = []
    messages: list[Raw] = []
    statuses: list[Raw] = []


class _Change(Struct, frozen=True):
    field: str
    value: Raw


class _Entry(Struct, frozen=True):
    changes: list[_Change] = []


class _Envelope(Struct, frozen=True):
    object: str
    entry: list[_Entry] = []


def values(body: bytes) -> Iterator[Value]:
    """What concerns messages; a webhook may also tell of templates, accounts … Raises Unparsable."""
    try:
        envelope = decoder(_Envelope).decode(body)
        if envelope.object != OBJECT:
            raise Unparsable(f"the object is {envelope.object[:100]!r}")
        for entry in envelope.entry:
            for change in entry.changes:
                if change.field == "messages":
                    yield decoder(Value).decode(change.value)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Unparsable(str(error)) from error


def digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isascii() and sign.isdigit())
