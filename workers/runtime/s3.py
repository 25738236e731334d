"""
An object store on any S3 server, through minio with time-outs of our own.

minio's default client may hold a call for half an hour when the server is silent; ours gives up within ten seconds.
A put above one part is a multipart upload: the object appears when the last request completes it, or not at all. Parts
of an upload whose process was killed stay behind invisibly: give the bucket a rule that aborts incomplete uploads.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

import urllib3
from minio.commonconfig import REPLACE, CopySource
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from workers.runtime.object_rules import (
    CHUNK_BYTES,
    UNKNOWN_MEDIA_TYPE,
    Measured,
    check_key,
    check_prefix,
    escape,
    safe_media_type,
    unescape,
)
from workers.runtime.objects import Object, ObjectChanged, ObjectMissing, Reading, StoreUnavailable
from workers.runtime.s3_connection import FAILING, connect

# The smallest part that S3 takes (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html, read 2026-11-22).
# minio holds a part in memory, so this is what a put of any size needs.
PART_BYTES = 5 * 1024 * 1024
_META = "x-amz-meta-"


class S3Store:
    """Implements `objects.ObjectStore`. The bucket is made at first use; nothing is connected before that."""

    def __init__(self, url: str) -> None:
        """`s3://key:secret@host:port/bucket?region=us-east-1&tls=0`; key and secret percent-encoded."""
        connection = connect(url)
        self._bucket = connection.bucket
        self._endpoint = connection.endpoint
        self._pool = connection.pool
        self._minio = connection.minio
        self._bucket_known = False
        self._bucket_lock = threading.Lock()

    def put(
        self,
        key: str,
        data: BinaryIO,
        *,
        size_bytes: int | None,
        media_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> Object:
        check_key(key)
        escaped = escape(metadata or {})
        measured = Measured(data, size_bytes)
        with self._failures(key):
            written = self._minio.put_object(
                self._bucket,
                key,
                cast("BinaryIO", measured),
                -1 if size_bytes is None else size_bytes,
                content_type=safe_media_type(media_type),
                metadata=_as_headers(escaped),
                part_size=PART_BYTES,
                num_parallel_uploads=1,
            )
            # S3 may complete an upload with 200 and an error inside.
            if not written.etag:
                raise StoreUnavailable(f"{self._endpoint}: the upload was not completed")
        return Object(
            key=key,
            size_bytes=measured.size_bytes,
            etag=written.etag,
            media_type=safe_media_type(media_type),
            modified_at=_http_time(written.http_headers.get("date")),
            metadata=unescape(escaped),
        )

    def put_new(self, key: str, data: bytes, *, media_type: str) -> Object:
        check_key(key)
        with self._failures(key):
            # minio has no conditional put in public (7.2.20), but it signs URLs: we send that request ourselves.
            url = self._minio.get_presigned_url("PUT", self._bucket, key, expires=timedelta(minutes=1))
            answer = self._put_new(url, data, media_type)
        if answer.status == 412:
            raise ObjectChanged(key)
        if answer.status != 200:
            raise StoreUnavailable(f"{self._endpoint}: {answer.status} on a conditional put")
        return Object(
            key=key,
            size_bytes=len(data),
            etag=answer.headers.get("etag", "").strip('"'),
            media_type=safe_media_type(media_type),
            modified_at=_http_time(answer.headers.get("date")),
            metadata={},
        )

    def _put_new(self, url: str, data: bytes, media_type: str) -> urllib3.BaseHTTPResponse:
        """
        Try twice, like any other request, but not by urllib3's own retry: it would log the signed URL.

        409: S3 saw two writers at the same moment and wants us to ask again
        (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html, read 2026-11-22).
        """
        headers = {"If-None-Match": "*", "Content-Type": safe_media_type(media_type)}
        send = partial(self._pool.request, "PUT", url, body=data, headers=headers, retries=False)
        try:
            answer = send()
        except HTTPError:
            return send()
        return send() if answer.status in (*FAILING, 409) else answer

    def head(self, key: str) -> Object:
        with self._failures(check_key(key)):
            return _described(key, self._minio.stat_object(self._bucket, key).metadata or {})

    @contextmanager
    def read(self, key: str, *, start: int = 0, length: int | None = None) -> Iterator[Reading]:
        response = None if length == 0 else self._get(key, start, length)
        if response is None:
            yield Reading(self.head(key), iter(()))
            return
        try:
            yield Reading(_described(key, response.headers), self._chunks(key, response))
        finally:
            response.close()

    def download(self, key: str, path: Path) -> Object:
        response = self._get(key, 0, None)
        if response is None:
            raise StoreUnavailable(f"{self._endpoint}: no range was asked for")
        try:
            with path.open("wb") as file:
                for chunk in self._chunks(key, response):
                    file.write(chunk)
            return _described(key, response.headers)
        finally:
            response.close()

    def copy(self, source: str, target: str, *, etag: str, media_type: str) -> str:
        check_key(target)
        with self._failures(check_key(source)):
            written = self._minio.copy_object(
                self._bucket,
                target,
                CopySource(self._bucket, source, match_etag=etag),
                metadata={"Content-Type": safe_media_type(media_type)},
                metadata_directive=REPLACE,
            )
            # As with an upload: S3 may answer 200 with an error inside.
            if not written.etag:
                raise StoreUnavailable(f"{self._endpoint}: the copy was not completed")
        return written.etag.strip('"')

    def list(self, prefix: str) -> Iterator[Object]:
        with self._failures(check_prefix(prefix)):
            for found in self._minio.list_objects(self._bucket, prefix=prefix, recursive=True):
                yield Object(
                    key=found.object_name or "",
                    size_bytes=found.size or 0,
                    etag=(found.etag or "").strip('"'),
                    media_type=UNKNOWN_MEDIA_TYPE,
                    modified_at=found.last_modified or datetime.now(UTC),
                    metadata={},
                )

    def delete(self, key: str) -> None:
        with self._failures(check_key(key)):
            self._minio.remove_object(self._bucket, key)

    def _get(self, key: str, start: int, length: int | None) -> urllib3.BaseHTTPResponse | None:
        """None: the range lies behind the end."""
        with self._failures(check_key(key)):
            try:
                return self._minio.get_object(self._bucket, key, offset=start, length=length or 0)
            except S3Error as error:
                if error.code == "InvalidRange":
                    return None
                raise

    def _chunks(self, key: str, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        with self._failures(key):
            yield from response.stream(CHUNK_BYTES, decode_content=False)
            response.release_conn()

    @contextmanager
    def _failures(self, key: str) -> Iterator[None]:
        """Every way in which S3 says no, in the words of the port."""
        try:
            self._make_bucket()
            yield
        except S3Error as error:
            if error.code in ("NoSuchKey", "NoSuchObject"):
                raise ObjectMissing(key) from None
            if error.code == "PreconditionFailed":
                raise ObjectChanged(key) from None
            self._bucket_known = self._bucket_known and error.code != "NoSuchBucket"
            raise StoreUnavailable(f"{self._endpoint}: {error.code}") from error
        except (MinioException, HTTPError) as error:
            raise StoreUnavailable(f"{self._endpoint}: {type(error).__name__}") from error

    def _make_bucket(self) -> None:
        if self._bucket_known:
            return
        with self._bucket_lock:
            if not self._bucket_known and not self._bucket_exists():
                try:
                    self._minio.make_bucket(self._bucket)
                except S3Error as error:
                    if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                        raise
            self._bucket_known = True

    def _bucket_exists(self) -> bool:
        try:
            return bool(self._minio.bucket_exists(self._bucket))
        except S3Error as error:
            if error.code == "AccessDenied":  # a key that may use objects need not see the bucket
                return True
            raise


def _as_headers(metadata: Mapping[str, str]) -> dict[str, str | list[str] | tuple[str]]:
    """With the full name: minio would take `content-type` and the like for headers of the object."""
    return {f"{_META}{name}": value for name, value in metadata.items()}


def _described(key: str, headers: Mapping[str, str]) -> Object:
    """What an answer to HEAD or GET says about its object; one of a range tells the size of the whole as well."""
    plain = {name.lower(): value for name, value in headers.items()}
    size = plain.get("content-range", "").rpartition("/")[2] or plain.get("content-length", "0")
    return Object(
        key=key,
        size_bytes=int(size),
        etag=plain.get("etag", "").strip('"'),
        media_type=plain.get("content-type", UNKNOWN_MEDIA_TYPE),
        modified_at=_http_time(plain.get("last-modified")),
        metadata=unescape({name.removeprefix(_META): plain[name] for name in plain if name.startswith(_META)}),
    )


def _http_time(value: str | None) -> datetime:
    return parsedate_to_datetime(value) if value else datetime.now(UTC)
