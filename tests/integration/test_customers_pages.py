"""The customers of the demo over HTTP: what they got, byte for byte, and what nobody else may do in their name."""

import re
from email.message import EmailMessage
from hashlib import sha256
from itertools import count
from urllib.parse import quote

import pytest
import urllib3

from tests.images import camera_scene
from workers.demo.customers.app import customers_app
from workers.demo.customers.devices import Handset, Mailbox
from workers.sandbox.listener import Listener
from workers.sandbox.mail import SandboxMail
from workers.sandbox.phone import Fetched
from workers.sandbox.twilio import SandboxTwilio

PHOTO = camera_scene((64, 48))
NOWHERE = "http://127.0.0.1:9/webhooks"

_numbers = count(1)


class Pages:
    def __init__(self, folder):
        self.twilio = SandboxTwilio("AC" + "0" * 32, "secret", NOWHERE, folder / "phones", numbers=["+15550000000"])
        self.mail = SandboxMail(folder / "mail")
        devices = {"sms": Handset(self.twilio), "email": Mailbox(self.mail)}
        newcomers = {"sms": "+15559990000"}
        self._listener = Listener(customers_app(devices, newcomers.__getitem__, "http://127.0.0.1:9/chat"))
        self.http = urllib3.PoolManager(retries=False)

    def __enter__(self):
        self.twilio.start()
        self.mail.start()
        self._listener.start()
        return self

    def __exit__(self, *_):
        self.http.clear()
        self._listener.stop()
        self.mail.stop()
        self.twilio.stop()

    def get(self, path, **headers):
        return self.http.request("GET", self._listener.url + path, headers=headers, redirect=False)

    def post(self, path, fields, **headers):
        return self.http.request("POST", self._listener.url + path, fields=fields, headers=headers)

    def messages(self, channel, contact):
        return self.get(f"/{channel}/{contact}/messages").json()["messages"]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    with Pages(tmp_path_factory.mktemp("world")) as pages:
        yield pages


@pytest.fixture
def kim():
    """A phone that nobody else in these cases knows."""
    return f"+1555{next(_numbers):07}"


@pytest.fixture
def mailbox():
    return f"kim-{next(_numbers)}@customer.example"


def test_a_phone_shows_what_came_byte_for_byte(pages, kim):
    """Words, type, size and hash; the file itself is the one that was received."""
    pages.twilio.customer(kim).receive("MM1", "+15550000000", "Here", [Fetched("image/jpeg", PHOTO)])
    (message,) = pages.messages("sms", kim)
    (file,) = message["files"]
    assert (message["text"], message["own"]) == ("Here", False)
    assert (file["media_type"], file["size_bytes"], file["inline"]) == ("image/jpeg", len(PHOTO), True)
    assert file["sha256"] == sha256(PHOTO).hexdigest()
    answer = pages.get(f"/sms/{kim}/files/MM1/0")
    assert (answer.data, answer.headers["content-type"]) == (PHOTO, "image/jpeg")
    assert answer.headers["content-disposition"].startswith("inline")
    assert pages.get(f"/sms/{kim}/files/MM1/0?save").headers["content-disposition"].startswith("attachment")


def test_a_file_has_a_name_only_where_its_channel_carries_one(pages, kim):
    """As on a real phone: a document is called what it is called, a photo just a photo."""
    sent = [Fetched("application/pdf", b"%PDF-", "manual.pdf"), Fetched("image/jpeg", PHOTO)]
    pages.twilio.customer(kim).receive("MM1", "+1", "", sent)
    (message,) = pages.messages("sms", kim)
    assert [file["name"] for file in message["files"]] == ["manual.pdf", None]
    assert "1.pdf" not in pages.get(f"/sms/{kim}/files/MM1/0").headers["content-disposition"]


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/x-elf", "application/pdf", "what"])
def test_what_could_run_is_only_saved(pages, kim, media_type):
    """With its own type, never sniffed into another, in a sandbox without rights."""
    pages.twilio.customer(kim).receive("MM1", "+1", "", [Fetched(media_type, b"<script>alert(1)</script>")])
    answer = pages.get(f"/sms/{kim}/files/MM1/0")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox;")


