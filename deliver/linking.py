"""Files that leave as links: the sentence that a customer reads, for channels whose words are plain text."""

from deliver.outgoing import OutgoingLink, OutgoingPart

LINK_CHARS = 520
"""Room that a link and its sentence take in a text: a signed URL has some 400 characters, a file name up to 60."""


def words(part: OutgoingPart) -> str | None:
    """The part's text with a line for each of its links."""
    lines = [part.text or "", *(sentence(link) for link in part.links)]
    return "\n\n".join(line for line in lines if line) or None


def sentence(link: OutgoingLink) -> str:
    return f"{link.file_name} ({readable(link.size_bytes)}, until {link.expires_at:%Y-%m-%d}): {link.url}"


def readable(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 100_000 else f"{max(1, round(size_bytes / 1e3))} KB"
