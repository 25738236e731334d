"""The mailroom as a process lives: with its neighbours away, and to the end."""

import os
import smtplib
import time
from pathlib import Path

from tests.integration.mailroom_kit import SUPPORT, mailroom_bench
from tests.integration.program import STOP_SECONDS, Program
from tests.polling import eventually
from tests.services.process import LOOPBACK, free_port
from workers.mailroom.door import PUBLISHING_THREADS, Door
from workers.runtime.database import Database
from workers.runtime.rabbitmq import RabbitBroker

MAIL = (Path(__file__).parents[1] / "payloads" / "email" / "photo_attached.eml").read_bytes()
ACCOUNTS = f"""
acme:
  name: Acme
  channels:
    email:
      - {{provider: smtp, address: {SUPPORT}, credentials: {{thread_key: {{value: k}}}}}}
"""


def send(port: int, count: int = 1) -> None:
    with smtplib.SMTP(LOOPBACK, port) as smtp:
        for number in range(count):
            smtp.sendmail("kim@customer.example", [SUPPORT], MAIL.replace(b"<photo", b"<%d.photo" % number))


def test_a_real_broker_that_is_away_holds_up_nobody(tmp_path: Path) -> None:
    """Every mail is taken within a moment while publishing hangs; all of them wait in the intake."""
    broker = RabbitBroker("amqp://guest:guest@127.0.0.1:1/")
    with mailroom_bench(tmp_path, publisher=broker.publisher()) as bench:
        with Door(bench.services, LOOPBACK, 0) as door:
            started = time.monotonic()
            send(door.address[1], 2 * PUBLISHING_THREADS)
            took = time.monotonic() - started
        rows = bench.intake_rows()
        broker.close()
    assert [row.published_at for row in rows] == [None] * 2 * PUBLISHING_THREADS
    assert took < 20


def test_the_process_takes_mail_and_ends_in_time(tmp_path: Path, vhost_url: str) -> None:
    """`trombone mailroom`: SIGTERM is followed by exit code 0."""
    (tmp_path / "accounts.yaml").write_text(ACCOUNTS)
    url, port = f"sqlite:///{tmp_path}/trombone.db", free_port()
    database = Database(url)
    database.migrate()
    environ = {
        "PATH": os.environ["PATH"],
        "TROMBONE_CONFIG": str(tmp_path),
        "TROMBONE_BROKER_URL": vhost_url,
        "TROMBONE_STORE_URL": f"file:{tmp_path}/objects",
        "TROMBONE_DATABASE_URL": url,
        "TROMBONE_MEDIA_KEYS": "one:a-secret-for-media-links",
    }
    program = Program("mailroom", ["mailroom", "--port", str(port)], environ, tmp_path / "log")
    program.start()
    try:
        eventually(lambda: answers(port), 20)
        send(port)
        with database.read() as connection:
            accounts = list(connection.exec_driver_sql("SELECT account FROM intake"))
        program.terminate()
        code = program.wait(STOP_SECONDS)
    finally:
        program.kill()
        database.close()
    assert ([row.account for row in accounts], code) == (["acme"], 0)


def answers(port: int) -> bool:
    try:
        with smtplib.SMTP(LOOPBACK, port, timeout=5) as smtp:
            return smtp.noop()[0] == 250
    except OSError:
        return False
