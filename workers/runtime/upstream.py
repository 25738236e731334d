"""What upstream systems may publish: only intake events, only their own account's, and under the key that says so."""

from schemas.event import AnyEvent
from workers.runtime.outcome import Poison
from workers.runtime.worker import Worker

KEY_WORDS = 4
"""`<account>.<event>.v<N>.<channel>`: RabbitMQ's topic permissions hold a user to its account by the first word."""


def admit(event: AnyEvent, routing_key: str, worker: Worker) -> None:
    """
    Compare an event with the key under which an upstream system published it.

    Raises Poison: `account_mismatch`, `event_not_accepted`, `key_mismatch`.
    """
    data = event.data
    words = routing_key.split(".")
    account, event_type, channel = (words[0], words[1], words[3]) if len(words) == KEY_WORDS else ("", "", "")
    if account != event.account:
        raise Poison("account_mismatch", f"the routing key speaks for {account!r}, the event for another account")
    if type(data) not in worker.upstream:
        raise Poison("event_not_accepted", f"{data.event_type} is not for upstream systems to publish")
    if (event_type, channel) != (data.event_type, data.channel):
        raise Poison("key_mismatch", f"{data.event_type} for {data.channel} came with the key {routing_key}")
