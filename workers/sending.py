"""Send one part at most once: claim, call the provider, write down what it said."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from msgspec import structs

from deliver.modules import deliver_module
from deliver.outgoing import Deliver, OutgoingFile, OutgoingLink, OutgoingPart, Receipt
from ingest.incoming import ChannelAccount
from schemas.attachment import FittedAttachment
from schemas.media_fitted import MediaFitted, Part
from schemas.reason import Reason
from workers.gates import gates_of
from workers.runtime.file_names import short_name
from workers.runtime.ledger import OPEN, Busy, Claim, Doubt, Gates, Held, PartName, Settled
from workers.runtime.objects import StoreUnavailable
from workers.runtime.outcome import Retry, Wait
from workers.runtime.ports import Ports
from workers.runtime.provider_limits import OutboundLimits
from workers.watching import Watched

log = structlog.get_logger()

LINK_NAME_BYTES = 60
"""Of a file that leaves as a link: a longer name would make the link longer than the fitter has left room for."""

EXPIRED = Reason(code="reply_expired", sentence="The reply waited too long and was not sent. Please send it again.")
UNKNOWN = Reason(
    code="delivery_in_doubt",
    sentence="The message may or may not have reached the customer. Ask, or send it again.",
)
STORE_AWAY = Reason(
    code=StoreUnavailable.code, sentence="The file could not be read from our store. Please send it again later."
)

HELD = {
    "provider_down": "The provider does not answer; this waits until it does.",
    "waiting_for_address": "Our own number or address may not send faster.",
    "waiting_for_contact": "No more may be sent to this customer at the moment.",
    "waiting_for_account": "The account may not send faster.",
}
"""What each gate is called, for whoever asks why a reply waits."""


class InProgress(Retry):
    """Raised when somebody else is sending the part right now: it may have left."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a part at its attempt so far, known since `at`; `ambiguous` is a doubt that nobody could end."""

    receipt: Receipt
    attempt: int
    at: datetime


