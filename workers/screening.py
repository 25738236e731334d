"""Whether a virus scanner lets a file pass, where there is one (`TROMBONE_CLAMD_URL`)."""

from pathlib import Path

from schemas.attachment import ReceivedAttachment
from schemas.reason import Reason, Refused
from thumbnails.orders import Inspection
from workers.runtime.ports import Ports
from workers.runtime.scanning import Found, Unscanned

RELEASED = Reason(
    code="released_by_operator",
    sentence="The virus scanner did not let this file pass; an operator did. Open it with care.",
)


def screen(attachment: ReceivedAttachment, source: Path, ports: Ports) -> list[Reason]:
    """What an agent should know about a file that may pass. Raises Refused or ScannerUnavailable."""
    if attachment.released_by is not None:
        return [RELEASED]
    verdict = ports.scan.scan(source) if ports.scan else None
    if isinstance(verdict, Found):
        raise Refused(
            Reason(
                code="malware_found",
                sentence="The virus scanner found something harmful in this file, so nobody can open it.",
                provider_text=verdict.signature,
            )
        )
    if isinstance(verdict, Unscanned):
        return _unscanned(verdict, ports)
    return []


def screen_entries(attachment: ReceivedAttachment, found: Inspection, ports: Ports) -> list[Reason]:
    """Clamd says OK to an archive whose large files it has left out (its MaxFileSize). Raises Refused."""
    limit = ports.settings.media.scan.max_bytes
    if ports.scan is None or attachment.released_by is not None or (found.largest_entry_bytes or 0) <= limit:
        return []
    return _unscanned(Unscanned(f"holds a file larger than {limit} bytes"), ports)


def _unscanned(verdict: Unscanned, ports: Ports) -> list[Reason]:
    reason = Reason(
        code="not_scanned",
        sentence="The virus scanner cannot look through a file of this size or depth. Send it in smaller pieces.",
        provider_text=verdict.why,
    )
    if ports.settings.media.scan.unscanned == "refuse":
        raise Refused(reason)
    return [reason]
