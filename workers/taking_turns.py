"""Replies of one conversation leave in the order in which they were requested; none holds the others up for ever."""

from datetime import timedelta

import structlog

from schemas.media_fitted import MediaFitted
from schemas.message import MediaEvent
from workers.runtime.outcome import Wait
from workers.runtime.ports import Ports
from workers.runtime.turns import Turn

log = structlog.get_logger()

SOONEST_SECONDS, LATEST_SECONDS = 1.0, 5.0
"""How long one wait for an earlier reply is: the older the reply, the longer."""


def turn_of(media: MediaEvent, ports: Ports) -> Turn:
    now = ports.clock.now()
    requested_at = media.reply.requested_at if media.reply else None
    return Turn(
        account=media.account,
        conversation=media.conversation,
        message=media.message,
        requested_at=requested_at or now,
        lapses_at=now + timedelta(seconds=ports.settings.endpoints.turn_seconds),
    )


def wait_for_turn(turn: Turn, plan: MediaFitted, ports: Ports) -> None:
    """Raises Wait while an earlier reply is on its way. What has expired waits for nobody: it will not leave."""
    now = ports.clock.now()
    first = ports.turns.line_up(turn)
    if first is None or (plan.reply and now > plan.reply.expires_at):
        return
    ports.turns.keep(turn)
    age = (now - turn.requested_at).total_seconds()
    seconds = min(max(age / 4, SOONEST_SECONDS), LATEST_SECONDS)
    raise Wait("waiting_its_turn", f"The reply {first} was requested earlier.", after_seconds=seconds)


def end_turn(turn: Turn, ports: Ports) -> None:
    """After a send nothing is tried again for the sake of the order: a turn that stays open lapses."""
    try:
        ports.turns.end(turn)
    except Exception as error:
        if not getattr(error, "retryable", False):
            raise
        log.warning("turn.left_open", message=turn.message)
