"""The loopback Telnyx is as strict as the real one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from starlette.requests import Request
from starlette.responses import Response

from tests.integration.our_side import OurSide
from tests.polling import eventually
from workers.sandbox.faults import Fault
from workers.sandbox.telnyx import SandboxTelnyx

OURS, CUSTOMER, API_KEY = "+15005550106", "+14155550100", "KEY1"
HTTP = urllib3.PoolManager(retries=False, timeout=5)
JPEG = b"\xff\xd8\xff\xe0" + bytes(1000)


class Hooks(OurSide):
    """Every webhook is kept."""

    def __init__(self) -> None:
        super().__init__(self._hook)
        self.hooks: list[dict[str, object]] = []
        self.answers: list[int] = []

    async def _hook(self, request: Request) -> Response:
        self.hooks.append(await request.json())
        return Response(status_code=self.answers.pop(0) if self.answers else 200)

    def seen(self) -> list[tuple[str, str, list[str]]]:
        """(event, status, codes) of each webhook."""
        found = []
        for hook in self.hooks:
            data = json.loads(json.dumps(hook["data"]))
            payload = data["payload"]
            codes = [error["code"] for error in payload["errors"]]
            found.append((data["event_type"], payload["to"][0]["status"], codes))
        return found


@pytest.fixture
def our_side() -> Iterator[Hooks]:
    with Hooks() as side:
        yield side


@pytest.fixture
def telnyx(tmp_path: Path, our_side: Hooks) -> Iterator[SandboxTelnyx]:
    with SandboxTelnyx(API_KEY, our_side.hook_url, tmp_path / "phones", [OURS]) as running:
        yield running


def send(
    telnyx: SandboxTelnyx, bearer: str = API_KEY, content_type: str = "application/json", **fields: object
) -> urllib3.BaseHTTPResponse:
    """Post a send; what is not given is a good default."""
    document = {"from": OURS, "to": CUSTOMER, **fields}
    return HTTP.request(
        "POST",
        f"{telnyx.api_url}/v2/messages",
        body=json.dumps(document),
        headers={"Authorization": f"Bearer {bearer}", "Content-Type": content_type},
    )


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        pytest.param({"text": "hi", "bearer": "wrong"}, 401, "10009", id="wrong key"),
        pytest.param({"text": "hi", "content_type": "text/plain"}, 415, "10014", id="not JSON"),
        pytest.param({"text": "hi", "to": ""}, 422, "10004", id="no recipient"),
        pytest.param({"text": "hi", "to": "4155550100"}, 400, "10016", id="recipient not E.164"),
        pytest.param({"text": "hi", "from": "+14155550199"}, 404, "10005", id="somebody else's sender"),
        pytest.param({}, 422, "10004", id="neither text nor media"),
        pytest.param({"text": "hi", "type": "MMS"}, 400, "10015", id="an MMS without media"),
        pytest.param({"media_urls": ["https://x.example/1"] * 11}, 400, "10015", id="eleven media"),
        pytest.param({"media_urls": ["ftp://x.example/1"]}, 400, "10003", id="a URL that nobody fetches"),
        pytest.param({"media_urls": ["https://x.example/" + "a" * 2000]}, 400, "10003", id="too long a URL"),
        pytest.param({"text": "hi", "webhook_url": "nowhere"}, 400, "10003", id="webhook is no URL"),
        pytest.param({"text": "hi", "caption": "x"}, 400, "10015", id="a field that there is not"),
    ],
)
def test_a_bad_send_is_refused_with_telnyxs_code(
    telnyx: SandboxTelnyx, fields: dict[str, str], status: int, code: str
) -> None:
    """What Telnyx documents as an error is one here, and nothing is sent."""
    answer = send(telnyx, **fields)  # type: ignore[arg-type]
    assert (answer.status, answer.json()["errors"][0]["code"]) == (status, code)
    assert (telnyx.sent, [str(one.code) for one in telnyx.rejections]) == ((), [code])


def test_a_good_send_reaches_the_phone_byte_for_byte(telnyx: SandboxTelnyx, our_side: Hooks) -> None:
    """The documented answer, signed webhooks in order, the exact bytes on the phone."""
    our_side.files["a.jpg"] = Response(JPEG, media_type="image/jpeg")
    answer = send(telnyx, text="voilà", media_urls=[f"{our_side.url}/a.jpg"], webhook_url=our_side.hook_url)
    made = answer.json()["data"]
    assert (answer.status, made["to"][0]["status"], made["type"]) == (200, "queued", "MMS")
    eventually(lambda: len(our_side.hooks) == 2, within=5)
    assert our_side.seen() == [("message.sent", "sent", []), ("message.finalized", "delivered", [])]
    (message,) = telnyx.customer(CUSTOMER).received
    assert (message.sid, message.text, message.sender) == (made["id"], "voilà", OURS)
    assert message.files[0].path.read_bytes() == JPEG


@pytest.mark.parametrize(
    ("size_bytes", "code"), [(1_000_000, "40302"), (600_001, "40302"), (600_000, None)], ids=["1 MB", "carrier", "fits"]
)
def test_too_much_is_a_failed_delivery(
    telnyx: SandboxTelnyx, our_side: Hooks, size_bytes: int, code: str | None
) -> None:
    """Less than 1 MB for Telnyx, 600 KB for the strictest carrier."""
    our_side.files["a.jpg"] = Response(JPEG.ljust(size_bytes, b"\0"), media_type="image/jpeg")
    assert send(telnyx, media_urls=[f"{our_side.url}/a.jpg"]).status == 200
    eventually(lambda: [seen for seen in our_side.seen() if seen[0] == "message.finalized"], within=5)
    assert our_side.seen()[-1][2] == ([code] if code else [])


def test_media_that_are_not_there_fail_the_message(telnyx: SandboxTelnyx, our_side: Hooks) -> None:
    """And stand among the alerts."""
    assert send(telnyx, media_urls=[f"{our_side.url}/nothing.jpg"]).status == 200
    eventually(lambda: our_side.seen() == [("message.finalized", "delivery_failed", ["40317"])], within=5)
    assert [alert.why for alert in telnyx.alerts] == ["HTTP 404"]


def test_a_webhook_is_tried_three_times(telnyx: SandboxTelnyx, our_side: Hooks) -> None:
    """What is answered well at the third is none for the alerts; what never is, is one."""
    our_side.answers = [500, 503]
    telnyx.customer_sends(CUSTOMER, "hello")
    assert (len(our_side.hooks), list(telnyx.alerts)) == (3, [])
    our_side.answers = [500] * 3
    telnyx.customer_sends(CUSTOMER, "hello?")
    assert (len(our_side.hooks), [alert.why for alert in telnyx.alerts]) == (6, ["HTTP 500"])


def test_stop_opts_a_phone_out_and_start_in_again(telnyx: SandboxTelnyx) -> None:
    """After STOP sends are refused with 40300, until START."""
    telnyx.customer_sends(CUSTOMER, "Stop")
    assert send(telnyx, text="hi").json()["errors"][0]["code"] == "40300"
    telnyx.customer_sends(CUSTOMER, "start")
    assert send(telnyx, text="hi").status == 200


@pytest.mark.parametrize(("fault", "status", "code"), [(Fault.THROTTLED, 429, "10011"), (Fault.OUTAGE, 500, "10007")])
def test_faults_speak_telnyxs_words(telnyx: SandboxTelnyx, fault: Fault, status: int, code: str) -> None:
    """They take nothing, and the next send is taken again."""
    telnyx.fault(fault)
    answers = [send(telnyx, text=text) for text in ("one", "two")]
    assert [answer.status for answer in answers] == [status, 200]
    assert answers[0].json()["errors"][0]["code"] == code
    assert [sent.asked.text for sent in telnyx.sent] == ["two"]
