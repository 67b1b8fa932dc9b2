"""LangGraph's checkpoints: its own saver on SQLite or Postgres, opened so that only our types come out, and whole.

A checkpoint names Python types, and LangGraph by default imports and calls whatever it names when it is read; anyone
who can write the file could run code. Strict mode (`LANGGRAPH_STRICT_MSGPACK`) builds only listed types. LangGraph
reads that variable once, when first imported, and then lists the types in a graph's state annotations at compile time.
Import order must not decide about this, so both are done here: the variable is set for whoever imports LangGraph after
us, and the saver gets a serializer that lists the types of `domain` itself and is strict whatever was imported first.

The saver keeps state as msgpack, which knows no tuples: a `tuple[Candidate, ...]` that is itself a state value comes
back as a list of Candidates. Tuples inside a model come back as tuples.
"""

from __future__ import annotations

import os

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")

import asyncio
import importlib
import pkgutil
import threading
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.event_hooks import SerdeEvent, register_serde_event_listener
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Interrupt, Send
from pydantic import BaseModel, ValidationError

import domain
from domain.errors import StorageFailed
from memory.database import BUSY_SECONDS, translated
from memory.home import Home

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata
    from psycopg import AsyncConnection
    from psycopg.rows import DictRow
    from psycopg_pool import AsyncConnectionPool

_SETUP_LOCK = 0x0B5A2D01
_POOL = 10
CONNECT_SECONDS = 10.0
"""How long to wait for a Postgres connection."""


def domain_types() -> frozenset[type]:
    """Every model and enum defined in `domain`."""
    modules = [importlib.import_module(f"domain.{module.name}") for module in pkgutil.iter_modules(domain.__path__)]
    return frozenset(
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseModel | Enum) and value.__module__ == module.__name__
    )


@dataclass(frozen=True)
class Enumerated:
    """A value of an enumeration on its way into Postgres.

    The Postgres saver writes text into the checkpoint's JSON and everything else by the serializer (3.2.0). An
    enumeration of text passes for text, and would come back as no more than that.
    """

    value: Enum


class StrictSerializer(JsonPlusSerializer):
    """LangGraph's serializer with a closed list of types, and no quiet stand-ins.

    Strict mode hands out an unlisted type as a plain dict, and a model that no longer validates (another version wrote
    it) with its fields unchecked; both with a line in the log at most. A run carried on with these fails far from the
    cause, so here an unlisted type is an error, and models are validated once more, which also turns the dicts inside
    an unchecked one into models again.
    """

    def __init__(self, types: Iterable[type]) -> None:
        super().__init__(allowed_msgpack_modules=tuple(types))

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """The value as bytes, and how to read them."""
        return super().dumps_typed(obj.value if isinstance(obj, Enumerated) else obj)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """The value. Raises StorageFailed when it holds a type that is not listed, or fields that do not fit."""
        _blocked.names = []
        value = super().loads_typed(data)
        if _blocked.names:
            raise StorageFailed(
                f"A checkpoint holds {', '.join(sorted(set(_blocked.names)))}, which may not be read back.",
                where="checkpoints",
                hint="Keep domain models in the graph's state, or pass the type to open_checkpoints(more=...).",
            )
        try:
            return _validated(value)
        except ValidationError as error:
            raise StorageFailed(
                f"A checkpoint was written by another version of Onbrand: {error.title} does not fit.",
                where="checkpoints",
                hint="Finish the run with the version that began it, or start it again.",
            ) from error


class _Blocked(threading.local):
    names: list[str] = []


_blocked = _Blocked()


def _on_serde_event(event: SerdeEvent) -> None:
    if event["kind"].endswith("_blocked"):
        _blocked.names.append(f"{event['module']}.{event['name']}")


register_serde_event_listener(_on_serde_event)


