"""A link fits into the room that the plan leaves for it."""

import pytest

from deliver.linking import LINK_CHARS, sentence
from deliver.outgoing import OutgoingLink
from schemas import identity, object_keys
from tests.workbench import LATER, MEDIA_KEYS, StandingClock
from workers.runtime.file_names import short_name
from workers.runtime.links import SignedLinks
from workers.sending import LINK_NAME_BYTES

OFFICE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


@pytest.mark.parametrize(
    "name", ["a.pdf", "a" * 200 + ".pptx", "größe-" * 30 + ".pptx", "".join(map(chr, range(0x4E00, 0x4E46)))]
)
def test_a_link_with_its_sentence_fits_into_its_room(name):
    """Long accounts, long names in any script, the longest type: the words around it were planned with this number."""
    account = "acme-corporation-of-the-world"
    key = object_keys.original(account, identity.conversation_id(account, "sms", "+1", "+2"), "a" * 64)
    links = SignedLinks("https://media.helpdesk.example.com", MEDIA_KEYS, StandingClock())
    short = short_name(name, LINK_NAME_BYTES)
    url = links.media_url(account, key, media_type=OFFICE, file_name=short, lives_seconds=604_800)
    assert len(sentence(OutgoingLink(url, short, 123_456_789, LATER))) <= LINK_CHARS
