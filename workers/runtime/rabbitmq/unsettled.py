"""Deliveries of one consuming channel that are neither acked nor requeued yet."""

from collections.abc import Iterable
from dataclasses import dataclass

from workers.runtime.broker import Delivery


@dataclass(slots=True, eq=False)
class Taken:
    """A delivery in our hands. Its tag means something on the channel it came from, and nowhere else."""

    delivery: Delivery
    tag: int
    channel: "Unsettled"
    unconfirmed: int = 0
    """Outputs that the broker has not confirmed yet."""


class Unsettled:
    def __init__(self) -> None:
        self._taken: dict[int, Taken] = {}

    def __len__(self) -> int:
        return len(self._taken)

    def add(self, taken: Taken) -> None:
        self._taken[taken.tag] = taken

    def remove(self, tag: int) -> bool:
        """False when it was settled before."""
        return self._taken.pop(tag, None) is not None

    def settle(self, tags: Iterable[int]) -> list[tuple[int, bool]]:
        """
        The acks for these tags, as (tag, multiple).

        `multiple` also acks every tag before it, so it is right only for the oldest ones without a gap between them.
        """
        done = set(tags)
        oldest: list[int] = []
        for tag in self._taken:
            if tag not in done:
                break
            oldest.append(tag)
        acks = [(oldest[-1], len(oldest) > 1)] if oldest else []
        acks += [(tag, False) for tag in sorted(done.difference(oldest)) if tag in self._taken]
        for tag in done:
            self._taken.pop(tag, None)
        return acks
