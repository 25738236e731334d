"""What a provider's error code means, as the tables of both providers write it."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.reason import Reason

LATER, NEVER = "not_accepted", "refused"


@dataclass(frozen=True, slots=True)
class ErrorMeaning:
    """
    `state` is a `Receipt.state`; `sentence` is for the agent. `falls_back`: it is the files; the words with links may
    still leave. `alarms`: nothing will leave, or not well, until an administrator has looked.
    """

    state: str
    sentence: str
    falls_back: bool = False
    alarms: bool = False

    def reason(self, code: int, text: str | None) -> Reason:
        """`text` are the provider's own words."""
        return Reason(code=f"provider_{code}", sentence=self.sentence, provider_text=text[:1024] if text else None)


def meaning(errors: Mapping[int, ErrorMeaning], code: int, unknown: str) -> ErrorMeaning:
    """`unknown` is the sentence for a code that is not listed: permanent, since providers split codes over time."""
    return errors.get(code) or ErrorMeaning(NEVER, unknown)
