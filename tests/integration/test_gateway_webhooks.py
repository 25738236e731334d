"""Providers call the gateway: proof before belief, the intake before the answer."""

import socket
from pathlib import Path

import pytest

from tests.integration.gateway_door import NUMBER, PUBLIC, SID, TOKEN, open_door, sign
from tests.polling import eventually

SAMPLES = Path(__file__).parents[1] / "payloads" / "sms"
MMS = (SAMPLES / "inbound_two_photos_and_text.form").read_bytes()
WEBHOOK = "/webhooks/sms/twilio"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    with open_door(tmp_path_factory.mktemp("door")) as door:
        yield door


def mms(number):
    """One more message of its own."""
    return MMS.replace(b"0000000001&", b"%010d&" % number)


def test_a_signed_payload_is_written_down_published_and_answered(tmp_path):
    """The event holds the payload as it came, and the headers that parsing needs alone."""
    with open_door(tmp_path) as door:
        answer = door.twilio(MMS, Cookie="secret", **{"I-Twilio-Idempotency-Token": "x"})
        (event,) = door.events(1)
        eventually(lambda: door.intake_rows()[0].published_at, 5)
    assert (answer.status, answer.headers["content-type"].partition(";")[0], answer.body) == (
        200,
        "text/xml",
        b"<Response/>",
    )
    payload = event.data
    assert (payload.account, payload.channel, payload.provider) == ("acme", "sms", "twilio")
    assert payload.url == PUBLIC + WEBHOOK
    assert payload.headers == {"content-type": "application/x-www-form-urlencoded"}
    assert payload.body == MMS.decode()


def test_the_same_call_again_is_the_same_event(tmp_path):
    """A provider that tries again gets the same answer, and nothing happens twice."""
    with open_door(tmp_path) as door:
        answers = [door.twilio(MMS).status for _ in range(3)]
        door.twilio(mms(2))
        events = door.events(2)
        rows = door.intake_rows()
        assert len(door.heard.events) == 2
    assert answers == [200, 200, 200]
    assert len({event.id for event in events}) == len(rows) == 2


def test_the_door_answers_while_the_broker_is_away(tmp_path):
    """What cannot be published stays in the intake for the sweep; the provider hears that it is safe."""
    with open_door(tmp_path, listening=False) as door:
        answer = door.twilio(MMS)
        rows = door.intake_rows()
    assert answer.status == 200
    assert [(row.account, row.published_at) for row in rows] == [("acme", None)]


def test_a_status_callback_keeps_our_token(tmp_path):
    """The query that we put into the callback's URL is part of what was signed and of what is kept."""
    path = f"{WEBHOOK}/status?message=m1&conversation=c1&part=p1"
    with open_door(tmp_path) as door:
        answer = door.twilio((SAMPLES / "status_delivered.form").read_bytes(), path)
        (event,) = door.events(1)
    assert answer.status == 200
    assert event.data.url == PUBLIC + path


def test_a_get_webhook_passes(tmp_path):
    """An account may have configured GET: then the query is all there is."""
    path = f"{WEBHOOK}?{MMS.decode()}"
    with open_door(tmp_path) as door:
        answer = door.ask("GET", path, headers={"X-Twilio-Signature": sign(PUBLIC + path, b"")})
        (event,) = door.events(1)
    assert (answer.status, event.data.body) == (200, "")


def test_a_large_or_binary_payload_goes_to_the_store(tmp_path):
    """Events end at 64 KB and databases keep no NUL: such a body lies in the store, unchanged."""
    bodies = [MMS.replace(b"Look", b"x" * 60_000), MMS + b"&z=%00\x00"]
    with open_door(tmp_path) as door:
        answers = [door.twilio(body) for body in bodies]
        kept = []
        for event in sorted(door.events(2), key=lambda event: event.time):
            assert event.data.body is None
            with door.services.store.read(event.data.body_key) as chunks:
                kept.append(b"".join(chunks))
    assert ([answer.status for answer in answers], kept) == ([200, 200], bodies)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"X-Twilio-Signature": ""}, id="missing"),
        pytest.param({"X-Twilio-Signature": sign(PUBLIC + WEBHOOK, MMS, "another")}, id="another token"),
        pytest.param({"X-Twilio-Signature": sign(PUBLIC + WEBHOOK + "?a=1", MMS)}, id="another query"),
        pytest.param({"X-Twilio-Signature": sign(PUBLIC + WEBHOOK + "/status", MMS)}, id="another path"),
        pytest.param({"X-Twilio-Signature": sign("http://door.example" + WEBHOOK, MMS)}, id="another scheme"),
        pytest.param(
            {"X-Twilio-Signature": sign("https://evil.test" + WEBHOOK, MMS), "Host": "evil.test"}, id="a forged Host"
        ),
        pytest.param(
            {
                "X-Twilio-Signature": sign("https://evil.test" + WEBHOOK, MMS),
                "X-Forwarded-Host": "evil.test",
                "X-Forwarded-Proto": "https",
            },
            id="a forged proxy",
        ),
    ],
)
def test_a_wrong_signature_is_refused_and_nothing_is_kept(door, headers):
    """Nobody but the provider gets anything into the intake."""
    before = len(door.intake_rows())
    answer = door.twilio(MMS, **headers)
    assert (answer.status, answer.error, len(door.intake_rows())) == (403, "signature_invalid", before)


