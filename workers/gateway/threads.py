"""What agents see: `GET /v1/conversations`, `/v1/conversations/{id}` and `/v1/messages/{id}`, with fresh URLs."""

from datetime import datetime

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from workers.gateway import showing
from workers.gateway.answers import answer
from workers.gateway.keys import authorize
from workers.gateway.polling import number, poll
from workers.gateway.problems import Problem
from workers.gateway.services import GatewayServices, services_of
from workers.gateway.shapes import ConversationsShown, ThreadShown
from workers.gateway.showing import Showing
from workers.runtime.views import ThreadView

LARGEST_CURSOR = 2**53
MAX_CONVERSATIONS = 200
MAX_MESSAGES = 200


async def conversations(request: Request) -> Response:
    """The account's conversations, the one that changed last first."""
    services = services_of(request)
    caller = authorize(request, services.settings, "read")
    limit = number(request, "limit", 50, MAX_CONVERSATIONS)
    return answer(await to_thread.run_sync(_listed, services, caller.account, limit))


async def conversation(request: Request) -> Response:
    """
    All messages, the last `limit`, or those `before` a message; or what changed `after` a cursor: with `wait` that
    answer may take its time.
    """
    services = services_of(request)
    caller = authorize(request, services.settings, "read")
    name = request.path_params["conversation"]
    after = number(request, "after", 0, LARGEST_CURSOR)
    limit = page_limit(request)
    before = request.query_params.get("before")

    def look() -> ThreadView | None:
        return services.record.thread(caller.account, name, after=after, before=before, limit=limit)

    thread = await poll(request, look, has_news)
    if thread is None:
        raise Problem(404, "conversation_unknown", "There is no such conversation.")
    return answer(await to_thread.run_sync(_shown, services, caller.account, thread))


async def message(request: Request) -> Response:
    services = services_of(request)
    caller = authorize(request, services.settings, "read")
    name = request.path_params["message"]
    found = await to_thread.run_sync(lambda: services.record.message(caller.account, name))
    if found is None:
        raise Problem(404, "message_unknown", "There is no such message, or not yet.")
    return answer(Showing(services, caller.account).message(found))


def has_news(thread: ThreadView | None) -> bool:
    return thread is None or bool(thread.messages)


def _shown(services: GatewayServices, account: str, thread: ThreadView) -> ThreadShown:
    name = thread.conversation.conversation
    show = Showing(services, account)
    return ThreadShown(
        conversation=showing.conversation(thread.conversation, services.record.summaries(account, [name])[name]),
        messages=[show.message(one) for one in thread.messages],
        cursor=thread.cursor,
        earlier=earlier(thread),
    )


def earlier(thread: ThreadView) -> str | None:
    return thread.messages[0].message if thread.earlier else None


def moment(at: datetime) -> int:
    """A cursor of an account: milliseconds."""
    return int(at.timestamp() * 1000)


def page_limit(request: Request) -> int | None:
    """How many messages are wanted; None for all of them."""
    if "limit" not in request.query_params:
        return None
    return max(1, number(request, "limit", MAX_MESSAGES, MAX_MESSAGES))


def _listed(services: GatewayServices, account: str, limit: int) -> ConversationsShown:
    found = services.record.conversations(account, limit=limit)
    summaries = services.record.summaries(account, [one.conversation for one in found])
    return ConversationsShown(
        conversations=[showing.conversation(one, summaries[one.conversation]) for one in found],
        cursor=moment(found[0].changed_at) if found else 0,
    )
