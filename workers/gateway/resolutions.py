"""An agent answers a doubt: `POST /v1/messages/{message}/parts/{part}/resolution`."""

from typing import Literal

from anyio import to_thread
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from schemas import identity
from schemas.doubt_resolved import DoubtResolved
from schemas.lineage import begin
from schemas.values import Line
from workers.gateway.answers import answer
from workers.gateway.bodies import read_json
from workers.gateway.keys import authorize
from workers.gateway.problems import Problem
from workers.gateway.services import GatewayServices, services_of
from workers.gateway.shapes import ResolutionTaken
from workers.gateway.threshold import SOURCE, admit, publishing
from workers.runtime.views import MessageView, PartView


class ResolutionAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    answer: Literal["send_again", "arrived"]
    agent: Line | None = None


async def resolve(request: Request) -> Response:
    """A second click on the same doubt is the same answer, so it never sends twice; another answer to it is a 409."""
    services = services_of(request)
    caller = authorize(request, services.settings, "reply")
    asked = await read_json(request, ResolutionAsked)
    names = request.path_params["message"], request.path_params["part"]
    view, part = await to_thread.run_sync(_in_doubt, services, caller.account, *names)
    event = begin(
        DoubtResolved(
            channel=view.channel,
            account=caller.account,
            conversation=view.conversation or "",
            message=view.message,
            part=part.id,
            answer=asked.answer,
            agent=caller.agent or asked.agent,
        ),
        id=identity.root_id(caller.account, f"{SOURCE}/resolutions", f"{part.id}/{part.attempt}"),
        source=SOURCE,
        now=services.clock.now(),
    )
    admitted = await admit(services, event)
    taken = ResolutionTaken(message=view.message, part=part.id, answer=asked.answer)
    return answer(taken, 202, publishing(services, admitted))


def _in_doubt(services: GatewayServices, account: str, message: str, part: str) -> tuple[MessageView, PartView]:
    view = services.record.message(account, message)
    found = next((one for one in view.parts if one.id == part), None) if view else None
    if view is None or found is None:
        raise Problem(404, "part_unknown", "There is no such message with such a part, or not yet.")
    if found.state != "in_doubt":
        raise Problem(409, "not_in_doubt", "It is known by now what became of this part.")
    return view, found
