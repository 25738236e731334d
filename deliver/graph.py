"""
Meta's Graph API as a sender meets it: where to call, and what its errors mean.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes and
https://developers.facebook.com/documentation/business-messaging/messenger-platform/error-codes, read 2026-11-22. Meta
advises to decide on codes and details, never on titles.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from deliver.outgoing import NoAnswer, NotSent, ProviderAnswer, Receipt
from ingest.incoming import ChannelAccount
from schemas.decoders import decoder
from schemas.reason import Reason

VERSION = "v25.0"
"""Until 2028-07-29; a connection's option `api_version` says otherwise."""
LATER, NEVER = "not_accepted", "refused"
_ASK = "an administrator has to look."


@dataclass(frozen=True, slots=True)
class Meaning:
    """`state` is a `Receipt.state`, `sentence` is for the agent, `falls_back` blames the file."""

    state: str
    sentence: str
    falls_back: bool = False


Table: TypeAlias = Mapping[int | tuple[int, int], Meaning]
"""By code, or by code and subcode where the subcode tells more."""


class GraphError(msgspec.Struct, frozen=True):
    """The same in an answer and in a webhook."""

    code: int
    error_subcode: int | None = None
    message: str = ""
    title: str = ""
    error_data: Any = None

    @property
    def text(self) -> str | None:
        """The provider's own words, the most telling first."""
        details = self.error_data.get("details") if isinstance(self.error_data, dict) else None
        words = details if isinstance(details, str) and details else self.message or self.title
        return words.replace("\0", "")[:1024] or None


class _Failure(msgspec.Struct):
    error: GraphError


def api(account: ChannelAccount, *path: str) -> str:
    return "/".join([account.api_url, account.options.get("api_version", VERSION), *path])


def ask(call: Callable[[], ProviderAnswer], who: str, *, silence: str) -> ProviderAnswer | Receipt:
    """The answer, or what it means that none came: `silence` is the state after a request that may have arrived."""
    try:
        return call()
    except NotSent as error:
        reason = Reason(code="provider_unreachable", sentence=f"{who} could not be reached.", provider_text=_cut(error))
        return Receipt(LATER, reason=reason)
    except NoAnswer as error:
        reason = Reason(code="provider_silent", sentence=f"{who} did not answer the send.", provider_text=_cut(error))
        return Receipt(silence, reason=reason)


def refusal(answer: ProviderAnswer, table: Table, who: str) -> Receipt:
    """What an answer other than 2xx means. Only Meta's own words say for sure that nothing was taken."""
    wait = retry_after(answer)
    error = failure(answer.body)
    if error is None:
        state = LATER if answer.status == 429 else "ambiguous" if answer.status >= 500 else NEVER
        reason = Reason(code=f"provider_http_{answer.status}", sentence=f"{who} refused the message.")
        return Receipt(state, reason=reason, retry_after_seconds=wait)
    meaning = meaning_of(error, table)
    unknown = LATER if answer.status == 429 or answer.status >= 500 else NEVER
    return Receipt(
        meaning.state if meaning else unknown,
        reason=reason_of(error, table, who),
        retry_after_seconds=wait,
        falls_back=meaning is not None and meaning.falls_back,
    )


def garbled(who: str, error: Exception) -> Receipt:
    """A 2xx that nobody can read: it may well have been taken."""
    sentence = f"{who}'s answer made no sense."
    return Receipt("ambiguous", reason=Reason(code="provider_garbled", sentence=sentence, provider_text=_cut(error)))


def failure(body: bytes) -> GraphError | None:
    try:
        return decoder(_Failure, strict=False).decode(body).error
    except msgspec.MsgspecError:
        return None


def meaning_of(error: GraphError, table: Table) -> Meaning | None:
    exact = table.get((error.code, error.error_subcode)) if error.error_subcode else None
    return exact or table.get(error.code)


def reason_of(error: GraphError, table: Table, who: str) -> Reason:
    """An unknown code is permanent and shows the provider's own text."""
    meaning = meaning_of(error, table)
    subcode = f"_{error.error_subcode}" if error.error_subcode else ""
    return Reason(
        code=f"provider_{error.code}{subcode}",
        sentence=meaning.sentence if meaning else f"{who} refused the message; see the provider's text.",
        provider_text=error.text,
    )


def access(who: str) -> Table:
    """Tokens and permissions, where all of Meta's products agree: nothing leaves until somebody looks."""
    denied = Meaning(NEVER, f"{who} does not accept our access; {_ASK}")
    return {0: denied, 3: denied, 10: denied, 190: denied, **dict.fromkeys(range(200, 300), denied)}


def retry_after(answer: ProviderAnswer) -> float | None:
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None


def _cut(error: Exception) -> str:
    return str(error)[:1024]
