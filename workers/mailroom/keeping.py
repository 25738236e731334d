"""One raw mail for one mailbox: into the store and the intake, and only then is anybody told that we have it."""

from collections.abc import Mapping
from hashlib import sha256
from io import SEEK_END
from typing import BinaryIO

from ingest.incoming import ChannelAccount
from schemas import identity, object_keys
from schemas.lineage import begin
from schemas.payload_received import PayloadReceived
from workers.mailroom.services import MailroomServices
from workers.runtime.threshold import Admitted, admit

SOURCE = "trombone/mailroom"
CHUNK_BYTES = 64 * 1024


def keep(services: MailroomServices, mailbox: ChannelAccount, headers: Mapping[str, str], mail: BinaryIO) -> Admitted:
    """
    `headers` are the envelope's; `mail` is read from its beginning. The same mail with the same envelope again is the
    same event.

    Raises what the store and the database raise when they do not answer; then nothing was accepted.
    """
    source = f"{SOURCE}/{mailbox.address}"
    event_id = identity.root_id(mailbox.account, source, _digest(headers, mail))
    key = object_keys.payload(mailbox.account, event_id)
    size_bytes = mail.seek(0, SEEK_END)
    mail.seek(0)
    services.store.put(key, mail, size_bytes=size_bytes, media_type="message/rfc822")
    payload = PayloadReceived(
        channel=mailbox.channel,
        provider=mailbox.provider,
        account=mailbox.account,
        address=mailbox.address,
        received_at=services.clock.now(),
        url=f"{str(services.settings.endpoints.public_url).rstrip('/')}/mailroom",
        headers={name: value.replace("\0", "")[:4000] for name, value in headers.items()},
        body_key=key,
    )
    return admit(services.intake, begin(payload, id=event_id, source=source, now=payload.received_at))


def _digest(headers: Mapping[str, str], mail: BinaryIO) -> str:
    found = sha256(repr(sorted(headers.items())).encode() + b"\n")
    mail.seek(0)
    while chunk := mail.read(CHUNK_BYTES):
        found.update(chunk)
    return found.hexdigest()
