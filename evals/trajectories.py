"""Suite *trajectories*: real runs over the demo library, and whether they went the way they should."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from domain.documents import read_yaml
from domain.run import RunRequest
from domain.values import Model
from evals.homes import demo_home
from evals.matching import Match, collapsed, matches
from evals.recording import Recording, load, path_of
from evals.suite import OURS, Case, Metric, OneByOne, ScoreOne, Suite
from service.orchestrator import Onbrand


class Trajectory(Model):
    """One case; the fields are described at the head of suites/trajectories.yaml."""

    id: str
    request: RunRequest
    answers: dict[str, dict[str, Any]] = {}
    status: str
    match: Match
    path: tuple[str, ...]
    tools: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


class Trajectories(Model):
    """The committed set; `fixed` is the way of a pipeline that never turns."""

    fixed: tuple[str, ...]
    cases: tuple[Trajectory, ...]


@lru_cache(maxsize=1)
def committed() -> Trajectories:
    """The cases."""
    text = resources.files("evals").joinpath("suites", "trajectories.yaml").read_text("utf-8")
    return Trajectories.model_validate(read_yaml(text))


async def recorded(case: Trajectory, onbrand: Onbrand) -> Recording:
    """Run a case to where it stands, and read its trace."""
    row = onbrand.begin(case.request)
    view = await onbrand.advance(case.request.brand, row.run_id)
    left = dict(case.answers)
    while left:
        waiting = "questions" if view.questions else "review" if view.status == "review" else "options"
        answer = left.pop(waiting, None)
        if answer is None:
            break
        view = await onbrand.advance(case.request.brand, row.run_id, answer=answer)
    return load(Path(row.trace_path))


def scored(case: Trajectory, path: list[str], tools: set[str], status: str) -> Case:
    """One run held against what was expected of it."""
    way = matches(path, case.path, case.match)
    missing, wrong = sorted(set(case.tools) - tools), sorted(set(case.never) & tools)
    says = []
    if not way:
        says.append(f"went {' > '.join(path)}")
    says += [f"did not call {name}" for name in missing] + [f"called {name}" for name in wrong]
    if status != case.status:
        says.append(f"ended {status}, not {case.status}")
    fine = way and not missing and not wrong and status == case.status
    return Case(
        id=case.id,
        scores={"path": float(way), "tools": float(not missing and not wrong), "status": float(status == case.status),
                "whole": float(fine)},
        says=tuple(says),
    )


def asked() -> dict[str, str]:
    """What each run is asked for."""
    return {case.id: case.request.request for case in committed().cases}


@asynccontextmanager
async def opened() -> AsyncIterator[ScoreOne]:
    """Real runs; the baseline is the fixed way, with every tool the case wants and none it does not."""
    cases = {case.id: case for case in committed().cases}
    async with demo_home() as onbrand:

        async def score(name: str) -> dict[str, Case]:
            case = cases[name]
            made = await recorded(case, onbrand)
            tools = {f"{call.server}.{call.tool}" for call in made.calls}
            status = made.status.status if made.status else "cut off"
            return {
                OURS: scored(case, collapsed(path_of(made.steps)), tools, status),
                "a fixed pipeline": scored(case, list(committed().fixed), set(case.tools), "review"),
            }

        yield score


EACH = OneByOne(asked, opened)

SUITE = Suite(
    name="trajectories",
    about="Real runs over the demo library: straight, asking, refused, stopped, revised, with feedback.",
    scorer=(
        "Shares of runs whose path matches (strictly, in any order, at least or at most, as the case says), that "
        "called every tool they should and none they should not, and that ended as they should. Baseline: a pipeline "
        "that always goes the same way."
    ),
    metrics=(
        Metric(name="whole", of="whole"),
        Metric(name="path", of="path"),
        Metric(name="tools", of="tools"),
        Metric(name="status", of="status"),
    ),
    run=EACH.run,
    each=EACH,
)
