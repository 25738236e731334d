"""Builds the real ports from settings. Each part is imported and connected when it is first used."""

from __future__ import annotations

from functools import cached_property
from secrets import token_hex
from typing import TYPE_CHECKING

import schemas
from workers.runtime.clock import Clock, SystemClock

if TYPE_CHECKING:
    from deliver.outgoing import Client
    from schemas.codec import Codec
    from workers.runtime.broker import Broker
    from workers.runtime.database import Database
    from workers.runtime.fetching import Fetcher
    from workers.runtime.intake import Intake
    from workers.runtime.ledger import Ledger
    from workers.runtime.links import SignedLinks
    from workers.runtime.objects import ObjectStore
    from workers.runtime.ports import Decoder
    from workers.runtime.record import Record
    from workers.runtime.scanning import Scanner
    from workers.runtime.settings import Settings
    from workers.runtime.turns import Turns

QUICK_SECONDS = 8.0


class LivePorts:
    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()

    @cached_property
    def broker(self) -> Broker:
        if self.settings.endpoints.in_one_process:
            from workers.runtime.memory import MemoryBroker

            return MemoryBroker()
        from workers.runtime.rabbitmq import RabbitBroker

        return RabbitBroker(self.settings.endpoints.broker_url.get_secret_value())

    @cached_property
    def codec(self) -> Codec:
        from schemas.codec import Codec
        from schemas.registry import Registry

        return Codec(Registry.found_in(schemas), self.settings.queues.emits)

    @cached_property
    def store(self) -> ObjectStore:
        from workers.runtime.stores import open_store

        return open_store(self.settings.endpoints.store_url.get_secret_value())

    @cached_property
    def decode(self) -> Decoder:
        from workers.runtime.decoding import ForkDecoder
        from workers.runtime.decoding.slow import TRANSCODE

        return ForkDecoder(self.settings.media.decode, slow={TRANSCODE: self.settings.media.transcode})

    @cached_property
    def quick_decode(self) -> Decoder:
        """For somebody who waits for the answer: the same jobs, with less time."""
        from workers.runtime.decoding import ForkDecoder
        from workers.runtime.decoding.slow import TRANSCODE

        media, soon = self.settings.media, {"timeout_seconds": QUICK_SECONDS}
        return ForkDecoder(
            media.decode.model_copy(update=soon), slow={TRANSCODE: media.transcode.model_copy(update=soon)}
        )

    @cached_property
    def scan(self) -> Scanner | None:
        """None where files are not scanned."""
        url, policy = self.settings.endpoints.clamd_url, self.settings.media.scan
        if not url:
            return None
        from workers.runtime.scanning import Clamd

        return Clamd(url, max_bytes=policy.max_bytes, timeout_seconds=policy.timeout_seconds)

    @cached_property
    def fetch(self) -> Fetcher:
        from workers.runtime.fetching import HttpFetcher

        return HttpFetcher(self.settings.endpoints.fetch_allow)

    @cached_property
    def client(self) -> Client:
        from workers.runtime.http import HttpClient

        return HttpClient(self.settings.endpoints.fetch_allow)

    @cached_property
    def links(self) -> SignedLinks:
        from workers.runtime.links import SignedLinks

        endpoints = self.settings.endpoints
        keys = endpoints.media_keys.get_secret_value() or self._own_media_keys()
        return SignedLinks(str(endpoints.public_url), keys, self.clock)

    def _own_media_keys(self) -> str:
        """Of a system in one process: made once and kept, so that links outlive a restart."""
        from schemas.object_keys import MEDIA_KEYS
        from workers.runtime.memo import MediaKeys, recall, remember

        made = MediaKeys(f"own:{token_hex(32)}")
        return (recall(self.store, MEDIA_KEYS, MediaKeys) or remember(self.store, MEDIA_KEYS, made)).keys

    @cached_property
    def database(self) -> Database:
        from sqlalchemy.exc import ArgumentError

        from workers.runtime.database import Database
        from workers.runtime.settings import SettingsInvalid

        try:
            return Database(self.settings.endpoints.database_url.get_secret_value())
        except (ArgumentError, ValueError):  # their own words may hold a piece of the password
            raise SettingsInvalid("TROMBONE_DATABASE_URL: not a URL of PostgreSQL or SQLite") from None

    @cached_property
    def ledger(self) -> Ledger:
        from workers.runtime.sql_ledger import SqlLedger

        return SqlLedger(self.database, self.clock)

    @cached_property
    def turns(self) -> Turns:
        from workers.runtime.sql_turns import SqlTurns

        return SqlTurns(self.database, self.clock)

    @cached_property
    def intake(self) -> Intake:
        from workers.runtime.intake import Intake

        return Intake(self.database, self.clock)

    @cached_property
    def record(self) -> Record:
        from workers.runtime.record import Record

        return Record(self.database, self.clock, self.codec, self.settings.receipts())

    def close(self) -> None:
        """Let go of what was used."""
        for name in ("broker", "decode", "quick_decode", "database"):
            if name in self.__dict__:
                self.__dict__[name].close()
