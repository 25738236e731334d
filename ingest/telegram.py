"""
Telegram: updates of the Bot API, one message each. An album arrives as several messages.

https://core.telegram.org/bots/api (read 2026-11-27): Update, Message, setWebhook, getFile.
"""

import hmac
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec
from msgspec import Struct

from ingest.incoming import Answer, ChannelAccount, Get, Got, InboundMessage, Parsed, Request, Unparsable
from schemas.attachment import Source
from schemas.decoders import decoder
from schemas.message_received import FileAnnounced, FileMissing
from schemas.payload_received import PayloadReceived
from schemas.reason import Reason, Refused

CREDENTIALS: Sequence[str] = ("bot_token", "secret_token")
SIGNED_HEADERS: Sequence[str] = ()

MAX_DOWNLOAD_BYTES = 20_000_000
"""What getFile hands out to a bot; the provider's own cap, so it is told before anything is fetched."""

_TOO_LARGE = Reason(
    code="too_large_for_provider",
    sentence="Telegram hands files over 20 MB to nobody but the app. Ask the customer for a smaller one or a link.",
    limit=MAX_DOWNLOAD_BYTES,
)
_GONE = Reason(code="source_refused", sentence="Telegram does not hand the file over any more. Ask for it again.")


class _File(Struct, frozen=True):
    """A photo's size, a document, a video … : all of them name a file."""

    file_id: str
    file_name: str | None = None
    mime_type: str | None = None
    file_size: int | None = None


class _Person(Struct, frozen=True):
    id: int
    first_name: str = ""
    last_name: str = ""
    username: str | None = None


class _Chat(Struct, frozen=True):
    id: int


class _Answered(Struct, frozen=True):
    message_id: int


class _Place(Struct, frozen=True):
    latitude: float
    longitude: float


class _Contact(Struct, frozen=True):
    phone_number: str
    first_name: str = ""
    last_name: str = ""


class _Message(Struct, frozen=True):
    message_id: int
    date: int
    chat: _Chat
    from_: _Person | None = msgspec.field(name="from", default=None)
    text: str | None = None
    caption: str | None = None
    reply_to_message: _Answered | None = None
    photo: list[_File] = []
    document: _File | None = None
    animation: _File | None = None
    video: _File | None = None
    video_note: _File | None = None
    audio: _File | None = None
    voice: _File | None = None
    sticker: _File | None = None
    location: _Place | None = None
    contact: _Contact | None = None


class _Update(Struct, frozen=True):
    """Edits, reactions and changes of membership are other fields, and nothing to show."""

    message: _Message | None = None


class _Path(Struct, frozen=True):
    file_path: str


class _Found(Struct, frozen=True):
    """The answer of getFile."""

    result: _Path


ROLES = {"voice": "voice", "sticker": "sticker"}
KINDS = ("animation", "document", "video", "video_note", "audio", "voice", "sticker")
"""An animation comes as a document too: the first that is there is the file."""


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:
    """An update does not say for which bot it is; the secret does."""
    return list(accounts) if request.method == "POST" else []


def verify(request: Request, account: ChannelAccount) -> bool:
    """The secret that we gave to setWebhook comes back with every call; Telegram signs nothing."""
    secret = account.credentials.get("secret_token", "")
    claimed = request.headers.get("x-telegram-bot-api-secret-token", "")
    return bool(secret) and hmac.compare_digest(secret.encode(), claimed.encode(errors="replace"))


def challenge(request: Request, account: ChannelAccount) -> Answer | None:  # noqa: ARG001 - Telegram has none
    return None


def answer(request: Request) -> Answer:  # noqa: ARG001 - it is always the same
    return Answer(status=200, media_type="application/json", body=b"{}")


def parse(payload: PayloadReceived, body: bytes) -> Parsed:
    try:
        message = decoder(_Update).decode(body).message
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Unparsable(str(error)) from error
    if message is None or payload.address is None:
        return Parsed()
    return Parsed(messages=[_received(message, payload.address)])


def download(source: Source, account: ChannelAccount) -> Generator[Get, Got, Get]:
    """A file id is good for a path, and a path for an hour: both steps in one go. The bot's token is in both URLs."""
    if not source.reference:
        raise Unparsable("a Telegram file is known by its id")
    token = quote(account.credentials["bot_token"], safe=":")
    got = yield Get(f"{account.api_url}/bot{token}/getFile?file_id={quote(source.reference, safe='')}")
    try:
        path = decoder(_Found).decode(got.body).result.file_path
    except msgspec.MsgspecError:
        raise Refused(_GONE) from None
    return Get(f"{account.api_url}/file/bot{token}/{quote(path)}")


def _received(message: _Message, address: str) -> InboundMessage:
    file, role = _file_of(message)
    too_large = file is not None and (file.file_size or 0) > MAX_DOWNLOAD_BYTES
    return InboundMessage(
        external_id=external_id(message.chat.id, message.message_id),
        address=address,
        contact=str(message.chat.id),
        contact_name=_name(message.from_) if message.from_ else None,
        text=_text(message),
        in_reply_to=_answered(message),
        sent_at=_moment(message.date),
        files=[_announced(file, role)] if file and not too_large else [],
        missing=[_missing(file, role)] if file and too_large else [],
    )


def external_id(chat: int, message: int) -> str:
    """Telegram counts messages in every chat anew."""
    return f"{chat}:{message}"


def _file_of(message: _Message) -> tuple[_File | None, str | None]:
    if message.photo:
        return max(message.photo, key=lambda size: size.file_size or 0), None
    for kind in KINDS:
        found: _File | None = getattr(message, kind)
        if found:
            return found, ROLES.get(kind)
    return None, None


def _announced(file: _File, role: str | None) -> FileAnnounced:
    return FileAnnounced(
        source=Source(reference=file.file_id),
        file_name=file.file_name,
        declared_media_type=file.mime_type,
        role=role,
    )


def _missing(file: _File, role: str | None) -> FileMissing:
    reason = msgspec.structs.replace(_TOO_LARGE, actual=file.file_size)
    return FileMissing(reason=reason, file_name=file.file_name, declared_media_type=file.mime_type, role=role)


def _text(message: _Message) -> str | None:
    if message.location:
        return f"{message.location.latitude:.6f}, {message.location.longitude:.6f}"
    if message.contact:
        whole = f"{message.contact.first_name} {message.contact.last_name}".strip()
        return f"{whole}: {message.contact.phone_number}".removeprefix(": ")
    return message.text or message.caption or None


def _answered(message: _Message) -> str | None:
    answered = message.reply_to_message
    return external_id(message.chat.id, answered.message_id) if answered else None


def _name(person: _Person) -> str | None:
    return f"{person.first_name} {person.last_name}".strip() or person.username


def _moment(seconds: int) -> datetime | None:
    """Raises nothing: a date of the year 10^9 is no reason to lose a message."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
