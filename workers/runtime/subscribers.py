"""The helpdesks' endpoints, as the notifier calls them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from workers.runtime.signatures import SecretInvalid, key_of
from workers.runtime.wrong_settings import named


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A webhook of an account, with its secrets resolved."""

    account: str
    webhook: str
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


def problems_of(subscribers: Sequence[Subscriber]) -> Iterator[str]:
    """What is wrong with them, without a secret in it."""
    for (account, webhook), count in Counter((one.account, one.webhook) for one in subscribers).items():
        if count > 1:
            yield f"{named('accounts', account, 'webhooks')}: {webhook} is there twice"
    for one in subscribers:
        for secret in one.secrets:
            try:
                key_of(secret)
            except SecretInvalid as invalid:
                yield f"{named('accounts', one.account, 'webhooks', one.webhook)}: a secret is wrong: {invalid}"
