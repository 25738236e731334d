"""What a visitor sees: `GET /webchat/messages`, the visitor's own conversation and nothing else."""

from starlette.requests import Request
from starlette.responses import Response

from workers.gateway.answers import answer
from workers.gateway.polling import number, poll
from workers.gateway.services import GatewayServices, services_of
from workers.gateway.sessions import Visitor, visitor_of
from workers.gateway.shapes import VisitorThreadShown
from workers.gateway.showing import Showing
from workers.gateway.threads import LARGEST_CURSOR, earlier, page_limit
from workers.runtime.views import ThreadView


async def messages(request: Request) -> Response:
    """Nothing of a reply shows before it has left: an agent's refused file must not."""
    services = services_of(request)
    visitor = visitor_of(request, services.settings)
    after = number(request, "after", 0, LARGEST_CURSOR)
    limit, before = page_limit(request), request.query_params.get("before")

    def look() -> VisitorThreadShown:
        thread = services.record.thread(visitor.account, visitor.conversation, after=after, before=before, limit=limit)
        return shown_thread(services, visitor, thread, after)

    found = await poll(request, look, lambda thread: bool(thread.messages))
    return answer(found)


def shown_thread(
    services: GatewayServices, visitor: Visitor, thread: ThreadView | None, after: int
) -> VisitorThreadShown:
    if thread is None:
        return VisitorThreadShown(messages=[], cursor=after, earlier=None)
    show = Showing(services, visitor.account)
    shown = [show.for_visitor(one) for one in thread.messages]
    return VisitorThreadShown(messages=[one for one in shown if one], cursor=thread.cursor, earlier=earlier(thread))
