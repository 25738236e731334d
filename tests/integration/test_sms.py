"""SMS through the whole system, both ways, with either provider: its modules are all that differs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.clips import clip
from tests.integration.system import System, system
from tests.polling import eventually
from workers.sandbox.eyes import look
from workers.sandbox.faults import Fault
from workers.sandbox.phone import PhoneMessage
from workers.sandbox.scene import camera_scene
from workers.sandbox.telnyx import SandboxTelnyx
from workers.sandbox.twilio import SandboxTwilio

OURS, CUSTOMER, ABROAD = "+15005550006", "+14155550100", "+33612345678"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
Sandbox = SandboxTwilio | SandboxTelnyx

TOO_LARGE = {"twilio": "provider_30019", "telnyx": "provider_40302"}


@cache
def contents() -> Mapping[str, tuple[str, bytes]]:
    """A file of each kind: its name and what is in it."""
    return {
        "image": ("photo.jpg", camera_scene((1600, 1200), orientation=6)),
        "video": ("clip.mp4", clip("video/mp4")),
        "audio": ("note.mp3", clip("audio/mpeg")),
        "file": ("manual.pdf", PDF),
    }


def sandbox(provider: str, folder: Path, url: str) -> Sandbox:
    webhook = f"{url}/webhooks/sms/{provider}"
    if provider == "twilio":
        return SandboxTwilio("AC" + "0" * 32, "the-token", webhook, folder / "phones", numbers=[OURS])
    return SandboxTelnyx("KEY1", webhook, folder / "phones", [OURS])


@contextmanager
def running(provider: str, folder: Path) -> Iterator[tuple[System, Sandbox]]:
    made: list[Sandbox] = []

    def providers(url: str) -> dict[str, Sandbox]:
        made.append(sandbox(provider, folder, url))
        return {"sms": made[0]}

    with system(folder, providers) as place:
        yield place, made[0]


@pytest.fixture(scope="module", params=["twilio", "telnyx"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, System, Sandbox]]:
    with running(request.param, tmp_path_factory.mktemp(request.param)) as (made, provider):
        yield request.param, made, provider


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def written(kind: str) -> Path:
        name, content = contents()[kind]
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return written


def phone_message(provider: Sandbox, contact: str, text: str) -> PhoneMessage:
    """The message whose words begin so, once it is there."""

    def found() -> PhoneMessage | None:
        received = provider.customer(contact).received
        return next((one for one in received if one.text.startswith(text)), None)

    return eventually(found, within=30)


def delivered(place: System, message: str) -> dict[str, Any]:
    return place.seen(message, "delivered")


@pytest.mark.parametrize("kind", ["image", "video", "audio", "file"])
def test_what_a_customer_sends_shows_byte_for_byte(
    place: tuple[str, System, Sandbox], file: Callable[[str], Path], kind: str
) -> None:
    """With its words; and the provider is content with our answers."""
    _, system_, provider = place
    contact = f"+1415555{1000 + list(contents()).index(kind)}"
    provider.customer_sends(contact, f"here is my {kind}", [file(kind)])
    (message,) = system_.shown_from(contact)
    (attachment,) = message["attachments"]
    assert (message["text"], attachment["type"]) == (f"here is my {kind}", kind)
    assert system_.helpdesk.download(attachment["url"]) == contents()[kind][1]
    assert list(provider.alerts) == []


@pytest.mark.parametrize("kind", ["image", "video", "audio", "file"])
def test_what_an_agent_sends_arrives_with_its_caption_and_a_receipt(
    place: tuple[str, System, Sandbox], file: Callable[[str], Path], kind: str
) -> None:
    """One message with both; delivered, as the provider reports."""
    _, system_, provider = place
    message = system_.reply("sms", CUSTOMER, f"your {kind}", file(kind))
    shown = delivered(system_, message)
    received = phone_message(provider, CUSTOMER, f"your {kind}")
    (arrived,) = received.files
    assert (received.text, received.sender) == (f"your {kind}", OURS)
    assert arrived.media_type.partition("/")[0] == {"file": "application"}.get(kind, kind)
    assert [part["state"] for part in shown["parts"]] == ["delivered"]
    if kind == "image":
        seen = look(arrived.path.read_bytes())
        assert (seen.bright_side, seen.has_metadata, arrived.size_bytes <= 600_000) == ("top", False, True)


def test_a_file_that_no_mms_can_carry_leaves_as_a_link(place: tuple[str, System, Sandbox], tmp_path: Path) -> None:
    """Too large for the carriers: the customer opens it from the message, as it was."""
    _, system_, provider = place
    large = tmp_path / "catalog.pdf"
    large.write_bytes(PDF + bytes(700_000))
    message = system_.reply("sms", CUSTOMER, "the catalog", large)
    delivered(system_, message)
    received = phone_message(provider, CUSTOMER, "the catalog")
    url = received.text.rsplit(" ", 1)[1]
    assert (received.files, len(received.text) <= 1600) == ((), True)
    assert received.text.startswith("the catalog\n\ncatalog.pdf (0.7 MB, until ")
    assert system_.helpdesk.download(url) == large.read_bytes()


def test_a_customer_abroad_gets_a_link(place: tuple[str, System, Sandbox], file: Callable[[str], Path]) -> None:
    """There is no MMS where they live."""
    _, system_, provider = place
    delivered(system_, system_.reply("sms", ABROAD, "the photo", file("image")))
    received = phone_message(provider, ABROAD, "the photo")
    assert (received.files, "photo.jpg" in received.text) == ((), True)


def test_a_carrier_that_takes_no_pictures_is_reported_with_its_reason(
    place: tuple[str, System, Sandbox], file: Callable[[str], Path]
) -> None:
    """The report says so, and that the words with links may still leave."""
    name, system_, provider = place
    strict = "+14155550177"
    provider.customer(strict).carrier_limit_bytes = 1000
    message = system_.reply("sms", strict, "your photo", file("image"))

    def failure() -> dict[str, Any] | None:
        found = system_.helpdesk.message(message)
        codes = [(part["reason"] or {}).get("code") for part in found["parts"]] if found else []
        return found if TOO_LARGE[name] in codes else None

    assert eventually(failure, within=30)


def test_a_customer_who_leaves_and_returns_is_told_of(place: tuple[str, System, Sandbox]) -> None:
    """The thread shows the consent; a reply in between is refused with a sentence."""
    _, system_, provider = place
    leaver = "+14155550188"
    provider.customer_sends(leaver, "Stop")
    refused = system_.seen(system_.reply("sms", leaver, "one more thing"), "failed")
    assert refused["reason"]["code"] in ("provider_21610", "provider_40300")
    assert "opted out" in refused["reason"]["sentence"]
    provider.customer_sends(leaver, "start")
    assert [one["consent"] for one in system_.shown_from(leaver, 2)] == ["opted_out", "opted_in"]
    delivered(system_, system_.reply("sms", leaver, "welcome back"))


def test_a_throttled_send_arrives_once(place: tuple[str, System, Sandbox]) -> None:
    """After the wait that the provider asked for."""
    _, system_, provider = place
    provider.fault(Fault.THROTTLED)
    delivered(system_, system_.reply("sms", CUSTOMER, "slowly now"))
    assert [one.text for one in provider.customer(CUSTOMER).received].count("slowly now") == 1


def test_a_repeated_webhook_of_twilio_is_one_message(tmp_path: Path) -> None:
    """The same idempotency token, the same message; the next one is another."""
    with running("twilio", tmp_path) as (place, provider):
        assert isinstance(provider, SandboxTwilio)
        sid = provider.customer_sends(CUSTOMER, "once")
        provider.repeats(sid)
        provider.customer_sends(CUSTOMER, "and again")
        assert [one["text"] for one in place.shown_from(CUSTOMER, 2)] == ["once", "and again"]
