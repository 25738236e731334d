"""The delay ladder."""

import pytest

from workers.runtime.ladder import Ladder

LADDER = Ladder(steps=[1, 5, 30], tiers=[600, 1, 5, 30, 120])


@pytest.mark.parametrize(("attempt", "delay"), [(0, 1), (1, 5), (2, 30), (3, None), (99, None), (-1, None)])
def test_each_attempt_has_its_step(attempt: int, delay: float | None) -> None:
    """And after the last there is none."""
    assert LADDER.delay(attempt) == delay


@pytest.mark.parametrize(("after", "delay"), [(0, 1), (1, 1), (1.1, 5), (30, 30), (31, 30), (1e9, 30)])
def test_a_wish_is_met_by_the_first_tier_that_is_long_enough(after: float, delay: float) -> None:
    """But never by more than our own largest step."""
    assert LADDER.delay(0, after) == delay


def test_a_wish_does_not_lengthen_the_ladder() -> None:
    """A provider that always says `later` is not asked for ever."""
    assert LADDER.delay(3, 1) is None


@pytest.mark.parametrize(("waits", "seconds"), [(0, 1), (1, 5), (2, 30), (3, 30), (10_000, 30)])
def test_patience_grows_but_never_ends(waits: int, seconds: float) -> None:
    """A server that comes back after a day finds all of it within half a minute."""
    assert Ladder([1, 5, 120], [1, 5, 30, 120]).patience(waits) == seconds


def test_an_empty_ladder_gives_no_second_try() -> None:
    """Not even on request."""
    assert Ladder([], [1]).delay(0, 1) is None
