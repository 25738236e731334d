"""What the mailroom is made of."""

from dataclasses import dataclass, field

from ingest.incoming import ChannelAccount
from workers.runtime.addresses import Gate
from workers.runtime.broker import Publisher
from workers.runtime.clock import Clock
from workers.runtime.intake import Intake
from workers.runtime.objects import ObjectStore
from workers.runtime.positions import Positions
from workers.runtime.settings import Settings

CHANNEL, PROVIDER = "email", "smtp"


@dataclass(frozen=True)
class MailroomServices:
    settings: Settings
    clock: Clock
    store: ObjectStore
    publisher: Publisher
    intake: Intake
    positions: Positions
    gate: Gate = field(default_factory=Gate)

    @property
    def mailboxes(self) -> list[ChannelAccount]:
        """The connections whose mail comes through our own doors."""
        return self.settings.connections(CHANNEL, PROVIDER)

    @property
    def max_mail_bytes(self) -> int:
        limits = self.settings.limits(CHANNEL, PROVIDER).inbound
        return (limits.max_payload_bytes or limits.max_file_bytes).value
