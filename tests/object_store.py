"""A real S3 endpoint on loopback for tests: moto in a process of its own, spoken to by boto3 over HTTP."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

REGION = "eu-north-1"


@dataclass
class ObjectService:
    """Where it listens, and what a process that uses it has in its environment."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """Credentials and addresses as AWS tools read them; nothing of the person's own is looked at."""
        return {
            "AWS_ACCESS_KEY_ID": "AKIAOFATESTTHATISNONE",
            "AWS_SECRET_ACCESS_KEY": "a-secret-that-is-never-shown",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nowhere/config",
            "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials",
        }

    @cached_property
    def client(self) -> Any:
        """A client of the tests' own."""
        import boto3

        names = self.environment
        return boto3.session.Session().client(
            "s3", endpoint_url=self.endpoint, region_name=REGION,
            aws_access_key_id=names["AWS_ACCESS_KEY_ID"], aws_secret_access_key=names["AWS_SECRET_ACCESS_KEY"],
        )

    def new_bucket(self) -> str:
        """A bucket nobody else has; its name. It keeps count of how often each object was written."""
        name = f"pictures-{uuid.uuid4().hex[:12]}"
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def written(self, bucket: str, prefix: str = "") -> dict[str, int]:
        """The keys below a prefix, without it, and how often each was written."""
        versions = self.client.list_object_versions(Bucket=bucket, Prefix=prefix).get("Versions", ())
        return dict(Counter(str(found["Key"]).removeprefix(prefix) for found in versions))


@contextmanager
def object_service() -> Iterator[ObjectService]:
    """The service, until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )
    assert process.stderr is not None
    drain = threading.Thread(target=process.stderr.read)        # a full pipe would stop it
    try:
        said = ""
        for line in process.stderr:
            said += line
            if found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", line):
                break
        else:
            raise AssertionError(f"the object service did not start: {said}")
        drain.start()
        yield ObjectService(found[1])
    finally:
        process.kill()
        process.wait()
        if drain.ident is not None:
            drain.join()
        process.stderr.close()
