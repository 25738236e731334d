"""What agents see: `GET /v1/conversations`, `/v1/conversations/{id}` and `/v1/messages/{id}`, with fresh URLs."""

import msgspec
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from workers.gateway import showing
from workers.gateway.keys import authorize
from workers.gateway.polling import number, poll
from workers.gateway.problems import Problem
from workers.gateway.services import GatewayServices, services_of
from workers.gateway.shapes import ConversationsShown, ThreadShown
from workers.gateway.showing import Showing
from workers.runtime.views import ThreadView

LARGEST_CURSOR = 2**53
MAX_CONVERSATIONS = 200


async def conversations(request: Request) -> Response:
    """The account's conversations, the one that changed last first."""
    services = services_of(request)
    caller = authorize(request, services.settings, "read")
    limit = number(request, "limit", 50, MAX_CONVERSATIONS)
    found = await to_thread.run_sync(lambda: services.record.conversations(caller.account, limit=limit))
    return answer(ConversationsShown(conversations=[showing.conversation(one) for one in found]))


async def conversation(request: Request) -> Response:
    """All messages, or what changed `after` a cursor; with `wait` the answer may take its time."""
    services = services_of(request)
    caller = authorize(request, services.settings, "read")
    name = request.path_params["conversation"]
    after = number(request, "after", 0, LARGEST_CURSOR)
    thread = await poll(request, lambda: _thread(services, caller.account, name, after), has_news)
    if thread is None:
        raise Problem(404, "conversation_unknown", "There is no such conversation.")
    show = Showing(services, caller.account)
    return answer(
        ThreadShown(
            conversation=showing.conversation(thread.conversation),
            messages=[show.message(one) for one in thread.messages],
            cursor=thread.cursor,
        )
    )


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


def answer(shown: msgspec.Struct) -> Response:
    return Response(
        msgspec.json.encode(shown), media_type="application/json", headers={"Cache-Control": "private, no-store"}
    )


def _thread(services: GatewayServices, account: str, conversation: str, after: int) -> ThreadView | None:
    return services.record.thread(account, conversation, after=after)
