"""How we talk to an S3 server: time-outs, few retries, no redirects."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import urllib3
from minio import Minio
from urllib3.util import Retry, Timeout

FAILING = (500, 502, 503, 504)

# Two tries of a silent server make seven seconds; the promise is ten, the courtesy of an abort included.
_CONNECT_SECONDS = 2.0
_READ_SECONDS = 3.5
_ABORT_SECONDS = 1.0
# One more try, at once; a Retry-After of minutes is the broker's to wait for, not ours.
_RETRIES = Retry(total=1, redirect=0, status_forcelist=FAILING, backoff_factor=0.2, respect_retry_after_header=False)


@dataclass(frozen=True, slots=True)
class Connection:
    """`endpoint` is host:port, for messages."""

    minio: Minio
    pool: urllib3.PoolManager
    bucket: str
    endpoint: str


def connect(url: str) -> Connection:
    """`s3://key:secret@host:port/bucket?region=us-east-1&tls=0`; nothing is sent yet. Raises ValueError."""
    parts = urlsplit(url)
    if not (parts.hostname and parts.username and parts.password and parts.path.strip("/")):
        raise ValueError("an S3 store needs a host, a key, a secret and a bucket")
    query = parse_qs(parts.query)
    endpoint = parts.netloc.rpartition("@")[2]
    pool = _Pool(
        maxsize=16,
        timeout=Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
        retries=_RETRIES,
    )
    minio = Minio(
        endpoint,
        access_key=unquote(parts.username or ""),
        secret_key=unquote(parts.password or ""),
        secure=query.get("tls", ["1"])[0] != "0",
        region=query.get("region", ["us-east-1"])[0],  # without it minio asks the server first
        http_client=pool,
    )
    return Connection(minio, pool, parts.path.strip("/"), endpoint)


class _Pool(urllib3.PoolManager):
    """Aborting a failed upload is a courtesy; it must not double the time that the failure takes."""

    def urlopen(self, method: str, url: str, redirect: bool = True, **kw: Any) -> urllib3.BaseHTTPResponse:  # type: ignore[override]  # the signature of PoolManager itself
        if method == "DELETE" and "uploadId=" in url:
            kw |= {"retries": False, "timeout": Timeout(total=_ABORT_SECONDS)}
        return super().urlopen(method, url, redirect, **kw)
