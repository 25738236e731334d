"""A reply is cut into provider messages by the channel's numbers."""

from deliver.outgoing import Limits, PlannedFile, PlannedPart
from deliver.splitting import split

LIMITS = Limits(
    max_message_bytes=600_000,
    max_file_bytes=600_000,
    max_files_per_message=2,
    max_text_chars=20,
    media_types=frozenset(),
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
