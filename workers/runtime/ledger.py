"""
The ledger of sends: one row per part and attempt, a claim before the provider is called, an outcome after.

The claim also passes the gates of its provider, in the same transaction: rates and a circuit, shared by all deliverers.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from deliver.outgoing import Receipt


@dataclass(frozen=True, slots=True)
class PartName:
    """Which part is meant, and where its plan lies."""

    account: str
    channel: str
    conversation: str
    message: str
    part: str


@dataclass(frozen=True, slots=True)
class Rate:
    """
    One message every `seconds` for what `key` names; after a pause `burst` of them at once.

    `code` is what waiting for it is called.
    """

    key: str
    seconds: float
    code: str
    burst: int = 1


@dataclass(frozen=True, slots=True)
class Gates:
    """
    What a send has to pass. `circuit` names the provider's host as this account sees it.

    Who finds `lane` (our number's rate) used up gets a place in it, so they leave in the order in which they asked;
    `others` (a pair of numbers, a whole account) are only asked again, since a place there would hold up other lanes.
    """

    circuit: str | None = None
    lane: Rate | None = None
    others: tuple[Rate, ...] = ()


OPEN = Gates()
"""Nothing to pass."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to call the provider once for this part, until `lease_until`."""

    part: str
    attempt: int
    nonce: str
    lease_until: datetime
    gates: Gates = OPEN


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
class Held:
    """A gate is shut until then; no attempt was made. `code` says which: a rate's, or `provider_down`."""

    part: str
    code: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Doubt:
    """A claim lapsed without an outcome, or the provider's answer was ambiguous."""

    part: str
    attempt: int
    claimed_at: datetime


class Ledger(Protocol):
    """Raises DatabaseUnavailable (retryable) when the database does not answer."""

    def claim(
        self, name: PartName, *, lease_seconds: float, gates: Gates = OPEN
    ) -> Claim | Settled | Busy | Held | Doubt:
        """Commit a claim for the next attempt; allowed only when there is none or the last was `not_accepted`."""

    def settle(self, claim: Claim, receipt: Receipt, *, down: bool | None = None) -> None:
        """
        Write the outcome of the claimed attempt.

        `down`: whether the provider seemed to be out of order; None: it was not called.
        """

    def resolve(self, part: str, receipt: Receipt) -> bool:
        """
        Write an outcome learned later (a provider's report, a look-up, an agent's word) over a less certain one.

        True: this ended a doubt, so somebody has to be told.
        """

    def reopen(self, part: str, answer: str) -> None:
        """
        An agent answered a doubt with *send again*: the next claim may be made.

        `answer` names the answer; the same one opens a part once, and one that comes when there is no doubt never.
        """

    def find(self, account: str, channel: str, part: str | None, external_id: str | None) -> PartName | None:
        """The part with this id, else the one that the provider took under its own `external_id`."""
