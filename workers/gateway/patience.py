"""
A store or a database that fails is asked again for a while, because whoever called us may not call again.

Twilio gives a webhook, and the fetching of a file, 15 seconds and does not repeat what was answered with 5xx
(https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides, read 2026-11-22).
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from anyio import to_thread

from workers.gateway.services import GatewayServices
from workers.runtime.database import DatabaseUnavailable
from workers.runtime.objects import StoreUnavailable
from workers.runtime.retrying import for_a_while

T = TypeVar("T")

AWAY = (StoreUnavailable, DatabaseUnavailable)


async def patiently(services: GatewayServices, call: Callable[[], T]) -> T:
    """On a thread that is free between two tries. Raises what `call` raises; one of AWAY only when it stays so."""
    return await for_a_while(partial(to_thread.run_sync, call), retry_on=AWAY, seconds=services.patience_seconds)
