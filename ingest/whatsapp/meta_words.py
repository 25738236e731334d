"""What a message without a file says, in words that an agent can read."""

from collections.abc import Callable, Mapping

from ingest.meta_values import lines
from ingest.whatsapp.meta_payload import Card, Item, Message


def _text(message: Message) -> str | None:
    return message.text.body if message.text else None


def _location(message: Message) -> str | None:
    place = message.location
    if place is None:
        return None
    where = f"{place.latitude:.6f},{place.longitude:.6f}"
    return lines(place.name, place.address, f"https://maps.google.com/?q={where}")


def _contacts(message: Message) -> str | None:
    return lines(*(_card(card) for card in message.contacts))


def _card(card: Card) -> str:
    name = card.name.formatted_name or card.name.first_name or ""
    reached = [one for one in [*(p.phone for p in card.phones), *(e.email for e in card.emails)] if one]
    return ": ".join(part for part in (name, ", ".join(reached)) if part)


def _interactive(message: Message) -> str | None:
    answer = message.interactive
    if answer is None:
        return None
    choice = answer.button_reply or answer.list_reply
    if choice:
        return lines(choice.title, choice.description)
    return lines(answer.nfm_reply.body, answer.nfm_reply.response_json) if answer.nfm_reply else None


def _button(message: Message) -> str | None:
    return message.button.text if message.button else None


def _reaction(message: Message) -> str | None:
    return message.reaction.emoji if message.reaction else None


def _order(message: Message) -> str | None:
    order = message.order
    return lines(order.text, *(_item(item) for item in order.product_items)) if order else None


def _item(item: Item) -> str:
    price = f", {item.item_price} {item.currency or ''}".rstrip() if item.item_price is not None else ""
    return f"{item.quantity} x {item.product_retailer_id}{price}"


def _system(message: Message) -> str | None:
    return message.system.body if message.system else None


def _nothing(message: Message) -> str | None:  # noqa: ARG001 - one shape for all
    return None


WORDS: Mapping[str, Callable[[Message], str | None]] = {
    "text": _text,
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": _button,
    "reaction": _reaction,
    "order": _order,
    "system": _system,
    "request_welcome": _nothing,
}
"""By message type."""
MAY_SAY_NOTHING = ("text", "reaction", "system", "request_welcome")
"""A reaction that was taken back, somebody who opened the chat: nothing to show is no loss."""
