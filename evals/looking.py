"""Suite *looking*: what judges that look take per accepted picture, against showing them every candidate.

    python -m evals.looking [--only ID]... [--json]

Whole runs through the graph, with a scripted eye behind a real endpoint; what is counted is in their traces. Accepted
is what stands on the shortlist. The baseline shows every candidate that those runs drew to every judge, whatever the
measured checks said of it: the picture's questions in one call, its product's parts in another unless the first vetoed
it, then the shortlist compared in three. Its calls are really made, over the same endpoint. How well a real model
judges is not measured here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

from agents import looking
from agents.state import Campaign
from domain.assets import Asset
from domain.candidate import Candidate
from domain.looking import Spent
from domain.models import Used
from domain.run import RunRequest, RunView
from evals.homes import copy_library
from evals.recording import load
from evals.scripted_eye import KNOWN, MODEL, Look, Script, all_well, eye_place, served
from mcp_servers.connect import Servers, open_sessions
from mcp_servers.judges.contract import Commission, JudgeSet, PreferPictures
from mcp_servers.toolbox import Toolbox
from memory.demo import DEMO_BRAND
from service.model_settings import ModelSettings
from service.orchestrator import Onbrand
from service.settings import Settings, load_settings
from tools.judges.looking import Forgetful
from tools.judges.looking.asking import JUDGES

SIZE = "512x512"
ROUNDS = 2


@dataclass(frozen=True)
class Work:
    """One run to look at: the request, and of how many pictures (by their bytes) the eye vetoes one; 0 for none."""

    id: str
    request: str
    vetoes: int = 0


WORKS = (
    Work("sound", "our blood-orange can on a sunlit terrace, for Sweden, Instagram"),
    Work("one-in-three-vetoed", "our lemon can on a marble kitchen counter, for Sweden", vetoes=3),
    Work("with-words", 'our lemon can on a terrace at noon with the words "Fresh start", for Norway'),
    Work("half-vetoed", "our blood-orange can in a forest in the morning, for Sweden", vetoes=2),
)


@dataclass(frozen=True)
class Tally:
    """Calls of judges on the wire and tokens, both ways."""

    calls: int = 0
    tokens: int = 0

    @classmethod
    def of(cls, calls: int, used: Used) -> Tally:
        """From calls and what they used."""
        return cls(calls, used.tokens_in + used.tokens_out)

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.calls + other.calls, self.tokens + other.tokens)


@dataclass(frozen=True)
class Looked:
    """What looking took in one run, and what it would have taken to look at every candidate."""

    work: str
    drawn: int
    seen: int
    accepted: int
    judges: Tally
    everything: Tally
    again: Tally

    @property
    def share(self) -> float:
        """Calls, over those of looking at every candidate."""
        return self.judges.calls / self.everything.calls


def eye(vetoes: int) -> Script:
    """Finds nothing wrong, but for one picture in so many: whether it is one follows from its bytes."""

    def script(look: Look) -> dict[str, Any]:
        answer = all_well(look)
        if vetoes and look.about == "picture" and sum(look.judged_file[-64:]) % vetoes == 0:
            answer["answers"][0] |= {"answer": "yes", "evidence": "it floats"}
        return answer

    return script


@asynccontextmanager
async def home_with(script: Script) -> AsyncIterator[Onbrand]:
    """A home that is thrown away, whose judges all look by the script."""
    with tempfile.TemporaryDirectory(prefix="onbrand-looking-") as folder, served(script) as url:
        await asyncio.to_thread(copy_library, load_settings(), Path(folder))
        spec = f"openai:{MODEL}@{url}"
        models = ModelSettings(
            gate_judge=spec, component_judge=spec, set_judge=spec, places=(eye_place(url),), known=(KNOWN,)
        )
        async with Onbrand.open(Settings(home=Path(folder), models=models)) as onbrand:
            await asyncio.to_thread(onbrand.prepare, DEMO_BRAND)
            yield onbrand


async def measured(work: Work) -> Looked:
    """One run, the same once more, and the baseline on what the first drew."""
    async with home_with(eye(work.vetoes)) as onbrand:
        view = await run(onbrand, work)
        again = await run(onbrand, work)
        state = await state_of(onbrand, view.run_id)
        return Looked(
            work=work.id,
            drawn=sum(c.artifact is not None for c in view.candidates),
            seen=sum(any(f.check.startswith("look:") for f in c.findings) for c in view.candidates),
            accepted=len(view.shortlist),
            judges=tally(view),
            everything=await looking_at_everything(onbrand, state),
            again=tally(again),
        )


async def run(onbrand: Onbrand, work: Work) -> RunView:
    """The work, up to review."""
    request = RunRequest(request=work.request, assume=True, rounds=ROUNDS, option="standard", size=SIZE, budget=50.0)
    return await onbrand.advance(DEMO_BRAND, onbrand.begin(request).run_id)


async def state_of(onbrand: Onbrand, run_id: str) -> Campaign:
    """What a run knows in the end."""
    snapshot = await onbrand.driver.graph.aget_state({"configurable": {"thread_id": run_id}})
    return cast("Campaign", snapshot.values)


def tally(view: RunView) -> Tally:
    """What a run's trace says that its judges took."""
    judges = {role.value for role in JUDGES}
    total = Tally()
    for call in load(Path(view.trace_path)).models:
        if call.role in judges:
            told = call.response or {}
            total += Tally.of(int(told.get("attempts", 1)), Used.model_validate(told.get("used", {})))
    return total


