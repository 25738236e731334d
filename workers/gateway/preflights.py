"""An agent wants to know what will become of a file before sending it: `POST /v1/preflight`. Nothing is kept."""

from anyio import to_thread
from msgspec import Struct, json
from starlette.requests import Request
from starlette.responses import Response

from ingest.incoming import ChannelAccount
from schemas.values import Id, Line, Name
from workers.gateway import uploads
from workers.gateway.bodies import read_json
from workers.gateway.keys import authorize
from workers.gateway.replies import connected
from workers.gateway.services import GatewayServices, services_of
from workers.preflight import Preflight, Verdict
from workers.runtime.workdir import workdir


class PreflightAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    channel: Name
    upload: Id
    contact: Line | None = None
    address: Line | None = None


async def preflight(request: Request) -> Response:
    services = services_of(request)
    caller = authorize(request, services.settings, "reply")
    asked = await read_json(request, PreflightAsked)
    connection = connected(services, caller.account, asked.channel, asked.address)
    verdict = await to_thread.run_sync(_look, services, connection, asked, limiter=services.decoding)
    return Response(json.encode(verdict), media_type="application/json")


def _look(services: GatewayServices, connection: ChannelAccount, asked: PreflightAsked) -> Verdict:
    found = uploads.find(services, connection.account, asked.upload)
    with workdir() as folder:
        source = folder / "source"
        services.store.download(found.key, source)
        return Preflight(services.settings, services.decode).look(source, connection, asked.contact)
