"""What the check tells about decoders."""

from thumbnails.orders import Ability
from workers.commands.checking import _decoders


def test_a_missing_decoder_is_told_with_what_it_costs():
    """As a note: everything else goes on."""
    found = [Ability(name="PNG", version="1.6", lost="nothing works"), Ability(name="AVIF", version=None, lost="pale")]
    assert list(_decoders(found, [])) == ["Decoders: PNG (1.6).", "AVIF is missing: pale."]


def test_a_machine_that_refuses_a_lock_is_told():
    """A container without user namespaces still works, with one wall less."""
    assert list(_decoders([], ["network namespace"]))[1:] == [
        "The machine refuses a network namespace: a broken decoder is locked in less well."
    ]
