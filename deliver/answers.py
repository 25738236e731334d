"""What a provider's answer means, or that none came: where all channels agree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from deliver.outgoing import NoAnswer, NotSent, ProviderAnswer, Receipt
from schemas.reason import Reason

LATER, NEVER, DOUBTFUL = "not_accepted", "refused", "ambiguous"
MAX_TEXT_CHARS = 1024
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Meaning:
    """
    Of one of a provider's codes. `state` is a `Receipt.state`; `sentence` is for the agent.

    `falls_back`: it is the files; the words with links may still leave. `alarms`: nothing will leave, or not well,
    until an administrator has looked.
    """

    state: str
    sentence: str
    falls_back: bool = False
    alarms: bool = False

    def reason(self, code: int, text: str | None) -> Reason:
        """`text` are the provider's own words."""
        return Reason(code=f"provider_{code}", sentence=self.sentence, provider_text=_cut(text or ""))


def meaning(errors: Mapping[int, Meaning], code: int, unknown: str) -> Meaning:
    """`unknown` is the sentence for a code that is not listed: permanent, since providers split codes over time."""
    return errors.get(code) or Meaning(NEVER, unknown)


def ask(call: Callable[[], A], who: str, *, silence: str = DOUBTFUL) -> A | Receipt:
    """The answer, or what it means that none came: `silence` is the state after a request that may have arrived."""
    try:
        return call()
    except NotSent as error:
        text = _cut(str(error))
        reason = Reason(code="provider_unreachable", sentence=f"{who} could not be reached.", provider_text=text)
        return Receipt(LATER, reason=reason)
    except NoAnswer as error:
        text = _cut(str(error))
        reason = Reason(code="provider_silent", sentence=f"{who} did not answer the send.", provider_text=text)
        return Receipt(silence, reason=reason)


def garbled(who: str, error: Exception) -> Receipt:
    """A 2xx that nobody can read: it may well have been taken."""
    text = _cut(str(error))
    reason = Reason(code="provider_garbled", sentence=f"{who}'s answer made no sense.", provider_text=text)
    return Receipt(DOUBTFUL, reason=reason)


def wordless(answer: ProviderAnswer, who: str) -> Receipt:
    """A failure without the provider's own words comes from something in between, which may hide an acceptance."""
    state = LATER if answer.status == 429 else DOUBTFUL if answer.status >= 500 else NEVER
    reason = Reason(code=f"provider_http_{answer.status}", sentence=f"{who} refused the message.")
    return Receipt(state, reason=reason, retry_after_seconds=retry_after(answer))


def retry_after(answer: ProviderAnswer) -> float | None:
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None


def _cut(text: str) -> str | None:
    return text[:MAX_TEXT_CHARS] or None
