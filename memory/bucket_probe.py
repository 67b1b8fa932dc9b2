"""Whether a bucket can be used at all: asked before a run depends on it."""

from __future__ import annotations

from domain.errors import Misconfigured, StorageFailed
from memory.bucket import Bucket

PROBE = "onbrand-probe"
_SAYS = b"Onbrand looks whether this bucket can be used; this object may be deleted.\n"


def probe(bucket: Bucket) -> None:
    """Write a small object, write it again only if it is absent, and read it back. It stays in the bucket.

    Raises StorageFailed when the bucket cannot be reached, written or read; Misconfigured when the service writes over
    what it should leave: then two processes could each take themselves for the first.
    """
    bucket.put_new(PROBE, _SAYS, "text/plain")
    if bucket.put_new(PROBE, _SAYS, "text/plain"):
        raise Misconfigured(
            "The bucket's service writes over objects that are there, though told not to (If-None-Match on PutObject).",
            where=bucket.url(),
            hint="Use Amazon S3, or a compatible service of a version that keeps this condition.",
        )
    if bucket.get(PROBE) != _SAYS:
        raise StorageFailed(
            "The bucket gives back other bytes than were written.", where=bucket.url(PROBE),
            hint="Delete that object, then look again; see what stands between here and the bucket.",
        )
