"""The loopback WhatsApp is as strict as the real one."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import urllib3
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tests.clips import clip
from tests.images import encoded
from tests.integration.our_side import OurSide
from tests.polling import eventually
from workers.sandbox.faults import Fault
from workers.sandbox.meta_faults import MediaFault
from workers.sandbox.meta_webhook import signature
from workers.sandbox.scene import paint
from workers.sandbox.whatsapp import SandboxWhatsApp

TOKEN, SECRET = "EAAG-the-token", "app-secret"
CUSTOMER = "+14155550100"
DAY = 24 * 3600
HTTP = urllib3.PoolManager(retries=False, timeout=5)
JPEG = encoded(paint((64, 48)), "JPEG")


class Hooks(OurSide):
    """Every webhook is kept."""

    def __init__(self) -> None:
        super().__init__(self._hook)
        self.payloads: list[dict[str, Any]] = []
        self.status = 200

    async def _hook(self, request: Request) -> Response:
        if request.method == "GET":
            return PlainTextResponse(request.query_params["hub.challenge"])
        body = await request.body()
        assert request.headers["x-hub-signature-256"] == signature(SECRET, body)
        self.payloads.append(json.loads(body))
        return Response(status_code=self.status)

    def values(self, name: str) -> list[dict[str, Any]]:
        """All `messages` or `statuses` so far."""
        changes = [change for payload in self.payloads for entry in payload["entry"] for change in entry["changes"]]
        return [one for change in changes for one in change["value"].get(name, [])]


@pytest.fixture
def our_side() -> Iterator[Hooks]:
    with Hooks() as side:
        yield side


@pytest.fixture
def whatsapp(tmp_path: Path, our_side: Hooks) -> Iterator[SandboxWhatsApp]:
    with SandboxWhatsApp(TOKEN, SECRET, our_side.hook_url, tmp_path / "customers") as running:
        yield running


def node(whatsapp: SandboxWhatsApp, edge: str) -> str:
    return f"{whatsapp.api_url}/v25.0/106540352242922/{edge}"


def post(whatsapp: SandboxWhatsApp, token: str = TOKEN, **changes: Any) -> urllib3.BaseHTTPResponse:
    """A text; `changes` replace fields, and None takes one away."""
    whole = {"messaging_product": "whatsapp", "to": "14155550100", "type": "text", "text": {"body": "hi"}} | changes
    body = json.dumps({name: value for name, value in whole.items() if value is not None})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return HTTP.request("POST", node(whatsapp, "messages"), body=body, headers=headers)


def upload(
    whatsapp: SandboxWhatsApp, content: bytes = JPEG, media_type: str = "image/jpeg", name: str = "a.jpg", **fields: str
) -> urllib3.BaseHTTPResponse:
    form = {"messaging_product": "whatsapp", "type": media_type, **fields, "file": (name, content, media_type)}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return HTTP.request("POST", node(whatsapp, "media"), fields=form, headers=headers)


def get(url: str, token: str | None = TOKEN) -> urllib3.BaseHTTPResponse:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return HTTP.request("GET", url, headers=headers, redirect=False)


def code(answer: urllib3.BaseHTTPResponse) -> tuple[int, int]:
    return answer.status, answer.json()["error"]["code"]


def test_a_send_that_breaks_a_rule_is_refused(whatsapp: SandboxWhatsApp) -> None:
    """In Graph's words, and it is kept for whoever wants to know."""
    assert code(post(whatsapp, token="wrong")) == (401, 190)
    assert code(post(whatsapp, colour="blue")) == (400, 100)
    assert code(post(whatsapp, type="image", text=None, image={"id": "404"})) == (400, 131009)
    assert [one.code for one in whatsapp.rejections] == [190, 100, 131009]


def test_an_upload_is_looked_at(whatsapp: SandboxWhatsApp) -> None:
    """And nothing is kept of one that is not what it says."""
    assert code(upload(whatsapp, media_type="image/png", name="a.png")) == (400, 131053)
    assert list(whatsapp.network.media) == []


def test_nobody_is_written_to_who_has_not_written_today(whatsapp: SandboxWhatsApp) -> None:
    """Neither before the first message nor a day after the last."""
    assert code(post(whatsapp)) == (400, 131047)
    whatsapp.customer_sends(CUSTOMER, "hello")
    whatsapp.let_pass(DAY - 60)
    assert post(whatsapp).status == 200
    whatsapp.let_pass(120)
    assert code(post(whatsapp)) == (400, 131047)


def test_the_window_may_be_a_matter_of_a_status(whatsapp: SandboxWhatsApp, our_side: Hooks) -> None:
    """Meta takes the message and says afterwards that it does not."""
    whatsapp.network.tells_errors_late = True
    assert post(whatsapp, biz_opaque_callback_data="c/m/p").status == 200
    (status,) = eventually(lambda: our_side.values("statuses"), within=5)
    assert (status["status"], status["errors"][0]["code"], status["biz_opaque_callback_data"]) == (
        "failed",
        131047,
        "c/m/p",
    )


def test_a_message_arrives_and_is_reported(whatsapp: SandboxWhatsApp, our_side: Hooks) -> None:
    """The file lies there byte for byte; statuses come in the order that a test wants."""
    whatsapp.network.statuses = ("read", "sent")
    whatsapp.customer_sends(CUSTOMER, "hello")
    media = upload(whatsapp).json()["id"]
    sent = post(whatsapp, type="image", text=None, image={"id": media, "caption": "look"}).json()["messages"][0]["id"]

    statuses = eventually(lambda: len(our_side.values("statuses")) == 2 and our_side.values("statuses"), within=5)
    (message,) = whatsapp.customer(CUSTOMER).received
    assert (message.text, message.files[0].path.read_bytes(), message.files[0].media_type) == (
        "look",
        JPEG,
        "image/jpeg",
    )
    assert [(one["id"], one["status"]) for one in statuses] == [(sent, "read"), (sent, "sent")]


