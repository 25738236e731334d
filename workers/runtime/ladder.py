"""How long a failed message waits before it is tried again."""

from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Ladder:
    """`steps` are the delays between attempts; `tiers` all delays that exist as queues."""

    steps: Sequence[float]
    tiers: Sequence[float]

    def delay(self, attempt: int, after_seconds: float | None = None) -> float | None:
        """
        The delay after the attempt with this number (from 0); None when the ladder is used up.

        What the other side asked for is never undercut, but it cannot make us wait longer than our largest step.
        """
        if not 0 <= attempt < len(self.steps):
            return None
        if after_seconds is None:
            return self.steps[attempt]
        largest = max(self.steps)
        return next((one for one in sorted(self.tiers) if after_seconds <= one <= largest), largest)

    def patience(self, waits: int) -> float:
        """How long the wait with this number (from 0) is for a server that is away: soon drained once it is back."""
        return min([*self.steps[waits : waits + 1], LONGEST_PATIENCE_SECONDS])

    def wait(self, seconds: float) -> float:
        """The longest delay that does not overshoot so many seconds, or the shortest there is: no attempt is used."""
        return max((one for one in self.tiers if one <= seconds), default=min(self.tiers))
