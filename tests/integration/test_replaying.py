"""`trombone replay` on a real broker, object store and database: what it brings back, and what not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from tests.integration.cluster import ACCOUNT, Cluster
from tests.polling import eventually
from workers.runtime.database import Database
from workers.runtime.stores import open_store
from workers.runtime.tables import events, ledger
from workers.sandbox.eyes import look
from workers.sandbox.scene import camera_scene

pytestmark = pytest.mark.services

BEGAN = datetime.now(UTC) - timedelta(minutes=1)
RENDERED = "thumbnails_rendered"


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> Iterator[Database]:
    database = Database(cluster.environ["TROMBONE_DATABASE_URL"])
    yield database
    database.close()


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "hinge.jpg"
    path.write_bytes(camera_scene((800, 600), orientation=6))
    return path


def replayed(cluster: Cluster, stage: str, *more: str) -> str:
    """What the command printed."""
    told = cluster.trombone("replay", "--stage", stage, "--since", f"{BEGAN:%Y-%m-%dT%H:%M:%S}", *more)
    assert told.returncode == 0, told.stderr
    return told.stdout


def recorded(database: Database, message: str, kind: str) -> int:
    with database.read() as connection:
        query = select(func.count()).where(events.c.message == message, events.c.type == kind, events.c.how == "event")
        return int(connection.execute(query).scalar_one())


def attempts(database: Database, message: str) -> int:
    with database.read() as connection:
        query = select(func.count()).select_from(ledger).where(ledger.c.message == message)
        return int(connection.execute(query).scalar_one())


def forget_thumbnails(cluster: Cluster, database: Database, message: str) -> None:
    """As if the decoder had not been there yet: no pictures, and no event that tells of them."""
    store = open_store(cluster.environ["TROMBONE_STORE_URL"])
    for kept in [one.key for one in store.list(f"media/{ACCOUNT}/") if not one.key.endswith("/original")]:
        store.delete(kept)
    with database.write() as connection:
        connection.execute(delete(events).where(events.c.message == message, events.c.type == RENDERED))


def test_thumbnails_are_made_anew_from_stored_media(cluster: Cluster, database: Database, photo: Path) -> None:
    """A dry run only counts; the replay brings back what a new decoder can do, and the customer's file stays one."""
    customer = cluster.customer()
    cluster.send_mms(customer, "It came broken", photo)
    before = cluster.shown_from(customer)
    message = before["message"]
    forget_thumbnails(cluster, database, message)

    told = replayed(cluster, "thumbnailer", "--dry-run")
    assert "would run again" in told
    assert ["acme", "media_stored", "1"] in [line.split() for line in told.splitlines()]
    assert recorded(database, message, RENDERED) == 0

    assert "runs again" in replayed(cluster, "thumbnailer")
    eventually(lambda: recorded(database, message, RENDERED) == 1, within=30)

    (file,) = cluster.shown_from(customer)["attachments"]
    seen = look(cluster.helpdesk.download(file["thumbnail_url"]))
    assert (seen.bright_side, seen.has_metadata) == ("top", False)
    assert cluster.helpdesk.download(file["url"]) == photo.read_bytes()


def test_what_has_left_is_not_sent_again(cluster: Cluster, database: Database, photo: Path) -> None:
    """The ledger answers for the provider: the same end is told again, the phone gets nothing more."""
    customer = cluster.customer()
    message = cluster.reply("sms", customer, "Here is your hinge", photo)
    cluster.seen(message, "delivered")

    told = replayed(cluster, "deliverer")
    eventually(lambda: recorded(database, message, "delivery_completed") == 2, within=30)

    assert "media_fitted" in told
    assert (attempts(database, message), len(cluster.twilio.phone(customer).received)) == (1, 1)
    assert cluster.seen(message, "delivered")["ended"]


def test_a_reply_that_has_expired_stays(cluster: Cluster, database: Database) -> None:
    """It was planned while nobody delivered; neither the late deliverer nor any replay sends it."""
    customer = cluster.customer()
    cluster.stop("deliverer")
    expires = datetime.now(UTC) + timedelta(seconds=3)
    body = {"channel": "sms", "contact": customer, "text": "Too late", "expires_at": expires.isoformat()}
    message = str(cluster.helpdesk._ask("POST", "/v1/replies", json=body)["message"])
    cluster.seen(message, "planned")
    eventually(lambda: datetime.now(UTC) > expires, within=10)
    cluster.start("deliverer")
    assert cluster.seen(message, "failed")["reason"]["code"] == "reply_expired"

    replayed(cluster, "deliverer")
    eventually(lambda: recorded(database, message, "delivery_failed") == 2, within=30)

    assert cluster.seen(message, "failed")["reason"]["code"] == "reply_expired"
    assert cluster.twilio.phone(customer).received == []
