"""Webchat: nobody to call. A reply counts as accepted when it is in the record, where the visitor's page reads it."""

from collections.abc import Sequence

from deliver.outgoing import Client, Limits, OutgoingPart, PlannedFile, PlannedPart, Receipt
from deliver.splitting import split
from ingest.incoming import ChannelAccount
from schemas.message import Reply


def plan(reply: Reply, files: Sequence[PlannedFile], limits: Limits) -> Sequence[PlannedPart]:
    return split(reply.text, files, limits)


def send(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt:  # noqa: ARG001 - nobody to call
    return Receipt("accepted", external_id=part.id)


def reconcile(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt | None:
    """Sending again is harmless, and says the same."""
    return send(part, account, client)
