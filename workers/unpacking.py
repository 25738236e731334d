"""Open a payload that is a container, in a decoding child: its files become uploads, the rest an outline."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from msgspec import Raw, json, structs

from ingest.incoming import Ingest, Opened, Unpacked, UnpackedFile, UnpackParams, Unpacks
from schemas import identity, object_keys
from schemas.event import Event
from schemas.payload_received import PayloadReceived
from schemas.reason import Refused
from workers.runtime.memo import recall, remember
from workers.runtime.objects import ObjectMissing
from workers.runtime.ports import Ports
from workers.runtime.workdir import workdir


def is_container(module: Ingest) -> bool:
    """Whether the module wants its payloads opened before it parses them."""
    return hasattr(module, "UNPACKER")


def opened(event: Event[PayloadReceived], module: Ingest, ports: Ports) -> bytes:
    """An `Opened`, as JSON; the first one counts, so that a redelivery says the same."""
    key = object_keys.opened(event.account, event.id)
    found = recall(ports.store, key, Opened) or remember(ports.store, key, _opened(event, module, ports))
    return json.encode(found)


def _opened(event: Event[PayloadReceived], module: Ingest, ports: Ports) -> Opened:
    with workdir() as folder:
        source, inside = folder / "source", folder / "inside"
        inside.mkdir()
        _download(event.data, source, ports)
        try:
            unpacked = ports.decode.run(
                cast("Unpacks", module).UNPACKER,
                _params(event.data, ports),
                source=source,
                workdir=inside,
                returns=Unpacked,
            )
        except Refused as refused:
            return Opened(broken=refused.reason)
        found = Opened(
            outline=Raw((inside / unpacked.outline).read_bytes()),
            uploads=[_upload(event, number, one, inside, ports) for number, one in enumerate(unpacked.files)],
            proven=_proven(unpacked.tokens, event.data, cast("Unpacks", module), ports),
        )
    return structs.replace(found, known=list(_known(found, unpacked.files, event.data, module, ports)))


def _params(payload: PayloadReceived, ports: Ports) -> UnpackParams:
    limits = ports.settings.limits(payload.channel, payload.provider).inbound
    return UnpackParams(
        headers=payload.headers,
        address=payload.address or "",
        max_files=limits.max_files_per_message.value,
        max_file_bytes=limits.max_file_bytes.value,
    )


def _download(payload: PayloadReceived, path: Path, ports: Ports) -> None:
    if payload.body_key:
        ports.store.download(payload.body_key, path)
    else:
        path.write_text(payload.body or "", encoding="utf-8")


def _upload(event: Event[PayloadReceived], number: int, file: UnpackedFile, folder: Path, ports: Ports) -> str:
    """Its key follows from the event; what lies there already is left alone, since somebody may be reading it."""
    key = object_keys.upload(event.account, f"{event.id}-{number}")
    try:
        if ports.store.head(key).metadata.get("sha256") == file.sha256:
            return key
    except ObjectMissing:
        pass
    with (folder / file.name).open("rb") as data:
        ports.store.put(
            key, data, size_bytes=file.size_bytes, media_type=file.media_type, metadata={"sha256": file.sha256}
        )
    return key


def _proven(tokens: Sequence[str], payload: PayloadReceived, module: Unpacks, ports: Ports) -> list[str]:
    account = ports.settings.connection(payload.account, payload.channel, payload.address)
    return [token for token in tokens if module.proves(token, account)] if account else []


def _known(
    found: Opened, files: Sequence[UnpackedFile], payload: PayloadReceived, module: Ingest, ports: Ports
) -> Iterator[int]:
    """What the conversation that it proves to belong to holds already: only the module knows which that is."""
    for message in module.parse(payload, json.encode(found)).messages:
        conversation = message.conversation or identity.conversation_id(
            payload.account, payload.channel, message.address, message.contact
        )
        for index, file in enumerate(files):
            try:
                ports.store.head(object_keys.original(payload.account, conversation, file.sha256))
            except ObjectMissing:
                continue
            yield index