def _validated(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return type(value).model_validate(vars(value))      # models inside that are models already are not looked at
    if isinstance(value, dict):
        return {name: _validated(held) for name, held in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_validated(held) for held in value)
    if isinstance(value, Send):
        value.arg = _validated(value.arg)
    elif isinstance(value, Interrupt):
        value.value = _validated(value.value)
    return value


@asynccontextmanager
async def open_checkpoints(
    where: str | Path | Home, more: Iterable[type] = ()
) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """The saver to compile a graph with, ready for use until the block ends.

    `where` is a home (its `checkpoints.sqlite`), or a Postgres URL. `more` lists types that the graph keeps in its
    state and that are not in `domain`. On SQLite one connection serves every run of the process, one statement at a
    time; on Postgres a pool does.

    Raises:
        StorageFailed: the file or server cannot be used. A driver's error that leaves the block is turned into this
            too; whoever catches errors inside it uses `memory.database.storage_failure`.
    """
    serde = StrictSerializer([*domain_types(), *more])
    url = _url(where)
    if url is not None:
        with translated("checkpoints"):
            async with _pool(url) as pool:
                yield await _postgres(pool, serde)
        return
    file = _file(where)
    with translated(str(file)):
        async with aiosqlite.connect(file, timeout=BUSY_SECONDS, isolation_level="IMMEDIATE") as connection:
            await connection.execute("PRAGMA synchronous = FULL")   # an answered question survives a power cut
            saver = AsyncSqliteSaver(connection, serde=serde)
            await _set_up(saver)
            yield saver


def _url(where: str | Path | Home) -> str | None:
    """The address as psycopg spells it, without SQLAlchemy's driver name; None for a home."""
    if isinstance(where, str) and where.startswith(("postgresql:", "postgresql+", "postgres:")):
        return "postgresql://" + where.partition("://")[2]
    return None


def _file(where: str | Path | Home) -> Path:
    return (where if isinstance(where, Home) else Home(Path(where))).checkpoints_file


async def _set_up(saver: AsyncSqliteSaver) -> None:
    """Make the tables. Switching a new file to its write-ahead log does not wait for another process, so we do."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return await saver.setup()
        except aiosqlite.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.02)


def _pool(url: str) -> AsyncConnectionPool[AsyncConnection[DictRow]]:
    from psycopg import AsyncConnection  # noqa: PLC0415  an extra
    from psycopg.rows import DictRow, dict_row  # noqa: PLC0415
    from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415

    return AsyncConnectionPool(
        url, min_size=1, max_size=_POOL, open=False, timeout=CONNECT_SECONDS,
        check=AsyncConnectionPool.check_connection, connection_class=AsyncConnection[DictRow],
        kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row, "connect_timeout": 10},
    )


async def _postgres(
    pool: AsyncConnectionPool[AsyncConnection[DictRow]], serde: StrictSerializer
) -> BaseCheckpointSaver[Any]:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415  an extra

    class Saver(AsyncPostgresSaver):
        async def aput(
            self,
            config: RunnableConfig,
            checkpoint: Checkpoint,
            metadata: CheckpointMetadata,
            new_versions: ChannelVersions,
        ) -> RunnableConfig:
            held = checkpoint["channel_values"].items()
            values = {name: Enumerated(value) if isinstance(value, Enum) else value for name, value in held}
            return await super().aput(config, {**checkpoint, "channel_values": values}, metadata, new_versions)

    saver = Saver(pool, serde=serde)
    # Its set-up is not safe to run twice at once. A waiting lock would hold a snapshot, which CREATE INDEX
    # CONCURRENTLY inside set-up waits for in turn: so try, and try again.
    async with pool.connection() as connection:
        while True:
            tried = await connection.execute("SELECT pg_try_advisory_lock(%s) AS taken", (_SETUP_LOCK,))
            row = await tried.fetchone()
            if row is not None and row["taken"]:
                break
            await asyncio.sleep(0.05)
        try:
            await saver.setup()
        finally:
            await connection.execute("SELECT pg_advisory_unlock(%s)", (_SETUP_LOCK,))
    return saver
