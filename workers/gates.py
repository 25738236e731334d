"""Which rates and which circuit a send has to pass, from what the provider allows."""

from urllib.parse import urlsplit

from ingest.incoming import ChannelAccount
from workers.runtime.ledger import Gates, Rate
from workers.runtime.provider_limits import OutboundLimits


def gates_of(account: ChannelAccount, contact: str, limits: OutboundLimits) -> Gates:
    """A provider without an API of its own (webchat) has no circuit."""
    whose = f"{account.channel}|{account.provider}|{account.account}"
    lane = limits.messages_per_second
    others = []
    if limits.pair_seconds:
        burst = limits.pair_burst.value if limits.pair_burst else 1
        key = f"pair|{whose}|{account.address}|{contact}"
        others.append(Rate(key, limits.pair_seconds.value, "waiting_for_contact", burst))
    if limits.account_messages_per_second:
        seconds = 1 / limits.account_messages_per_second.value
        others.append(Rate(f"account|{whose}", seconds, "waiting_for_account"))
    return Gates(
        circuit=f"{whose}|{urlsplit(account.api_url).netloc}" if account.api_url else None,
        lane=Rate(f"address|{whose}|{account.address}", 1 / lane.value, "waiting_for_address") if lane else None,
        others=tuple(others),
    )
