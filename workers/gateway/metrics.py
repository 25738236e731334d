"""`/metrics`: for Prometheus, with a key that has the scope `operate`. An account sees its own books."""

from collections.abc import Mapping

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from workers.gateway.keys import authorize
from workers.gateway.services import GatewayServices, services_of
from workers.runtime import books
from workers.runtime.metrics import CONTENT_TYPE, QueueState, render
from workers.runtime.notices import Notices


async def metrics(request: Request) -> Response:
    services = services_of(request)
    caller = authorize(request, services.settings, "operate")
    text = await to_thread.run_sync(_text, services, caller.account)
    return Response(text, media_type=CONTENT_TYPE)


def _text(services: GatewayServices, account: str) -> str:
    counted = books.audit(services.record.database, services.clock, account=account)
    notices = Notices(services.record.database, services.clock)
    webhooks = {one: notices.backlog(one.account, one.webhook) for one in notices.standings(account)}
    return render(counted, _queues(services), webhooks)


def _queues(services: GatewayServices) -> Mapping[str, QueueState] | None:
    """None: the broker does not answer. A broker in memory has no queues that an operator could look at."""
    endpoints = services.settings.endpoints
    if endpoints.in_one_process:
        return {}
    from workers.runtime.operating import OperatorFailed, queue_states  # noqa: PLC0415 - only who is asked loads pika

    try:
        return queue_states(endpoints.broker_url.get_secret_value(), services.queues)
    except OperatorFailed:
        return None
