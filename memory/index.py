"""The search index of one brand: Chroma, embedded, in the brand's own folder, rebuildable from the database.

Chroma's embedded client is safe for one process at a time, so a file lock makes the first process that opens the index
its owner until it closes it; others get None from `open_index` and search the rows instead. Nothing here is a source of
truth: whatever cannot be read is thrown away and filled again from the rows. This is the only module that imports
chromadb, and only when an index is opened: the import takes about a second.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import re
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

Vector = npt.NDArray[np.float32]

FORMAT = 1
"""Part of the folder's name; raise it when what is stored changes."""

BATCH = 2000
"""Entries a call; Chroma refuses more than 5461."""

log = logging.getLogger(__name__)


class IndexUnreadable(Exception):
    """The index on disk cannot be used. Caught inside memory, which rebuilds it; no caller sees it."""


@dataclass(frozen=True)
class IndexEntry:
    """One asset in the index. `mark` changes whenever the row does; `vectors` maps a space to a unit vector."""

    id: str
    kind: str
    mark: str
    vectors: Mapping[str, Vector]


@dataclass
class BrandIndex:
    """An open index: one collection per space ("text", "visual"). Safe to share between threads."""

    folder: Path
    spaces: Mapping[str, str]
    lock: FileLock
    _client: Any = None
    _collections: dict[str, Any] = field(default_factory=dict)
    _marks: dict[str, str] = field(default_factory=dict)
    _guard: threading.RLock = field(default_factory=threading.RLock)

    def marks(self) -> dict[str, str]:
        """The id and mark of every entry that all spaces hold."""
        with self._guard:
            return dict(self._marks)

    def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Put entries in, replacing those of the same id. Raises IndexUnreadable."""
        for start in range(0, len(entries), BATCH):
            batch = entries[start : start + BATCH]
            with self._using():
                for space, collection in self._collections.items():
                    collection.upsert(
                        ids=[entry.id for entry in batch],
                        embeddings=[entry.vectors[space] for entry in batch],
                        metadatas=[{"kind": entry.kind, "mark": entry.mark} for entry in batch],
                    )
                self._marks |= {entry.id: entry.mark for entry in batch}

    def delete(self, ids: Sequence[str]) -> None:
        """Take entries out; unknown ids are ignored. Raises IndexUnreadable."""
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            with self._using():
                for collection in self._collections.values():
                    collection.delete(ids=list(batch))
                for name in batch:
                    self._marks.pop(name, None)

    def query(self, space: str, vector: Vector, limit: int, kind: str | None = None) -> dict[str, float]:
        """The nearest entries of one space and their cosine with `vector`. Raises IndexUnreadable."""
        with self._using():
            collection = self._collections[space]
            count = collection.count()
            if count == 0:
                return {}
            found = collection.query(
                query_embeddings=[vector], n_results=min(limit, count), include=["distances"],
                where={"kind": kind} if kind else None,
            )
            return {row: 1.0 - float(gap) for row, gap in zip(found["ids"][0], found["distances"][0], strict=True)}

    def rebuild(self, entries: Iterator[IndexEntry]) -> None:
        """Start an empty index beside the old one, fill it, and throw the old one away."""
        with self._guard:
            self._shut()
            self._open(_next(self.folder, self.spaces))
            batch: list[IndexEntry] = []
            for entry in entries:
                batch.append(entry)
                if len(batch) == BATCH:
                    self.upsert(batch)
                    batch = []
            self.upsert(batch)
            _sweep(self.folder, self.spaces)

    def close(self) -> None:
        """Give the index and its lock back. The object is of no use afterwards."""
        with self._guard:
            self._shut()
            self.lock.release()

    def _open(self, data: Path) -> None:
        self._client, self._collections = _connect(data, self.spaces)
        held = []
        with self._using():
            for collection in self._collections.values():
                rows = collection.get(include=["metadatas"])
                held.append({row: meta["mark"] for row, meta in zip(rows["ids"], rows["metadatas"], strict=True)})
        # The owner is alone, so what it read once stays true. An entry that a kill left in one space only is not held.
        self._marks = {row: mark for row, mark in held[0].items() if all(other.get(row) == mark for other in held)}

    def _shut(self) -> None:
        client, self._client = self._client, None
        self._collections, self._marks = {}, {}
        if client is not None:
            try:
                client.close()
            except Exception:
                log.warning("The old search index in %s did not close cleanly.", self.folder, exc_info=True)

    @contextmanager
    def _using(self) -> Iterator[None]:
        with self._guard, _unreadable(self.folder):
            if not self._collections:
                raise IndexUnreadable(f"The index in {self.folder} is not open.")
            yield


def open_index(folder: Path, spaces: Mapping[str, str], wait: float = 0.0) -> BrandIndex | None:
    """The index in a brand's folder; None when another process owns it or none can be kept there.

    Args:
        folder: the brand's index folder.
        spaces: space to embedder name; vectors of another embedder are never mixed in, the index starts empty instead.
        wait: seconds to wait for another owner to let go.
    """
    lock = FileLock(folder / "owner.lock")
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        return None
    except OSError as error:
        log.warning("The search index in %s cannot be locked (%s); searching the rows.", folder, error)
        return None
    index = BrandIndex(folder=folder, spaces=dict(spaces), lock=lock)
    try:
        _open_newest(index)
    except IndexUnreadable:
        log.error("No search index can be kept in %s; searching the rows.", folder, exc_info=True)
        index.close()
        return None
    except BaseException:
        index.close()
        raise
    return index


def _open_newest(index: BrandIndex) -> None:
    newest = _generations(index.folder, index.spaces)[-1:]
    try:
        index._open(newest[0] if newest else _next(index.folder, index.spaces))
    except IndexUnreadable:
        log.warning("The search index in %s cannot be read and is built again.", index.folder, exc_info=True)
        index._shut()
        index._open(_next(index.folder, index.spaces))
    _sweep(index.folder, index.spaces)


def _connect(data: Path, spaces: Mapping[str, str]) -> tuple[Any, dict[str, Any]]:
    """A client on a folder and its collections, made when absent."""
    # Set before the import: the client reads it while its settings are built, and reports use otherwise.
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    with _unreadable(data):
        chromadb = importlib.import_module("chromadb")
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        client = chromadb.PersistentClient(
            path=str(data), settings=chromadb.Settings(anonymized_telemetry=False, allow_reset=False)
        )
        return client, {
            space: client.get_or_create_collection(
                name=space,
                embedding_function=_no_embedding(chromadb),
                # Inner product of unit vectors is their cosine, and unlike "cosine" it is defined for the zero vector.
                configuration={"hnsw": {"space": "ip", "ef_search": 200}},
            )
            for space in spaces
        }


def _no_embedding(chromadb: Any) -> Any:
    """An embedding function that refuses to embed: vectors always come with the entry. Chroma's own would download."""

    class NoEmbedding(chromadb.EmbeddingFunction):  # type: ignore[misc]
        """Stands in the collection's configuration so that Chroma never falls back to its default."""

        def __init__(self) -> None:
            pass

        def __call__(self, input: Any) -> Any:
            raise IndexUnreadable("Vectors are computed before they reach the index.")

        @staticmethod
        def name() -> str:
            return "onbrand-none"

        def get_config(self) -> dict[str, Any]:
            return {}

        @staticmethod
        def build_from_config(config: dict[str, Any]) -> Any:
            return NoEmbedding()

    return NoEmbedding()


