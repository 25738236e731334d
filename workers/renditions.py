"""Keep a file that was made of another one beside it."""

from pathlib import Path

from schemas import object_keys
from schemas.attachment import Rendition, StoredAttachment
from thumbnails.orders import RenderedFile
from workers.runtime.ports import Ports


def kept(attachment: StoredAttachment, file: RenderedFile, folder: Path, ports: Ports) -> Rendition:
    key = object_keys.derived(attachment.object_key, file.file_name)
    with (folder / file.file_name).open("rb") as data:
        ports.store.put(key, data, size_bytes=file.size_bytes, media_type=file.media_type)
    return Rendition(
        name=file.name,
        object_key=key,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        width=file.width,
        height=file.height,
    )
