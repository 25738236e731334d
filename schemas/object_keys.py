"""
Where bytes lie in the object store. The layout is a contract: see `schemas/README.md`.

Keys begin with an area and the account, so that access and erasure are prefixes.
"""

QUARANTINE = "quarantine/"
"""All that is not validated yet; deleted by age alone."""


MEDIA_KEYS = "own/media-keys.json"
"""The keys that a system in one process made for its own media URLs."""


def payload(account: str, event: str) -> str:
    """A provider's body that was too large to ride in an event."""
    return f"intake/{account}/{event}"


def opened(account: str, event: str) -> str:
    """What was found in a payload that is a container (a mail), so that it is opened once."""
    return f"intake/{account}/{event}.opened.json"


def upload(account: str, upload_id: str) -> str:
    """A file that an agent, a visitor or an upstream system brought; quarantined, never served."""
    return f"{QUARANTINE}{account}/uploads/{upload_id}"


def upload_pieces(account: str, upload_id: str, owner: str) -> str:
    """Prefix of what has come so far of an upload in pieces; each is named by its offset."""
    return f"{upload(account, upload_id)}.pieces/{owner}/"


def quarantine_prefix(account: str, conversation: str, attachment: str) -> str:
    return f"{QUARANTINE}{account}/{conversation}/{attachment}/"


def quarantine(account: str, conversation: str, attachment: str, attempt: str) -> str:
    """Fetched bytes; `attempt` is unique, so no attempt ever overwrites another's."""
    return f"{quarantine_prefix(account, conversation, attachment)}{attempt}"


def original(account: str, conversation: str, sha256: str) -> str:
    """A promoted file: shared inside a conversation by content, and nowhere else."""
    return f"media/{account}/{conversation}/{sha256}/original"


def derived(original_key: str, name: str) -> str:
    """A rendition beside its original, for example `thumbnail-320.webp`."""
    return f"{original_key.removesuffix('original')}{name}"


def plan(account: str, conversation: str, message: str) -> str:
    """The frozen plan of a delivery."""
    return f"plans/{account}/{conversation}/{message}.json"


def dead_letter(account: str, event: str) -> str:
    """The full account of a dead letter's error, where the headers had no room."""
    return f"dead/{account}/{event}.txt"


def is_upload_of(account: str, object_key: str) -> bool:
    """Whether a key that came from outside names an upload of this account, and nothing cleverer."""
    parts = object_key.split("/")
    return parts[:3] == ["quarantine", account, "uploads"] and len(parts) == 4 and parts[3] not in ("", ".", "..")
