"""Waking a loop that waits, and only then."""

import threading
import time

from workers.runtime.rabbitmq.wakeup import Wakeup


def test_a_notification_ends_the_wait():
    """A result is not found at the next look at the clock, but at once."""
    wakeup = Wakeup()
    wakeup.arm()
    threading.Timer(0.1, wakeup.notify).start()
    started = time.monotonic()
    assert wakeup.wait([], 10) == []
    assert time.monotonic() - started < 5
    wakeup.close()


def test_a_notification_between_arming_and_waiting_is_not_lost():
    """The moment in which a plain flag would be missed."""
    wakeup = Wakeup()
    wakeup.arm()
    wakeup.notify()
    started = time.monotonic()
    wakeup.wait([], 10)
    assert time.monotonic() - started < 5
    wakeup.close()


def test_notifying_a_loop_that_does_not_wait_leaves_nothing_behind():
    """A busy loop finds its results anyway; a hundred bytes would wake it a hundred times."""
    wakeup = Wakeup()
    for _ in range(100):
        wakeup.notify()
    wakeup.arm()
    started = time.monotonic()
    wakeup.wait([], 0.1)
    assert time.monotonic() - started >= 0.1
    wakeup.close()
    wakeup.notify()
