"""What the bytes of a file are, as a provider would find out."""

from pathlib import Path
from tempfile import NamedTemporaryFile

from thumbnails import sniff


def sniffed(content: bytes) -> str:
    with NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return sniff.media_type(Path(file.name))
