"""Why something was refused or failed: a stable code for programs, a sentence for agents."""

from schemas.event import Piece
from schemas.values import Amount, Label, Name


class Reason(Piece, frozen=True, kw_only=True):
    """
    `code` is stable (`too_many_pixels`, `type_not_allowed`, `provider_30007`); `sentence` is shown to an agent and
    says what to do. `actual` and `limit` hold the numbers behind a limit, in the unit the code names.
    """

    code: Name
    sentence: Label
    actual: Amount | None = None
    limit: Amount | None = None
    provider_text: Label | None = None


class Refused(Exception):
    """Raised when something outside is not acceptable and trying again cannot help."""

    retryable = False

    def __init__(self, reason: Reason, attachment: str | None = None) -> None:
        super().__init__(reason.sentence)
        self.reason = reason
        self.attachment = attachment
        """The id of the guilty attachment, where there is one."""

    @property
    def code(self) -> str:
        return self.reason.code
