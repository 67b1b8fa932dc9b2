"""`onbrand assets`: a brand's library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from domain.assets import Asset, AssetHit, AssetKind
from domain.errors import BadInput
from service.cli.opening import opened
from service.cli.options import BrandOption, JsonOption
from service.cli.terminal import ending_with_exit_codes, escaped, out, print_json, progress, run

app = typer.Typer(help="A brand's library: add, list, search, show.", no_args_is_help=True)

UPLOAD_TAG = "upload"
"""Tag of photos taken in for one piece of work (`service.uploads.UPLOAD`)."""

KindOption = Annotated[AssetKind | None, typer.Option("--kind", help="Only this kind.")]


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="PNG, JPEG or WebP.")],
    kind: Annotated[AssetKind, typer.Option("--kind", help="What it is.")] = AssetKind.PRODUCT,
    title: Annotated[str, typer.Option("--title", help="What people call it.")] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Word to find it by; repeat for more.")] = None,
    height: Annotated[float | None, typer.Option("--height", min=0.001, help="Real height in metres.")] = None,
    confidential: Annotated[bool, typer.Option("--confidential", help="Only for endpoints cleared for it.")] = False,
    brand: BrandOption = "demo",
    as_json: JsonOption = False,
) -> None:
    """Add a photo to the library."""
    with ending_with_exit_codes(as_json=as_json):
        asset = run(_add(brand, file, kind, title, tuple(tag or ()), height, confidential))
    show_asset(asset, as_json=as_json)


async def _add(
    brand: str, file: Path, kind: AssetKind, title: str, tags: tuple[str, ...], height: float | None, confidential: bool
) -> Asset:
    from service.uploads import add_photo

    async with opened(brand) as onbrand:
        return add_photo(
            onbrand.workshop,
            brand,
            file,
            kind=kind,
            title=title,
            tags=tags,
            real_height=height,
            confidential=confidential,
        )


@app.command("list")
def list_assets(kind: KindOption = None, brand: BrandOption = "demo", as_json: JsonOption = False) -> None:
    """Everything in the library; photos handed in for one run alone are left out."""
    with ending_with_exit_codes(as_json=as_json):
        assets = run(_list(brand, kind, as_json=as_json))
    if as_json:
        print_json([asset.model_dump(mode="json") for asset in assets])
        return
    table = Table(box=None, padding=(0, 2))
    for column in ("id", "kind", "title", "height", "tags"):
        table.add_column(column, overflow="fold")
    for asset in assets:
        tall = f"{asset.real_height * 100:.1f} cm" if asset.real_height else ""
        table.add_row(asset.id, asset.kind, escaped(asset.title), tall, escaped(", ".join(asset.tags)))
    out.print(table)


async def _list(brand: str, kind: AssetKind | None, *, as_json: bool) -> list[Asset]:
    async with opened(brand) as onbrand:
        with progress(shown=not as_json) as show:
            onbrand.prepare(brand, show)
        return [asset for asset in onbrand.workshop.library.list(brand, kind) if UPLOAD_TAG not in asset.tags]


@app.command("search")
def search(
    text: Annotated[str | None, typer.Argument(help="Words.", show_default=False)] = None,
    image: Annotated[Path | None, typer.Option("--image", help="Find what looks like this picture.")] = None,
    kind: KindOption = None,
    brand: BrandOption = "demo",
    as_json: JsonOption = False,
) -> None:
    """Five results with scores, by words or by picture."""
    with ending_with_exit_codes(as_json=as_json):
        if (text is None) == (image is None):
            raise BadInput(
                "give words or --image, one of them", where="assets search", hint='assets search "lemon can"'
            )
        hits = run(_search(brand, text, image, kind, as_json=as_json))
    if as_json:
        print_json([hit.model_dump(mode="json") for hit in hits])
        return
    table = Table(box=None, padding=(0, 2))
    for column in ("score", "id", "title", "why"):
        table.add_column(column, overflow="fold")
    for hit in hits:
        table.add_row(f"{hit.score:.2f}", hit.asset.id, escaped(hit.asset.title), escaped(hit.why))
    out.print(table if hits else "nothing fits")


async def _search(
    brand: str, text: str | None, image: Path | None, kind: AssetKind | None, *, as_json: bool
) -> list[AssetHit]:
    from service.uploads import read_photo
    from tools.imaging.decode import decode

    async with opened(brand) as onbrand:
        with progress(shown=not as_json) as show:
            onbrand.prepare(brand, show)
        library = onbrand.workshop.library
        if image is not None:
            picture = decode(read_photo(image), name=image.name).image[..., :3]
            return list(library.search_image(brand, picture, kind))
        return list(library.search(brand, text or "", kind))


@app.command("show")
def show(
    asset: Annotated[str, typer.Argument(help="Asset id.")], brand: BrandOption = "demo", as_json: JsonOption = False
) -> None:
    """One asset."""
    with ending_with_exit_codes(as_json=as_json):
        found = run(_show(brand, asset))
    show_asset(found, as_json=as_json)


async def _show(brand: str, asset: str) -> Asset:
    async with opened(brand) as onbrand:
        return onbrand.workshop.library.get(brand, asset)


def show_asset(asset: Asset, *, as_json: bool) -> None:
    """One asset, a field a line."""
    if as_json:
        print_json(asset)
        return
    for name, value in asset.model_dump(mode="json").items():
        if value not in (None, [], "", {}):
            out.print(f"{name}: {escaped(str(value))}", highlight=False)
