"""Timers of the memory broker."""

from threading import Event as Flag

from tests.polling import eventually
from workers.runtime.memory.timers import Timers


def test_timers_ring_in_the_order_of_their_time() -> None:
    """Whatever the order in which they were started; a shorter one started later wakes the thread earlier."""
    rung: list[str] = []
    timers = Timers(rung.append)
    timers.start(0.15, "late")
    timers.start(0.01, "early")
    timers.start(0.05, "middle")
    eventually(lambda: len(rung) == 3, 5)
    timers.close()
    assert rung == ["early", "middle", "late"]


def test_a_closed_timer_does_not_ring() -> None:
    """Its thread ends at once, however much time was left."""
    rung = Flag()
    timers: Timers[str] = Timers(lambda _: rung.set())
    timers.start(60, "never")
    timers.close()
    assert not rung.is_set()


def test_closing_without_timers_is_no_trouble() -> None:
    """A broker may be opened and closed unused."""
    Timers(print).close()
