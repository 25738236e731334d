"""The broker as an operator sees it: pika, its errors told in one sentence, and what a queue holds."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pika
from kombu.utils.url import parse_url
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, NackError, UnroutableError

from workers.runtime.metrics import QueueState
from workers.runtime.topology import dead_queue

ANSWER_SECONDS = 10.0


class OperatorFailed(Exception):
    """Raised when the broker is away, has no such queue, or would not take a replayed message (which then stays)."""

    code = "operator_failed"
    retryable = True


def parameters(url: str) -> pika.ConnectionParameters:
    """The same URL means the same broker to kombu and to pika."""
    parts: dict[str, Any] = parse_url(url)
    tls = pika.SSLOptions(ssl.create_default_context(), parts["hostname"]) if url.startswith("amqps:") else None
    return pika.ConnectionParameters(
        host=parts["hostname"] or "localhost",
        port=parts["port"] or (5671 if tls else 5672),
        virtual_host=parts["virtual_host"] or "/",
        credentials=pika.PlainCredentials(parts["userid"] or "guest", parts["password"] or "guest"),
        ssl_options=tls,
        socket_timeout=ANSWER_SECONDS,
        stack_timeout=ANSWER_SECONDS,
        blocked_connection_timeout=ANSWER_SECONDS,
    )


@contextmanager
def told_plainly() -> Iterator[None]:
    """Every exception of pika as OperatorFailed: many of pika's print nothing but their name."""
    try:
        yield
    except UnroutableError as error:
        raise OperatorFailed("the queue it came from does not exist any more") from error
    except NackError as error:
        raise OperatorFailed("the queue it came from is full") from error
    except (AMQPError, OSError) as error:
        raise OperatorFailed(f"the broker does not answer or says no ({type(error).__name__}: {error})") from error


def queue_states(url: str, queues: Sequence[str]) -> dict[str, QueueState]:
    """What these work queues and their dead letters hold. Raises OperatorFailed."""
    with told_plainly(), pika.BlockingConnection(parameters(url)) as connection:
        channel = connection.channel()
        return {
            queue: QueueState(*queue_state(channel, queue), queue_state(channel, dead_queue(queue))[0])
            for queue in queues
        }


def queue_state(channel: BlockingChannel, queue: str) -> tuple[int, int]:
    """(messages ready, consumers)."""
    state = channel.queue_declare(queue, passive=True).method
    return state.message_count, state.consumer_count
