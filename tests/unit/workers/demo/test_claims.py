"""A claim is checked as it is said, and one that is not true is remembered."""

from io import StringIO

import pytest
from rich.console import Console

from workers.demo import waiting
from workers.demo.claims import Claims
from workers.demo.waiting import NeverCame, wait_for


def test_a_true_claim_is_a_yes():
    """Nothing is broken then."""
    out = StringIO()
    claims = Claims(Console(file=out, width=80))
    claims.scene("A scene")
    claims.claim("the photo arrived", true=True)
    claims.say("where it lies")
    assert claims.broken == []
    assert out.getvalue().splitlines() == ["", "A scene", "  yes  the photo arrived", "       where it lies"]


def test_a_claim_that_is_not_true_is_remembered():
    """The exit code depends on it."""
    out = StringIO()
    claims = Claims(Console(file=out, width=80))
    claims.claim("the photo arrived", true=False)
    assert claims.broken == ["the photo arrived"]
    assert "NO" in out.getvalue()


def test_waiting_gives_back_what_came():
    """As soon as it is there."""
    answers = iter([None, "", "here"])
    assert wait_for(lambda: next(answers), "it") == "here"


def test_waiting_ends(monkeypatch):
    """A demo never hangs; it says what did not come."""
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 0.05)
    with pytest.raises(NeverCame, match=r"^the photo did not come within"):
        wait_for(lambda: None, "the photo")
