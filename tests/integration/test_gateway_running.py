"""The gateway as a process lives: health, failures of its neighbours, and the end."""

import time
from pathlib import Path
from threading import Thread

from tests.integration.gateway_door import ACME, ACME_WATCH, open_door
from tests.polling import eventually
from workers.runtime.clock import SystemClock
from workers.runtime.database import Database, DatabaseUnavailable
from workers.runtime.intake import Intake
from workers.runtime.rabbitmq import RabbitBroker
from workers.runtime.record import Record
from workers.runtime.stores import open_store

MMS = (Path(__file__).parents[1] / "payloads" / "sms" / "inbound_text_only.form").read_bytes()
REPLY = {"channel": "sms", "contact": "+14155550100", "text": "hi"}


def test_health(tmp_path):
    """Alive, and ready with a store and a database; the broker may be away."""
    with open_door(tmp_path, listening=False) as door:
        alive, ready = (door.ask("GET", path) for path in ("/healthz", "/readyz"))
    assert (alive.status, ready.status) == (200, 200)
    assert ready.json() == {"status": "ok", "store": "ok", "database": "ok"}


def test_metrics_are_for_operators(tmp_path):
    """A key that may read threads may not read these; who may sees the books, with a zero where nothing is overdue."""
    with open_door(tmp_path) as door:
        told, denied, stranger = (door.ask("GET", "/metrics", key=key) for key in (ACME_WATCH, ACME, None))
    assert (told.status, denied.status, stranger.status) == (200, 403, 401)
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b'trombone_overdue_attachments{stage="nobody"} 0\n' in told.body


def test_without_a_database_nothing_is_accepted(tmp_path):
    """503 with a time to come back: whoever hears 2xx may forget, so nobody hears it in vain."""
    away = Database("postgresql://nobody:nothing@127.0.0.1:1/nowhere")
    services = {"intake": Intake(away, SystemClock()), "record": Record(away, SystemClock())}
    with open_door(tmp_path, patience_seconds=0.3, **services) as door:
        answers = [
            door.ask("POST", "/v1/replies", key=ACME, json=REPLY),
            door.twilio(MMS),
            door.ask("GET", "/v1/conversations", key=ACME),
        ]
        ready = door.ask("GET", "/readyz")
        away.close()
    assert [(one.status, one.error, one.headers["retry-after"]) for one in answers] == [
        (503, "database_unavailable", "5")
    ] * 3
    assert (ready.status, ready.json()["database"]) == (503, "unavailable")


class Restarting(Intake):
    """The database breaks off three times, just when it has committed: nobody heard that it did."""

    failures = 3

    def accept(self, event, body):
        outcome = super().accept(event, body)
        if self.failures:
            self.failures -= 1
            raise DatabaseUnavailable("database_unavailable", "restarting")
        return outcome


def test_a_database_that_fails_for_a_moment_costs_no_message(tmp_path):
    """Twilio does not repeat a webhook that was answered with 5xx: it is tried again, and written down once."""
    database = Database(f"sqlite:///{tmp_path}/trombone.db")
    intake = Restarting(database, SystemClock())
    with open_door(tmp_path, intake=intake) as door:
        answer = door.twilio(MMS)
        rows = door.intake_rows()
    database.close()
    assert (answer.status, intake.failures, len(rows)) == (200, 0, 1)


def test_a_store_that_is_away_is_a_503(tmp_path):
    """The file was not kept, and the sender hears when to try again."""
    away = open_store("s3://key:secret-key@127.0.0.1:1/bucket?tls=0")
    with open_door(tmp_path, store=away) as door:
        upload = door.ask("POST", "/v1/uploads", key=ACME, body=b"x")
        ready = door.ask("GET", "/readyz")
    assert (upload.status, upload.error, upload.headers["retry-after"]) == (503, "store_unavailable", "5")
    assert (ready.status, ready.json()["store"]) == (503, "unavailable")


def test_our_own_failure_tells_nothing(tmp_path):
    """500 in JSON, and no traceback for strangers."""
    with open_door(tmp_path) as door:
        with door.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE intake RENAME COLUMN fingerprint TO gone")
        answer = door.ask("POST", "/v1/replies", key=ACME, json=REPLY)
    assert (answer.status, answer.error) == (500, "internal_error")
    assert b"intake" not in answer.body


def test_a_real_broker_that_is_away_holds_up_nobody(tmp_path):
    """Every reply is answered within a moment while publishing hangs; all of them wait in the intake."""
    broker = RabbitBroker("amqp://guest:guest@127.0.0.1:1/")
    with open_door(tmp_path, listening=False, broker=broker) as door:
        started = time.monotonic()
        answers = [door.ask("POST", "/v1/replies", key=ACME, json=REPLY).status for _ in range(20)]
        took = time.monotonic() - started
        rows = door.intake_rows()
        door.stop.set()
    assert answers == [202] * 20
    assert took < 10
    assert [row.published_at for row in rows] == [None] * 20


def test_stopping_answers_who_is_waiting(tmp_path):
    """A long poll ends with the gateway instead of holding it up."""
    with open_door(tmp_path) as door:
        visitor = door.ask("POST", "/webchat/acme-shop/sessions").json()
        answers = []
        waiting = Thread(
            target=lambda: answers.append(door.ask("GET", "/webchat/messages?wait=25", key=visitor["token"]).status)
        )
        waiting.start()
        eventually(lambda: door.ask("GET", "/healthz").status == 200, 5)
        started = time.monotonic()
        door.stop.set()
        waiting.join(timeout=20)
        took = time.monotonic() - started
    assert answers == [200]
    assert took < 5


def test_answers_do_not_wait_for_acknowledgments(tmp_path):
    """Head and body leave at once: with Nagle's algorithm on, each answer takes the 40 ms of a delayed ACK."""
    with open_door(tmp_path) as door:
        times = []
        for _ in range(20):
            started = time.monotonic()
            door.ask("GET", "/healthz")
            times.append(time.monotonic() - started)
    assert min(times[1:]) < 0.03