@dataclass(frozen=True)
class Sender:
    plan: MediaFitted
    account: ChannelAccount
    ports: Ports

    def send(self, part: Part) -> Sent:
        """
        Accepted, refused or ambiguous.

        Raises Retry when the provider surely did not take the part, or somebody else is sending it right now; Wait
        when it is too early.
        """
        standing = self.ports.ledger.claim(
            self._name(part), lease_seconds=self.ports.settings.endpoints.lease_seconds, gates=self._gates
        )
        match standing:
            case Settled():
                return Sent(standing.receipt, standing.attempt, standing.at)
            case Busy():
                wait = (standing.lease_until - self.ports.clock.now()).total_seconds()
                raise InProgress("send_in_progress", "Another attempt is being made.", after_seconds=max(wait, 0))
            case Held():
                wait = (standing.until - self.ports.clock.now()).total_seconds()
                raise Wait(standing.code, HELD[standing.code], after_seconds=wait)
            case Doubt():
                return self._reconciled(part, standing)
            case Claim():
                return self._sent(part, standing)

    def _sent(self, part: Part, claim: Claim) -> Sent:
        client = Watched(self.ports.client)
        receipt = Receipt("refused", reason=EXPIRED) if self._is_expired else self._said(part, client)
        self._write_down(claim, receipt, client.down)
        if receipt.alarms and receipt.reason:
            whose = {"account": self.plan.account, "channel": self.plan.channel, "provider": self.plan.provider}
            log.error("provider.alarmed", code=receipt.reason.code, **whose)
        if receipt.state == "not_accepted":
            reason = receipt.reason or UNKNOWN
            raise Retry(reason.code, reason.sentence, after_seconds=receipt.retry_after_seconds)
        if receipt.state == "ambiguous":
            return self.send(part)
        return Sent(receipt, claim.attempt, self.ports.clock.now())

    def _said(self, part: Part, client: Watched) -> Receipt:
        """A file that the store cuts short ends the call in its midst: nobody has taken the part."""
        try:
            return self._module.send(self._outgoing(part), self.account, client)
        except StoreUnavailable:
            return Receipt("not_accepted", reason=STORE_AWAY)

    def _write_down(self, claim: Claim, receipt: Receipt, down: bool | None) -> None:
        """
        After an acceptance nothing is ever tried again: with the database away the external id travels in the event.

        The lapsed claim then reads as a doubt, which is never sent again either.
        """
        try:
            self.ports.ledger.settle(claim, receipt, down=down)
        except Exception as error:
            if receipt.state != "accepted" or not getattr(error, "retryable", False):
                raise
            log.warning("ledger.missed", part=claim.part, attempt=claim.attempt)

    def _reconciled(self, part: Part, doubt: Doubt) -> Sent:
        """Ask the provider what became of it; where it cannot tell, an agent has to decide."""
        tried = replace(self._outgoing(part), tried_at=doubt.claimed_at)
        receipt = self._module.reconcile(tried, self.account, self.ports.client)
        now = self.ports.clock.now()
        if receipt is None or receipt.state == "ambiguous":
            return Sent(Receipt("ambiguous"), doubt.attempt, now)
        self.ports.ledger.resolve(part.id, receipt)
        if receipt.state == "not_accepted":
            raise Retry("not_accepted_after_all", "The provider has no such message, so it is sent again.")
        return Sent(receipt, doubt.attempt, now)

    @property
    def _is_expired(self) -> bool:
        return self.plan.reply is not None and self.ports.clock.now() > self.plan.reply.expires_at

    @property
    def _gates(self) -> Gates:
        """What has expired does not wait any longer: it is told so at once."""
        return OPEN if self._is_expired else gates_of(self.account, self.plan.contact, self._limits)

    def _name(self, part: Part) -> PartName:
        plan = self.plan
        return PartName(plan.account, plan.channel, plan.conversation, plan.message, part.id)

    @property
    def _module(self) -> Deliver:
        return deliver_module(self.account.channel, self.account.provider)

    def _outgoing(self, part: Part) -> OutgoingPart:
        plan, links = self.plan, self.ports.links
        files = {attachment.id: attachment for attachment in plan.attachments}
        return OutgoingPart(
            id=part.id,
            message=plan.message,
            conversation=plan.conversation,
            address=plan.address,
            contact=plan.contact,
            text=part.text,
            files=[self._file(files[attachment]) for attachment in part.attachments],
            callback_url=links.callback_url(
                plan.channel,
                plan.provider,
                message=plan.message,
                conversation=plan.conversation,
                part=part.id,
            ),
            links=[self._link(files[attachment]) for attachment in part.links],
            subject=plan.reply.subject if plan.reply else None,
            in_reply_to=plan.reply.in_reply_to if plan.reply else None,
        )

    def _file(self, file: FittedAttachment) -> OutgoingFile:
        limits = self._limits
        return OutgoingFile(
            attachment=file.id,
            url=self._url(file, limits.fetches_media_within_seconds.value),
            media_type=file.media_type,
            size_bytes=file.size_bytes,
            file_name=file.file_name or "file",
            kind=limits.for_plan().kind_of(file.media_type) or "file",
            alt_text=file.alt_text,
            role=file.role,
            read=partial(self.ports.store.read, file.object_key),
        )

    def _link(self, file: FittedAttachment) -> OutgoingLink:
        lives = self._limits.links_live_seconds or self._limits.fetches_media_within_seconds
        name = short_name(file.file_name or "file", LINK_NAME_BYTES)
        return OutgoingLink(
            url=self._url(structs.replace(file, file_name=name), lives.value),
            file_name=name,
            size_bytes=file.size_bytes,
            expires_at=self.ports.clock.now() + timedelta(seconds=lives.value),
        )

    def _url(self, file: FittedAttachment, lives_seconds: int) -> str:
        return self.ports.links.media_url(
            self.plan.account,
            file.object_key,
            media_type=file.media_type,
            file_name=file.file_name or "file",
            lives_seconds=lives_seconds,
        )

    @property
    def _limits(self) -> OutboundLimits:
        return self.ports.settings.limits_of(self.account).outbound