def test_a_customers_album_is_several_messages_of_one_webhook(
    whatsapp: SandboxWhatsApp, our_side: Hooks, tmp_path: Path
) -> None:
    """Each as often as it is wanted: Meta repeats what it is not sure of."""
    whatsapp.network.webhook.copies = 2
    files = {"a.jpg": JPEG, "b.mp4": clip("video/mp4"), "c.ogg": clip("audio/ogg"), "d.zip": b"PK\x05\x06" + bytes(18)}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    whatsapp.customer_sends(CUSTOMER, "look", [tmp_path / name for name in files])
    assert len(our_side.payloads) == 2
    messages = our_side.values("messages")[:4]
    assert [one["type"] for one in messages] == ["image", "video", "audio", "document"]
    assert (messages[0]["image"]["caption"], messages[2]["audio"]["voice"]) == ("look", True)


def media_of(whatsapp: SandboxWhatsApp, our_side: Hooks, tmp_path: Path) -> str:
    """Where a customer's photo is known."""
    (tmp_path / "photo.jpg").write_bytes(JPEG)
    whatsapp.customer_sends(CUSTOMER, files=[tmp_path / "photo.jpg"])
    return f"{whatsapp.api_url}/v25.0/{our_side.values('messages')[-1]['image']['id']}"


def test_media_are_had_in_two_steps_with_the_token(whatsapp: SandboxWhatsApp, our_side: Hooks, tmp_path: Path) -> None:
    """Both steps want it; the digest is the file's."""
    known = media_of(whatsapp, our_side, tmp_path)
    assert code(get(known, "wrong")) == (401, 190)
    found = get(known).json()
    assert (found["sha256"], found["mime_type"]) == (sha256(JPEG).hexdigest(), "image/jpeg")
    assert (get(found["url"], None).status, get(found["url"]).data) == (401, JPEG)


def test_urls_live_for_minutes_and_ids_for_days(whatsapp: SandboxWhatsApp, our_side: Hooks, tmp_path: Path) -> None:
    """As documented: five and seven."""
    known = media_of(whatsapp, our_side, tmp_path)
    url = get(known).json()["url"]
    whatsapp.let_pass(301)
    assert get(url).status == 404
    whatsapp.let_pass(7 * DAY)
    assert get(known).json()["error"]["error_subcode"] == 33


@pytest.mark.parametrize(
    ("fault", "status"), [(MediaFault.EXPIRED_URL, 404), (MediaFault.PRIVATE_REDIRECT, 302), (None, 200)]
)
def test_a_download_goes_wrong_on_order(
    whatsapp: SandboxWhatsApp, our_side: Hooks, tmp_path: Path, fault: MediaFault | None, status: int
) -> None:
    """Once; then it works."""
    known = media_of(whatsapp, our_side, tmp_path)
    if fault:
        whatsapp.fault(fault)
    assert [get(get(known).json()["url"]).status for _ in range(2)] == [status, 200]


def test_a_wrong_digest_and_a_throttle_on_order(whatsapp: SandboxWhatsApp, our_side: Hooks, tmp_path: Path) -> None:
    """In Graph's own words."""
    known = media_of(whatsapp, our_side, tmp_path)
    whatsapp.fault(MediaFault.THROTTLED)
    whatsapp.fault(MediaFault.WRONG_DIGEST)
    assert code(get(known)) == (400, 4)
    assert get(known).json()["sha256"] != get(known).json()["sha256"]


def test_a_body_stops_half_way_on_order(whatsapp: SandboxWhatsApp, our_side: Hooks, tmp_path: Path) -> None:
    """The connection stays open and says nothing more."""
    known = media_of(whatsapp, our_side, tmp_path)
    whatsapp.fault(MediaFault.SLOW_BODY)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = HTTP.request("GET", get(known).json()["url"], headers=headers, preload_content=False, timeout=0.5)
    assert answer.read(len(JPEG) // 2) == JPEG[: len(JPEG) // 2]
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        answer.read(1)


@pytest.mark.parametrize(("fault", "status", "graph"), [(Fault.THROTTLED, 429, 4), (Fault.OUTAGE, 500, 2)])
def test_a_post_goes_wrong_on_order(whatsapp: SandboxWhatsApp, fault: Fault, status: int, graph: int) -> None:
    """And nothing is taken."""
    whatsapp.customer_sends(CUSTOMER, "hello")
    whatsapp.fault(fault)
    assert code(post(whatsapp)) == (status, graph)
    assert whatsapp.customer(CUSTOMER).received == []


def test_a_bad_answer_to_a_webhook_is_an_alert(whatsapp: SandboxWhatsApp, our_side: Hooks) -> None:
    """After it was repeated."""
    our_side.status = 500
    whatsapp.customer_sends(CUSTOMER, "hello")
    assert ([one.why for one in whatsapp.alerts], len(our_side.payloads)) == (["HTTP 500"], 3)


def test_the_handshake_wants_its_challenge_back(whatsapp: SandboxWhatsApp) -> None:
    """As when an app is set up."""
    assert whatsapp.subscribe()
