"""Publications in a bucket, each delivered once: files first, then the one object that makes them a publication."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import PurePosixPath

from pydantic import Field, ValidationError

from domain.errors import StorageFailed
from domain.ports import ObjectStore
from domain.values import Digest, Model
from tools.publish.destination import checked_files, checked_key

MANIFEST = "publication.json"

_MEDIA_TYPES = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
    ".html": "text/html; charset=utf-8", ".json": "application/json", "": "text/plain; charset=utf-8",
}

log = logging.getLogger(__name__)


class Manifest(Model):
    """What a publication is made of: the folder its files lie in, beside the manifest, and the SHA-256 of each."""

    folder: str = Field(pattern=r"^[0-9a-f]{32}$")
    files: dict[str, Digest]


class BucketDestination:
    """The `Destination` port over a bucket: `<key>/publication.json`, and the files in `<key>/<folder>/`.

    The folder is named by what is in it, so deliveries of other contents under the same key never mix, and the same
    delivery made again writes nothing new. The manifest comes last and is create-if-absent: of any number of
    deliveries of one key, in any number of processes and hosts, exactly one wins, and all return its path. Without a
    manifest there is no publication, whatever a killed process left; the next delivery clears it.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self.name = objects.url()
        self._objects = objects

    def find(self, key: str) -> str | None:
        """The s3:// URL of the files of the publication with this key, or None when it was never delivered."""
        found = self._objects.get(f"{checked_key(key)}/{MANIFEST}")
        if found is None:
            return None
        try:
            manifest = Manifest.model_validate_json(found)
        except ValidationError as error:
            raise StorageFailed(
                "The manifest of a publication is damaged.", where=self._objects.url(f"{key}/{MANIFEST}"),
                hint="Restore it from a backup, or delete it to have the publication delivered again.",
            ) from error
        return self._objects.url(f"{key}/{manifest.folder}")

    def deliver(self, key: str, files: Mapping[str, bytes]) -> str:
        """Put the files there under the key, unless that was done before; the publication's URL either way.

        Raises BadInput for an impossible key or file name, StorageFailed when the bucket cannot be written; there is
        no publication then.
        """
        there = self.find(key)
        named = {str(name): data for name, data in checked_files(key, files).items()}
        if there is not None:
            return there
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(named.items())}
        folder = hashlib.sha256(json.dumps(digests).encode()).hexdigest()[:32]
        for name, data in named.items():
            # What is there already under this name has these very bytes: the folder's name says so.
            self._objects.put_new(f"{key}/{folder}/{name}", data, _media_type(name))
        manifest = Manifest(folder=folder, files=digests).model_dump_json(indent=2)
        self._objects.put_new(f"{key}/{MANIFEST}", manifest.encode(), "application/json")
        place = self.find(key)
        if place is None:
            raise StorageFailed(
                "The bucket does not show what was just written to it.", where=self._objects.url(key),
                hint="Use a service with strong read-after-write consistency, such as Amazon S3.",
            )
        self._clear_losers(key, place)
        return place

    def digests(self, path: str) -> Mapping[str, Digest] | None:
        """SHA-256 of each file of a publication, by name."""
        folder = self._folder(path)
        if folder is None:
            return None
        found = {key.removeprefix(folder): self._objects.sha256(key) for key in self._objects.keys(folder)}
        return {name: digest for name, digest in found.items() if digest is not None}

    def read(self, path: str, name: str) -> bytes | None:
        """One of these files."""
        folder = self._folder(path)
        return None if folder is None else self._objects.get(folder + name)

    def _folder(self, path: str) -> str | None:
        """The beginning of the keys at a publication's URL; None for a place outside this destination."""
        root = f"{self.name}/"
        return f"{path.removeprefix(root)}/" if path.startswith(root) and len(path) > len(root) else None

    def _clear_losers(self, key: str, place: str) -> None:
        """Remove what deliveries that lost, or were killed, left under a key: nobody is going to publish it now."""
        kept = self._folder(place)
        try:
            for found in self._objects.keys(f"{key}/"):
                if found != f"{key}/{MANIFEST}" and kept is not None and not found.startswith(kept):
                    self._objects.delete(found)
        except StorageFailed as error:
            log.warning("What an earlier delivery left in %s cannot be removed: %s", error.where, error.message)


def _media_type(name: str) -> str:
    return _MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
