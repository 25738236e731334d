"""How long the adapter waits for what."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds."""

    heartbeat: float = 12.0
    """A dead link is noticed after twice this."""
    answer: float = 4.0
    """How long connecting, and any answer of the broker, may take. Less than a heartbeat."""
    publish: float = 5.0
    """How long a door waits for its confirm."""
    confirm: float = 30.0
    """How long the consume loop waits for one before it takes the publishing connection for dead."""
    finish: float = 7.0
    """How long handlers may go on after a stop. With one last answer and three goodbyes this stays under 15."""
    goodbye: float = 1.0
    """How long a connection waits for the broker to say goodbye too, and a stop for the last news to be told."""
