"""Artifacts in a bucket: the same contract as in a folder, for processes on hosts that share no disk."""

from __future__ import annotations

import hashlib
import threading

from domain.errors import ProgrammerMustAct, StorageFailed
from domain.values import ArtifactRef, BrandId, Digest
from memory.artifact_cache import ROOM_BYTES, ArtifactCache
from memory.artifacts import EXTENSIONS, MEDIA_TYPES, is_digest, not_found
from memory.bucket import Bucket
from memory.home import Home, checked_brand

MOST_SEEN = 50_000
"""Artifacts whose place this process remembers; then it begins anew."""


class S3Store:
    """An `ArtifactStore` in a bucket: `brands/<brand>/artifacts/ab/cd/abcd....png` below the bucket's address.

    An object appears whole or not at all, and none is written over, unless it is damaged. What was read or written
    here before is read from a bounded cache in the home; where an artifact lies is asked once, since none ever moves.
    """

    def __init__(self, bucket: Bucket, home: Home, room: int = ROOM_BYTES) -> None:
        self.bucket = bucket
        self._cache = ArtifactCache(home, room)
        self._seen: dict[tuple[BrandId, Digest], ArtifactRef] = {}
        self._guard = threading.Lock()

    def put(self, brand: BrandId, data: bytes, media_type: str) -> ArtifactRef:
        """Keep these bytes, once; the same bytes again are the same artifact, under the media type it had first.

        Raises:
            StorageFailed: the bucket cannot be reached, read or written.
            NotFound: `brand` is no brand id.
            ProgrammerMustAct: a media type not in `EXTENSIONS`.
        """
        digest = hashlib.sha256(data).hexdigest()
        there = self._look(brand, digest)
        if there is None:
            extension = EXTENSIONS.get(media_type)
            if extension is None:
                raise ProgrammerMustAct(f"Artifacts of type {media_type} are not kept; add it to EXTENSIONS.")
            key = f"{_folder(brand, digest)}{digest}.{extension}"
            self.bucket.put_new(key, data, media_type)
            there = self._ref(key, digest, len(data))
        elif not self._is_whole(there, len(data)):
            # These bytes are what the object should hold.
            self.bucket.replace(self._key(there), data, there.media_type)
            there = there.model_copy(update={"bytes": len(data)})
        self._cache.keep(brand, digest, data)
        return self._remember(brand, there)

    def get(self, brand: BrandId, digest: Digest) -> bytes:
        """The bytes of an artifact.

        Raises:
            NotFound: none of this digest, or another brand's.
            StorageFailed: the bucket cannot be read, or the object no longer has this digest.
        """
        if is_digest(digest) and (copy := self._cache.get(brand, digest)) is not None:
            return copy
        ref = self.ref(brand, digest)
        data = self.bucket.get(self._key(ref))
        if data is None:
            self._forget(brand, digest)
            raise not_found(digest)
        if hashlib.sha256(data).hexdigest() != digest:
            self._forget(brand, digest)
            raise StorageFailed(
                "An artifact in the bucket is damaged: its bytes no longer have its digest.",
                where=ref.path, hint="Delete the object and resume the run, which draws it again; or restore it.",
            )
        self._cache.keep(brand, digest, data)
        return data

    def ref(self, brand: BrandId, digest: Digest) -> ArtifactRef:
        """Where an artifact is and what it is; its `path` is an s3:// URL. Raises NotFound as `get`."""
        with self._guard:
            seen = self._seen.get((brand, digest))
        found = seen or self._look(brand, digest)
        if found is None:
            raise not_found(digest)
        return self._remember(brand, found)

    def has(self, brand: BrandId, digest: Digest) -> bool:
        """Whether the brand has an artifact of this digest now: the bucket is asked each time, `ref` only once.

        Raises StorageFailed when it cannot be asked.
        """
        found = self._look(brand, digest)
        if found is None:
            self._forget(brand, digest)
            return False
        self._remember(brand, found)
        return True

    def _look(self, brand: BrandId, digest: Digest) -> ArtifactRef | None:
        """What the bucket has under this digest: of two that were written at the same moment, always the same one."""
        folder = _folder(brand, digest)
        if not is_digest(digest):
            return None
        found = self.bucket.listed(f"{folder}{digest}.", most=len(EXTENSIONS))
        known = [one for one in found if one.key.rpartition(".")[2] in MEDIA_TYPES]
        if not known:
            return None
        first = min(known, key=lambda one: (one.written, one.key))
        return self._ref(first.key, digest, first.bytes)

    def _is_whole(self, ref: ArtifactRef, length: int) -> bool:
        """Whether an object still has its digest."""
        return ref.bytes == length and self.bucket.sha256(self._key(ref)) == ref.digest

    def _ref(self, key: str, digest: Digest, length: int) -> ArtifactRef:
        media_type = MEDIA_TYPES[key.rpartition(".")[2]]
        return ArtifactRef(digest=digest, media_type=media_type, path=self.bucket.url(key), bytes=length)

    def _key(self, ref: ArtifactRef) -> str:
        return ref.path.removeprefix(self.bucket.url("")).lstrip("/")

    def _remember(self, brand: BrandId, ref: ArtifactRef) -> ArtifactRef:
        with self._guard:
            if len(self._seen) >= MOST_SEEN:
                self._seen.clear()
            self._seen[brand, ref.digest] = ref
        return ref

    def _forget(self, brand: BrandId, digest: Digest) -> None:
        with self._guard:
            self._seen.pop((brand, digest), None)


def _folder(brand: BrandId, digest: Digest) -> str:
    return f"brands/{checked_brand(brand)}/artifacts/{digest[:2]}/{digest[2:4]}/"
