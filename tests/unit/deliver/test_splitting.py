"""A reply is cut into provider messages by the channel's numbers."""

from dataclasses import replace

from deliver.outgoing import KindLimits, Limits, PlannedFile, PlannedPart
from deliver.splitting import cut, files_first, split

ANY = frozenset[str]()
LIMITS = Limits(
    kinds={"file": KindLimits(ANY, 600_000, 2)},
    max_message_bytes=600_000,
    max_files_per_message=2,
    max_text=20,
    max_caption=20,
)
ONE_BY_ONE = Limits(
    kinds={
        "image": KindLimits(ANY, 5_000_000, 3),
        "video": KindLimits(ANY, 5_000_000, 1),
        "audio": KindLimits(ANY, 5_000_000, 1, captioned=False),
    },
    max_message_bytes=5_000_000,
    max_files_per_message=10,
    max_text=40,
    max_caption=10,
)


def files(*names: str) -> list[PlannedFile]:
    return [PlannedFile(name, "image/jpeg", 1000) for name in names]


def test_text_and_files_travel_together_as_one_message():
    """The text is the caption of the files of the same part."""
    assert [PlannedPart("hello", ("a", "b"))] == split("hello", files("a", "b"), LIMITS)


def test_more_files_than_a_message_takes_become_several_messages_in_order():
    """Files keep their order across parts, and only the first part has the words."""
    assert [PlannedPart("hello", ("a", "b")), PlannedPart(None, ("c",))] == split("hello", files("a", "b", "c"), LIMITS)


def test_long_text_is_cut_at_spaces():
    """No word is broken where a space is near, and nothing is lost."""
    parts = split("the quick brown fox jumps over", [], LIMITS)
    assert [part.text for part in parts] == ["the quick brown fox", "jumps over"]


def test_a_word_longer_than_a_message_is_cut_all_the_same():
    """A text without spaces still leaves in full."""
    parts = split("x" * 45, [], LIMITS)
    assert [part.text for part in parts] == ["x" * 20, "x" * 20, "x" * 5]


def test_files_without_words_need_no_text():
    """Spaces are not words."""
    assert [PlannedPart(None, ("a",))] == split("  ", files("a"), LIMITS)


def test_nothing_gives_no_message():
    """Neither words nor files: nothing leaves."""
    assert split(None, [], LIMITS) == []


def of_kinds(*kinds: str) -> list[PlannedFile]:
    return [PlannedFile(f"{kind}{number}", f"{kind}/x", 1000, kind) for number, kind in enumerate(kinds)]


def test_a_kind_that_travels_alone_parts_its_neighbours():
    """Images share a message, a video never does; the order stays."""
    parts = split(None, of_kinds("image", "image", "video", "image", "audio"), ONE_BY_ONE)
    assert [part.attachments for part in parts] == [("image0", "image1"), ("video2",), ("image3",), ("audio4",)]


def test_the_caption_goes_to_the_first_files_that_can_carry_one():
    """A voice note cannot: the words ride with the photo behind it."""
    parts = split("look", of_kinds("audio", "image"), ONE_BY_ONE)
    assert parts == [PlannedPart(None, ("audio0",)), PlannedPart("look", ("image1",))]


def test_words_that_nothing_can_carry_leave_first():
    """Who reads them knows what the voice note is about."""
    assert split("look", of_kinds("audio"), ONE_BY_ONE) == [PlannedPart("look", ()), PlannedPart(None, ("audio0",))]


def test_words_too_long_for_a_caption_leave_as_a_message_of_their_own():
    """The limits of texts and captions differ."""
    parts = split("longer than a caption", of_kinds("image"), ONE_BY_ONE)
    assert parts == [PlannedPart("longer than a caption", ()), PlannedPart(None, ("image0",))]


def test_files_first_keeps_words_and_files_apart():
    """For channels where they never share a message."""
    parts = files_first("look", of_kinds("image", "video"), ONE_BY_ONE)
    assert parts == [PlannedPart(None, ("image0",)), PlannedPart(None, ("video1",)), PlannedPart("look", ())]


def test_bytes_are_counted_where_the_provider_counts_bytes():
    """No character is cut in half, and nothing is lost."""
    pieces = cut("été " * 5, 10, "bytes")
    assert all(len(piece.encode()) <= 10 for piece in pieces)
    assert " ".join(pieces).split() == ["été"] * 5


def test_a_kind_is_known_by_the_type_that_leaves():
    """A file that was converted leaves as what it has become."""
    limits = replace(
        ONE_BY_ONE, kinds={"image": KindLimits(frozenset({"image/jpeg"}), 1, 1), "file": KindLimits(ANY, 1, 1)}
    )
    kinds = [limits.kind_of(one) for one in ("image/jpeg", "image/webp", "application/pdf")]
    assert kinds == ["image", "file", "file"]
    assert ONE_BY_ONE.kind_of("application/pdf") is None
