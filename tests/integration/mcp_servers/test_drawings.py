"""A finished drawing is never made again, whichever host it was made on, unless its pictures are gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from mcp import Client

from domain.assets import Asset, AssetKind
from domain.candidate import Candidate, Slot
from domain.composition import Caption, Composition, SceneRef
from domain.plan import Capability
from domain.ports import Image, Mask
from domain.values import Digest, Point, Size
from mcp_servers.diffusion import server as diffusion
from mcp_servers.diffusion.client import DiffusionClient
from mcp_servers.diffusion.contract import GetJob, SubmitJob
from mcp_servers.wire import InMemory, Session
from mcp_servers.workshop import Workshop
from memory.bucket import Bucket
from service.settings import Settings
from service.wiring import wire
from tests.object_store import ObjectService
from tools.imaging.decode import encode_png

CANVAS = Size(width=64, height=64)
TOOLS = frozenset({"diffusion.submit_job", "diffusion.get_job"})


class Silent:
    """Records nothing."""

    def record(self, kind: str, **fields: object) -> None:
        """Do nothing."""


@dataclass
class Sketch:
    """A drawing of noise."""

    slot: Slot
    image: Image
    layer: Image
    mask: Mask


class Sketcher:
    """A generator that counts what it draws."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    def capability(self) -> Capability:
        return Capability(generator="sketch", version="1", price_per_image=0.5)

    def draw(
        self, slots: Sequence[Slot], cutouts: Mapping[str, Image], assets: Mapping[str, Asset],
        photos: Mapping[str, Image],
    ) -> Iterator[Sketch]:
        for slot in slots:
            self.drawn.append(slot.id)
            pixels = np.random.default_rng(slot.seed).integers(0, 255, (64, 64, 4), dtype=np.uint8)
            yield Sketch(slot, pixels[..., :3].copy(), pixels, pixels[..., 0].copy())


def slots() -> tuple[Slot, ...]:
    composition = Composition(canvas=CANVAS, scale=0.5, centre=Point(x=0.5, y=0.6))
    return tuple(
        Slot(id=f"c0-{n:02d}", caption=Caption(subject="a can"), scene=SceneRef(id="plate:terrace"), products=("can",),
             composition=composition, seed=n, generator="sketch")
        for n in (1, 2, 3)
    )


@contextmanager
def host(settings: Settings) -> Iterator[tuple[Workshop, Sketcher, Digest]]:
    """A host's workshop with a generator of its own; the digest of the product's cutout."""
    wired, sketcher = wire(settings), Sketcher()
    workshop = replace(wired.workshop, generators={"sketch": sketcher})
    ref = workshop.artifacts.put("demo", encode_png(np.full((64, 64, 4), 200, np.uint8)), "image/png")
    can = Asset(id="can", brand="demo", kind=AssetKind.PRODUCT, title="can", digest=ref.digest, size=CANVAS)
    wired.library.add(can)
    yield workshop, sketcher, ref.digest
    wired.close()


async def draw(workshop: Workshop, cutout: Digest) -> tuple[Candidate, ...]:
    """The candidates of one job, by a server that has just started."""
    async with Client(diffusion.build(workshop)) as client:
        tools = DiffusionClient(Session("diffusion", InMemory(client), Silent()), "generate", TOOLS)
        job = await tools.submit_job(SubmitJob(brand="demo", slots=slots(), cutouts={"can": cutout}))
        state = await tools.get_job(GetJob(brand="demo", job=job.job, wait_seconds=30), slots())
    assert state.status == "done"
    return state.candidates


@pytest.fixture(params=["folder", "bucket"])
def settings(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Settings]:
    """Settings of one host after another: with one home, or with a home each and one bucket (and database)."""
    database = f"sqlite:///{tmp_path}/shared.sqlite"
    if request.param == "folder":
        return lambda: Settings(home=tmp_path / "home", database_url=database)
    bucket: Bucket = request.getfixturevalue("bucket")
    service: ObjectService = request.getfixturevalue("object_service")
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    homes = (tmp_path / f"home-{n}" for n in range(9))
    return lambda: Settings(home=next(homes), database_url=database, artifacts=bucket.url())


async def test_what_one_host_has_drawn_another_takes_over(settings: Callable[[], Settings]) -> None:
    with host(settings()) as (workshop, sketcher, cutout):
        first = await draw(workshop, cutout)
        assert sketcher.drawn == [slot.id for slot in slots()]
    with host(settings()) as (workshop, sketcher, cutout):
        again = await draw(workshop, cutout)
        assert sketcher.drawn == [], "what was finished was drawn, and paid, again"
        assert [one.artifact for one in again] == [one.artifact for one in first]
        assert sum(one.cost for one in again) == 0.0
        assert all(one.artifact and workshop.artifacts.get("demo", one.artifact.digest) for one in again)


def remove(request: pytest.FixtureRequest, path: str) -> None:
    """Take an artifact away."""
    if path.startswith("s3://"):
        bucket: Bucket = request.getfixturevalue("bucket")
        bucket.delete(path.removeprefix(f"{bucket.url()}/"))
    else:
        Path(path).unlink()


@pytest.mark.parametrize("part", ["artifact", "mask"])
async def test_a_drawing_whose_picture_was_deleted_is_made_again(
    settings: Callable[[], Settings], request: pytest.FixtureRequest, part: str
) -> None:
    with host(settings()) as (workshop, _, cutout):
        first = await draw(workshop, cutout)
    lost = first[1].artifact if part == "artifact" else first[1].composition.mask
    assert lost is not None
    remove(request, lost.path)
    with host(settings()) as (workshop, sketcher, cutout):
        again = await draw(workshop, cutout)
        assert sketcher.drawn == [first[1].id]
        assert {one.id: one.artifact for one in again} == {one.id: one.artifact for one in first}
        assert workshop.artifacts.has("demo", lost.digest)
