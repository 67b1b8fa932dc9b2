"""One bucket of Amazon S3, or of a service that speaks like it, below one prefix."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.values import BucketAddress, Digest
from memory.bucket_errors import bucket_failure

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0
"""Longest silence of the service before an attempt counts as failed."""

ATTEMPTS = 4
"""For each request, with pauses that double; then it is a StorageFailed."""

MOST_CONNECTIONS = 32

_ABSENT = {"NoSuchKey", "NotFound", "404"}
_TAKEN = {"PreconditionFailed", "412"}
_CONTENDED = {"ConditionalRequestConflict", "409"}


@dataclass(frozen=True)
class Listed:
    """One object of a listing: its key, its length in bytes, and when it was written."""

    key: str
    bytes: int
    written: datetime


class Connection:
    """The way to one S3 service, made at the first use; safe to share between threads and buckets.

    Credentials and region come from where AWS tools look for them: environment, profile, role. `endpoint` is the URL of
    a compatible service; unset, AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL count, then Amazon.
    """

    def __init__(self, endpoint: str | None = None) -> None:
        self.endpoint = endpoint
        self._guard = threading.Lock()
        self._made: Any = None

    @property
    def client(self) -> Any:
        """The boto3 client."""
        if self._made is None:
            with self._guard:
                self._made = self._made or _connect(self.endpoint)
        return self._made


class Bucket:
    """Implements `domain.ports.ObjectStore`. Keys are relative to the address."""

    def __init__(self, address: BucketAddress, connection: Connection) -> None:
        self.address = address
        self.connection = connection

    def url(self, key: str = "") -> str:
        """The s3:// URL of a key."""
        return f"{self.address}/{key}" if key else str(self.address)

    def put_new(self, key: str, data: bytes, media_type: str) -> bool:
        """Keep an object unless there is one under this key; whether it was kept. Whole or not at all.

        False may also mean that this very call kept it, and its answer was lost on the way.
        """
        for left in reversed(range(ATTEMPTS)):
            try:
                self._put(key, data, media_type, IfNoneMatch="*")
                return True
            except _failures() as error:
                if _code(error) in _TAKEN:
                    return False
                if _code(error) not in _CONTENDED or not left:
                    raise bucket_failure(error, self.url(key)) from error
        return False

    def replace(self, key: str, data: bytes, media_type: str) -> None:
        """Keep an object in place of whatever there is under this key."""
        with self._typed(key):
            self._put(key, data, media_type)

    def get(self, key: str) -> bytes | None:
        """An object's bytes; None when there is none."""
        for left in reversed(range(ATTEMPTS)):
            try:
                body = self._client.get_object(Bucket=self.address.bucket, Key=self._key(key))["Body"]
            except _failures() as error:
                if _code(error) in _ABSENT:
                    return None
                raise bucket_failure(error, self.url(key)) from error
            try:
                return bytes(body.read())
            except _failures() as error:
                # boto3 repeats requests, not what it has begun to read: a body that broke off is asked for again.
                if not left:
                    raise bucket_failure(error, self.url(key)) from error
        return None

    def sha256(self, key: str) -> Digest | None:
        """The SHA-256 of an object's bytes: as the service keeps it, else by reading; None when there is no object."""
        try:
            head = self._client.head_object(Bucket=self.address.bucket, Key=self._key(key), ChecksumMode="ENABLED")
        except _failures() as error:
            if _code(error) in _ABSENT:
                return None
            raise bucket_failure(error, self.url(key)) from error
        if kept := _hex(str(head.get("ChecksumSHA256") or "")):
            return kept
        data = self.get(key)
        return None if data is None else hashlib.sha256(data).hexdigest()

    def listed(self, prefix: str, most: int | None = None) -> Sequence[Listed]:
        """Objects whose key begins with `prefix`, by key; at most `most`."""
        with self._typed(prefix):
            return tuple(self._pages(prefix, most))

    def keys(self, prefix: str) -> Sequence[str]:
        """Keys that begin with `prefix`, in order."""
        return tuple(found.key for found in self.listed(prefix))

    def delete(self, key: str) -> None:
        """Remove an object, if there is one."""
        with self._typed(key):
            self._client.delete_object(Bucket=self.address.bucket, Key=self._key(key))

    def _put(self, key: str, data: bytes, media_type: str, **conditions: str) -> None:
        self._client.put_object(
            Bucket=self.address.bucket, Key=self._key(key), Body=data, ContentType=media_type,
            ChecksumAlgorithm="SHA256", **conditions,
        )

    def _pages(self, prefix: str, most: int | None) -> Iterator[Listed]:
        own = self._key("")
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.address.bucket, Prefix=self._key(prefix), PaginationConfig={"MaxItems": most}
        )
        for page in pages:
            for found in page.get("Contents", ()):
                yield Listed(str(found["Key"]).removeprefix(own), int(found["Size"]), found["LastModified"])

    def _key(self, key: str) -> str:
        return f"{self.address.prefix}/{key}" if self.address.prefix else key

    @contextmanager
    def _typed(self, key: str) -> Iterator[None]:
        try:
            yield
        except _failures() as error:
            raise bucket_failure(error, self.url(key)) from error

    @property
    def _client(self) -> Any:
        return self.connection.client


def _connect(endpoint: str | None) -> Any:
    """An S3 client. A session of its own: the shared default one is not safe to use from several threads."""
    import boto3  # noqa: PLC0415  slow to import: only where a bucket is set
    from botocore.config import Config  # noqa: PLC0415

    elsewhere = endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        max_pool_connections=MOST_CONNECTIONS,
        # Compatible services seldom have a host name for each bucket.
        s3={"addressing_style": "path" if elsewhere else "auto"},
    )
    return boto3.session.Session().client("s3", endpoint_url=endpoint, config=config)


def _failures() -> tuple[type[Exception], ...]:
    """What boto3 raises for everything but wrong arguments."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    return BotoCoreError, ClientError, OSError


def _code(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code") or "") if isinstance(response, dict) else ""


def _hex(checksum: str) -> str | None:
    """A checksum header's Base64 as hex; None for one of parts ("...-3"), which is not that of the bytes."""
    try:
        raw = base64.b64decode(checksum, validate=True)
    except binascii.Error:
        return None
    return raw.hex() if len(raw) == 32 else None