class Unrecorded:
    """Nothing of the baseline is kept as a trace."""

    def record(self, kind: str, **fields: Any) -> None:
        """Keep nothing."""


async def looking_at_everything(onbrand: Onbrand, state: Campaign) -> Tally:
    """The baseline: every candidate shown to every judge, nothing known from before, and the shortlist compared."""
    workshop = replace(onbrand.workshop, known=Forgetful())
    async with open_sessions(await asyncio.to_thread(Servers.over, workshop), Unrecorded()) as sessions:
        tools = sessions.toolbox("evaluate", looking.TOOLS)
        product = await asyncio.to_thread(workshop.library.get, DEMO_BRAND, state["plan"].products[0].asset)
        drawn = [candidate for candidate in state["candidates"].values() if candidate.artifact]
        spent = [await by_itself(candidate, product, state, tools) for candidate in drawn]
        spent.append(await together(state, tools))
    return sum((Tally.of(one.calls, one.used) for one in spent), Tally())


async def by_itself(candidate: Candidate, product: Asset, state: Campaign, tools: Toolbox) -> Spent:
    """One candidate before the judge of gates, and before the judge of parts if it was not vetoed."""
    free = Commission()
    asked = looking.about_picture(candidate, state, DEMO_BRAND).model_copy(update={"commission": free})
    looked = await tools.judges.look_at_picture(asked)
    if not product.components or looking.fails_a_gate(looked.findings):
        return looked.spent
    parts = looking.about_parts(candidate, product, state, DEMO_BRAND).model_copy(update={"commission": free})
    return looked.spent + (await tools.judges.look_at_parts(parts)).spent


async def together(state: Campaign, tools: Toolbox) -> Spent:
    """The shortlist compared in pairs, and as a set."""
    shown = {name: looking.digest_of(state["candidates"][name]) for name in state["shortlist"]}
    pairs = PreferPictures(brand=DEMO_BRAND, pictures=shown, request=state["brief"].request)
    judged = await tools.judges.judge_set(JudgeSet(brand=DEMO_BRAND, pictures=shown))
    return (await tools.judges.prefer_pictures(pairs)).spent + judged.spent


async def evaluate(only: Sequence[str] = ()) -> list[Looked]:
    """Every work, or those named."""
    return [await measured(work) for work in WORKS if not only or work.id in only]


def totals(found: Sequence[Looked]) -> dict[str, float]:
    """Per accepted picture, over all works; `share` is of the baseline's."""
    accepted = sum(one.accepted for one in found)
    ours = sum((one.judges for one in found), Tally())
    every = sum((one.everything for one in found), Tally())
    return {
        "accepted": accepted,
        "calls_per_accepted": round(ours.calls / accepted, 2),
        "tokens_per_accepted": round(ours.tokens / accepted),
        "every_calls_per_accepted": round(every.calls / accepted, 2),
        "every_tokens_per_accepted": round(every.tokens / accepted),
        "share_of_calls": round(ours.calls / every.calls, 3),
        "share_of_tokens": round(ours.tokens / every.tokens, 3),
    }


def main() -> None:
    """Print a line a run and the totals, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    options = parser.parse_args()
    found = asyncio.run(evaluate(options.only))
    if options.json:
        print(json.dumps({"totals": totals(found), "runs": [asdict(one) for one in found]}))
        return
    for one in found:
        print(
            f"{one.work:20} {one.drawn} drawn, {one.seen} looked at, {one.accepted} accepted: {one.judges.calls} calls,"
            f" {one.judges.tokens} tokens; every candidate: {one.everything.calls}, {one.everything.tokens}"
            f" ({one.share:.0%}); the same request again: {one.again.calls}"
        )
    print(totals(found))


if __name__ == "__main__":
    main()