@pytest.mark.parametrize("host", ["https://door.example:443", "https://door.example"])
def test_the_port_may_or_may_not_be_signed(door, host):
    """Twilio is inconsistent about the default port."""
    body = mms(100 + len(host))
    assert door.twilio(body, **{"X-Twilio-Signature": sign(host + WEBHOOK, body)}).status == 200


@pytest.mark.parametrize(
    "body", [MMS.replace(b"crack", b"cracks"), MMS + b"&Extra=1", MMS.replace(b"ME0", b"ME1"), MMS[:-1]]
)
def test_an_altered_body_is_refused(door, body):
    """The signature covers every parameter."""
    assert door.twilio(body, **{"X-Twilio-Signature": sign(PUBLIC + WEBHOOK, MMS)}).status == 403


@pytest.mark.parametrize(
    "body",
    [
        MMS.replace(SID.encode(), b"AC" + b"9" * 32),
        MMS.replace(b"%2B15005550006", b"%2B15005550009"),
        b"",
        b"\xff\xfe\x00",
    ],
)
def test_a_payload_for_nobody_is_not_found(door, body):
    """An account that is not connected here has no secret to check with."""
    answer = door.twilio(body, **{"X-Twilio-Signature": "AAAA"})
    assert (answer.status, answer.error) == (404, "account_unknown")


def test_an_accounts_secret_does_not_sign_for_another(door):
    """`To` of one account with the SID of another is for nobody."""
    body = MMS.replace(NUMBER.replace("+", "%2B").encode(), b"%2B15005550007")
    assert door.twilio(body).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/sms/vonage",
        "/webhooks/pigeon/twilio",
        "/webhooks/sms/twilio_signature",
        "/webhooks/incoming/incoming",
        "/webhooks/sms/..%2ftwilio",
        "/webhooks/sms/twilio/",
        "/webhooks/sms",
        "/v1",
        "/v1/%00",
    ],
)
def test_unknown_addresses_answer_in_json(door, path):
    """Nothing is redirected, nothing is imported, and the reason can be read by programs."""
    answer = door.ask("POST", path, body=MMS, headers=FORM)
    assert answer.status == 404
    assert answer.json()["error"]["sentence"]


def test_a_wrong_method_answers_in_json(door):
    """405, with the methods that are possible."""
    answer = door.ask("PUT", WEBHOOK)
    assert (answer.status, answer.error) == (405, "method_not_allowed")


def test_webchat_has_no_webhook(door):
    """A visitor's door cannot be passed as a provider."""
    assert door.ask("POST", "/webhooks/webchat/webchat", body=b"{}").status == 404


def test_a_body_that_declares_too_much_is_refused(door):
    """The cap holds before a byte is read into memory, and the sender still hears why."""
    answer = door.twilio(b"Body=" + b"x" * 2_000_000)
    assert (answer.status, answer.error) == (413, "too_large")
    assert answer.json()["error"]["limit"] == 1024 * 1024


def test_a_body_that_hides_its_length_is_cut_off(door):
    """Chunked transfer says nothing of its length; the cap holds while it streams."""
    chunks = (b"x" * 65536 for _ in range(40))
    answer = door.ask("POST", WEBHOOK, body=chunks, headers=FORM, chunked=True)
    assert (answer.status, answer.error) == (413, "too_large")


def test_an_endless_url_is_refused(door):
    """An event's URL has an end."""
    path = f"{WEBHOOK}?a={'x' * 5000}"
    assert door.twilio(MMS, path).status == 414


def test_a_client_that_hangs_up_harms_nobody(door):
    """Half a request, then silence: the door keeps answering."""
    host, port = door.url.removeprefix("http://").split(":")
    for _ in range(3):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST /webhooks/sms/twilio HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    assert door.twilio(mms(900)).status == 200


def test_secrets_are_not_in_what_is_kept(door):
    """Neither the auth token nor the signature reaches the intake."""
    body = mms(901)
    door.twilio(body)
    kept = b"".join(bytes(row.body) for row in door.intake_rows())
    assert TOKEN.encode() not in kept
    assert sign(PUBLIC + WEBHOOK, body).encode() not in kept
