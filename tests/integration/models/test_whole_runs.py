"""Whole runs over an endpoint whose answers are wrong: they come to their end, and say what the built-in did instead.

`python -m evals.broken_answers` does the same two hundred times.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from domain.run import RunStatus
from evals.broken_answers import PRODUCTS, STORM_S, broken, runs_under, storm
from evals.endpoints.gateways import FastClock
from evals.homes import small_demo
from service import wiring
from service.models import models_for
from service.orchestrator import Onbrand
from service.settings import Settings

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the products that are asked for: rendering them takes longer than a run."""
    folder = tmp_path_factory.mktemp("library")

    async def made() -> None:
        async with Onbrand.open(Settings(home=folder)) as onbrand:
            await asyncio.to_thread(small_demo, onbrand, *PRODUCTS)

    asyncio.run(made())
    return folder


async def test_with_answers_broken_at_random_runs_finish_and_say_what_was_done_otherwise(library: Path) -> None:
    report = await runs_under(broken(0.3, seed=5), 2, patience=30.0, library=library)
    assert [one.status for one in report.ends] == [RunStatus.REVIEW] * 2, report.ends
    assert report.calls > 10
    assert any("asked again" in note or "built-in" in note for one in report.ends for note in one.told)


async def test_with_every_answer_broken_runs_end_by_the_built_ins_work_and_say_so(library: Path) -> None:
    [one] = (await runs_under(broken(1.0, seed=5), 1, patience=5.0, library=library)).ends
    assert one.finished and one.in_words, one
    assert any("built-in" in note for note in one.told), one


async def test_a_minute_of_nothing_but_429_loses_no_run_and_hardly_costs_a_call(
    monkeypatch: pytest.MonkeyPatch, library: Path
) -> None:
    """Sixty seconds on the gateway's clock; the endpoint asks to be left alone for a day."""
    clock = FastClock(40)
    monkeypatch.setattr(wiring, "models_for", partial(models_for, clock=clock))
    began = clock.now()
    report = await runs_under(storm(clock), 3, patience=600.0, answers_within=400.0, library=library)
    assert clock.now() - began > STORM_S
    assert [one.status for one in report.ends] == [RunStatus.REVIEW] * 3, report.ends
    assert [note for one in report.ends for note in one.told if "built-in" in note] == []
    assert report.answered < report.calls <= 1.2 * report.answered
