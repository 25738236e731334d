"""The loopback Instagram is as strict as the real one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from starlette.requests import Request
from starlette.responses import Response

from tests.clips import clip
from tests.images import encoded
from tests.integration.our_side import OurSide
from tests.polling import eventually
from workers.sandbox.faults import Fault
from workers.sandbox.instagram import SandboxInstagram
from workers.sandbox.meta_faults import MediaFault
from workers.sandbox.meta_webhook import signature
from workers.sandbox.scene import paint

TOKEN, SECRET = "IGQW-the-token", "app-secret"
OURS, CUSTOMER = "17841405309211844", "1378293643217"
DAY = 24 * 3600
HTTP = urllib3.PoolManager(retries=False, timeout=5)
JPEG = encoded(paint((64, 48)), "JPEG")


class Hooks(OurSide):
    """Every webhook is kept."""

    def __init__(self) -> None:
        super().__init__(self._hook)
        self.items: list[dict[str, Any]] = []

    async def _hook(self, request: Request) -> Response:
        body = await request.body()
        assert request.headers["x-hub-signature-256"] == signature(SECRET, body)
        self.items += [item for entry in json.loads(body)["entry"] for item in entry["messaging"]]
        return Response()


@pytest.fixture
def our_side() -> Iterator[Hooks]:
    with Hooks() as side:
        yield side


@pytest.fixture
def instagram(tmp_path: Path, our_side: Hooks) -> Iterator[SandboxInstagram]:
    with SandboxInstagram(TOKEN, SECRET, our_side.hook_url, tmp_path / "customers") as running:
        yield running


def post(
    instagram: SandboxInstagram, message: Any, token: str = TOKEN, node: str = OURS, **more: Any
) -> urllib3.BaseHTTPResponse:
    body = json.dumps({"recipient": {"id": CUSTOMER}, "message": message} | more)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return HTTP.request("POST", f"{instagram.api_url}/v25.0/{node}/messages", body=body, headers=headers)


def code(answer: urllib3.BaseHTTPResponse) -> tuple[int, int, int | None]:
    error = answer.json()["error"]
    return answer.status, error["code"], error.get("error_subcode")


def attached(kind: str, url: str = "https://x.example/a") -> dict[str, Any]:
    return {"type": kind, "payload": {"url": url}}


def test_a_send_that_breaks_a_rule_is_refused(instagram: SandboxInstagram) -> None:
    """In Graph's words, and it is kept for whoever wants to know."""
    instagram.customer_sends(CUSTOMER, "hello")
    assert code(post(instagram, {"text": "hi"}, token="wrong")) == (401, 190, None)
    assert code(post(instagram, {"text": "ä" * 501})) == (400, 100, None)
    assert code(post(instagram, {"text": "hi"}, messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT")) == (403, 10, None)
    assert [one.code for one in instagram.rejections] == [190, 100, 10]


@pytest.mark.parametrize(
    ("kind", "content", "media_type", "expected"),
    [
        ("image", JPEG, "image/jpeg", None),
        ("image", JPEG, "image/png", 2018047),
        ("image", JPEG, "text/html", 2018047),
        ("video", JPEG, "video/mp4", 2018047),
        ("file", b"PK\x05\x06" + bytes(18), "application/zip", 2018047),
        ("image", JPEG.ljust(8_000_001, b"\0"), "image/jpeg", 2018109),
        ("image", None, "image/jpeg", 2018008),
    ],
)
def test_files_are_fetched_and_looked_at(
    instagram: SandboxInstagram,
    our_side: Hooks,
    kind: str,
    content: bytes | None,
    media_type: str,
    expected: int | None,
) -> None:
    """What cannot be had or used is told in the answer."""
    instagram.customer_sends(CUSTOMER, "hello")
    url = our_side.serve("a", content, media_type) if content else f"{our_side.url}/nowhere"
    answer = post(instagram, {"attachment": attached(kind, url)})
    assert answer.json().get("error", {}).get("error_subcode") == expected
    assert len(instagram.customer(CUSTOMER).received) == (expected is None)


def test_pictures_arrive_together_and_come_back_as_an_echo_and_as_seen(
    instagram: SandboxInstagram, our_side: Hooks
) -> None:
    """There is no report of a delivery."""
    instagram.customer_sends(CUSTOMER, "hello")
    our_side.items.clear()
    mid = post(instagram, {"attachments": [attached("image", our_side.serve(name, JPEG)) for name in "ab"]}).json()[
        "message_id"
    ]
    echo, seen = eventually(lambda: len(our_side.items) == 2 and our_side.items, within=5)
    (message,) = instagram.customer(CUSTOMER).received
    assert [one.path.read_bytes() for one in message.files] == [JPEG, JPEG]
    assert (echo["message"]["mid"], echo["message"]["is_echo"], echo["sender"]["id"]) == (mid, True, OURS)
    assert (seen["read"]["mid"], seen["sender"]["id"]) == (mid, CUSTOMER)


def test_nobody_is_written_to_who_has_not_written_today(instagram: SandboxInstagram) -> None:
    """A person may answer for a week, where Meta has allowed it."""
    assert code(post(instagram, {"text": "hi"})) == (403, 10, 2534022)
    instagram.customer_sends(CUSTOMER, "hello")
    instagram.let_pass(2 * DAY)
    instagram.network.people_may_answer = True
    tag = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    assert code(post(instagram, {"text": "hi"})) == (403, 10, 2534022)
    assert post(instagram, {"text": "hi"}, **tag).status == 200
    instagram.let_pass(6 * DAY)
    assert code(post(instagram, {"text": "hi"}, **tag)) == (403, 10, 2534022)


def test_a_customers_message_holds_words_and_files_whose_addresses_need_no_token(
    instagram: SandboxInstagram, our_side: Hooks, tmp_path: Path
) -> None:
    """And die soon; a token that is shown to them has leaked."""
    (tmp_path / "a.jpg").write_bytes(JPEG)
    (tmp_path / "b.mp4").write_bytes(clip("video/mp4"))
    instagram.customer_sends(CUSTOMER, "look", [tmp_path / "a.jpg", tmp_path / "b.mp4"])
    (item,) = our_side.items
    urls = [one["payload"]["url"] for one in item["message"]["attachments"]]
    assert (item["message"]["text"], [one["type"] for one in item["message"]["attachments"]]) == (
        "look",
        ["image", "video"],
    )
    assert HTTP.request("GET", urls[0]).data == JPEG
    assert HTTP.request("GET", urls[0], headers={"Authorization": "Bearer x"}).status == 400
    instagram.fault(MediaFault.EXPIRED_URL)
    assert [HTTP.request("GET", urls[0]).status for _ in range(2)] == [404, 200]
    instagram.let_pass(DAY)
    assert HTTP.request("GET", urls[0]).status == 404


def test_a_page_has_a_node_of_its_own(tmp_path: Path, our_side: Hooks) -> None:
    """The Facebook login: the account's own id is unknown there."""
    with SandboxInstagram(TOKEN, SECRET, our_side.hook_url, tmp_path, page_id="99") as instagram:
        instagram.customer_sends(CUSTOMER, "hello")
        assert post(instagram, {"text": "hi"}).status == 404
        assert post(instagram, {"text": "hi"}, node="99").status == 200


@pytest.mark.parametrize(("fault", "expected"), [(Fault.THROTTLED, (429, 4, None)), (Fault.OUTAGE, (500, 2, None))])
def test_a_post_goes_wrong_on_order(instagram: SandboxInstagram, fault: Fault, expected: Any) -> None:
    """And nothing is taken."""
    instagram.customer_sends(CUSTOMER, "hello")
    instagram.fault(fault)
    assert code(post(instagram, {"text": "hi"})) == expected
    assert instagram.customer(CUSTOMER).received == []
