"""Which errors are worth another try, and which codes are believed."""

import errno

import pytest
from sqlalchemy.exc import OperationalError

from schemas.codec import NewerVersion
from workers.runtime.database import DatabaseUnavailable
from workers.runtime.objects import ObjectMissing, StoreUnavailable
from workers.runtime.outcome import Retry, Wait
from workers.runtime.verdict import UNFORESEEN, as_retry, code_of


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoreUnavailable("away"), "store_unavailable"),
        (Retry("source_unavailable", "later"), "source_unavailable"),
        (NewerVersion("newer_version", "v9"), "newer_version"),
        (ConnectionResetError(), "unreachable"),
        (TimeoutError(), "unreachable"),
        (MemoryError(), "machine_full"),
        (OSError(errno.ENOSPC, "full"), "machine_full"),
    ],
)
def test_what_may_pass_is_tried_again(error, code):
    """What says so itself, a rollout under way, the network, and a full machine."""
    retry = as_retry(error)
    assert retry is not None
    assert retry.code == code


def test_a_database_that_is_away_is_waited_for():
    """However long: no attempt is counted. One that answers too slowly may have a reason in the message."""
    away = DatabaseUnavailable("database_unavailable", "refused")
    slow = DatabaseUnavailable("database_slow", "a lock", away=False)

    assert [type(as_retry(error)) for error in (away, slow)] == [Wait, Retry]


@pytest.mark.parametrize("error", [ObjectMissing("k"), KeyError("bug"), OSError(errno.EACCES, "no")])
def test_what_cannot_pass_is_not(error):
    """A bug stays a bug however often it is repeated."""
    assert as_retry(error) is None


def test_our_own_codes_are_stable():
    """They are for programs and operators."""
    assert code_of(ObjectMissing("k")) == "object_missing"


@pytest.mark.parametrize("error", [OperationalError("SELECT", {}, Exception()), SystemExit(3), KeyError("x")])
def test_foreign_codes_mean_nothing(error):
    """SQLAlchemy's `e3q8` is a page of its manual, and no reason."""
    assert code_of(error) == UNFORESEEN == "unforeseen"
