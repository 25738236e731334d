"""Where only customers can begin, a reply to somebody who never wrote has nobody to reach."""

from datetime import timedelta

from schemas.media_fitted import MediaFitted
from schemas.reason import Reason
from workers.runtime.outcome import Wait
from workers.runtime.ports import Ports
from workers.runtime.provider_limits import OutboundLimits

GRACE = timedelta(seconds=10)
"""A first message and the reply to it may travel at the same time; so long a reply waits for what came before it."""
LOOK_AGAIN_SECONDS = 2.0

NEVER_WROTE = Reason(
    code="contact_unknown",
    sentence="Nobody has written from this contact, and on this channel only the customer can begin.",
)


def customer_begins(limits: OutboundLimits) -> bool:
    """Whether we know for sure; where the file does not say, the provider does."""
    return limits.begins is not None and not limits.begins.value


def has_begun(plan: MediaFitted, limits: OutboundLimits, ports: Ports) -> bool:
    """
    Whether the customer has written, where it takes that.

    The record may be behind, so a reply waits until it stands there itself and its first moments are over. Raises Wait.
    """
    if not customer_begins(limits) or ports.record.has_written(plan.account, plan.conversation):
        return True
    now = ports.clock.now()
    if plan.reply is None or now > plan.reply.expires_at:
        return True  # it will not leave anyway, and is told so
    is_young = plan.reply.requested_at is not None and now - plan.reply.requested_at < GRACE
    if is_young or ports.record.message(plan.account, plan.message) is None:
        raise Wait("waiting_for_first_message", "The customer has not written yet.", after_seconds=LOOK_AGAIN_SECONDS)
    return False
