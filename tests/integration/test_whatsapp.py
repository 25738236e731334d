"""WhatsApp through the whole pipeline, against a loopback Cloud API."""

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest
import urllib3

from tests.clips import clip
from tests.integration.system import System, system
from tests.polling import eventually
from workers.sandbox.eyes import look
from workers.sandbox.faults import Fault
from workers.sandbox.meta_faults import MediaFault
from workers.sandbox.scene import camera_scene
from workers.sandbox.whatsapp import SandboxWhatsApp

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
ZIP = b"PK\x05\x06" + bytes(18)
TOKEN, SECRET = token_hex(16), token_hex(16)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, SandboxWhatsApp]]:
    """One system for all tests; each has a customer of its own."""
    folder = tmp_path_factory.mktemp("whatsapp")
    made: list[SandboxWhatsApp] = []

    def providers(url: str) -> dict[str, SandboxWhatsApp]:
        made.append(SandboxWhatsApp(TOKEN, SECRET, f"{url}/webhooks/whatsapp/meta", folder / "customers"))
        return {"whatsapp": made[0]}

    with system(folder, providers) as running:
        yield running, made[0]
        assert made[0].alerts == ()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    contents = {
        "photo.jpg": camera_scene((1600, 1200), orientation=6),
        "film.mp4": clip("video/mp4"),
        "voice.ogg": clip("audio/ogg"),
        "song.mp3": clip("audio/mpeg"),
        "manual.pdf": PDF,
        "data.zip": ZIP,
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in contents}


def test_what_a_customer_sends_shows_in_the_thread(
    place: tuple[System, SandboxWhatsApp], files: dict[str, Path]
) -> None:
    """Image, video, audio and file, each as a message of its own, the caption with the first; byte for byte."""
    running, whatsapp = place
    sent = [files[name] for name in ("photo.jpg", "film.mp4", "voice.ogg", "manual.pdf")]
    whatsapp.network.webhook.copies = 2
    whatsapp.customer_sends("+14155550101", "It came broken", sent)
    whatsapp.network.webhook.copies = 1

    messages = running.shown_from("+14155550101", 4)
    found = {one["attachments"][0]["mime"]: one["attachments"][0] for one in messages}
    captions = {one["attachments"][0]["mime"]: one["text"] for one in messages if one["text"]}
    assert (len(messages), captions) == (4, {"image/jpeg": "It came broken"})
    assert {one["contact_name"] for one in messages} == {"Kim Doe"}
    assert set(found) == {"image/jpeg", "video/mp4", "audio/ogg", "application/pdf"}
    assert {running.helpdesk.download(one["url"]) for one in found.values()} == {path.read_bytes() for path in sent}
    assert look(running.helpdesk.download(found["image/jpeg"]["thumbnail_url"])).bright_side == "top"
    assert found["application/pdf"]["file_name"] == "manual.pdf"


def test_what_an_agent_sends_arrives_and_is_reported(
    place: tuple[System, SandboxWhatsApp], files: dict[str, Path]
) -> None:
    """Image, video, audio and file, one message each; the caption with the first; upright, and it tells no place."""
    running, whatsapp = place
    customer = "+14155550102"
    whatsapp.customer_sends(customer, "hello")
    whatsapp.network.statuses = ("read", "sent")
    sent = [files[name] for name in ("photo.jpg", "film.mp4", "song.mp3", "manual.pdf")]
    message = running.seen(running.reply("whatsapp", customer, "Here it is", *sent), "read")
    whatsapp.network.statuses = ("sent", "delivered")

    received = whatsapp.customer(customer).received
    assert [one.text for one in received] == ["Here it is", "", "", ""]
    assert [one.files[0].media_type for one in received] == [
        "image/jpeg",
        "video/mp4",
        "audio/mpeg",
        "application/pdf",
    ]
    assert [one.files[0].name for one in received] == [None, None, None, "manual.pdf"]
    seen = look(received[0].files[0].path.read_bytes())
    assert (seen.bright_side, seen.has_gps) == ("top", False)
    assert {part["state"] for part in message["parts"]} == {"read"}
    assert whatsapp.rejections == ()


def test_what_whatsapp_does_not_take_arrives_as_a_link(
    place: tuple[System, SandboxWhatsApp], files: dict[str, Path]
) -> None:
    """A ZIP: with the agent's words, in one message, and the link opens it."""
    running, whatsapp = place
    customer = "+14155550103"
    whatsapp.customer_sends(customer, "hello")
    running.seen(running.reply("whatsapp", customer, "All of it", files["data.zip"]), "delivered")
    (message,) = whatsapp.customer(customer).received
    assert message.text.startswith("All of it\n\ndata.zip (1 KB, until ")
    assert urllib3.request("GET", message.text.rsplit(" ", 1)[1]).data == ZIP


def test_a_customer_who_shows_no_number_is_answered_by_their_id(place: tuple[System, SandboxWhatsApp]) -> None:
    """The thread is theirs all the same."""
    running, whatsapp = place
    customer = "US.13491208655302741918"
    whatsapp.customer_sends(customer, "hello")
    (message,) = running.shown_from(customer)
    assert message["text"] == "hello"
    running.seen(running.reply("whatsapp", customer, "hi"), "delivered")
    assert [one.text for one in whatsapp.customer(customer).received] == ["hi"]


