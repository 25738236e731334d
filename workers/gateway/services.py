"""What the gateway is made of. `create_app` gets it from whoever runs it; every route finds it on the app."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio
from anyio import CapacityLimiter
from starlette.requests import Request

from workers.gateway.codes import OneTimeCodes
from workers.gateway.lookout import Lookout
from workers.runtime.broker import Publisher
from workers.runtime.clock import Clock
from workers.runtime.intake import Intake
from workers.runtime.links import SignedLinks
from workers.runtime.objects import ObjectStore
from workers.runtime.ports import Decoder
from workers.runtime.record import Record
from workers.runtime.settings import Settings

PUBLISHING_THREADS = 8
PATIENCE_SECONDS = 5.0
DECODING_THREADS = 2
"""A preflight costs more than any other request."""


@dataclass(frozen=True)
class GatewayServices:
    settings: Settings
    clock: Clock
    store: ObjectStore
    publisher: Publisher
    links: SignedLinks
    intake: Intake
    record: Record
    decode: Decoder
    codes: OneTimeCodes = field(default_factory=OneTimeCodes)
    lookouts: dict[str, Lookout] = field(default_factory=dict)
    queues: Sequence[str] = ()
    """The work queues, for `/metrics`."""
    patience_seconds: float = PATIENCE_SECONDS
    """How long a store or a database that fails is asked again before a caller hears 503."""
    publishing: CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(PUBLISHING_THREADS))
    decoding: CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(DECODING_THREADS))


def lookout(services: GatewayServices, account: str) -> Lookout:
    """The one of this process."""
    if account not in services.lookouts:
        services.lookouts[account] = Lookout(services.record, account, services.clock.now())
    return services.lookouts[account]


def services_of(request: Request) -> GatewayServices:
    services = request.app.state.services
    assert isinstance(services, GatewayServices)
    return services
