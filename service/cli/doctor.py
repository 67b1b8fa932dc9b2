"""`onbrand doctor`: what works here, what does not, and what that means."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

import typer
from pydantic import BaseModel, SecretStr
from rich.table import Table

from domain.errors import OnbrandError
from service.cli.options import BrandOption, JsonOption
from service.cli.terminal import escaped, out, print_json, run
from service.settings import FILE_NAME, NESTED, Settings, load_settings

MIN_FREE_BYTES = 500 * 2**20


def doctor(
    as_json: JsonOption = False,
    settings_too: Annotated[bool, typer.Option("--settings", help="Also list every setting.")] = True,
    models: Annotated[bool, typer.Option("--models", help="Call each role's model once: this costs money.")] = False,
    brand: BrandOption = "demo",
) -> None:
    """Look at settings, storage, plates, embedder, OCR and optional parts; exit code 1 when something needed fails.

    With --models each role's model is asked one small question, which the brand pays for.
    """
    rows = [examine(name, look) for name, look in LOOKS]
    if rows[0]["ok"] and rows[1]["ok"]:
        rows += [examine(f"tools: {name}", partial(look_at_tools, name)) for name in load_settings().tools.elsewhere()]
    if models and rows[0]["ok"] and rows[1]["ok"]:
        from service.cli.models import look_at_models

        rows += look_at_models(load_settings(), brand)
    settings = described(load_settings()) if settings_too and rows[0]["ok"] else []
    if as_json:
        print_json({"checks": rows, "settings": settings})
    else:
        show(rows, settings)
    if any(not row["ok"] and row["needed"] for row in rows):
        raise typer.Exit(1)


def examine(name: str, look: Any) -> dict[str, Any]:
    """One look: ok or not, and what it means."""
    needed = not name.startswith("optional")
    try:
        return {"name": name, "ok": True, "needed": needed, "says": look()}
    except OnbrandError as error:
        return {"name": name, "ok": False, "needed": needed, "says": f"{error.message}; {error.hint}"}


def look_at_settings() -> str:
    """Settings parse."""
    return f"home {load_settings().home}"


def look_at_storage() -> str:
    """The home opens and has room."""
    from service.wiring import wire

    settings = load_settings()
    wired = wire(settings)
    free = shutil.disk_usage(wired.home.root).free
    low = f", only {free // 2**20} MB free" if free < MIN_FREE_BYTES else ""
    return f"database {wired.database.where}{low}"


def look_at_artifacts() -> str:
    """Pictures can be kept, and read back, where the settings say."""
    from memory.bucket_probe import probe
    from service.wiring import artifact_bucket

    settings = load_settings()
    bucket = artifact_bucket(settings)
    if bucket is None:
        return f"in {settings.home}"
    probe(bucket)
    return f"{bucket.url()}, read, written, and never written over"


def look_at_destination() -> str:
    """Publications can be looked up where they go; nothing is written there."""
    from service.wiring import destination

    there = destination(load_settings())
    there.find("doctor-looks-for-a-publication")
    return there.name


def look_at_plates() -> str:
    """The shipped scenes load."""
    from tools.imaging.scenes import catalogue

    kinds: dict[str, int] = {}
    for scene in catalogue():
        kinds[scene.kind.value] = kinds.get(scene.kind.value, 0) + 1
    return ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in kinds.items())


def look_at_embedder() -> str:
    """The text embedder loads and its checksum holds."""
    from tools.search import text_embedder

    embedder = text_embedder(load_settings().sentence_model)
    return f"{embedder.name}, {embedder.dimensions} dimensions"


def look_at_rules() -> str:
    """Brand books and market packs parse."""
    from memory.rulebook import YamlRulebook

    packs = YamlRulebook((load_settings().home,)).markets()
    return ", ".join(f"{pack.market} ({len(pack.rules)} rules, {pack.version})" for pack in packs)


def look_at_ocr() -> str:
    """The OCR models are there."""
    found = importlib.util.find_spec("rapidocr")
    return "RapidOCR, bundled models" if found else "not installed: text on finalists is not read"


def look_at_torch() -> str:
    """Whether the diffusion extra is installed."""
    found = importlib.util.find_spec("torch") is not None
    return "installed" if found else "not installed: the compositor draws (pip install 'onbrand[diffusion]')"


def look_at_tools(name: str) -> str:
    """A tool server of another process answers, and is the one that is meant."""
    from mcp_servers.connect import look_at
    from service.wiring import wire

    settings = load_settings()
    wired = wire(settings)
    try:
        endpoint = settings.tools.elsewhere()[name]
        return f"{endpoint.url}, {run(look_at(name, endpoint, wired.workshop))} tools"
    finally:
        wired.close()


LOOKS = (
    ("settings", look_at_settings),
    ("storage", look_at_storage),
    ("artifacts", look_at_artifacts),
    ("destination", look_at_destination),
    ("scenes", look_at_plates),
    ("text search", look_at_embedder),
    ("rules", look_at_rules),
    ("text reading", look_at_ocr),
    ("optional: torch", look_at_torch),
)


def described(settings: Settings) -> list[dict[str, str]]:
    """Every setting with its value and where it comes from."""
    rows = []
    for name, value, given, about in each(settings):
        variable = f"ONBRAND_{name.upper().replace('.', NESTED)}"
        source = variable if variable in os.environ else FILE_NAME if given else "default"
        secret = isinstance(value, SecretStr) or (name == "database_url" and value)
        told = ", ".join(str(held) for held in value) if isinstance(value, tuple) else str(value)
        rows.append({"name": name, "value": "set" if secret else told, "source": source, "about": about})
    return rows


def each(settings: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any, bool, str]]:
    """Name, value, whether it was given, and description of every setting, nested ones with dots."""
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from each(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value, name in settings.model_fields_set, field.description or ""


def show(rows: list[dict[str, Any]], settings: list[dict[str, str]]) -> None:
    """Both as tables."""
    table = Table(box=None, padding=(0, 2))
    for column in ("", "what", "says"):
        table.add_column(column, overflow="fold")
    for row in rows:
        mark = "[green]ok[/green]" if row["ok"] else "[red]no[/red]"
        table.add_row(mark, row["name"], escaped(row["says"]))
    out.print(table)
    for setting in settings:
        told = f"{setting['name']} = {setting['value']} ({setting['source']}): {setting['about']}"
        out.print(escaped(told), highlight=False, style="dim")
