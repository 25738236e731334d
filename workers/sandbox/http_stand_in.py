"""A provider that is called over HTTP, and that hands files out itself: its hosts, and the phones behind it."""

from collections.abc import Sequence
from contextlib import closing
from typing import Protocol

from workers.sandbox.faults import Fault, Faults
from workers.sandbox.listener import Listener
from workers.sandbox.phone import Phone, Phones
from workers.sandbox.stand_in import StandIn


class Work(Protocol):
    """What a provider does in the background."""

    def close(self) -> None: ...


class HttpStandIn(StandIn):
    """When it stops, the API takes nothing more, then the background work ends, then the hosts of its media go."""

    def __init__(self, faults: Faults, phones: Phones, work: Work, hosts: Sequence[Listener]) -> None:
        """`hosts`: the API's first, then those of media."""
        self._faults = faults
        self._phones = phones
        self._hosts = hosts
        api, *media = hosts
        super().__init__(*media, closing(work), api)

    @property
    def api_url(self) -> str:
        return self._hosts[0].url

    @property
    def fetch_allow(self) -> list[str]:
        """The `host:port` that a fetcher must be allowed to reach: the API and where media lie."""
        return [host.url.removeprefix("http://") for host in self._hosts]

    @property
    def customers(self) -> Sequence[Phone]:
        return self._phones.customers()

    def customer(self, contact: str) -> Phone:
        return self._phones.customer(contact)

    def fault(self, fault: Fault, times: int = 1) -> None:
        """The next `times` sends meet this fault."""
        self._faults.order(fault, times)
