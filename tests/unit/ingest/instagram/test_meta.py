"""Instagram's webhooks, from `tests/payloads/instagram/`."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ingest.incoming import ChannelAccount, Get, InboundMessage, Report, Request, Unparsable, Withdrawal
from ingest.instagram import meta
from ingest.instagram.meta_attachments import HEART
from schemas.attachment import Source
from schemas.message_received import FileAnnounced
from schemas.reason import Refused
from tests.unit.ingest.payloads import payload, read

URL = "https://door.example/webhooks/instagram/meta"
OURS, OTHER, CUSTOMER = "17841405309211844", "17841400000000000", "1378293643217"
MID = "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQx"
CDN = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1234&signature=Abc"
SECRETS = {"app_secret": "hush", "access_token": "t", "verify_token": "v"}
AT = datetime(2025, 12, 1, 12, 0, 0, 123000, tzinfo=UTC)
PLAIN = FileAnnounced(source=Source(url=CDN))
STORY = FileAnnounced(source=Source(url=f"{CDN}#story"), role="story")


def account(address=OURS, **options):
    return ChannelAccount("acme", "instagram", "meta", address, "https://graph.instagram.com", SECRETS, options)


def parse(name, address=OURS):
    written = msgspec.structs.replace(payload("instagram", "meta", URL, "application/json"), address=address)
    return meta.parse(written, read("instagram", f"{name}.json"))


def only(name):
    (message,) = parse(name).messages
    return message


def posted(body):
    return Request("POST", URL, {}, body)


def test_a_text_names_its_sender_as_our_account_sees_them():
    """The id is good for answers, and for nothing else."""
    assert only("text") == InboundMessage(
        external_id=f"{MID}01",
        address=OURS,
        contact=CUSTOMER,
        text="Grüße 👋",
        sent_at=AT,
        files=[],
        missing=[],
    )


@pytest.mark.parametrize(
    ("name", "files", "text"),
    [
        ("two_photos_a_video_and_text", [PLAIN, PLAIN, PLAIN], "Look at these"),
        ("voice_message", [PLAIN], None),
        ("file", [PLAIN], None),
        ("sticker", [FileAnnounced(source=Source(url=CDN), role="sticker")], None),
        ("story_mention", [STORY], None),
        ("reply_to_a_story", [STORY], "Is it blue?"),
    ],
)
def test_files_are_known_by_their_address_alone(name, files, text):
    """No type, no name, no size is told; all of a message's files are there, in order."""
    message = only(name)
    assert (message.files, message.missing, message.text) == (files, [], text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("heart", HEART),
        ("reel", f"this one\nReel: How to fold it\n{CDN}"),
        ("shared_post", f"Post: Our new lamp\n{CDN}"),
        ("legacy_share", f"Shared post: {CDN}"),
        ("quick_reply", "Red"),
        ("postback", "Talk to a person"),
        ("reaction", HEART),
        ("edited_message", "Edited:\nI meant Friday"),
        ("standby", "for whoever owns it"),
    ],
)
def test_what_is_no_file_reads_as_words(name, text):
    """Somebody else's post is an address to look at, not the customer's file."""
    message = only(name)
    assert (message.text, [*message.files, *message.missing]) == (text, [])


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("ephemeral", "seen_once_only", None),
        ("attachment_of_the_future", "not_handed_over", "hologram"),
        ("image_without_a_url", "not_handed_over", "image"),
        ("template", "not_handed_over", "template"),
        ("unsupported", "not_handed_over", None),
    ],
)
def test_what_instagram_keeps_for_itself_shows_as_missing(name, code, words):
    """A card with a reason instead of nothing."""
    (missing,) = only(name).missing
    assert (missing.reason.code, missing.reason.provider_text) == (code, words)


@pytest.mark.parametrize(
    ("name", "answered"),
    [("reply_to_our_message", "90"), ("reaction", "70"), ("edited_message", "01"), ("reply_to_a_story", None)],
)
def test_what_a_message_is_about_is_kept(name, answered):
    """By the provider's id of that message."""
    assert only(name).in_reply_to == (answered and MID + answered)


def test_an_edit_and_a_reaction_are_messages_of_their_own():
    """They bear the id of another message, which must not swallow them."""
    assert only("edited_message").external_id == f"{MID}01:edit:2"
    assert only("reaction").external_id == f"{MID}70:reaction:1764590400123"


def test_an_echo_reports_that_ours_was_sent():
    """It is never taken for a customer's message."""
    parsed = parse("echo")
    assert (parsed.messages, parsed.reports) == ([], [Report(f"{MID}70", "sent", occurred_at=AT)])


def test_seen_means_read():
    """The only receipt that Instagram knows."""
    assert parse("seen").reports == [Report(f"{MID}70", "read", occurred_at=AT)]


def test_an_unsent_message_is_withdrawn():
    """Meta's policy wants our copy to go, too."""
    assert parse("unsent").withdrawals == [Withdrawal(f"{MID}01", OURS, CUSTOMER, AT)]


@pytest.mark.parametrize(
    "name", ["our_own_message_unsent", "seen_without_a_mid", "reaction_taken_back", "referral", "a_comment"]
)
def test_what_says_nothing_shows_nothing(name):
    """No empty message in the thread."""
    parsed = parse(name)
    assert (parsed.messages, parsed.reports, parsed.withdrawals) == ([], [], [])


