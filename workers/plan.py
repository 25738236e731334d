"""The frozen plan of a reply, as it lies in the object store: made by the fitter, executed by the deliverer."""

from schemas.event import EventData, Piece
from schemas.media_fitted import MediaFitted
from schemas.media_rejected import MediaRejected


class Plan(Piece, frozen=True, kw_only=True):
    """Retries and deploys execute it, they never make another."""

    fitted: MediaFitted | None
    rejected: list[MediaRejected]

    def events(self) -> list[EventData]:
        return [*self.rejected, *([self.fitted] if self.fitted else [])]
