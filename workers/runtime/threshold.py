"""The threshold of every door: what comes in is written down for good before anybody is told so, then published."""

from dataclasses import dataclass

import structlog

from schemas.event import AnyEvent
from workers.runtime.broker import Outgoing, Publisher, PublishFailed
from workers.runtime.database import DatabaseUnavailable
from workers.runtime.intake import Accepted, Conflict, Intake
from workers.runtime.letters import event_message

log = structlog.get_logger()


class IdUsedBefore(Exception):
    """Raised when an event's id was used for something else."""

    code = "already_used"
    retryable = False


@dataclass(frozen=True, slots=True)
class Admitted:
    """`fresh`: it was not here before, and still has to be published."""

    message: Outgoing
    fresh: bool


def admit(intake: Intake, event: AnyEvent) -> Admitted:
    """Raises Unwritable (not a possible event), IdUsedBefore or DatabaseUnavailable; then nothing was accepted."""
    message = event_message(event)
    outcome = intake.accept(event, message.body)
    if isinstance(outcome, Conflict):
        raise IdUsedBefore(event.id)
    return Admitted(message, fresh=isinstance(outcome, Accepted))


def publish(intake: Intake, publisher: Publisher, admitted: Admitted) -> bool:
    """Whether it is out. What fails here stays in the intake, for the sweep."""
    try:
        publisher.publish(admitted.message)
        intake.published(admitted.message.message_id)
    except (PublishFailed, DatabaseUnavailable) as error:
        log.warning("intake.left", event_id=admitted.message.message_id, code=error.code)
        return False
    return True