@contextmanager
def _unreadable(where: Path) -> Iterator[None]:
    """Whatever Chroma raises is about an index that can be built again."""
    try:
        yield
    except (IndexUnreadable, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic in its Rust core is a BaseException
        raise IndexUnreadable(f"{where}: {type(error).__name__}: {error}") from error


def _prefix(spaces: Mapping[str, str]) -> str:
    named = ";".join(f"{space}={spaces[space]}" for space in sorted(spaces))
    return hashlib.sha256(f"{FORMAT};{named}".encode()).hexdigest()[:12]


def _generations(folder: Path, spaces: Mapping[str, str]) -> list[Path]:
    """Data folders of these embedders, oldest first. A rebuild starts a new one: an open file is never overwritten."""
    pattern = re.compile(rf"{_prefix(spaces)}-(\d{{6}})")
    return sorted(path for path in folder.iterdir() if path.is_dir() and pattern.fullmatch(path.name))


def _next(folder: Path, spaces: Mapping[str, str]) -> Path:
    there = _generations(folder, spaces)
    number = int(there[-1].name.rsplit("-", 1)[1]) + 1 if there else 1
    return folder / f"{_prefix(spaces)}-{number:06d}"


def _sweep(folder: Path, spaces: Mapping[str, str]) -> None:
    """Remove every data folder but the newest of these embedders."""
    kept = _generations(folder, spaces)[-1:]
    for path in folder.iterdir():
        if path.is_dir() and path not in kept:
            shutil.rmtree(path, ignore_errors=True)
