"""Customers on the far side of Meta: what they received, when they wrote last, and a clock that can be moved."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workers.sandbox.phone import Fetched, Phones
from workers.sandbox.sniffing import sniffed

WINDOW_SECONDS = 24 * 3600


@dataclass
class People(Phones):
    passed_seconds: float = 0.0
    """How far the clock was moved on."""
    _wrote: dict[str, float] = field(default_factory=dict)

    def now(self) -> float:
        return time.time() + self.passed_seconds

    def keeps(self, contact: str, message_id: str, text: str, files: Sequence[Path]) -> None:
        """What a customer sends stays on the customer's side, too."""
        contents = [path.read_bytes() for path in files]
        self.customer(contact).write(message_id, text, [Fetched(sniffed(one), one) for one in contents])

    def writes(self, contact: str) -> None:
        self._wrote[contact] = self.now()

    def may_be_answered(self, contact: str, within_seconds: float = WINDOW_SECONDS) -> bool:
        """Not without a message of theirs, and not after the window has closed."""
        return self.now() - self._wrote.get(contact, float("-inf")) <= within_seconds

    def receives(self, contact: str, message_id: str, sender: str, text: str, files: Sequence[Fetched]) -> None:
        customer = self.customer(contact)
        with self._lock:
            customer.receive(message_id[-24:], sender, text, files)
