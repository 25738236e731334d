"""The fitter: a reply becomes provider messages, once, and every file is made to fit."""

from functools import cache
from io import BytesIO
from typing import Any

import msgspec
import pytest
from PIL import Image

from deliver.linking import LINK_CHARS
from schemas import object_keys
from schemas.media_fitted import MediaFitted
from schemas.media_rejected import MediaRejected
from tests import images
from tests.clips import clip
from tests.workbench import ACCOUNT, NOW, SHOP, Bench, bench, once, refusals, replying, settings, stored, total
from workers.fitter import Plan, worker
from workers.refusing import COMPANION
from workers.runtime.decoding import DecoderUnavailable
from workers.runtime.provider_limits import Limit

MMS_BYTES = 600_000
SMALL_PNG = images.encoded(Image.new("RGB", (60, 40), "teal"), "PNG")


@cache
def photo(seed: int) -> bytes:
    """A megabyte or more of a phone's photo, stored sideways, with GPS."""
    return images.camera_scene((2400, 1800), seed=seed, orientation=6)


def pdf(size_bytes: int) -> bytes:
    return b"%PDF-1.7\n".ljust(size_bytes, b"%")


def jpegs(*seeds: int) -> list[tuple[bytes, str]]:
    return [(photo(seed), "image/jpeg") for seed in seeds]


def limited(on: Bench, tmp_path, decoder, **values: int) -> Bench:
    """The same place with other limits in `channels.yaml`."""
    limits = on.settings.channels["sms"]["twilio"]
    changed: dict[str, Any] = {
        name: getattr(limits.outbound, name).model_copy(update={"value": value}) for name, value in values.items()
    }
    for name, kind in limits.outbound.kinds.items() if "max_message_bytes" in values else ():
        most = kind.max_bytes.model_copy(update={"value": values["max_message_bytes"]})
        kinds = changed.setdefault("kinds", {})
        kinds[name] = kind.model_copy(update={"max_bytes": most})
    outbound = limits.outbound.model_copy(update=changed)
    channels = on.settings.channels | {"sms": {"twilio": limits.model_copy(update={"outbound": outbound})}}
    return bench(tmp_path, decoder, on.settings.model_copy(update={"channels": channels}))


def test_a_photo_is_made_to_fit_and_it_is_said_how(on):
    """Under the limit, clean and upright, with what was done to it; the original stays."""
    media = stored(on, replying("look"), *jpegs(1))
    fitted = on.run(worker, media).only(MediaFitted)
    (file,) = fitted.attachments
    content = on.content(file.object_key)
    assert len(content) == file.size_bytes <= MMS_BYTES
    assert b"SecretCamera" not in content
    assert Image.open(BytesIO(content)).size == (file.width, file.height)
    assert (file.conversion.from_size_bytes, file.conversion.to_size_bytes) == (len(photo(1)), file.size_bytes)
    assert file.conversion.steps
    assert file.file_name == "file-0.jpg"
    assert on.content(media.attachments[0].object_key) == photo(1)


def test_three_photos_share_the_message_fairly(on):
    """Each gets about a third, and together they stay under the limit."""
    fitted = on.run(worker, stored(on, replying("look"), *jpegs(1, 2, 3))).only(MediaFitted)
    (part,) = fitted.parts
    assert total(fitted, part.attachments) <= MMS_BYTES
    assert [one.index for one in fitted.attachments] == [0, 1, 2]
    assert min(one.size_bytes for one in fitted.attachments) > 100_000


def test_what_cannot_shrink_takes_its_size_first(on):
    """A PDF of two thirds of the message leaves a third for the photo."""
    media = stored(on, replying(), *jpegs(1), (pdf(400_000), "application/pdf"))
    fitted = on.run(worker, media).only(MediaFitted)
    picture, document = fitted.attachments
    assert (document.size_bytes, document.conversion) == (400_000, None)
    assert 50_000 < picture.size_bytes <= 200_000


def test_small_pictures_leave_their_share_to_large_ones(on):
    """What a small PNG does not need goes to the photo."""
    media = stored(on, replying(), *jpegs(1), (SMALL_PNG, "image/png"))
    picture, drawing = on.run(worker, media).only(MediaFitted).attachments
    assert drawing.size_bytes == len(SMALL_PNG)
    assert MMS_BYTES / 2 < picture.size_bytes <= MMS_BYTES - len(SMALL_PNG)


def test_a_small_clean_picture_passes_untouched(on):
    """It leaves as the original itself."""
    media = stored(on, replying(), (SMALL_PNG, "image/png"))
    (file,) = on.run(worker, media).only(MediaFitted).attachments
    assert (file.object_key, file.conversion) == (media.attachments[0].object_key, None)
    assert (file.media_type, file.file_name) == ("image/png", "file-0.bin")


