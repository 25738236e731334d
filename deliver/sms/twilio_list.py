"""
Twilio's list of messages, asked whether a send that got no answer made one.

Source: https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources (read 2026-11-22).
A message bears nothing of ours but its words, so it must be the only one that can be meant.
"""

from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import msgspec

from deliver.linking import words
from deliver.outgoing import OutgoingPart, ProviderAnswer
from ingest.incoming import ChannelAccount
from schemas.decoders import decoder

_PAGE_SIZE = 50


class _Listed(msgspec.Struct):
    """`num_media` really is a string; `date_created` is RFC 2822, in whole seconds."""

    sid: str
    date_created: str
    body: str | None = None
    num_media: str = "0"
    direction: str = ""


class _Page(msgspec.Struct):
    messages: list[_Listed]


def messages_url(account: ChannelAccount) -> str:
    return f"{account.api_url}/2010-04-01/Accounts/{account.credentials['account_sid']}/Messages.json"


def url(part: OutgoingPart, account: ChannelAccount) -> str:
    """The newest messages to this customer; a Messaging Service may have sent from any of its numbers."""
    sender = {} if "messaging_service_sid" in account.options else {"From": part.address}
    since = {"DateSent>": f"{part.tried_at:%Y-%m-%d}"} if part.tried_at else {}
    return f"{messages_url(account)}?{urlencode({'To': part.contact, **sender, **since, 'PageSize': _PAGE_SIZE})}"


def only_match(answer: ProviderAnswer, part: OutgoingPart, tried_at: datetime) -> str | None:
    """The SID of the only message with the part's words and number of files that is not older than the attempt."""
    if answer.status != 200:
        return None
    try:
        listed = decoder(_Page).decode(answer.body).messages
        young = [one for one in listed if parsedate_to_datetime(one.date_created) >= tried_at.replace(microsecond=0)]
    except (msgspec.DecodeError, ValueError, TypeError):
        return None
    found = [one for one in young if _same(one, part)]
    return found[0].sid if len(found) == 1 and len(young) < _PAGE_SIZE else None


def _same(listed: _Listed, part: OutgoingPart) -> bool:
    """A link is signed anew at each try, so words with links agree as far as the first one."""
    ours, theirs = words(part) or "", listed.body or ""
    agrees = theirs.startswith(ours.partition("://")[0]) if part.links else theirs == ours
    return agrees and listed.num_media == str(len(part.files)) and listed.direction.startswith("outbound")
