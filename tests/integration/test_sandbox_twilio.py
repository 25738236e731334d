"""The loopback Twilio is as strict as the real one."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
import urllib3
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.integration.our_side import OurSide
from tests.polling import eventually
from workers.sandbox.faults import Fault
from workers.sandbox.listener import Listener
from workers.sandbox.twilio import SandboxTwilio
from workers.sandbox.twilio_webhook import signature

SID, TOKEN = "AC" + "0" * 32, "the-auth-token"
OURS, CUSTOMER = "+15005550006", "+14155550100"
HTTP = urllib3.PoolManager(retries=False, timeout=5)


class Hooks(OurSide):
    """Every webhook is kept."""

    def __init__(self) -> None:
        super().__init__(self._hook)
        self.hooks: list[tuple[str, dict[str, str]]] = []
        self.answer = Response("<Response/>", media_type="text/xml")

    async def _hook(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode(), keep_blank_values=True)
        fields = {name: values[0] for name, values in form.items()}
        genuine = signature(TOKEN, str(request.url), fields)
        assert request.headers["x-twilio-signature"] == genuine
        self.hooks.append((request.url.query, fields))
        return self.answer

    def statuses(self) -> list[tuple[str, str | None]]:
        return [(fields["MessageStatus"], fields.get("ErrorCode")) for _, fields in self.hooks]


@pytest.fixture
def our_side() -> Iterator[Hooks]:
    with Hooks() as side:
        yield side


@pytest.fixture
def twilio(tmp_path: Path, our_side: Hooks) -> Iterator[SandboxTwilio]:
    with SandboxTwilio(SID, TOKEN, our_side.hook_url, tmp_path / "phones", numbers=[OURS]) as running:
        yield running


@pytest.fixture(scope="module")
def jpeg(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("photo") / "photo.jpg"
    Image.effect_noise((400, 300), 40).convert("RGB").save(path, quality=80)
    return path.read_bytes()


def send(twilio: SandboxTwilio, *fields: tuple[str, str], auth: str = f"{SID}:{TOKEN}") -> urllib3.BaseHTTPResponse:
    """Post a send; what is not given is a good default."""
    given = {name for name, _ in fields}
    defaults = [(name, value) for name, value in (("To", CUSTOMER), ("From", OURS)) if name not in given]
    return HTTP.request(
        "POST",
        f"{twilio.api_url}/2010-04-01/Accounts/{SID}/Messages.json",
        body=urlencode([*defaults, *fields]),
        headers=urllib3.make_headers(basic_auth=auth) | {"Content-Type": "application/x-www-form-urlencoded"},
    )


MEDIA = [("MediaUrl", f"https://media.example/{number}.jpg") for number in range(11)]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        pytest.param([("Body", "hi"), ("To", "")], 400, 21604, id="no recipient"),
        pytest.param([("Body", "hi"), ("From", "")], 400, 21603, id="no sender"),
        pytest.param([("Body", "hi"), ("To", "4155550100")], 400, 21211, id="recipient not E.164"),
        pytest.param([("Body", "hi"), ("To", "+15005550001")], 400, 21211, id="magic invalid recipient"),
        pytest.param([("Body", "hi"), ("To", "+15005550009")], 400, 21614, id="magic landline"),
        pytest.param([("Body", "hi"), ("To", "+15005550004")], 400, 21610, id="magic opt-out"),
        pytest.param([("Body", "hi"), ("From", "+14155550199")], 400, 21606, id="somebody else's sender"),
        pytest.param([("Body", "hi"), ("To", OURS)], 400, 21266, id="to ourselves"),
        pytest.param([], 400, 21602, id="neither text nor media"),
        pytest.param([("Body", "x" * 1601)], 400, 21617, id="text too long"),
        pytest.param(MEDIA, 400, 21623, id="eleven media"),
        pytest.param([("MediaUrl", "file:///etc/passwd")], 400, 21620, id="media URL of no kind that Twilio fetches"),
        pytest.param([("Body", "hi"), ("StatusCallback", "nowhere")], 400, 21609, id="callback is no URL"),
    ],
)
def test_a_bad_send_is_refused_with_twilios_code(
    twilio: SandboxTwilio, fields: list[tuple[str, str]], status: int, code: int
) -> None:
    """What Twilio documents as an error is one here, and nothing is sent."""
    answer = send(twilio, *fields)
    assert (answer.status, answer.json()["code"], answer.json()["status"]) == (status, code, status)
    assert answer.json()["more_info"].endswith(f"/{code}")
    assert twilio.sent == ()


@pytest.mark.parametrize("auth", ["", f"{SID}:wrong", f"AC{'1' * 32}:{TOKEN}"])
def test_wrong_credentials_are_20003(twilio: SandboxTwilio, auth: str) -> None:
    """Only the account's SID and token open the API."""
    answer = send(twilio, ("Body", "hi"), auth=auth)
    assert (answer.status, answer.json()["code"]) == (401, 20003)


