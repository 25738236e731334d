"""Send one part at most once: claim, call the provider, write down what it said."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from deliver.modules import deliver_module
from deliver.outgoing import Deliver, OutgoingFile, OutgoingLink, OutgoingPart, Receipt
from ingest.incoming import ChannelAccount
from schemas.attachment import FittedAttachment
from schemas.delivery import PartOutcome
from schemas.media_fitted import MediaFitted, Part
from schemas.reason import Reason
from workers.runtime.ledger import Busy, Claim, Doubt, Settled
from workers.runtime.outcome import Retry
from workers.runtime.ports import Ports
from workers.runtime.provider_limits import OutboundLimits

log = structlog.get_logger()

EXPIRED = Reason(code="reply_expired", sentence="The reply waited too long and was not sent. Please send it again.")
UNKNOWN = Reason(
    code="delivery_in_doubt",
    sentence="The message may or may not have reached the customer. Ask, or send it again.",
)


class InProgress(Retry):
    """Raised when somebody else is sending the part right now: it may have left."""


@dataclass(frozen=True)
class Sender:
    plan: MediaFitted
    account: ChannelAccount
    ports: Ports

    def outcome(self, part: Part) -> PartOutcome:
        """Raises Retry when the provider surely did not take the part, or somebody else is sending it right now."""
        standing = self.ports.ledger.claim(
            self.plan.account, self.plan.message, part.id, lease_seconds=self.ports.settings.endpoints.lease_seconds
        )
        match standing:
            case Settled():
                return settled(part, standing.attempt, standing.receipt, standing.at)
            case Busy():
                wait = (standing.lease_until - self.ports.clock.now()).total_seconds()
                raise InProgress("send_in_progress", "Another attempt is being made.", after_seconds=max(wait, 0))
            case Doubt():
                return self._resolved(part, standing.attempt)
            case Claim():
                return self._sent(part, standing)

    def _sent(self, part: Part, claim: Claim) -> PartOutcome:
        now = self.ports.clock.now()
        if self.plan.reply and now > self.plan.reply.expires_at:
            receipt = Receipt("refused", reason=EXPIRED)
        else:
            receipt = self._module.send(self._outgoing(part), self.account, self.ports.client)
        self._write_down(claim, receipt)
        if receipt.state == "not_accepted":
            reason = receipt.reason or UNKNOWN
            raise Retry(reason.code, reason.sentence, after_seconds=receipt.retry_after_seconds)
        if receipt.state == "ambiguous":
            return self._resolved(part, claim.attempt)
        return settled(part, claim.attempt, receipt, self.ports.clock.now())

    def _write_down(self, claim: Claim, receipt: Receipt) -> None:
        """
        After an acceptance nothing is ever tried again: with the database away the external id travels in the event.

        The lapsed claim then reads as a doubt, which is never sent again either.
        """
        try:
            self.ports.ledger.settle(claim, receipt)
        except Exception as error:
            if receipt.state != "accepted" or not getattr(error, "retryable", False):
                raise
            log.warning("ledger.missed", part=claim.part, attempt=claim.attempt)

    def _resolved(self, part: Part, attempt: int) -> PartOutcome:
        """Ask the provider what became of it; where it cannot tell, an agent has to decide."""
        receipt = self._module.reconcile(self._outgoing(part), self.account, self.ports.client)
        if receipt is None or receipt.state == "ambiguous":
            return in_doubt(part, attempt, UNKNOWN)
        self.ports.ledger.resolve(part.id, receipt)
        return settled(part, attempt, receipt, self.ports.clock.now())

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
        return OutgoingLink(
            url=self._url(file, lives.value),
            file_name=file.file_name or "file",
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
        return self.ports.settings.limits(self.account.channel, self.account.provider).outbound


def settled(part: Part, attempt: int, receipt: Receipt, at: datetime) -> PartOutcome:
    accepted = receipt.state == "accepted"
    return PartOutcome(
        part=part.id,
        index=part.index,
        state=receipt.state,
        attempt=attempt,
        external_id=receipt.external_id,
        accepted_at=at if accepted else None,
        reason=receipt.reason,
        attachments=part.attachments,
        links=part.links,
    )


def in_doubt(part: Part, attempt: int, reason: Reason) -> PartOutcome:
    return PartOutcome(
        part=part.id,
        index=part.index,
        state="in_doubt",
        attempt=attempt,
        reason=reason,
        attachments=part.attachments,
        links=part.links,
    )
