"""
Every channel, both ways, with a file of every kind: through a real RabbitMQ, S3 server and PostgreSQL.

What is expected of each cell is what the table in the README says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.clips import clip
from tests.documents import archive, pdf
from tests.integration.cluster import own_servers
from tests.integration.system import JOURNEY_SECONDS, System, system
from tests.polling import eventually
from tests.services import RabbitApi
from workers.commands.channel_matrix import CHANNELS, PICTURED, SAMPLES, outbound, receipts
from workers.demo.stand_ins import StandIns, stand_ins
from workers.sandbox.eyes import look
from workers.sandbox.scene import camera_scene

WORDS = "Does this fit?"
CAPTION = "This is the part"
PRIVATE = (b"SecretCamera", b"+48.8583")
"""What the clips tell of who made them, and where."""


@dataclass(frozen=True)
class Place:
    system: System
    far_side: StandIns

    def messages_of(self, contact: str, *, pictured: bool) -> list[dict[str, Any]]:
        """
        Everything in the thread of a contact, once words and a file are shown.

        A recording and a document are shown before their pictures are there; `pictured` waits for these.
        """
        helpdesk = self.system.helpdesk

        def whole() -> list[dict[str, Any]] | None:
            for conversation in helpdesk.conversations():
                if conversation["contact"] == contact:
                    messages: list[dict[str, Any]] = helpdesk.thread(conversation["conversation"])["messages"]
                    done = all(one["state"] == "shown" for one in messages)
                    words = any(one["text"] for one in messages)
                    files = [file for one in messages for file in one["attachments"]]
                    drawn = not pictured or all(file["preview_url"] for file in files)
                    return messages if done and words and files and drawn else None
            return None

        return eventually(whole, within=JOURNEY_SECONDS)


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, rabbitmq_api: RabbitApi, s3_url: str, postgres_url: str
) -> Iterator[Place]:
    """One system for all tests; each has a customer of its own."""
    folder = tmp_path_factory.mktemp("matrix")
    made: list[StandIns] = []

    def providers(url: str) -> Mapping[str, Any]:
        made.append(stand_ins(url, folder))
        return made[0].by_channel

    with own_servers(rabbitmq_api, s3_url, postgres_url) as (broker, store, database):
        urls = {"broker_url": broker, "store_url": store, "database_url": database}
        with system(folder, providers, mail_port=0, **urls) as running:
            made[0].email.door = running.mail_door
            yield Place(running, made[0])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    contents = {
        "image": ("photo.jpg", camera_scene((1600, 1200), orientation=6)),
        "video": ("film.mp4", clip("video/mp4")),
        "audio": ("note.mp3", clip("audio/mpeg")),
        "file": ("manual.pdf", pdf()),
        "other": ("drivers.zip", archive()),
    }
    for name, content in contents.values():
        (folder / name).write_bytes(content)
    return {kind: folder / name for kind, (name, _) in contents.items()}


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_inbound(place: Place, files: Mapping[str, Path], channel: str, kind: str) -> None:
    """A customer's file and words show in the thread: thumbnail and preview, and the original byte for byte."""
    sender = getattr(place.far_side, channel)
    contact = place.far_side.newcomer(channel)
    sender.customer_sends(contact, WORDS, [files[kind]])

    messages = place.messages_of(contact, pictured=kind in PICTURED)
    (file,) = [file for message in messages for file in message["attachments"]]
    original, download = files[kind].read_bytes(), place.system.helpdesk.download
    assert [message["text"] for message in messages if message["text"]] == [WORDS]
    assert (file["mime"], file["state"]) == (SAMPLES[kind], "shown")
    assert (file["sha256"], download(file["url"])) == (sha256(original).hexdigest(), original)
    pictures = [look(download(file[name])) for name in ("thumbnail_url", "preview_url") if file[name]]
    assert len(pictures) == (2 if kind in PICTURED else 0)
    assert not any(seen.has_metadata for seen in pictures)
    if kind == "image":
        assert {seen.bright_side for seen in pictures} == {"top"}


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_outbound(place: Place, files: Mapping[str, Path], channel: str, kind: str) -> None:
    """An agent's file reaches the customer as its cell says, with the caption, and the last receipt shows."""
    settings, far_side = place.system.ports.settings, getattr(place.far_side, channel)
    expected, told = outbound(settings, channel, kind), receipts(settings, channel)
    contact = place.far_side.newcomer(channel)
    far_side.customer_sends(contact, "hello")

    message = place.system.seen(place.system.reply(channel, contact, CAPTION, files[kind]), told[-1])

    received = far_side.customer(contact).received
    assert {part["state"] for part in message["parts"]} == {told[-1]}
    assert len(received) == len(message["parts"]) == (1 if expected.together else 2)
    (captioned,) = [one for one in received if CAPTION in one.text]
    assert far_side.rejections == ()
    (attachment,) = message["attachments"]
    if expected.as_file:
        (bearer,) = [one for one in received if one.files]
        (file,) = bearer.files
        assert (captioned is bearer) == expected.together
        check_file(place, channel, kind, attachment, file.media_type, file.path.read_bytes())
    else:
        (bearer,) = [one for one in received if "http" in one.text]
        assert (captioned is bearer) == expected.together
        assert place.system.helpdesk.download(bearer.text.rsplit(" ", 1)[1]) == files[kind].read_bytes()


def check_file(
    place: Place, channel: str, kind: str, attachment: Mapping[str, Any], media_type: str, content: bytes
) -> None:
    """It is what the thread says has left, of a type and size that the channel takes, and it tells no place."""
    limits = place.system.ports.settings.limits(channel, place.far_side.by_channel[channel].connection()["provider"])
    takes = limits.outbound.for_plan()
    left_as = takes.kind_of(media_type)
    assert left_as is not None, f"{channel} does not take {media_type}"
    assert len(content) <= takes.kinds[left_as].max_bytes
    assert place.system.helpdesk.download((attachment["sent"] or attachment)["url"]) == content
    assert not any(word in content for word in PRIVATE)
    if kind == "image":
        seen = look(content)
        assert (seen.bright_side, seen.has_gps, seen.has_metadata) == ("top", False, False)
    if kind in {"file", "other"}:
        assert sha256(content).hexdigest() == attachment["sha256"]