def test_an_answer_is_kept_beside_what_came(pages, kim):
    """The customer sends words and a file: both stand in the conversation, the file as it was chosen."""
    answer = pages.post(
        f"/sms/{kim}/messages", {"text": "Mine", "file": ("../../photo.jpg", PHOTO)}, **{"X-Customer": "1"}
    )
    (message,) = pages.messages("sms", kim)
    assert (answer.status, message["text"], message["own"]) == (204, "Mine", True)
    assert message["files"][0]["sha256"] == sha256(PHOTO).hexdigest()


def test_another_site_cannot_write_in_a_customers_name(pages, kim):
    """A form of any page can be sent here, but not with our header."""
    assert pages.post(f"/sms/{kim}/messages", {"text": "I cancel"}).status == 403
    assert pages.messages("sms", kim) == []


@pytest.mark.parametrize("path", ["/", "/customers", "/sms/+15550000000", "/sms/+15550000000/messages"])
def test_another_name_for_this_machine_reaches_nothing(pages, path):
    """Else a site could let its own name point here and read everything."""
    assert pages.get(path, Host="evil.example").status == 400


def test_a_mail_shows_its_pictures_and_runs_nothing(pages, mailbox):
    """`cid:` becomes the file that came with it; the frame allows no script and nothing from elsewhere."""
    mail = EmailMessage()
    mail["Message-ID"], mail["Subject"], mail["From"] = "<1@shop.example>", "Your part", "shop@shop.example"
    mail.set_content("Look")
    mail.add_alternative('<p>Look</p><img src="cid:one@shop"><script>alert(1)</script>', subtype="html")
    mail.get_payload()[1].add_related(PHOTO, "image", "jpeg", cid="<one@shop>", filename="part.jpg")
    pages.mail.customer(mailbox).receive(mail.as_bytes(), "shop@shop.example")
    (message,) = pages.messages("email", mailbox)
    assert (message["subject"], message["text"], message["letter"]) == ("Your part", "Look", True)
    letter = pages.get(f"/email/{mailbox}/letters/{quote(message['id'])}")
    assert re.fullmatch(
        r"sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
        r"frame-ancestors 'self'; img-src http://127\.0\.0\.1:\d+",
        letter.headers["content-security-policy"],
    )
    (picture,) = re.findall(r'src="http://127\.0\.0\.1:\d+(.*?)"', letter.data.decode())
    assert pages.get(picture).data == PHOTO


def test_two_files_of_one_name_are_two(pages, mailbox):
    """In one mail each keeps its own bytes."""
    mail = EmailMessage()
    mail["Message-ID"], mail["Subject"] = "<2@shop.example>", "Both"
    mail.set_content("Look")
    for content in (b"one", b"two"):
        mail.add_attachment(content, "application", "octet-stream", filename="file.bin")
    pages.mail.customer(mailbox).receive(mail.as_bytes(), "shop@shop.example")
    identity = quote("<2@shop.example>")
    assert [pages.get(f"/email/{mailbox}/files/{identity}/{index}").data for index in (0, 1)] == [b"one", b"two"]


def test_the_list_names_every_customer_and_makes_new_ones(pages, kim):
    """By channel; a newcomer's page is empty until somebody writes."""
    pages.twilio.customer(kim).receive("SM1", "+1", "Hello", [])
    listed = pages.get("/customers").json()
    assert listed["channels"] == ["sms", "email"]
    assert ("sms", kim, "Hello") in [(one["channel"], one["contact"], one["last"]) for one in listed["customers"]]
    fresh = pages.get("/sms/new").headers["location"]
    assert fresh == "/sms/%2B15559990000"
    assert pages.get(f"{fresh}/messages").json() == {"kind": "phone", "messages": []}


@pytest.mark.parametrize(
    "path",
    ["/fax/1/messages", "/fax/new", "/sms/+15550000000/files/MM9/0", "/email/a@b.example/letters/1", "/page/app.py"],
)
def test_what_is_not_there_is_not_found(pages, path):
    """Unknown channels, messages and files."""
    assert pages.get(path).status == 404


@pytest.mark.parametrize("path", ["/", "/sms/+15550000000", "/email/kim@customer.example"])
def test_pages_forbid_inline_scripts(pages, path):
    """And frames around them."""
    policy = pages.get(path).headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
