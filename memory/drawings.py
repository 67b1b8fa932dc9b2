"""Finished drawings by what was asked for: a run that was cut off, or asked twice, does not draw (or pay) again."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Mapping

from pydantic import ValidationError

from domain.candidate import Candidate, Slot
from domain.errors import StorageFailed
from domain.values import BrandId, Digest
from memory.bucket import Bucket
from memory.home import Home, checked_brand


def drawing_key(slot: Slot, cutouts: Mapping[str, Digest], generator_version: str) -> Digest:
    """SHA-256 of everything that decides a drawing's pixels. Ids, parents and rounds do not."""
    asked = slot.model_dump(mode="json", exclude={"id", "parent", "round"})
    used = {name: cutouts[name] for name in sorted({*slot.products, *(o.product for o in slot.composition.others)})}
    document = json.dumps([asked, used, generator_version], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(document.encode()).hexdigest()


class BucketDrawings:
    """Records of finished drawings beside the artifacts of a bucket: `brands/<brand>/drawings/<key>.json`.

    Whichever host takes a run's work over finds there what others have drawn.
    """

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    def find(self, brand: BrandId, key: Digest) -> Candidate | None:
        """As `DrawingStore.find`; raises StorageFailed when the bucket cannot be asked."""
        record = self.bucket.get(_key(brand, key))
        try:
            return None if record is None else Candidate.model_validate_json(record)
        except ValidationError:
            return None

    def keep(self, brand: BrandId, key: Digest, drawn: Candidate) -> None:
        """Keep a finished drawing whole or not at all; raises StorageFailed when the bucket refuses."""
        self.bucket.replace(_key(brand, key), drawn.model_dump_json().encode(), "application/json")


def _key(brand: BrandId, key: Digest) -> str:
    return f"brands/{checked_brand(brand)}/drawings/{key}.json"


class DrawingStore:
    """Records of finished drawings in a home's folders: `brands/<brand>/drawings/<key>.json`."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def find(self, brand: BrandId, key: Digest) -> Candidate | None:
        """The finished drawing under this key; None when there is none, or its record was damaged."""
        path = self.home.drawings(brand) / f"{key}.json"
        try:
            return Candidate.model_validate_json(path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def keep(self, brand: BrandId, key: Digest, drawn: Candidate) -> None:
        """Keep a finished drawing whole or not at all; raises StorageFailed when the disk refuses."""
        path = self.home.drawings(brand) / f"{key}.json"
        incoming = path.with_name(f".{key[:12]}-{uuid.uuid4().hex}")
        try:
            incoming.write_text(drawn.model_dump_json(), encoding="utf-8")
            incoming.replace(path)
        except OSError as error:
            incoming.unlink(missing_ok=True)
            raise StorageFailed(
                f"A finished drawing cannot be recorded: {os.strerror(error.errno or 0)}.",
                where=str(path), hint="free some space, then resume the run",
            ) from error