def test_a_type_that_the_channel_does_not_know_is_converted(on):
    """WebP is not for MMS."""
    webp = images.encoded(images.paint((300, 200)), "WEBP")
    (file,) = on.run(worker, stored(on, replying(), (webp, "image/webp"))).only(MediaFitted).attachments
    assert file.media_type in ("image/jpeg", "image/png")
    assert file.conversion.from_media_type == "image/webp"


def test_a_video_is_put_into_a_clean_container(on):
    """Nothing that plays leaves as it came: who made it where is not for the customer."""
    media = stored(on, replying(), (clip("video/quicktime"), "video/quicktime"))
    (file,) = on.run(worker, media).only(MediaFitted).attachments
    content = on.content(file.object_key)
    assert (file.media_type, file.file_name, file.size_bytes) == ("video/mp4", "file-0.mp4", len(content))
    assert b"SecretCamera" not in content
    assert "metadata removed" in file.conversion.steps


def test_the_plan_says_how_a_picture_still_looks(on):
    """A number between 0 and 1, for the agent and for whoever watches the quality."""
    (file,) = on.run(worker, stored(on, replying(), *jpegs(1))).only(MediaFitted).attachments
    assert 0.9 < file.conversion.score <= 1


def test_twelve_files_become_two_messages(on):
    """Twilio takes ten each; the words travel with the first, and the ids are derived."""
    media = stored(on, replying("all of them"), *[(SMALL_PNG, "image/png")] * 12)
    fitted = on.run(worker, media).only(MediaFitted)
    assert [(part.index, part.text, len(part.attachments)) for part in fitted.parts] == [
        (0, "all of them", 10),
        (1, None, 2),
    ]
    assert len({part.id for part in fitted.parts}) == 2


def test_each_message_has_its_own_budget(on, tmp_path, decoder):
    """Two photos that go in two messages need not share."""
    single = limited(on, tmp_path, decoder, max_files_per_message=1)
    fitted = single.run(worker, stored(on, replying(), *jpegs(1, 2))).only(MediaFitted)
    assert len(fitted.parts) == 2
    assert all(one.size_bytes > MMS_BYTES / 2 for one in fitted.attachments)


def test_a_long_text_becomes_several_messages(on):
    """Cut at spaces, nothing lost but the spaces at the cuts."""
    words = " ".join(f"word{number}" for number in range(400))[:3000].strip()
    parts = on.run(worker, stored(on, replying(words))).only(MediaFitted).parts
    assert [len(part.text) <= 1600 for part in parts] == [True, True]
    assert " ".join(part.text for part in parts) == words


def test_one_file_that_cannot_leave_holds_back_the_reply(on, tmp_path, decoder):
    """All or nothing, where no link may stand for it: the guilty one has its reason, its companion is told."""
    on = limited(on, tmp_path, decoder, links=False)
    media = stored(on, replying("look"), *jpegs(1), (pdf(700_000), "application/pdf"))
    rejected = on.run(worker, media).only(MediaRejected)
    assert refusals(rejected) == [(0, COMPANION.code), (1, "file_too_large")]
    assert (rejected.reply_refused, rejected.reason.code) == (True, "file_too_large")


def test_send_what_fits_leaves_one_out(on, tmp_path, decoder):
    """The rest leaves, and has the whole message for itself."""
    on = limited(on, tmp_path, decoder, links=False)
    media = stored(on, replying(send_what_fits=True), *jpegs(1), (pdf(700_000), "application/pdf"))
    rejected, fitted = on.run(worker, media).data
    assert (refusals(rejected), rejected.reply_refused) == ([(1, "file_too_large")], False)
    (part,) = fitted.parts
    assert part.attachments == [fitted.attachments[0].id]
    assert fitted.attachments[0].size_bytes > MMS_BYTES / 2


def test_a_message_that_lost_all_its_files_is_not_sent_empty(on, tmp_path, decoder):
    """The parts that remain are counted anew."""
    single = limited(on, tmp_path, decoder, max_files_per_message=1, links=False)
    media = stored(on, replying("w", send_what_fits=True), (SMALL_PNG, "image/png"), (pdf(700_000), "application/pdf"))
    _, fitted = single.run(worker, media).data
    assert [(part.index, part.text, len(part.attachments)) for part in fitted.parts] == [(0, "w", 1)]


def test_send_what_fits_with_nothing_left_ends_the_reply(on, tmp_path, decoder):
    """There is no plan for nothing."""
    on = limited(on, tmp_path, decoder, links=False)
    media = stored(on, replying(send_what_fits=True), (pdf(700_000), "application/pdf"))
    assert on.run(worker, media).only(MediaRejected).reply_refused