def test_a_file_that_whatsapp_cannot_use_after_all_arrives_as_a_link(
    place: tuple[System, SandboxWhatsApp], files: dict[str, Path]
) -> None:
    """It was accepted, and a status takes it back: the caption leaves once more, with a link to the file."""
    running, whatsapp = place
    customer = "+14155550107"
    whatsapp.customer_sends(customer, "hello")
    whatsapp.network.unusable_files = 1
    running.reply("whatsapp", customer, "Here it is", files["manual.pdf"])
    (message,) = eventually(lambda: whatsapp.customer(customer).received, within=20)
    assert message.text.startswith("Here it is\n\nmanual.pdf (")
    assert urllib3.request("GET", message.text.rsplit(" ", 1)[1]).data == PDF


def test_a_status_settles_what_a_lost_answer_left_in_doubt(place: tuple[System, SandboxWhatsApp]) -> None:
    """Our token comes back with it; nothing is sent twice."""
    running, whatsapp = place
    customer = "+14155550104"
    whatsapp.customer_sends(customer, "hello")
    whatsapp.fault(Fault.ACCEPT_THEN_RESET)
    message = running.seen(running.reply("whatsapp", customer, "once"), "delivered")
    assert [one.text for one in whatsapp.customer(customer).received] == ["once"]
    assert message["parts"][0]["external_id"].startswith("wamid.")


def test_a_throttled_send_is_made_again(place: tuple[System, SandboxWhatsApp], files: dict[str, Path]) -> None:
    """Also one whose file was uploaded already: that one is left behind, and the next attempt uploads anew."""
    running, whatsapp = place
    customer = "+14155550105"
    whatsapp.customer_sends(customer, "hello")
    whatsapp.fault(Fault.THROTTLED)
    running.seen(running.reply("whatsapp", customer, "here", files["photo.jpg"]), "delivered")
    assert [one.text for one in whatsapp.customer(customer).received] == ["here"]


def test_a_payload_of_two_megabytes_is_taken(place: tuple[System, SandboxWhatsApp]) -> None:
    """Meta sends up to three; a text that is longer than a thread keeps says so."""
    running, whatsapp = place
    whatsapp.customer_sends_content("+14155550106", "text", {"body": "w" * 2_000_000})
    (message,) = running.shown_from("+14155550106")
    assert message["text"].endswith("www […]")


@pytest.mark.parametrize("late", [False, True])
def test_a_closed_window_is_told_to_the_agent(place: tuple[System, SandboxWhatsApp], late: bool) -> None:
    """Whether the send or a status says so."""
    running, whatsapp = place
    whatsapp.network.tells_errors_late = late
    message = running.seen(running.reply("whatsapp", f"+1415555011{late:d}", "still there?"), "failed")
    whatsapp.network.tells_errors_late = False
    assert (message["reason"] or message["parts"][0]["reason"])["code"] == "provider_131047"


@pytest.mark.parametrize("fault", [MediaFault.EXPIRED_URL, MediaFault.WRONG_DIGEST, MediaFault.THROTTLED])
def test_a_download_that_fails_once_is_made_again(
    place: tuple[System, SandboxWhatsApp], files: dict[str, Path], fault: MediaFault
) -> None:
    """With a new URL, until the bytes have the promised digest."""
    running, whatsapp = place
    customer = f"+1415555012{list(MediaFault).index(fault)}"
    whatsapp.fault(fault)
    whatsapp.customer_sends(customer, files=[files["photo.jpg"]])
    (message,) = running.shown_from(customer)
    assert running.helpdesk.download(message["attachments"][0]["url"]) == files["photo.jpg"].read_bytes()


def test_nobody_leads_us_into_our_own_network(place: tuple[System, SandboxWhatsApp], files: dict[str, Path]) -> None:
    """A redirect to a private address ends the file, visibly."""
    running, whatsapp = place
    whatsapp.fault(MediaFault.PRIVATE_REDIRECT)
    whatsapp.customer_sends("+14155550130", files=[files["photo.jpg"]])

    def refused() -> str | None:
        for conversation in running.helpdesk.conversations():
            if conversation["contact"] == "+14155550130":
                (message,) = running.helpdesk.thread(conversation["conversation"])["messages"]
                reason = message["attachments"][0].get("reason") if message["attachments"] else None
                return str(reason["code"]) if reason else None
        return None

    assert eventually(refused, within=20) == "address_not_allowed"


def test_only_meta_itself_is_heard(place: tuple[System, SandboxWhatsApp]) -> None:
    """The handshake works; a signature that is wrong or missing is turned away."""
    running, whatsapp = place
    assert whatsapp.subscribe()
    url = f"{running.url}/webhooks/whatsapp/meta"
    body = b'{"object":"whatsapp_business_account","entry":[]}'
    answers = [
        urllib3.request("POST", url, body=body, headers={"X-Hub-Signature-256": signed}).status
        for signed in ("", "sha256=" + "0" * 64)
    ]
    assert answers == [403, 403]
    assert urllib3.request("GET", f"{url}?hub.mode=subscribe&hub.verify_token=x&hub.challenge=1").status == 403
