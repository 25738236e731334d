"""The AsyncAPI 3.0 description of our events, for integrators' tools. Built from the JSON Schemas and the flow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.flow import Station

Tree = dict[str, Any]

EVENTS = "trombone"
INBOX = "trombone.in"
AMQP = {"bindingVersion": "0.3.0"}

PARAMETERS: Mapping[str, Tree] = {
    "account": {"description": "The tenant, the same as in the event."},
    "direction": {"enum": ["inbound", "outbound"], "description": "From the customer, or to the customer."},
    "channel": {"description": "The support channel: sms, webchat …"},
    "lane": {"enum": ["light", "heavy"], "description": "Heavy work has queues of its own."},
}


@dataclass(frozen=True)
class Schema:
    """A schema file: event type, version, and what its description says."""

    event: str
    version: int
    description: str

    @property
    def key(self) -> str:
        return f"{self.event}_v{self.version}"

    @property
    def type(self) -> str:
        return f"trombone.{self.event}.v{self.version}"

    @property
    def file(self) -> str:
        return f"{self.event}/v{self.version}.json"


def describe(
    schemas: Sequence[Schema], workers: Sequence[Station], upstream: Station, *, version: str, license_name: str
) -> Tree:
    doors = [schema for schema in schemas if schema.event in upstream.emits]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Trombone",
            "version": version,
            "description": "Events of the media pipeline behind a helpdesk. In plain words: schemas/README.md.",
            "license": {"name": license_name},
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {"rabbitmq": _server()},
        "channels": {
            **{schema.key: _channel(schema, EVENTS) for schema in schemas},
            **{f"{schema.key}_in": _channel(schema, INBOX) for schema in doors},
        },
        "operations": {
            **{f"{upstream.name}_publishes_{schema.key}": _from_upstream(schema) for schema in doors},
            **{name: operation for worker in workers for name, operation in _operations(worker, schemas).items()},
        },
        "components": {"messages": {schema.key: _message(schema) for schema in schemas}},
    }


def _server() -> Tree:
    return {
        "host": "{host}",
        "protocol": "amqp",
        "protocolVersion": "0.9.1",
        "description": "RabbitMQ. Upstream systems get a user that may write to trombone.in, for its own account only.",
        "variables": {"host": {"default": "localhost:5672", "description": "Host and port of the broker."}},
    }


def _channel(schema: Schema, exchange: str) -> Tree:
    names = ["account", "channel"] if exchange == INBOX else ["direction", "channel", "lane"]
    words = f"{schema.event}.v{schema.version}"
    address = f"{{account}}.{words}.{{channel}}" if exchange == INBOX else f"{words}.{{direction}}.{{channel}}.{{lane}}"
    return {
        "address": address,
        "description": schema.description,
        "messages": {schema.key: {"$ref": f"#/components/messages/{schema.key}"}},
        "parameters": {name: dict(PARAMETERS[name]) for name in names},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": exchange, "type": "topic", "durable": True, "autoDelete": False, "vhost": "/"},
                **AMQP,
            }
        },
    }


def _message(schema: Schema) -> Tree:
    return {
        "name": schema.type,
        "title": schema.event,
        "summary": schema.description,
        "contentType": "application/cloudevents+json",
        "correlationId": {"location": "$message.payload#/correlationid"},
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{schema.file}"},
        },
        "bindings": {"amqp": {"messageType": schema.type, **AMQP}},
    }


def _from_upstream(schema: Schema) -> Tree:
    return _operation("receive", f"{schema.key}_in", schema, f"An upstream system publishes {schema.event}.")


def _operations(worker: Station, schemas: Sequence[Schema]) -> Tree:
    found: Tree = {}
    for schema in schemas:
        if schema.event in worker.consumes:
            queue = f" from {worker.queues}" if worker.queues else ""
            summary = f"The {worker.name} consumes {schema.event}{queue}."
            found[f"{worker.name}_consumes_{schema.key}"] = _operation("receive", schema.key, schema, summary)
        if schema.event in worker.emits:
            summary = f"The {worker.name} publishes {schema.event}."
            found[f"{worker.name}_publishes_{schema.key}"] = _operation("send", schema.key, schema, summary)
    return found


def _operation(action: str, channel: str, schema: Schema, summary: str) -> Tree:
    binding = {"ack": True} if action == "receive" else {"deliveryMode": 2}
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{schema.key}"}],
        "bindings": {"amqp": {**binding, **AMQP}},
    }
