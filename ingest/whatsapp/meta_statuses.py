"""
What became of a message of ours, from WhatsApp's webhook: in any order, and with steps left out.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status (read
2026-11-27).
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress

import msgspec

from deliver.graph import GraphError, meaning_of, reason_of
from deliver.whatsapp.meta_errors import ERRORS, WHO
from ingest.incoming import Report
from ingest.meta_values import moment, token_of
from ingest.whatsapp.meta_payload import Status, Value
from schemas.decoders import decoder
from schemas.reason import Reason

_STATUSES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
"""Others (`deleted`) say nothing about the way of a message."""


def reports_of(value: Value) -> Iterator[Report]:
    for raw in value.statuses:
        with suppress(msgspec.MsgspecError):  # one that nobody can read does not take the messages beside it along
            status = decoder(Status).decode(raw)
            if status.status in _STATUSES:
                yield _report(status)


def _report(status: Status) -> Report:
    conversation, message, part = token_of(status.biz_opaque_callback_data) or (None, None, None)
    failed = status.status == "failed"
    return Report(
        external_id=status.id,
        status=_STATUSES[status.status],
        conversation=conversation,
        message=message,
        part=part,
        reason=_why(status.errors) if failed else None,
        falls_back=failed and any(_blames_the_file(error) for error in status.errors),
        occurred_at=moment(status.timestamp),
    )


def _blames_the_file(error: GraphError) -> bool:
    meaning = meaning_of(error, ERRORS)
    return meaning is not None and meaning.falls_back


def _why(errors: Sequence[GraphError]) -> Reason:
    if errors:
        return reason_of(errors[0], ERRORS, WHO)
    return Reason(code="provider_failed", sentence="WhatsApp could not deliver the message and does not say why.")
