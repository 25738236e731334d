"""A result that was kept is the one that counts."""

from threading import Barrier, Thread

from msgspec import Struct

from workers.runtime.folder import FolderStore
from workers.runtime.memo import recall, remember
from workers.runtime.objects import ObjectChanged


class Result(Struct, frozen=True):
    made_by: str


def test_nothing_is_recalled_before_something_is_remembered(tmp_path):
    """Then the work has to be done."""
    assert recall(FolderStore(tmp_path), "plans/acme/c/m.json", Result) is None


def test_what_was_remembered_is_recalled(tmp_path):
    """By whoever asks, for ever."""
    store = FolderStore(tmp_path)
    assert remember(store, "plans/acme/c/m.json", Result("first")) == Result("first")
    assert recall(store, "plans/acme/c/m.json", Result) == Result("first")


def test_the_first_one_counts(tmp_path):
    """A second result is dropped, and its maker is told the first."""
    store = FolderStore(tmp_path)
    remember(store, "plans/acme/c/m.json", Result("first"))
    assert remember(store, "plans/acme/c/m.json", Result("second")) == Result("first")


def test_of_many_at_once_one_wins(tmp_path):
    """And all of them are told the same."""
    store, barrier = FolderStore(tmp_path), Barrier(8)
    told = []

    def race(name: str) -> None:
        barrier.wait()
        told.append(remember(store, "plans/acme/c/m.json", Result(name)))

    threads = [Thread(target=race, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 8
    assert set(told) == {recall(store, "plans/acme/c/m.json", Result)}


def test_a_winner_that_vanished_does_no_harm(tmp_path):
    """It was erased between the two looks: our own result is as good."""

    class Erased(FolderStore):
        def put_new(self, key, data, *, media_type):
            raise ObjectChanged(key)

    assert remember(Erased(tmp_path), "plans/acme/c/m.json", Result("mine")) == Result("mine")
