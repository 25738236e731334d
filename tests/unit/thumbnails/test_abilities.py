"""Which decoders there are."""

from thumbnails.abilities import abilities


def test_a_whole_installation_has_every_decoder():
    """The wheels carry them all: no system package is needed for any format."""
    found = abilities().found
    assert [one.name for one in found if one.version is None] == []
    assert len({one.name for one in found}) == len(found)
