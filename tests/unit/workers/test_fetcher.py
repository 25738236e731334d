"""The fetcher: an announced file's bytes come into quarantine, or it is said why not."""

import base64
from collections.abc import Iterator
from hashlib import sha256

import pytest

from schemas import identity, object_keys
from schemas.attachment import AnnouncedAttachment, Source
from schemas.attachments_announced import AttachmentsAnnounced
from schemas.media_received import MediaReceived
from schemas.media_rejected import MediaRejected
from tests.http_origin import Origin, answer, redirect
from tests.workbench import ACCOUNT, SID, TOKEN, Bench, bench, head, refusals, replying, settings
from workers.fetcher import worker

PHOTO = b"\xff\xd8 a photo"
DIGEST = sha256(PHOTO).hexdigest()
MEDIA_PATH = "/media/ME1"
UPLOAD = object_keys.upload(ACCOUNT, "u1")


@pytest.fixture
def twilio() -> Iterator[Origin]:
    """Where the account's API is configured to be: it wants credentials, and redirects to a CDN."""
    with Origin({MEDIA_PATH: answer(PHOTO, content_type="image/jpeg")}) as origin:
        yield origin


@pytest.fixture
def on(tmp_path, decoder, twilio) -> Iterator[Bench]:
    made = bench(tmp_path, decoder, settings(twilio.url(""), [twilio.address]))
    yield made
    made.database.close()


def announced(about: dict, *sources: Source, **fields: str) -> AttachmentsAnnounced:
    attachments = [
        AnnouncedAttachment(
            id=identity.attachment_id("m1", index), index=index, count=len(sources), source=source, **fields
        )
        for index, source in enumerate(sources)
    ]
    return AttachmentsAnnounced(**about, attachments=attachments)


def at(origin: Origin, path: str = MEDIA_PATH) -> Source:
    return Source(url=origin.url(path))


def test_a_file_is_brought_into_quarantine(on, twilio):
    """With size, digest and declared type, under a key of its own attempt."""
    (file,) = on.run(worker, announced(head(), at(twilio))).only(MediaReceived).attachments
    assert (file.size_bytes, file.sha256, file.declared_media_type) == (len(PHOTO), DIGEST, "image/jpeg")
    assert on.content(file.object_key) == PHOTO
    assert file.object_key.startswith(f"quarantine/acme/{head()['conversation']}/{file.id}/")
    assert file.etag == on.store.head(file.object_key).etag


def test_the_providers_credentials_go_along(on, twilio):
    """The channel's own module says how its media are had."""
    on.run(worker, announced(head(), at(twilio)))
    assert twilio.seen[0].headers["authorization"] == "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()


def test_credentials_never_reach_a_cdn(on, twilio, tmp_path, decoder):
    """A redirect leads to another host: it gets a plain request."""
    with Origin({"/cdn": answer(PHOTO)}) as cdn:
        twilio.replies["/moved"] = redirect(cdn.url("/cdn"))
        allowed = bench(tmp_path, decoder, settings(twilio.url(""), [twilio.address, cdn.address]))
        allowed.run(worker, announced(head(), at(twilio, "/moved"))).only(MediaReceived)
        assert "authorization" not in cdn.seen[0].headers


def test_a_url_of_an_upstream_system_is_fetched_plainly(on, twilio):
    """What goes out is no provider's: nobody's credentials go along."""
    on.run(worker, announced(replying("look"), at(twilio))).only(MediaReceived)
    assert "authorization" not in twilio.seen[0].headers


def test_a_redelivery_downloads_nothing(on, twilio):
    """The bytes of the earlier attempt are found by their place."""
    media = announced(head(), at(twilio))
    first = on.run(worker, media).data
    assert on.run(worker, media).data == first
    assert (len(twilio.seen), on.store.calls["put"]) == (1, 1)


def test_what_the_source_called_the_file_is_kept(on, twilio):
    """A redelivery knows the name too, though it never asks the source again."""
    twilio.replies["/named"] = answer(PHOTO, content_disposition="attachment; filename*=UTF-8''%E5%86%99%E7%9C%9F.jpg")
    media = announced(head(), at(twilio, "/named"))
    names = [on.run(worker, media).only(MediaReceived).attachments[0].file_name for _ in range(2)]
    assert names == ["写真.jpg", "写真.jpg"]


def test_the_announced_name_and_type_win(on, twilio):
    """What the customer or agent called it is what people see."""
    media = announced(head(), at(twilio), file_name="Ça.png", declared_media_type="image/png")
    (file,) = on.run(worker, media).only(MediaReceived).attachments
    assert (file.file_name, file.declared_media_type) == ("Ça.png", "image/png")


@pytest.mark.parametrize(
    "named",
    [
        'attachment; filename="../../etc/passwd"',
        'attachment; filename="' + "a" * 3000 + '.jpg"',
        "attachment; filename*=UTF-8''%00%0a%e2%80%aegpj.exe",
        'attachment; filename="',
        "\xff\xfe",
    ],
)
def test_hostile_names_do_no_harm(on, twilio, named):
    """They neither lead anywhere nor break the event."""
    twilio.replies["/named"] = answer(PHOTO, content_disposition=named)
    (file,) = on.run(worker, announced(head(), at(twilio, "/named"))).only(MediaReceived).attachments
    assert "/" not in (file.file_name or "")
    assert file.object_key.count("/") == 4


