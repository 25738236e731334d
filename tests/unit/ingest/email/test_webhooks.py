"""The three providers that post raw mails: for whom, proven how, and what comes out."""

import json
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from hmac import new

import pytest

from ingest.email import forms, jobs, mailgun, postmark, sendgrid
from ingest.incoming import ChannelAccount, Request
from schemas.reason import Refused
from tests.unit.ingest.email.mails import OURS, named, unpack
from tests.unit.ingest.payloads import RECEIVED_AT

MAIL = named("photo_attached")
PASSWORD, SIGNING = "hook-password", "signing-key"
URL = "https://door.example/webhooks/email/"
FORM = {"content-type": 'multipart/form-data; boundary="xYzZY"'}


def account(address=OURS, **credentials):
    given = {"thread_key": "t", "webhook_password": PASSWORD, "signing_key": SIGNING} | credentials
    return ChannelAccount("acme", "email", "any", address, "", given)


def form(**fields):
    parts = [
        b'--xYzZY\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (n.replace("_", "-").encode(), v)
        for n, v in fields.items()
    ]
    return b"".join(parts) + b"--xYzZY--\r\n"


def basic(password=PASSWORD):
    return {"authorization": "Basic " + b64encode(f"trombone:{password}".encode()).decode()}


def mailgun_form(key=SIGNING, at=RECEIVED_AT, **others):
    stamp, token = str(int(at.timestamp())).encode(), b"a" * 50
    signature = new(key.encode(), stamp + token, sha256).hexdigest().encode()
    fields = {"recipient": OURS.encode(), "sender": b"kim@customer.example", "timestamp": stamp, "token": token}
    return form(**fields | {"signature": signature, "body_mime": MAIL} | others)


SENDGRID = form(
    to=OURS.encode(), envelope=json.dumps({"to": [OURS], "from": "kim@customer.example"}).encode(), email=MAIL
)
POSTMARK = json.dumps({"OriginalRecipient": OURS, "From": "kim@customer.example", "RawEmail": MAIL.decode()}).encode()
PROVIDERS = {
    "sendgrid": (sendgrid, jobs.unpack_sendgrid, Request("POST", URL, FORM | basic(), SENDGRID, RECEIVED_AT)),
    "mailgun": (mailgun, jobs.unpack_mailgun, Request("POST", URL, FORM, mailgun_form(), RECEIVED_AT)),
    "postmark": (postmark, jobs.unpack_postmark, Request("POST", URL, basic(), POSTMARK, RECEIVED_AT)),
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_raw_mail_is_what_counts(name, tmp_path):
    """Its file, its words and its sender come out as of a mail that came by SMTP."""
    _, job, request = PROVIDERS[name]
    unpacked = unpack(request.body, tmp_path, job=job, headers=dict(request.headers))
    assert (unpacked.files, unpacked.outline.text) == ([("photo.png", None)], "Here is the photo.")
    assert unpacked.outline.identity == unpack(MAIL, tmp_path).outline.identity


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_payload_is_for_the_mailbox_that_it_was_sent_to(name):
    """And for nobody else."""
    module, _, request = PROVIDERS[name]
    ours, other = account(), account("other@acme.example")
    assert module.candidates(request, [other, ours]) == [ours]


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_right_secret_proves_the_sender(name):
    """A password in the URL, or a signature."""
    module, _, request = PROVIDERS[name]
    assert module.verify(request, account()) is True


@pytest.mark.parametrize("name", PROVIDERS)
def test_another_secret_or_none_proves_nothing(name):
    """Nor does a connection that has none."""
    module, _, request = PROVIDERS[name]
    wrong = account(webhook_password="another", signing_key="another")
    none = account(webhook_password="", signing_key="")
    assert [module.verify(request, one) for one in (wrong, none)] == [False, False]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("wrong"),
        {"authorization": "Basic ???"},
        {"authorization": "Bearer " + PASSWORD},
        {"authorization": "Basic"},
    ],
)
def test_a_wrong_or_missing_password_proves_nothing(headers):
    """Whatever the header looks like."""
    request = Request("POST", URL, FORM | headers, SENDGRID, RECEIVED_AT)
    assert (sendgrid.verify(request, account()), postmark.verify(request, account())) == (False, False)


@pytest.mark.parametrize(
    ("body", "received_at"),
    [
        pytest.param(mailgun_form(key="wrong"), RECEIVED_AT, id="wrong key"),
        pytest.param(mailgun_form(signature=b""), RECEIVED_AT, id="no signature"),
        pytest.param(mailgun_form(token=b"b" * 50), RECEIVED_AT, id="altered"),
        pytest.param(mailgun_form(timestamp=b"soon"), RECEIVED_AT, id="no time"),
        pytest.param(mailgun_form(), RECEIVED_AT + timedelta(minutes=16), id="replayed"),
        pytest.param(mailgun_form(), RECEIVED_AT - timedelta(minutes=16), id="from the future"),
        pytest.param(b"", RECEIVED_AT, id="nothing"),
    ],
)
def test_a_wrong_old_or_altered_signature_proves_nothing(body, received_at):
    """Mailgun's covers time and token; after a while it is worth nothing."""
    assert mailgun.verify(Request("POST", URL, FORM, body, received_at), account()) is False


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("body", [b"", b"{}", b"--xYzZY\r\n\r\n", form(to=b"x")])
def test_a_payload_without_a_raw_mail_is_refused(name, body, tmp_path):
    """Somebody has to switch it on at the provider; until then no mailbox is meant."""
    module, job, request = PROVIDERS[name]
    asked = Request("POST", URL, request.headers, body, RECEIVED_AT)
    assert module.candidates(asked, [account()]) == []
    with pytest.raises(Refused) as refused:
        unpack(body, tmp_path, job=job, headers=dict(request.headers))
    assert refused.value.code == "mail_missing"


def test_a_form_may_be_url_encoded():
    """As small ones are."""
    encoded = b"recipient=support%40acme.example&body-mime=a%0D%0A+b&recipient=other"
    assert forms.fields("application/x-www-form-urlencoded", encoded) == {
        "recipient": b"support@acme.example",
        "body-mime": b"a\r\n b",
    }
