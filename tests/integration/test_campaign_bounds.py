"""The loop ends: by rounds, by budget, by running out of ideas; and one failed group does not take its siblings."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from domain.candidate import CandidateVerdict, Slot
from domain.errors import ToolFailed
from domain.plan import Capability
from domain.ports import Drawn, Image
from domain.run import RunRequest, RunStatus, RunView
from mcp_servers.connect import Servers
from service.orchestrator import Onbrand
from service.settings import Settings
from tools.generators import Compositor

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Floating:
    """A generator that always lifts the product off its ground, whatever it is asked for."""

    inner: Compositor
    price: float = 0.0
    drawn: int = 0
    broken_scene: str = ""

    def capability(self) -> Capability:
        return self.inner.capability().model_copy(update={"version": "floating", "price_per_image": self.price})

    def draw(
        self,
        slots: Sequence[Slot],
        cutouts: Mapping[str, Image],
        assets: Mapping[str, Any],
        photos: Mapping[str, Image],
    ) -> Iterator[Drawn]:
        for slot in slots:
            if slot.scene.id == self.broken_scene:
                raise ToolFailed("the GPU fell over", where=slot.scene.id)
            self.drawn += 1
            lifted = slot.composition.model_copy(update={"lift": 40.0})
            (done,) = self.inner.draw([slot.model_copy(update={"composition": lifted})], cutouts, assets, photos)
            yield replace(done, slot=done.slot.model_copy(update={"composition": done.slot.composition}))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Onbrand]:
    """One home with the demo library for this module."""
    home = tmp_path_factory.mktemp("bounds") / "onbrand"
    shutil.copytree(demo_home, home)
    async with Onbrand.open(Settings(home=home)) as onbrand:
        yield onbrand


async def run(onbrand: Onbrand, generator: Any, folder: Path, **choices: Any) -> RunView:
    """A run drawn by another generator behind the same port."""
    onbrand.workshop.generators = {"compositor": generator}
    onbrand.servers = Servers.over(onbrand.workshop)
    request = RunRequest(request="our lemon can on a terrace", option="quick", assume=True, **choices)
    row = onbrand.begin(request, folder)
    return await onbrand.advance("demo", row.run_id)


@pytest.mark.parametrize("rounds", [0, 2])
async def test_a_generator_that_never_gets_it_right_is_stopped_by_the_rounds(
    demo: Onbrand, tmp_path: Path, rounds: int
) -> None:
    generator = Floating(Compositor())
    view = await run(demo, generator, tmp_path, rounds=rounds, seed=rounds + 1)
    assert view.status is RunStatus.NOTHING_PASSED
    assert view.failure is not None
    assert "floating" in view.failure.message
    assert max(candidate.round for candidate in view.candidates) <= rounds
    assert 0 < generator.drawn <= len(view.candidates) <= 3 + 4 * rounds
    assert not any(edit.outcome == "kept" for edit in view.edits)


async def test_the_budget_refuses_before_the_first_drawing(demo: Onbrand, tmp_path: Path) -> None:
    generator = Floating(Compositor(), price=0.5)
    view = await run(demo, generator, tmp_path, budget=1.0)
    assert view.status is RunStatus.REFUSED
    assert view.failure is not None
    assert view.failure.code == "over_budget"
    assert generator.drawn == 0
    assert view.costs.actual == 0


async def test_money_never_goes_beyond_the_budget_in_the_loop(demo: Onbrand, tmp_path: Path) -> None:
    generator = Floating(Compositor(), price=0.5)
    view = await run(demo, generator, tmp_path, budget=2.0, rounds=8, seed=5)
    assert generator.drawn * 0.5 <= 2.0 + 0.5
    assert view.costs.actual == pytest.approx(generator.drawn * 0.5)
    assert view.status in {RunStatus.REFUSED, RunStatus.NOTHING_PASSED}


async def test_a_failed_group_leaves_its_siblings_and_is_named(demo: Onbrand, tmp_path: Path) -> None:
    first = await run(demo, Compositor(), tmp_path, seed=11)
    broken = Floating(Compositor(), broken_scene=first.candidates[0].scene.id)
    view = await run(demo, broken, tmp_path, seed=12, rounds=0)
    verdicts = {candidate.scene.id: candidate.verdict for candidate in view.candidates}
    assert verdicts[broken.broken_scene] is CandidateVerdict.BROKEN
    assert CandidateVerdict.FAILED in verdicts.values()
    assert any("GPU fell over" in candidate.error for candidate in view.candidates)
