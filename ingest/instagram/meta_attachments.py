"""
What an attachment of an Instagram message is to us: a file to fetch, words, or something that was not handed over.

https://developers.facebook.com/documentation/business-messaging/instagram-messaging/webhooks (read 2026-11-22). Its
URLs need no token, tell neither type nor size nor name, and die soon; for how long they live is not documented.
"""

import re
from collections.abc import Generator

from ingest.incoming import ChannelAccount, Get, Got, Unparsable
from ingest.instagram.meta_payload import Attachment, Payload
from ingest.meta_values import readable
from schemas.attachment import Source
from schemas.message_received import FileAnnounced, FileMissing
from schemas.reason import Reason, Refused

STORY = "#story"
"""Marks the URL of what must not be kept without being told to; a fragment is never sent to a server."""
HEART = "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}"
_FILES = {"image": None, "video": None, "audio": None, "file": None, "sticker": "sticker"}
_STORIES = ("story_mention", "story", "ig_story")
_LINKS = {
    "share": "Shared post",
    "ig_post": "Post",
    "ig_reel": "Reel",
    "reel": "Reel",
    "template": "Card",
    "fallback": "Link",
}
_URL = re.compile(r"https?://[!-~]+")
_MAX_URL = 4000
_MAX_SENTENCE = 1024

_ONCE = Reason(
    code="seen_once_only",
    sentence="The customer sent something that can be seen once, in the app alone. Ask them to send it to stay.",
)
NOT_HANDED_OVER = Reason(
    code="not_handed_over",
    sentence="Instagram does not hand over what the customer sent. Ask for a photo, a video or a link of it.",
)


def shown(attachment: Attachment) -> str | FileAnnounced | FileMissing:
    kind, payload = attachment.type, attachment.payload or Payload()
    if kind == "like_heart":
        return HEART
    if kind in _STORIES:
        return story(payload.url)
    if kind in _FILES and _fetchable(payload.url):
        return FileAnnounced(source=Source(url=payload.url), role=_FILES[kind])
    if kind in _LINKS and _fetchable(payload.url):
        title = readable(payload.title, 500)
        return f"{_LINKS[kind]}: {title}\n{payload.url}" if title else f"{_LINKS[kind]}: {payload.url}"
    return FileMissing(reason=_ONCE if kind == "ephemeral" else _not_handed_over(kind))


def story(url: str | None) -> FileAnnounced | FileMissing:
    if not _fetchable(url):
        return FileMissing(reason=NOT_HANDED_OVER, role="story")
    return FileAnnounced(source=Source(url=f"{url}{STORY}"), role="story")


def _fetchable(url: str | None) -> bool:
    return bool(url) and len(url or "") <= _MAX_URL and _URL.fullmatch(url or "") is not None


def download(source: Source, account: ChannelAccount) -> Generator[Get, Got, Get]:
    """Stories only with the option `stories: store`: Instagram's policy lets an app keep their address, not more."""
    yield from ()
    if not source.url:
        raise Unparsable("an Instagram file is known by its URL")
    url = source.url.removesuffix(STORY)
    if url != source.url and account.options.get("stories", "link") != "store":
        raise Refused(_not_kept(url))
    return Get(url)


def _not_kept(url: str) -> Reason:
    sentence = f"Instagram does not let stories be kept. Look at it there, while it lasts: {url}"
    if len(sentence) > _MAX_SENTENCE:
        sentence = "Instagram does not let stories be kept. Look at it in the app, while it lasts."
    return Reason(code="story_not_kept", sentence=sentence)


def _not_handed_over(kind: str) -> Reason:
    return Reason(
        code=NOT_HANDED_OVER.code, sentence=NOT_HANDED_OVER.sentence, provider_text=readable(kind, _MAX_SENTENCE)
    )
