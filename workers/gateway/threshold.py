"""The threshold as HTTP sees it: what is not admitted is a problem, what is gets published when the answer has left."""

from functools import partial

import anyio
import structlog
from anyio import to_thread
from starlette.background import BackgroundTask

from schemas.codec import Unwritable
from schemas.event import AnyEvent
from workers.gateway.patience import patiently
from workers.gateway.problems import Problem
from workers.gateway.services import GatewayServices
from workers.runtime import threshold
from workers.runtime.threshold import Admitted, IdUsedBefore

log = structlog.get_logger()

SOURCE = "trombone/gateway"
PATIENCE_SECONDS = 2.0
"""How long an event waits for a free publishing thread. With the broker away all of them hang; the sweep publishes
whatever is left in the intake."""


async def admit(services: GatewayServices, event: AnyEvent) -> Admitted:
    """
    Write an event down for good.

    Raises Problem (409: the id was used for something else; 413, 422: not a possible event) or DatabaseUnavailable;
    then nothing was accepted.
    """
    return await patiently(services, partial(_admit, services, event))


def publishing(services: GatewayServices, admitted: Admitted) -> BackgroundTask | None:
    """Runs when the answer has left, so that a slow broker never holds up a provider. A duplicate is the sweep's."""
    return BackgroundTask(_publish_soon, services, admitted) if admitted.fresh else None


def _admit(services: GatewayServices, event: AnyEvent) -> Admitted:
    try:
        return threshold.admit(services.intake, event)
    except Unwritable as error:
        if error.code == "event_too_large":
            raise Problem(413, error.code, "This is more than one message may hold.") from error
        raise Problem(422, "wrong_field", error.detail) from error
    except IdUsedBefore as error:
        raise Problem(409, error.code, "This id was used before, for something else.") from error


async def _publish_soon(services: GatewayServices, admitted: Admitted) -> None:
    with anyio.move_on_after(PATIENCE_SECONDS):
        await to_thread.run_sync(
            threshold.publish, services.intake, services.publisher, admitted, limiter=services.publishing
        )
        return
    log.warning("intake.left", event_id=admitted.message.message_id, code="publishers_busy")
