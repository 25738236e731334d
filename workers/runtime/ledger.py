"""The ledger of sends: one row per part and attempt, a claim before the provider is called, an outcome after."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from deliver.outgoing import Receipt


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to call the provider once for this part, until `lease_until`."""

    part: str
    attempt: int
    nonce: str
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """The part has its outcome already: `accepted` or `refused`."""

    part: str
    attempt: int
    receipt: Receipt
    at: datetime


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody holds a claim whose lease runs; ask again after it."""

    part: str
    attempt: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Doubt:
    """A claim lapsed without an outcome, or the provider's answer was ambiguous."""

    part: str
    attempt: int
    claimed_at: datetime


class Ledger(Protocol):
    """Raises DatabaseUnavailable (retryable) when the database does not answer."""

    def claim(self, account: str, message: str, part: str, *, lease_seconds: float) -> Claim | Settled | Busy | Doubt:
        """Commit a claim for the next attempt; allowed only when there is none or the last was `not_accepted`."""

    def settle(self, claim: Claim, receipt: Receipt) -> None:
        """Write the outcome of the claimed attempt."""

    def resolve(self, part: str, receipt: Receipt) -> None:
        """Write an outcome learned later (a provider's report, a look-up, an agent) over a doubt."""
