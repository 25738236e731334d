"""Ids are derived, not random: the same cause always gives the same id, so a redelivery repeats nothing."""

from uuid import UUID, uuid5

_NAMESPACE = UUID("6f1c5a9e-2f4d-5b0a-9d53-7a0f3b8c1e42")


def _derive(*parts: str) -> str:
    """Join with a separator that cannot hide in a part: each part is prefixed with its length."""
    return str(uuid5(_NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts)))


def inbound_message_id(account: str, channel: str, external_id: str) -> str:
    """The id of a customer's message: the provider's own id decides, however often the webhook comes."""
    return _derive("inbound", account, channel, external_id)


def root_id(account: str, source: str, event_id: str) -> str:
    """The id of a message that an upstream system (or the gateway) brought: its CloudEvents source and id decide."""
    return _derive("root", account, source, event_id)


def conversation_id(account: str, channel: str, address: str, contact: str) -> str:
    """One conversation per account, channel, our address and the contact's address."""
    return _derive("conversation", account, channel, address, contact)


def attachment_id(message: str, index: int) -> str:
    return _derive("attachment", message, str(index))


def part_id(message: str, index: int) -> str:
    """The id of one provider message of a delivery; it rides in provider callbacks."""
    return _derive("part", message, str(index))


def fallback_id(part: str) -> str:
    """The id of the part that leaves in the place of one whose files did not get through."""
    return _derive("fallback", part)


def event_id(parent: str, event_type: str, index: int) -> str:
    return _derive("event", parent, event_type, str(index))
