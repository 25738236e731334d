"""`/healthz`: this process answers. `/readyz`: what the door cannot do without answers too."""

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from workers.gateway.services import GatewayServices, services_of
from workers.runtime.database import DatabaseUnavailable
from workers.runtime.objects import ObjectMissing, StoreUnavailable

_PROBE = "readyz/probe"


async def alive(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """The broker is not asked: without it the door still takes things in, and the sweep publishes them later."""
    services = services_of(request)
    store = await to_thread.run_sync(_store, services)
    database = await to_thread.run_sync(_database, services)
    states = {"status": _word(store and database), "store": _word(store), "database": _word(database)}
    return JSONResponse(states, 200 if store and database else 503)


def _word(good: bool) -> str:
    return "ok" if good else "unavailable"


def _store(services: GatewayServices) -> bool:
    try:
        services.store.head(_PROBE)
    except ObjectMissing:
        return True
    except StoreUnavailable:
        return False
    return True


def _database(services: GatewayServices) -> bool:
    try:
        services.record.conversations("", limit=1)
    except DatabaseUnavailable:
        return False
    return True
