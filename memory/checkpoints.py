"""LangGraph's checkpoints: its own saver on SQLite or Postgres, opened so that only our types come out of them.

A checkpoint names Python types, and LangGraph by default imports and calls whatever it names when it is read; anyone
who can write the file could run code. Strict mode (`LANGGRAPH_STRICT_MSGPACK`) builds only listed types. LangGraph
reads that variable once, when first imported, and then lists the types in a graph's state annotations at compile time.
Import order must not decide about this, so both are done here: the variable is set for whoever imports LangGraph after
us, and the saver gets a serializer that lists the types of `domain` itself and is strict whatever was imported first.

Strict mode has an edge: a type it does not know comes back as a plain dict, with only a line in the log. Here that
raises instead, because a run carried on with a dict in place of a Brief fails far from the cause.
"""

from __future__ import annotations

import os

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")

import importlib
import pkgutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path
from typing import Any

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from pydantic import BaseModel

import domain
from memory.database import BUSY_SECONDS
from memory.home import Home


def domain_types() -> frozenset[type]:
    """Every model and enum defined in `domain`."""
    modules = [importlib.import_module(f"domain.{module.name}") for module in pkgutil.iter_modules(domain.__path__)]
    return frozenset(
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseModel | Enum) and value.__module__ == module.__name__
    )


def serializer(more: Iterable[type] = ()) -> JsonPlusSerializer:
    """A serializer that builds the types of `domain`, LangGraph's own safe ones, and `more`."""
    return JsonPlusSerializer(allowed_msgpack_modules=[*domain_types(), *more])


@asynccontextmanager
async def open_checkpoints(
    where: str | Path | Home, more: Iterable[type] = ()
) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """The saver to compile a graph with, ready for use until the block ends.

    `where` is a home (its `checkpoints.sqlite`), or a Postgres URL. `more` lists types that the graph keeps in its
    state and that are not in `domain`.
    """
    if isinstance(where, str) and _is_url(where):
        async with _postgres(where, serializer(more)) as saver:
            yield saver
        return
    async with aiosqlite.connect(_file(where), timeout=BUSY_SECONDS) as connection:
        await connection.execute("PRAGMA synchronous = FULL")   # an answered question survives a power cut
        saver = AsyncSqliteSaver(connection, serde=serializer(more))
        await saver.setup()
        yield saver


def _is_url(where: str) -> bool:
    return where.startswith(("postgresql:", "postgresql+", "postgres:"))


def _file(where: str | Path | Home) -> Path:
    return (where if isinstance(where, Home) else Home(Path(where))).checkpoints_file


@asynccontextmanager
async def _postgres(url: str, serde: JsonPlusSerializer) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415  an extra

    plain = "postgresql://" + url.partition("://")[2]
    async with AsyncPostgresSaver.from_conn_string(plain, serde=serde) as saver:
        await saver.setup()
        yield saver
