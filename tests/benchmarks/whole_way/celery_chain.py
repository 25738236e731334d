"""
The yardstick: the same work as a plain Celery application, as a good engineer writes it in a day.

Late acks, publisher confirms, quorum queues, retries with back-off; files travel through a folder of all workers.
It decodes in the worker, keeps no ledger and no record, and its messages hold paths.
"""

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import urllib3
from celery import Celery, chain
from minio import Minio
from PIL import Image, ImageOps

from tests.benchmarks.whole_way.surroundings import MMS_BYTES

Message = dict[str, Any]

BUCKET = os.environ.get("CHAIN_BUCKET", "")
app = Celery("chain", broker=os.environ.get("CHAIN_BROKER_URL"))
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_default_queue="chain",
    task_default_exchange_type="topic",
    task_default_queue_type="quorum",
    worker_prefetch_multiplier=4,
    broker_transport_options={"confirm_publish": True},
    broker_connection_retry_on_startup=True,
)
RETRIES = {"autoretry_for": (urllib3.exceptions.HTTPError,), "retry_backoff": True, "max_retries": 5}
http = urllib3.PoolManager(timeout=urllib3.Timeout(10), retries=False)


@cache
def store() -> Minio:
    host, key, secret = (os.environ[f"CHAIN_S3_{name}"] for name in ("HOST", "KEY", "SECRET"))
    return Minio(host, key, secret, secure=False, region="us-east-1")


@cache
def rows() -> psycopg.Connection[Any]:
    return psycopg.connect(os.environ["CHAIN_DATABASE_URL"], autocommit=True)


def put(key: str, data: bytes, media_type: str) -> str:
    store().put_object(BUCKET, key, BytesIO(data), len(data), media_type)
    return key


@app.task(**RETRIES)
def download(message: Message) -> Message:
    return spooled(message, http.request("GET", message["url"]).data)


@app.task(**RETRIES)
def fetch_upload(message: Message) -> Message:
    answer = store().get_object(BUCKET, message["upload"])
    try:
        return spooled(message, answer.read())
    finally:
        answer.close()
        answer.release_conn()


def spooled(message: Message, data: bytes) -> Message:
    path = Path(os.environ["CHAIN_SPOOL"]) / message["id"]
    path.write_bytes(data)
    return message | {"path": str(path), "sha256": sha256(data).hexdigest()}


@app.task
def validate(message: Message) -> Message:
    with Image.open(message["path"], formats=["JPEG", "PNG", "GIF", "WEBP"]) as image:
        if image.width * image.height > 50_000_000:
            raise ValueError("too many pixels")
        image.verify()
    return message


@app.task(**RETRIES)
def keep(message: Message) -> Message:
    store().fput_object(BUCKET, f"originals/{message['sha256']}", message["path"], "image/jpeg")
    return message


@app.task(**RETRIES)
def thumbnails(message: Message, sides: list[int]) -> Message:
    with Image.open(message["path"]) as image:
        upright = ImageOps.exif_transpose(image)
    for side in sides:
        small, out = upright.copy(), BytesIO()
        small.thumbnail((side, side))
        small.save(out, "WEBP")
        put(f"thumbnails/{message['sha256']}/{side}.webp", out.getvalue(), "image/webp")
    return message


@app.task(**RETRIES)
def fit(message: Message) -> Message:
    return message | {"fitted": put(f"fitted/{message['sha256']}.jpg", fitted(message["path"]), "image/jpeg")}


def fitted(path: str) -> bytes:
    """Worse and worse quality; when that does not help, half the size."""
    with Image.open(path) as image:
        picture = ImageOps.exif_transpose(image).convert("RGB")
    while True:
        for quality in range(95, 19, -5):
            out = BytesIO()
            picture.save(out, "JPEG", quality=quality)
            if out.tell() <= MMS_BYTES:
                return out.getvalue()
        picture = picture.resize((picture.width // 2, picture.height // 2))


@app.task(**RETRIES)
def deliver(message: Message) -> Message:
    url = store().presigned_get_object(BUCKET, message["fitted"], timedelta(hours=10))
    fields = {"To": message["to"], "Body": message["text"], "MediaUrl": url}
    answer = http.request_encode_body("POST", os.environ["CHAIN_PROVIDER_URL"], fields, encode_multipart=False)
    if answer.status != 201:
        raise urllib3.exceptions.HTTPError(str(answer.status))
    return message


@app.task
def note(message: Message) -> None:
    rows().execute("insert into done values (%s, %s) on conflict do nothing", (message["id"], datetime.now(UTC)))
    Path(message["path"]).unlink(missing_ok=True)


def inbound(message: Message) -> None:
    chain(download.s(message), validate.s(), keep.s(), thumbnails.s([1280, 320]), note.s()).apply_async()


def outbound(message: Message) -> None:
    chain(fetch_upload.s(message), validate.s(), thumbnails.s([320]), fit.s(), deliver.s(), note.s()).apply_async()