def test_a_good_send_reaches_the_phone_byte_for_byte(twilio: SandboxTwilio, our_side: Hooks, jpeg: bytes) -> None:
    """201 with the documented fields, HEAD and GET, signed callbacks in order, the exact bytes on the phone."""
    media = our_side.serve("a.jpg", jpeg)
    answer = send(twilio, ("Body", "voilà"), ("MediaUrl", media), ("StatusCallback", f"{our_side.url}/hook?part=p1"))
    resource = answer.json()
    assert (answer.status, resource["status"], resource["num_media"]) == (201, "queued", "1")
    assert resource["sid"].startswith("MM")
    eventually(lambda: len(our_side.hooks) == 2, within=5)
    assert our_side.statuses() == [("sent", None), ("delivered", None)]
    assert [query for query, _ in our_side.hooks] == ["part=p1", "part=p1"]
    assert our_side.methods == ["HEAD", "GET"]
    [message] = twilio.phone(CUSTOMER).received
    assert (message.sid, message.text, message.sender) == (resource["sid"], "voilà", OURS)
    assert message.files[0].path.read_bytes() == jpeg
    shown = HTTP.request("GET", f"{twilio.api_url}/_phone/{CUSTOMER}").json()
    assert shown["messages"][0]["files"][0]["path"] == str(message.files[0].path)


def failure_of(twilio: SandboxTwilio, our_side: Hooks, *media: str) -> tuple[str, str | None]:
    """The last status of a send that was accepted and then failed."""
    callback = ("StatusCallback", our_side.hook_url)
    assert send(twilio, callback, *(("MediaUrl", url) for url in media)).status == 201
    eventually(lambda: our_side.hooks and our_side.statuses()[-1][0] in ("failed", "undelivered"), within=10)
    assert twilio.phone(CUSTOMER).received == []
    return our_side.statuses()[-1]


def test_media_that_do_not_exist_fail_the_message(twilio: SandboxTwilio, our_side: Hooks) -> None:
    """A 404 is 11200."""
    assert failure_of(twilio, our_side, f"{our_side.url}/nothing.jpg") == ("failed", "11200")


def test_redirected_media_fail_the_message(twilio: SandboxTwilio, our_side: Hooks, jpeg: bytes) -> None:
    """A redirect instead of the file is 11200."""
    real = our_side.serve("real.jpg", jpeg)
    our_side.files["moved.jpg"] = Response(status_code=302, headers={"Location": real})
    assert failure_of(twilio, our_side, f"{our_side.url}/moved.jpg") == ("failed", "11200")


def test_a_header_that_lies_about_the_bytes_fails_the_message(
    twilio: SandboxTwilio, our_side: Hooks, jpeg: bytes
) -> None:
    """Content-Type says PNG, the bytes are JPEG: 12300."""
    assert failure_of(twilio, our_side, our_side.serve("a.png", jpeg, "image/png")) == ("failed", "12300")


def test_a_type_that_mms_does_not_take_fails_the_message(twilio: SandboxTwilio, our_side: Hooks) -> None:
    """WebP is not accepted for MMS."""
    media = our_side.serve("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp")
    assert failure_of(twilio, our_side, media) == ("failed", "12300")


def test_a_content_length_that_lies_fails_the_message(twilio: SandboxTwilio, our_side: Hooks, jpeg: bytes) -> None:
    """HEAD promises one size, GET another."""
    our_side.files["a.jpg"] = Response(jpeg, media_type="image/jpeg")
    lying = Response(media_type="image/jpeg", headers={"Content-Length": "17"})

    async def file(request: Request) -> Response:
        return lying if request.method == "HEAD" else our_side.files["a.jpg"]

    liar = Listener(Starlette(routes=[Route("/a.jpg", file, methods=["GET"])]), name="liar")
    liar.start()
    assert failure_of(twilio, our_side, f"{liar.url}/a.jpg") == ("failed", "12300")
    liar.stop()


def test_more_than_five_megabytes_in_all_fail_the_message(twilio: SandboxTwilio, our_side: Hooks, jpeg: bytes) -> None:
    """Two files of 2.6 MB are one too much: 11751."""
    media = our_side.serve("a.jpg", jpeg + bytes(2_600_000))
    assert failure_of(twilio, our_side, media, media) == ("failed", "11751")


