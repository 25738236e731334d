"""The real ports: built when they are touched, and not before."""

import pytest

from workers.runtime.assemble import LivePorts
from workers.runtime.clock import SystemClock
from workers.runtime.folder import FolderStore
from workers.runtime.links import LinkRefused
from workers.runtime.memory import MemoryBroker
from workers.runtime.settings import SettingsInvalid, load

PARTS = ("broker", "codec", "store", "decode", "fetch", "client", "links", "database", "ledger", "intake", "record")


@pytest.fixture
def ports(tmp_path):
    urls = {"store_url": f"file:{tmp_path}/objects", "database_url": f"sqlite:///{tmp_path}/trombone.db"}
    made = LivePorts(load({}, endpoints=urls))
    yield made
    made.close()


def test_nothing_is_built_before_it_is_used(ports):
    """A media worker never opens a database, a gateway never starts a decoder."""
    assert not any(part in vars(ports) for part in PARTS)
    assert isinstance(ports.clock, SystemClock)


def test_every_part_is_built_once(ports):
    """All who ask get the same."""
    assert all(getattr(ports, part) is getattr(ports, part) for part in PARTS)
    assert isinstance(ports.store, FolderStore)
    assert isinstance(ports.broker, MemoryBroker)


def test_one_process_makes_its_own_media_keys(tmp_path, ports):
    """Its links outlive a restart, and another system's do not open them."""
    url = ports.links.media_url("acme", "media/acme/c/d/original", media_type="a/b", file_name="a", lives_seconds=9)
    token = url.split("/media/")[1].split("/")[0]
    assert ports.links.open(token).account == "acme"
    assert LivePorts(ports.settings).links.open(token).account == "acme"
    with pytest.raises(LinkRefused):
        LivePorts(load({}, endpoints={"store_url": f"file:{tmp_path}/elsewhere"})).links.open(token)


def test_closing_twice_or_unused_is_nothing(ports):
    """What was never built needs no end."""
    ports.close()
    assert ports.store
    ports.close()


@pytest.mark.parametrize("url", ["postgresql://u:pass/word@db:x/y", "sqlite:///"])
def test_a_wrong_database_url_is_told_without_its_password(url):
    """The driver's own words may hold a piece of it."""
    with pytest.raises(SettingsInvalid) as invalid:
        assert LivePorts(load({"TROMBONE_DATABASE_URL": url})).database
    assert str(invalid.value) == "TROMBONE_DATABASE_URL: not a URL of PostgreSQL or SQLite"
