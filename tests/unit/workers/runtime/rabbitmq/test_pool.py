"""A pool that takes what is there together, and waits for nobody at its end."""

import threading

from tests.polling import eventually
from workers.runtime.rabbitmq.pool import Pool


def alive(name):
    return sum(thread.name.startswith(name) for thread in threading.enumerate())


def test_what_waits_together_is_taken_together_up_to_the_limit():
    """While the one thread is busy, work piles up."""
    gate, batches = threading.Event(), []
    started = threading.Event()

    def work(batch):
        batches.append(batch)
        started.set()
        gate.wait(10)

    pool = Pool(work, threads=1, max_batch=3, name="test")
    pool.put([0])
    assert started.wait(10)
    pool.put([1, 2])
    pool.put([3, 4])
    gate.set()
    eventually(lambda: len(batches) == 3, within=10)
    pool.close()
    assert batches == [[0], [1, 2, 3], [4]]


def test_who_takes_batches_waits_a_moment_for_others():
    """What is taken back in that moment is not waited for, and what comes after it is taken in its order."""
    taken = []
    pool = Pool(taken.extend, threads=1, max_batch=3, name="company")
    pool.put([0])
    withdrawn = pool.withdraw()
    pool.put([1])
    pool.put([2])
    eventually(lambda: [*withdrawn, *taken] == [0, 1, 2], within=10)
    pool.close(wait_seconds=10)
    assert alive("company") == 0


def test_what_nobody_has_begun_can_be_taken_back():
    """And is then nobody's business any more."""
    gate, begun = threading.Event(), []

    def work(batch):
        begun.extend(batch)
        gate.wait(10)

    pool = Pool(work, threads=2, max_batch=1, name="test")
    pool.put(range(5))
    eventually(lambda: len(begun) == 2, within=10)
    assert pool.withdraw() == [2, 3, 4]
    assert pool.withdraw() == []
    gate.set()
    pool.close()
    assert sorted(begun) == [0, 1]


def test_threads_end_after_close_and_after_what_was_put():
    """Nothing is left running, and nothing undone."""
    done = []
    pool = Pool(done.extend, threads=3, max_batch=1, name="ending")
    assert alive("ending") == 3
    pool.put(range(20))
    pool.close(wait_seconds=10)
    assert sorted(done) == list(range(20))
    assert alive("ending") == 0


def test_a_close_waits_only_so_long_for_a_stuck_thread():
    """It is a daemon, and dies with the process."""
    gate, begun = threading.Event(), threading.Event()

    def work(_):
        begun.set()
        gate.wait(10)

    pool = Pool(work, threads=1, max_batch=1, name="test")
    pool.put([1])
    assert begun.wait(10)
    pool.close(wait_seconds=0.05)
    gate.set()
