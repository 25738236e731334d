"""What a visitor sees: `GET /webchat/messages`, the visitor's own conversation and nothing else."""

from starlette.requests import Request
from starlette.responses import Response

from workers.gateway.polling import number, poll
from workers.gateway.services import services_of
from workers.gateway.sessions import visitor_of
from workers.gateway.shapes import VisitorThreadShown
from workers.gateway.showing import Showing
from workers.gateway.threads import LARGEST_CURSOR, answer


async def messages(request: Request) -> Response:
    """Nothing of a reply shows before it has left: an agent's refused file must not."""
    services = services_of(request)
    visitor = visitor_of(request, services.settings)
    after = number(request, "after", 0, LARGEST_CURSOR)

    def look() -> VisitorThreadShown:
        thread = services.record.thread(visitor.account, visitor.conversation, after=after)
        if thread is None:
            return VisitorThreadShown(messages=[], cursor=after)
        show = Showing(services, visitor.account)
        shown = [show.for_visitor(one) for one in thread.messages]
        return VisitorThreadShown(messages=[one for one in shown if one], cursor=thread.cursor)

    shown = await poll(request, look, lambda thread: bool(thread.messages))
    return answer(shown)
