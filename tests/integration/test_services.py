"""The tests' own servers and links are what they claim to be."""

import shutil
import signal
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pika
import psycopg
import pytest
import urllib3

from tests.polling import eventually
from tests.services import Postgres, RabbitApi
from tests.services.postgres import connect
from tests.services.s3 import client
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.services


def test_each_test_gets_a_virtual_host_without_queues(vhost_url: str, rabbitmq_api: RabbitApi) -> None:
    """A message goes through a queue of the fresh virtual host, and the queue is only there."""
    with pika.BlockingConnection(pika.URLParameters(vhost_url)) as connection:
        amqp_channel = connection.channel()
        amqp_channel.queue_declare("mine", durable=True)
        amqp_channel.confirm_delivery()
        amqp_channel.basic_publish("", "mine", b"hello")
        assert amqp_channel.basic_get("mine")[2] == b"hello"
    name = urlsplit(vhost_url).path.removeprefix("/")
    assert [queue["name"] for queue in rabbitmq_api.call("GET", f"/queues/{name}")] == ["mine"]


def test_a_bucket_wants_credentials(bucket_url: str) -> None:
    """Who has the key writes and reads; an anonymous write is refused."""
    store, name = client(bucket_url), urlsplit(bucket_url).path.removeprefix("/")
    store.put_object(name, "key", BytesIO(b"bytes"), 5)
    answer = store.get_object(name, "key")
    assert answer.read() == b"bytes"
    answer.release_conn()
    location = urlsplit(bucket_url)
    anonymous = urllib3.request(
        "PUT", f"http://{location.hostname}:{location.port}/{name}/other", body=b"x", retries=False
    )
    assert anonymous.status == 403


def test_each_test_gets_an_empty_database(database_url: str) -> None:
    """The fresh database has no tables."""
    with connect(database_url) as connection:
        rows = connection.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        assert rows.fetchone() == (0,)


def test_data_survive_kill_9(own_postgres: Postgres) -> None:
    """A server that was killed comes back on the same port with what was committed."""
    with connect(own_postgres.url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    own_postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        connect(own_postgres.url)
    own_postgres.start()
    with connect(own_postgres.url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_black_hole_holds_bytes_back_until_it_heals(postgres_url: str) -> None:
    """A silent link neither answers nor closes; after healing, what was written arrives."""
    with TcpProxy(postgres_url) as link, connect(link.url) as connection:
        link.black_hole()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(link.url.replace("+psycopg", ""), connect_timeout=2)
        link.heal()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_reset_link_breaks_open_connections_and_lets_new_ones_pass(postgres_url: str) -> None:
    """After a single reset the old connection is dead and a new one works."""
    with TcpProxy(postgres_url) as link:
        old = connect(link.url)
        link.reset_once()
        with pytest.raises(psycopg.OperationalError):
            old.execute("SELECT 1")
        with connect(link.url) as new:
            assert new.execute("SELECT 1").fetchone() == (1,)


SLEEPER = """
import signal
from tests.services.process import Server
server = Server()
server._spawn(["sleep", "600"], {})
print(server.pid, server.folder, flush=True)
signal.pause()
"""


def test_servers_do_not_outlive_a_killed_test_run() -> None:
    """kill -9 of the process that started a server ends the server too."""
    with subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        pid, folder = starter.stdout.readline().split()
        eventually(
            lambda: Path(f"/proc/{pid}/comm").read_text() == "sleep\n", within=5
        )  # before that it is not tied yet
        starter.send_signal(signal.SIGKILL)
        starter.wait()
    eventually(lambda: not is_running(int(pid)), within=5)
    shutil.rmtree(folder)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