@pytest.mark.parametrize("name", ["timestamp_as_iso_string", "timestamp_in_seconds"])
def test_a_moment_is_read_however_it_is_written(name):
    """Milliseconds are documented; the others occur."""
    assert only(name).sent_at == datetime(2025, 12, 1, 12, tzinfo=UTC)


def test_ids_may_be_numbers():
    """They are strings by the documentation."""
    assert only("ids_as_numbers").contact == CUSTOMER


def test_all_items_of_all_entries_are_read_but_another_accounts():
    """Also those of `standby`."""
    assert [one.text for one in parse("several_items_and_entries").messages] == ["one", "two", "three", "five"]
    assert [one.text for one in parse("several_items_and_entries", OTHER).messages] == ["for another account"]


def test_a_broken_item_does_not_take_its_neighbors_along():
    """It shows as missing beside them."""
    broken, good = parse("a_broken_item_beside_a_good_one").messages
    assert ([one.reason.code for one in broken.missing], good.text) == (["not_handed_over"], "good")


def test_a_broken_item_that_is_no_message_is_passed_over():
    """A receipt is not worth a customer's words beside it."""
    body = (
        read("instagram", "seen.json")
        .replace(b'"read": {', b'"read": [{')
        .replace(b'"\n          }\n', b'"\n          }]\n')
    )
    assert b"}]" in body
    parsed = meta.parse(payload("instagram", "meta", URL, ""), body)
    assert (parsed.messages, parsed.reports) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        read("instagram", "an_item_without_a_sender.json"),
        b"",
        b"[]",
        b'{"object":"page","entry":[]}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_nonsense_is_unparsable(body):
    """It is said to be so, and nothing else is raised."""
    with pytest.raises(Unparsable):
        meta.parse(payload("instagram", "meta", URL, "application/json"), body)


@pytest.mark.parametrize("url", ["ftp://x", "https://x y", "https://x/\n", "https://x/" + "a" * 5000, "javascript:1"])
@pytest.mark.parametrize("kind", ["image", "story_mention", "ig_reel"])
def test_a_strange_address_is_not_followed(kind, url):
    """What cannot be fetched is missing, rather than an event that nobody can read."""
    body = read("instagram", "voice_message.json").replace(b'"audio"', b'"%s"' % kind.encode())
    body = body.replace(CDN.encode(), msgspec.json.encode(url)[1:-1])
    written = msgspec.structs.replace(payload("instagram", "meta", URL, ""), address=OURS)
    (message,) = meta.parse(written, body).messages
    assert (message.text, message.files, len(message.missing)) == (None, [], 1)


def fetched(url, **options):
    with pytest.raises(StopIteration) as done:
        next(meta.download(Source(url=url), account(**options)))
    return done.value.value


def test_a_file_is_fetched_plainly():
    """Its address needs no token, so none is shown to it."""
    assert fetched(CDN) == Get(CDN)


def test_a_story_is_fetched_only_where_the_account_says_so():
    """Without the mark that it was announced with."""
    assert fetched(f"{CDN}#story", stories="store") == Get(CDN)


@pytest.mark.parametrize("options", [{}, {"stories": "link"}, {"stories": "Store"}])
def test_a_story_is_a_link_otherwise(options):
    """The agent can look at it as long as Instagram shows it; nothing of it is stored."""
    with pytest.raises(Refused) as no:
        next(meta.download(Source(url=f"{CDN}#story"), account(**options)))
    assert no.value.code == "story_not_kept"
    assert no.value.reason.sentence.endswith(f": {CDN}")


def test_a_link_that_is_too_long_for_a_sentence_is_left_out():
    """The sentence still says where to look."""
    with pytest.raises(Refused) as no:
        next(meta.download(Source(url=f"https://x/{'a' * 1500}#story"), account()))
    assert no.value.reason.sentence.endswith("while it lasts.")


def test_a_file_without_an_address_cannot_be_had():
    """Something else made this source."""
    with pytest.raises(Unparsable):
        next(meta.download(Source(reference="1"), account()))


def test_candidates_are_the_accounts_that_the_payload_names():
    """As the entry's id or as one of the two who talk."""
    accounts = [account(), account(OTHER), account("178")]
    assert meta.candidates(posted(read("instagram", "text.json")), accounts) == accounts[:1]
    assert meta.candidates(posted(read("instagram", "several_items_and_entries.json")), accounts) == accounts[:2]


def test_a_handshake_is_for_whoever_can_prove_it():
    """It names nobody."""
    accounts = [account(), account(OTHER)]
    assert meta.candidates(Request("GET", URL, {}, b""), accounts) == accounts


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b'{"object":"instagram","entry":[{"id":"1","messaging":[7]}]}'])
def test_nonsense_has_no_candidates(body):
    """Nobody is claimed by a payload that says nothing."""
    assert meta.candidates(posted(body), [account(""), account()]) == []


def test_every_payload_file_is_used():
    """No orphan: each sample stands in a test of this file."""
    source = Path(__file__).read_text()
    samples = {path.stem for path in (Path(__file__).parents[3] / "payloads" / "instagram").glob("*.json")}
    assert {name for name in samples if name not in source} == set()
