"""
Events to bytes and back: CloudEvents 1.0, structured JSON. The format in plain words: `schemas/README.md`.

Readers ignore what they do not know, except in attachments, where it is carried along for those who will.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

import schemas
from schemas.decoders import decoder
from schemas.document import (
    DATA_TYPE,
    MAX_BYTES,
    Document,
    NewerVersion,
    Unreadable,
    read_document,
    refuse_duplicate_keys,
    write_document,
)
from schemas.event import AnyEvent, Event, EventData
from schemas.identity import root_id
from schemas.lineage import subject_of
from schemas.registry import Contract, Registry
from schemas.shape import bare, fold, plain, unfold

__all__ = ["PRODUCT", "Codec", "NewerVersion", "Unreadable", "Unwritable", "decode", "encode", "schema_id", "wire_type"]

_TYPE = re.compile(r"trombone\.([a-z][a-z0-9_]*)\.v([1-9][0-9]{0,3})")


class Unwritable(Exception):
    """Raised when an event breaks its own contract, before anybody else has to find out."""

    retryable = False

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def wire_type(event_type: str, version: int) -> str:
    return f"trombone.{event_type}.v{version}"


def schema_id(event_type: str, version: int) -> str:
    return f"urn:trombone:schemas:{event_type}:v{version}"


class Codec:
    """
    Knows the events of one registry.

    `emits` says which version to write of which event type (absent: the newest), so that consumers can be upgraded
    before producers.
    """

    def __init__(self, registry: Registry, emits: Mapping[str, int] | None = None) -> None:
        self._registry = registry
        self._emits = dict(emits or {})
        for event_type, version in self._emits.items():
            if event_type not in registry or version not in registry[event_type].writable():
                raise ValueError(f"No way to write {wire_type(event_type, version)}")
        for contract in registry.contracts():
            decoder(contract.newest)  # before threads convert to it
        self._readable = {
            wire_type(contract.newest.event_type, version): (contract, version)
            for contract in registry.contracts()
            for version in contract.readable()
        }

    def emitted_version(self, event_type: str) -> int:
        """The version that `encode` writes, which is also the one in the routing key."""
        return self._emits.get(event_type, self._registry[event_type].version)

    def encode(self, event: AnyEvent) -> bytes:
        """Raises Unwritable: `event_too_large`, or what `decode` would find fault with."""
        body = write_document(self._document(event))
        if len(body) > MAX_BYTES:
            raise Unwritable("event_too_large", f"{event.data.event_type} takes {len(body)} bytes of {MAX_BYTES}")
        try:
            self.decode(body)
        except Unreadable as error:
            raise Unwritable(error.code, f"{event.data.event_type}: {error.detail}") from error
        return body

    def decode(self, body: bytes, *, outer: bool = False) -> AnyEvent:
        """
        Read an event of any live version as today's class. `outer`: it came from somebody else's hands.

        Raises Unreadable: `not_json`, `not_an_event`, `unknown_event`, `wrong_field`; NewerVersion: `newer_version`.
        """
        document = read_document(body)
        if outer:
            refuse_duplicate_keys(body)
            _refuse_claimed_cause(document)
        contract, version = self._contract(document.type)
        data = self._read(contract, version, document.data)
        if data.account != document.account:
            raise Unreadable("wrong_field", "`account` of the envelope and `$.data.account` differ")
        return _event(document, data)

    def _document(self, event: AnyEvent) -> Document:
        data: EventData = event.data
        contract = self._registry[data.event_type]
        version = self.emitted_version(data.event_type)
        written = unfold(bare(msgspec.to_builtins(data)), contract.attachment_fields)
        return Document(
            specversion="1.0",
            id=event.id,
            source=event.source,
            type=wire_type(data.event_type, version),
            subject=event.subject,
            time=event.time,
            datacontenttype=DATA_TYPE,
            dataschema=schema_id(data.event_type, version),
            account=event.account,
            correlationid=event.correlation_id,
            causationid=event.causation_id,
            traceparent=event.traceparent,
            data=contract.downcast(written, version),
        )

    def _contract(self, written_type: str) -> tuple[Contract, int]:
        if found := self._readable.get(written_type):
            return found
        match = _TYPE.fullmatch(written_type)
        if match is None or match[1] not in self._registry:
            raise Unreadable("unknown_event", f"No event type {written_type[:128]!r}")
        if int(match[2]) > self._registry[match[1]].version:
            raise NewerVersion("newer_version", f"{written_type} is newer than what is read here")
        raise Unreadable("unknown_event", f"{written_type} is not read any more")

    def _read(self, contract: Contract, version: int, data: dict[str, Any]) -> EventData:
        try:
            return self._convert(contract, version, data)
        except Unreadable:
            # The rare forms that JSON Schema allows and msgspec does not; no need to look for them in every event.
            return self._convert(contract, version, plain(data))

    def _convert(self, contract: Contract, version: int, data: dict[str, Any]) -> EventData:
        try:
            newest = contract.upcast(data, version)
            return msgspec.convert(fold(newest, contract.attachment_fields), contract.newest)
        except msgspec.ValidationError as error:
            raise Unreadable("wrong_field", str(error).replace("`$", "`$.data")) from error
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # An upcast meets data that nothing has checked yet.
            raise Unreadable("wrong_field", f"Not valid as v{version}: {type(error).__name__}") from error


def _refuse_claimed_cause(document: Document) -> None:
    """Ids are derived from the parent's, so who could name any parent could take any event's id."""
    if document.causationid is not None:
        raise Unreadable("wrong_field", "`causationid` is ours to give; leave it out")


def _event(document: Document, data: EventData) -> AnyEvent:
    return Event(
        id=document.id,
        source=document.source,
        time=document.time,
        account=document.account,
        subject=document.subject or subject_of(data),
        correlation_id=document.correlationid or root_id(document.account, document.source, document.id),
        causation_id=document.causationid,
        traceparent=document.traceparent,
        data=data,
    )


PRODUCT = Codec(Registry.found_in(schemas))
encode = PRODUCT.encode
decode = PRODUCT.decode
