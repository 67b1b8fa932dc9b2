"""What can be read: the brand book, market packs, runs with their documents and dossiers, and pictures.

Every read is made for the caller of that very request: what is another's is not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.types import Resource, ResourceTemplate

from domain.access import Caller
from domain.run import RunView
from domain.values import Model
from mcp_servers.studio.desk import PREFIX, Desk, handle
from mcp_servers.studio.port import Studio
from mcp_servers.studio.results import as_result, data

JSON = "application/json"
HTML = "text/html"

RESOURCES = (
    Resource(
        name="brand",
        uri=f"{PREFIX}brand",
        title="Brand book",
        description="The brand's colours, moods, claims it may not make, default markets and channels, and its rules.",
        mime_type=JSON,
    ),
    Resource(
        name="markets",
        uri=f"{PREFIX}markets",
        title="Markets",
        description="The markets there are rules for, by code.",
        mime_type=JSON,
    ),
)

TEMPLATES = (
    ("market", "markets/{code}", "Market pack", "A market's rules, each with source and date.", JSON),
    ("run", "runs/{run_id}", "Run", "Where a run stands, short.", JSON),
    ("run-document", "runs/{run_id}/document", "Run, whole", "Every candidate, finding and edit of a run.", JSON),
    ("dossier", "runs/{run_id}/dossier", "Dossier", "The proof that travels with a publication, as a page.", HTML),
    ("image", "images/{digest}", "Picture", "A full picture or final file by its SHA-256.", "image/png"),
    ("preview", "images/{digest}/preview", "Preview", "A small WebP of a picture, at most 150 kB.", "image/webp"),
)
"""Name, path, title, description and media type of each template."""

HIDDEN = frozenset({"path", "out_dir", "trace_path"})
"""Fields of a run's document that hold file paths of the server."""

Read = Callable[[Studio, Caller, str], Awaitable[ReadResourceContents]]


def templates() -> list[ResourceTemplate]:
    """The templates as the protocol lists them."""
    return [
        ResourceTemplate(
            name=name, uri_template=PREFIX + path, title=title, description=description, mime_type=media_type
        )
        for name, path, title, description, media_type in TEMPLATES
    ]


async def read(desk: Desk, caller: Caller, uri: str) -> ReadResourceContents | None:
    """What is under a URI; None for a URI of no known form. Raises NotFound, as for what is another's."""
    for way in WAYS:
        if found := way.pattern.fullmatch(uri.removeprefix(PREFIX) if uri.startswith(PREFIX) else ""):
            return await way.read(desk.studio, caller, found["id"] if way.pattern.groups else "")
    return None


async def brand(studio: Studio, caller: Caller, _: str) -> ReadResourceContents:
    """The brand book."""
    return as_json(await studio.brand_book(caller))


async def markets(studio: Studio, caller: Caller, _: str) -> ReadResourceContents:
    """The codes of the markets."""
    return ReadResourceContents(json.dumps({"markets": list(await studio.market_codes(caller))}), JSON)


async def market(studio: Studio, caller: Caller, code: str) -> ReadResourceContents:
    """A market's pack."""
    return as_json(await studio.market_pack(caller, code))


async def run(studio: Studio, caller: Caller, run_id: str) -> ReadResourceContents:
    """A run, short."""
    result = as_result(await studio.run(caller, handle(run_id)))
    return ReadResourceContents(json.dumps(data(result), ensure_ascii=False), JSON)


async def document(studio: Studio, caller: Caller, run_id: str) -> ReadResourceContents:
    """A run, whole, without file paths of the server."""
    return ReadResourceContents(json.dumps(shareable(await studio.document(caller, handle(run_id)))), JSON)


async def dossier(studio: Studio, caller: Caller, run_id: str) -> ReadResourceContents:
    """A run's dossier."""
    return ReadResourceContents(await studio.dossier(caller, handle(run_id)), HTML)


async def image(studio: Studio, caller: Caller, digest: str) -> ReadResourceContents:
    """A picture, as it is kept."""
    ref, content = await studio.artifact(caller, digest)
    return ReadResourceContents(content, ref.media_type)


async def preview(studio: Studio, caller: Caller, digest: str) -> ReadResourceContents:
    """A small WebP of a picture."""
    return ReadResourceContents(await studio.preview(caller, digest), "image/webp")


@dataclass(frozen=True)
class Way:
    """One form of URI and how it is read."""

    pattern: re.Pattern[str]
    read: Read


WAYS = (
    Way(re.compile("brand"), brand),
    Way(re.compile("markets"), markets),
    Way(re.compile("markets/(?P<id>[A-Z0-9-]{2,6})"), market),
    Way(re.compile("runs/(?P<id>run-[0-9a-z]{8,40})"), run),
    Way(re.compile("runs/(?P<id>run-[0-9a-z]{8,40})/document"), document),
    Way(re.compile("runs/(?P<id>run-[0-9a-z]{8,40})/dossier"), dossier),
    Way(re.compile("images/(?P<id>[0-9a-f]{64})"), image),
    Way(re.compile("images/(?P<id>[0-9a-f]{64})/preview"), preview),
)


def as_json(model: Model) -> ReadResourceContents:
    """A model as JSON."""
    return ReadResourceContents(model.model_dump_json(exclude_defaults=True, indent=1), JSON)


def shareable(view: RunView) -> object:
    """A run's document without what names files of the server."""
    plain = view.model_dump(mode="json")
    for publication in plain["publications"]:
        publication.pop("dossier", None)
    return without_paths(plain)


def without_paths(value: object) -> object:
    """The same value with every field of HIDDEN left out, however deep."""
    if isinstance(value, dict):
        return {name: without_paths(part) for name, part in value.items() if name not in HIDDEN}
    if isinstance(value, list):
        return [without_paths(part) for part in value]
    return value
