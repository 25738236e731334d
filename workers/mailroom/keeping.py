"""One raw mail for one mailbox: into the store and the intake, and only then is anybody told that we have it."""

from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO

from ingest.incoming import ChannelAccount
from schemas import identity, object_keys
from schemas.lineage import begin
from schemas.payload_received import PayloadReceived
from workers.mailroom.services import MailroomServices
from workers.runtime.threshold import Admitted, admit

SOURCE = "trombone/mailroom"


def keep(services: MailroomServices, mailbox: ChannelAccount, headers: Mapping[str, str], raw: bytes) -> Admitted:
    """
    `headers` are the envelope's. The same mail with the same envelope again is the same event.

    Raises what the store and the database raise when they do not answer; then nothing was accepted.
    """
    source = f"{SOURCE}/{mailbox.address}"
    digest = sha256(repr(sorted(headers.items())).encode() + b"\n" + raw).hexdigest()
    event_id = identity.root_id(mailbox.account, source, digest)
    key = object_keys.payload(mailbox.account, event_id)
    services.store.put(key, BytesIO(raw), size_bytes=len(raw), media_type="message/rfc822")
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
