"""
Meta's Graph API as a sender meets it: where to call, and what its errors mean.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes and
https://developers.facebook.com/documentation/business-messaging/messenger-platform/error-codes, read 2026-11-22. Meta
advises to decide on codes and details, never on titles.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from deliver.answers import LATER, NEVER, Meaning, retry_after, wordless
from deliver.outgoing import ProviderAnswer, Receipt
from ingest.incoming import ChannelAccount
from schemas.decoders import decoder
from schemas.reason import Reason

VERSION = "v25.0"
"""Until 2028-07-29; a connection's option `api_version` says otherwise."""
_ASK = "an administrator has to look."


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


def refusal(answer: ProviderAnswer, table: Table, who: str) -> Receipt:
    """What an answer other than 2xx means. Only Meta's own words say for sure that nothing was taken."""
    error = failure(answer.body)
    if error is None:
        return wordless(answer, who)
    meaning = meaning_of(error, table)
    unknown = LATER if answer.status == 429 or answer.status >= 500 else NEVER
    return Receipt(
        meaning.state if meaning else unknown,
        reason=reason_of(error, table, who),
        retry_after_seconds=retry_after(answer),
        falls_back=meaning is not None and meaning.falls_back,
        alarms=meaning is not None and meaning.alarms,
    )


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
    denied = Meaning(NEVER, f"{who} does not accept our access; {_ASK}", alarms=True)
    return {0: denied, 3: denied, 10: denied, 190: denied, **dict.fromkeys(range(200, 300), denied)}
