"""The pipelines that are measured: each is given the same messages and tells when it was done with them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import reload
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pika
import psycopg
from minio import Minio

from schemas import identity, object_keys
from tests.benchmarks.whole_way.surroundings import Surroundings, photo
from tests.integration.cluster import ACCOUNT, NUMBER, STAGES, Cluster
from tests.integration.program import ROOT, descendants
from tests.polling import eventually
from workers.runtime.topology import UPSTREAM, upstream_key

SOURCE = "benchmark"
START_SECONDS = 30.0


class Subject(Protocol):
    """`url_of` and `upload` say where photo `name` of a size is; `done` gives the moments known so far."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def upload(self, size: str, name: str) -> None: ...
    def inbound(self, size: str, name: str) -> None: ...
    def outbound(self, size: str, name: str) -> None: ...
    def done(self, names: Sequence[str]) -> Mapping[str, datetime]: ...
    def processes(self) -> list[int]: ...


class Bucket:
    """The object store of a subject, from an `s3://key:secret@host:port/bucket` URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.key, self.secret = f"{parts.hostname}:{parts.port}", parts.username or "", parts.password or ""
        self.name = parts.path.strip("/")
        self._store = Minio(self.host, self.key, self.secret, secure=False, region="us-east-1")

    def put(self, key: str, data: bytes) -> None:
        self._store.put_object(self.name, key, BytesIO(data), len(data), "image/jpeg")


class CeleryChain:
    """Two children, as many as the machine has cores; a prefetch of four for each."""

    def __init__(self, folder: Path, urls: tuple[str, str, str], around: Surroundings) -> None:
        broker, store, database = urls
        self._around, self._bucket, self._database = around, Bucket(store), database.replace("+psycopg", "")
        self._log, spool = folder / "celery.log", folder / "spool"
        spool.mkdir(parents=True)
        os.environ |= {
            "CHAIN_BROKER_URL": broker,
            "CHAIN_S3_HOST": self._bucket.host,
            "CHAIN_S3_KEY": self._bucket.key,
            "CHAIN_S3_SECRET": self._bucket.secret,
            "CHAIN_BUCKET": self._bucket.name,
            "CHAIN_DATABASE_URL": self._database,
            "CHAIN_SPOOL": str(spool),
            "CHAIN_PROVIDER_URL": f"{around.url}/messages",
        }
        self._rows = psycopg.connect(self._database, autocommit=True)
        self._rows.execute("create table if not exists done (id text primary key, at timestamptz)")

    def start(self) -> None:
        from tests.benchmarks.whole_way import celery_chain  # noqa: PLC0415 - it reads the environment that we set

        self._chain = reload(celery_chain)
        self._log.write_text("")
        command = [sys.executable, "-m", "celery", "-A", "tests.benchmarks.whole_way.celery_chain", "worker"]
        with self._log.open("ab") as log:
            self._worker = subprocess.Popen(
                [*command, "--concurrency", "2", "--loglevel", "INFO"], cwd=ROOT, stdout=log, stderr=log
            )
        eventually(lambda: " ready." in self._log.read_text(), within=START_SECONDS, every=0.1)

    def stop(self) -> None:
        self._worker.terminate()
        self._worker.wait(60)
        self._rows.close()

    def upload(self, size: str, name: str) -> None:
        self._bucket.put(f"uploads/{name}", photo(size, name))

    def inbound(self, size: str, name: str) -> None:
        self._chain.inbound({"id": name, "url": f"{self._around.url}/photos/{size}/{name}", "text": "look"})

    def outbound(self, size: str, name: str) -> None:
        self._chain.outbound({"id": name, "upload": f"uploads/{name}", "to": "+15550100", "text": "like this"})

    def done(self, names: Sequence[str]) -> Mapping[str, datetime]:
        return dict(self._rows.execute("select id, at from done where id = any(%s)", [list(names)]).fetchall())

    def processes(self) -> list[int]:
        return [self._worker.pid, *descendants(self._worker.pid)]


class Trombone:
    """Every worker and the gateway as processes of their own, with isolation, ledger and record."""

    def __init__(self, folder: Path, urls: tuple[str, str, str], around: Surroundings) -> None:
        self._around, self._bucket = around, Bucket(urls[1])
        self._cluster = Cluster(
            folder,
            *urls,
            names=(*STAGES, "gateway"),
            allowed=urlsplit(around.url).netloc,
            environ={"TROMBONE_LOG_LEVEL": "warning"},
        )
        self._cluster.configure("config", around.url)
        self._rows = psycopg.connect(urls[2].replace("+psycopg", ""), autocommit=True)
        self._broker = pika.BlockingConnection(pika.URLParameters(urls[0]))

    def start(self) -> None:
        self._cluster.__enter__()
        self._channel = self._broker.channel()

    def stop(self) -> None:
        self._broker.close()
        self._cluster.close()
        self._rows.close()

    def upload(self, size: str, name: str) -> None:
        self._bucket.put(object_keys.upload(ACCOUNT, name), photo(size, name))

    def inbound(self, size: str, name: str) -> None:
        file = {"source": {"url": f"{self._around.url}/photos/{size}/{name}"}, "declared_media_type": "image/jpeg"}
        self._publish("message_received", name, external_id=name, text="look", files=[file])

    def outbound(self, size: str, name: str) -> None:
        file = {"source": {"object_key": object_keys.upload(ACCOUNT, name)}, "file_name": "photo.jpg"}
        self._publish("reply_requested", name, text="like this", files=[file])

    def done(self, names: Sequence[str]) -> Mapping[str, datetime]:
        """Inbound when the thumbnails are recorded; outbound when the delivery is, too."""
        ways = {identity.inbound_message_id(ACCOUNT, "sms", name): (name, 1) for name in names}
        ways |= {identity.root_id(ACCOUNT, SOURCE, name): (name, 2) for name in names}
        found = self._rows.execute(
            "select message, count(distinct type), max(recorded_at) from events where message = any(%s)"
            " and type in ('thumbnails_rendered', 'delivery_completed') and how = 'event' group by message",
            [list(ways)],
        ).fetchall()
        return {ways[message][0]: at for message, count, at in found if count == ways[message][1]}

    def processes(self) -> list[int]:
        roots = [program.pid for program in self._cluster.programs.values()]
        return [pid for root in roots for pid in (root, *descendants(root))]

    def _publish(self, event: str, name: str, **data: Any) -> None:
        shared = {"channel": "sms", "provider": "twilio", "account": ACCOUNT, "address": NUMBER}
        document = {
            "specversion": "1.0",
            "id": name,
            "source": SOURCE,
            "type": f"trombone.{event}.v1",
            "time": datetime.now(UTC).isoformat(),
            "account": ACCOUNT,
            "data": shared | {"contact": f"+1555{abs(hash(name)) % 10_000_000:07}"} | data,
        }
        properties = pika.BasicProperties(content_type="application/cloudevents+json", delivery_mode=2)
        key = upstream_key(ACCOUNT, event, 1, "sms")
        self._channel.basic_publish(UPSTREAM, key, json.dumps(document).encode(), properties)