def test_the_carrier_takes_600_kb(twilio: SandboxTwilio, our_side: Hooks, jpeg: bytes) -> None:
    """One byte more than 600,000 is undelivered with 30019; with the limit off it arrives."""
    media = our_side.serve("a.jpg", jpeg + bytes(600_001 - len(jpeg)))
    assert failure_of(twilio, our_side, media) == ("undelivered", "30019")
    twilio.phone(CUSTOMER).carrier_limit_bytes = None
    send(twilio, ("MediaUrl", media))
    eventually(lambda: twilio.phone(CUSTOMER).received, within=5)


def test_stop_opts_a_phone_out_and_start_in_again(twilio: SandboxTwilio) -> None:
    """After STOP sends are refused with 21610, until START."""
    twilio.send_mms(CUSTOMER, OURS, "Stop")
    assert send(twilio, ("Body", "hi")).json()["code"] == 21610
    twilio.send_mms(CUSTOMER, OURS, "start")
    assert send(twilio, ("Body", "hi")).status == 201


def test_a_customers_mms_comes_as_a_signed_form(twilio: SandboxTwilio, our_side: Hooks, jpeg: bytes) -> None:
    """The webhook bears the documented fields; the media answer with a redirect to another host."""
    sid = twilio.send_mms(CUSTOMER, OURS, "look", media=[("image/jpeg", jpeg), ("image/png", b"png")])
    [(_, fields)] = our_side.hooks
    assert {name: fields[name] for name in ("MessageSid", "From", "To", "Body", "NumMedia", "MediaContentType1")} == {
        "MessageSid": sid,
        "From": CUSTOMER,
        "To": OURS,
        "Body": "look",
        "NumMedia": "2",
        "MediaContentType1": "image/png",
    }
    url, basic = fields["MediaUrl0"], urllib3.make_headers(basic_auth=f"{SID}:{TOKEN}")
    assert HTTP.request("GET", url, redirect=False).status == 401
    hop = HTTP.request("GET", url, headers=basic, redirect=False)
    assert hop.status == 307
    target = hop.headers["Location"]
    assert not target.startswith(twilio.api_url)
    assert HTTP.request("GET", target, headers=basic).status == 400
    content = HTTP.request("GET", target)
    assert (content.headers["Content-Type"], hashlib.sha256(content.data).digest()) == (
        "image/jpeg",
        hashlib.sha256(jpeg).digest(),
    )
    assert list(twilio.alerts) == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [(Response(status_code=500), 11200), (Response("{}", media_type="application/json"), 12300)],
)
def test_a_bad_answer_to_a_webhook_is_an_alert(
    twilio: SandboxTwilio, our_side: Hooks, answer: Response, code: int
) -> None:
    """Twilio's debugger holds 11200 for an error of ours, 12300 for a wrong type."""
    our_side.answer = answer
    twilio.send_mms(CUSTOMER, OURS, "hello")
    assert [alert.code for alert in twilio.alerts] == [code]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [(Fault.THROTTLED, 429, 20429), (Fault.OUTAGE, 500, 20500), (Fault.BAD_GATEWAY, 502, 0)],
)
def test_ordered_faults_answer_so_often_and_take_nothing(
    twilio: SandboxTwilio, fault: Fault, status: int, code: int
) -> None:
    """Two ordered faults spoil two sends; the third is taken."""
    twilio.fault(fault, times=2)
    answers = [send(twilio, ("Body", str(number))) for number in range(3)]
    assert [answer.status for answer in answers] == [status, status, 201]
    assert [sent.asked.body for sent in twilio.sent] == ["2"]
    assert not code or answers[0].json()["code"] == code
    assert ("Retry-After" in answers[0].headers) == (status == 429)


@pytest.mark.parametrize(
    ("fault", "taken"), [(Fault.RESET, []), (Fault.ACCEPT_THEN_RESET, ["hi"]), (Fault.HANG, ["hi"])]
)
def test_a_send_without_an_answer_may_or_may_not_have_been_taken(
    twilio: SandboxTwilio, fault: Fault, taken: list[str]
) -> None:
    """A reset or a silence looks alike from outside; the phone knows."""
    twilio.fault(fault)
    with pytest.raises(urllib3.exceptions.HTTPError), urllib3.PoolManager(retries=False, timeout=1) as http:
        http.request(
            "POST",
            f"{twilio.api_url}/2010-04-01/Accounts/{SID}/Messages.json",
            body=urlencode({"To": CUSTOMER, "From": OURS, "Body": "hi"}),
            headers=urllib3.make_headers(basic_auth=f"{SID}:{TOKEN}")
            | {"Content-Type": "application/x-www-form-urlencoded"},
        )
    assert [sent.asked.body for sent in twilio.sent] == taken
    eventually(lambda: [one.text for one in twilio.phone(CUSTOMER).received] == taken, within=5)
    assert send(twilio, ("Body", "hello")).status == 201