def test_the_plan_is_made_once(on):
    """A redelivery ends with the plan of the first; no file is touched again."""
    media = stored(on, replying("look"), *jpegs(1))
    first, second = once(lambda: on.run(worker, media))
    assert first == second
    assert on.decode.calls["run"] == 1


def test_a_frozen_plan_survives_new_limits(on, tmp_path, decoder):
    """A deploy that changes `channels.yaml` executes old plans as they are."""
    media = stored(on, replying("look"), *[(SMALL_PNG, "image/png")] * 3)
    planned = on.run(worker, media).data
    stricter = limited(on, tmp_path, decoder, max_files_per_message=1, max_message_bytes=10)
    assert stricter.run(worker, media).data == planned


def test_a_refusal_that_was_frozen_stays(on, tmp_path, decoder):
    """What the agent was told about a file left out holds, whatever the limits are by now."""
    media = stored(on, replying("w", send_what_fits=True), (pdf(700_000), "application/pdf"))
    told = on.run(worker, media).data
    looser = limited(on, tmp_path, decoder, max_message_bytes=10_000_000)
    assert looser.run(worker, media).data == told


def test_the_first_plan_counts(on):
    """Of two fitters at once, the loser emits what the winner froze."""
    media = stored(on, replying("look"), (SMALL_PNG, "image/png"))
    planned = on.run(worker, media).only(MediaFitted)
    key = object_keys.plan(media.account, media.conversation, media.message)
    on.store.delete(key)
    (part,) = planned.parts
    other = msgspec.structs.replace(planned, parts=[msgspec.structs.replace(part, text="the winner's")])
    real = on.store.part.put_new

    def overtaken(name, data, **kwargs):
        if name == key:
            real(name, msgspec.json.encode(Plan(fitted=other, rejected=[])), **kwargs)
        return real(name, data, **kwargs)

    on.store.part.put_new = overtaken
    assert on.run(worker, media).only(MediaFitted).parts[0].text == "the winner's"


def test_the_same_file_is_fitted_once_for_all_replies(on):
    """A second reply with the same photo in the conversation takes the result of the first."""
    sizes = [
        on.run(worker, stored(on, replying("look", message=name), *jpegs(1))).only(MediaFitted).attachments[0].sha256
        for name in ("m1", "m2")
    ]
    assert len(set(sizes)) == 1
    assert on.decode.calls["run"] == 1


def test_the_kind_of_number_decides_how_much_it_carries(on, tmp_path, decoder):
    """A long code takes what would be too much for a short code; the connection says which one it is."""
    sms = {"provider": "twilio", "address": SHOP, "options": {"number_type": "long_code"}}
    accounts = {ACCOUNT: {"name": "Acme", "channels": {"sms": [sms]}}}
    long_code = bench(tmp_path, decoder, settings(accounts=accounts))
    plan = long_code.run(worker, stored(long_code, replying("look"), (pdf(700_000), "application/pdf"))).only(
        MediaFitted
    )
    (part,) = plan.parts
    assert (part.attachments, part.links) == ([plan.attachments[0].id], [])


def test_webchat_takes_what_it_gets(on):
    """Its limits are wide: a photo leaves in full, but without its secrets."""
    media = stored(on, replying("look", channel="webchat"), *jpegs(1))
    (file,) = on.run(worker, media).only(MediaFitted).attachments
    assert b"SecretCamera" not in on.content(file.object_key)
    assert file.size_bytes > MMS_BYTES


@pytest.mark.parametrize("attempt", [4])
def test_a_decoder_that_cannot_start_ends_the_reply_visibly(on, monkeypatch, attempt):
    """After the ladder every file has its end."""

    def broken(*_args, **_kwargs):
        raise DecoderUnavailable("no more processes")

    media = stored(on, replying("look"), *jpegs(1))
    monkeypatch.setattr(on.decode, "run", broken, raising=False)
    assert on.run(worker, media).retry[1] == 1
    rejected = on.run(worker, media, attempt=attempt).only(MediaRejected)
    assert rejected.reply_refused


def test_the_settings_are_asked_at_the_time_of_planning(on):
    """The bench stands at the time and settings that the tests above assume."""
    limits = settings().limits("sms", "twilio").outbound.for_plan()
    assert (limits.max_message_bytes, limits.max_files_per_message, limits.max_text) == (MMS_BYTES, 10, 1600)
    assert on.clock.now() == NOW