@pytest.mark.parametrize("status", ["404 Not Found", "429 Too Many Requests", "500 Oops", "503 Later"])
def test_a_source_that_may_still_answer_is_asked_again(on, twilio, status):
    """Twilio's media may be 404 for a while after the webhook."""
    twilio.replies["/later"] = answer(status=status)
    code, delay = on.run(worker, announced(head(), at(twilio, "/later"))).retry
    assert (code, delay) == ("source_unavailable", 1)


def test_a_source_that_never_answers_ends_the_file(on, twilio):
    """When the ladder is used up the refusal is visible."""
    media = announced(head(), at(twilio, "/never"))
    assert on.run(worker, media, attempt=5).retry == ("source_unavailable", 600)
    rejected = on.run(worker, media, attempt=6).only(MediaRejected)
    assert refusals(rejected) == [(0, "source_unavailable")]


def test_a_source_that_says_no_is_believed(on, twilio):
    """Asking again would not help."""
    twilio.replies["/forbidden"] = answer(status="403 Forbidden")
    rejected = on.run(worker, announced(head(), at(twilio, "/forbidden"))).only(MediaRejected)
    assert refusals(rejected) == [(0, "source_forbidden")]


def test_a_private_address_is_not_fetched(on):
    """An upstream system cannot make us look into our own network."""
    rejected = on.run(worker, announced(head(), Source(url="http://127.0.0.1:9/metadata"))).only(MediaRejected)
    assert refusals(rejected) == [(0, "address_not_allowed")]


def test_more_bytes_than_the_channel_takes_are_refused(on, twilio, tmp_path, decoder):
    """The cap holds while the bytes stream, whatever length was promised."""
    used = settings(twilio.url(""), [twilio.address])
    limits = used.channels["sms"]["twilio"]
    small = limits.inbound.model_copy(
        update={"max_file_bytes": limits.inbound.max_file_bytes.model_copy(update={"value": 5})}
    )
    channels = used.channels | {"sms": {"twilio": limits.model_copy(update={"inbound": small})}}
    strict = bench(tmp_path, decoder, used.model_copy(update={"channels": channels}))
    rejected = strict.run(worker, announced(head(), at(twilio))).only(MediaRejected)
    reason = rejected.attachments[0].reason
    assert (reason.code, reason.limit) == ("too_many_bytes", 5)
    assert strict.keys("quarantine/") == []


def test_an_upload_lies_there_already(on):
    """Nothing is fetched or copied: its own key goes on."""
    on.keep(UPLOAD, PHOTO, "image/jpeg", sha256=DIGEST, file_name="invoice.jpg")
    (file,) = on.run(worker, announced(replying(), Source(object_key=UPLOAD))).only(MediaReceived).attachments
    assert (file.object_key, file.sha256, file.file_name) == (UPLOAD, DIGEST, "invoice.jpg")
    assert on.store.calls["read"] == 0


def test_an_upload_without_a_digest_is_digested(on):
    """Upstream systems may write into their uploads folder with nothing but bytes."""
    on.keep(UPLOAD, PHOTO)
    (file,) = on.run(worker, announced(replying(), Source(object_key=UPLOAD))).only(MediaReceived).attachments
    assert (file.sha256, file.size_bytes) == (DIGEST, len(PHOTO))


@pytest.mark.parametrize(
    "key",
    [
        "quarantine/rival/uploads/u1",
        "media/acme/conversation/digest/original",
        "quarantine/acme/conversation/attachment/attempt",
        "intake/acme/event",
    ],
)
def test_another_accounts_file_is_refused(on, key):
    """A key is somebody's word: only the account's own uploads are reachable."""
    on.keep(key, PHOTO)
    rejected = on.run(worker, announced(replying(), Source(object_key=key))).only(MediaRejected)
    assert refusals(rejected) == [(0, "upload_not_yours")]


def test_an_upload_that_is_gone_is_refused(on):
    """The agent is told to attach it again."""
    rejected = on.run(worker, announced(replying(), Source(object_key=UPLOAD))).only(MediaRejected)
    assert refusals(rejected) == [(0, "upload_gone")]
    assert "attach it again" in rejected.attachments[0].reason.sentence


def test_one_lost_file_holds_up_the_whole_reply(on, twilio):
    """All or nothing: the reply waits with it."""
    on.keep(UPLOAD, PHOTO, sha256=DIGEST)
    media = announced(replying("look"), Source(object_key=UPLOAD), at(twilio, "/later"))
    twilio.replies["/later"] = answer(status="503 Later")
    assert on.run(worker, media).retry[0] == "source_unavailable"


def test_send_what_fits_goes_on_without_a_lost_upload(on):
    """What is there leaves; what is not is said."""
    on.keep(UPLOAD, PHOTO, sha256=DIGEST)
    gone = Source(object_key=object_keys.upload(ACCOUNT, "gone"))
    about = replying(send_what_fits=True)
    rejected, passed = on.run(worker, announced(about, gone, Source(object_key=UPLOAD))).data
    assert (refusals(rejected), [one.index for one in passed.attachments]) == ([(0, "upload_gone")], [1])


def test_words_alone_go_on(on):
    """A message without files takes the same way."""
    assert on.run(worker, announced(head())).only(MediaReceived).attachments == []