def test_the_longest_text_fits_into_one_event(on):
    """The words travel once, in the parts, so that not even the longest text of the widest letters is too large."""
    text = "\N{GRINNING FACE}" * 10_000
    plan = on.run(worker, stored(on, replying(text, channel="webchat"))).only(MediaFitted)
    assert [part.text for part in plan.parts] == [text]


def with_links(on: Bench, tmp_path, decoder, **values: Any) -> Bench:
    """The same place, where links may stand for files."""
    limits = on.settings.channels["sms"]["twilio"]
    changed = {name: Limit(value=value, source="a test", read=NOW.date()) for name, value in values.items()}
    outbound = limits.outbound.model_copy(
        update={"links": Limit(value=True, source="a test", read=NOW.date()), **changed}
    )
    channels = on.settings.channels | {"sms": {"twilio": limits.model_copy(update={"outbound": outbound})}}
    return bench(tmp_path, decoder, on.settings.model_copy(update={"channels": channels}))


def test_what_does_not_fit_leaves_as_a_link_where_the_channel_allows_it(on, tmp_path, decoder):
    """The photo travels, the large PDF is a link in the same message; the original is what the link opens."""
    linking = with_links(on, tmp_path, decoder)
    media = stored(linking, replying("look"), (SMALL_PNG, "image/png"), (pdf(700_000), "application/pdf"))
    plan = linking.run(worker, media).only(MediaFitted)
    photo, manual = plan.attachments
    (part,) = plan.parts
    assert (part.text, part.attachments, part.links, part.falls_back) == ("look", [photo.id], [manual.id], True)
    assert (manual.object_key, manual.conversion) == (media.attachments[1].object_key, None)


def test_words_that_leave_no_room_for_a_link_travel_without_it(on, tmp_path, decoder):
    """Nothing is cut: the link follows in a message of its own."""
    linking = with_links(on, tmp_path, decoder)
    media = stored(linking, replying("w" * 1500), (pdf(700_000), "application/pdf"))
    plan = linking.run(worker, media).only(MediaFitted)
    (manual,) = plan.attachments
    assert [(part.text, part.links) for part in plan.parts] == [("w" * 1500, []), (None, [manual.id])]


def test_more_links_than_a_text_can_hold_become_several_messages(on):
    """Ten photos for a customer abroad: three links each, in order, and the words before them."""
    media = stored(on, replying("look", contact="+33612345678"), *[(SMALL_PNG, "image/png")] * 10)
    plan = on.run(worker, media).only(MediaFitted)
    assert [(part.text, len(part.links), part.attachments) for part in plan.parts] == [
        ("look", 0, []),
        (None, 3, []),
        (None, 3, []),
        (None, 3, []),
        (None, 1, []),
    ]
    assert [link for part in plan.parts for link in part.links] == [one.id for one in plan.attachments]


def test_links_follow_alone_where_words_and_files_never_share_a_message(on, tmp_path, decoder):
    """The photo travels without words; as many links as a text has room for are one message."""
    linking = with_links(on, tmp_path, decoder, max_caption=0, max_text=2 * LINK_CHARS)
    files = [(SMALL_PNG, "image/png"), *[(pdf(700_000 + number), "application/pdf") for number in range(3)]]
    plan = linking.run(worker, stored(linking, replying(), *files)).only(MediaFitted)
    photo, *manuals = [one.id for one in plan.attachments]
    assert [(part.text, part.attachments, part.links) for part in plan.parts] == [
        (None, [photo], []),
        (None, [], manuals[:2]),
        (None, [], manuals[2:]),
    ]


def test_a_contact_that_takes_no_files_gets_links(on, tmp_path, decoder):
    """MMS ends at a border: a number elsewhere is sent the words and where the file lies."""
    linking = with_links(on, tmp_path, decoder, media_prefixes=["+33"])
    plan = linking.run(worker, stored(linking, replying("look"), (SMALL_PNG, "image/png"))).only(MediaFitted)
    (part,) = plan.parts
    assert (part.attachments, part.links) == ([], [plan.attachments[0].id])


def test_without_links_such_a_contact_is_a_refusal(on, tmp_path, decoder):
    """The agent is told, and nothing leaves."""
    limits = on.settings.channels["sms"]["twilio"]
    prefixes = Limit(value=["+33"], source="a test", read=NOW.date())
    outbound = limits.outbound.model_copy(update={"media_prefixes": prefixes, "links": None})
    channels = on.settings.channels | {"sms": {"twilio": limits.model_copy(update={"outbound": outbound})}}
    strict = bench(tmp_path, decoder, on.settings.model_copy(update={"channels": channels}))
    rejected = strict.run(worker, stored(strict, replying("look"), (SMALL_PNG, "image/png"))).only(MediaRejected)
    assert rejected.reason
    assert rejected.reason.code == "contact_takes_no_files"
