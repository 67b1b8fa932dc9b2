"""Suite *broken answers*: whole runs with a model in every role, over an endpoint whose answers are wrong.

    python -m evals.broken_answers [--runs 200] [--all-broken 30] [--stormy 12] [--seed 1] [--json]

A run is the graph with the real gateway up to review; every other one then takes a person's remark in Swedish and goes
on to review again. Finished means that it came to its own end: pictures to review, or words why none passed. Three
weathers: 30% of answers broken at random over all kinds, all of them broken, and a minute of nothing but 429 whose
Retry-After asks for a day.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from domain.errors import OnbrandError
from domain.models import ModelRole
from domain.run import ReviewAction, ReviewDecision, RunRequest, RunStatus, RunView
from domain.values import Seconds
from evals.endpoints import Fault, ModelEndpoint, Reply, Seen
from evals.endpoints.faults import BROKEN_ANSWERS
from evals.endpoints.gateways import bedrock_place, openai_place
from evals.homes import copy_library, small_demo
from evals.intervals import wilson
from evals.scripted_eye import JUDGES, KNOWN, MODEL, Look, all_well
from memory.demo import DEMO_BRAND
from service.model_settings import ModelSettings
from service.orchestrator import Onbrand
from service.settings import Settings
from tools.judges.looking import Forgetful
from tools.models.clock import Clock, WallClock

REQUESTS = (
    "our blood-orange can on a sunlit terrace, for Sweden",
    "our lemon can on a marble kitchen counter, for Norway",
    "our blood-orange can in a forest in the morning",
)
PRODUCTS = ("solara-blood-orange-can", "solara-lemon-can")
REMARK = "gör burken lite större"
LANGUAGE_MODEL = "bedrock_converse:amazon.nova-2-lite-v1:0"
TIMEOUT_S: Seconds = 3.0
PATIENCE_S: Seconds = 150.0
HANGS_S: Seconds = 600.0
"""A run that takes longer is taken to hang."""

STORM_S: Seconds = 60.0
SLOW, TOO_SLOW = "slow", "too slow"
KINDS: tuple[Fault | str, ...] = (
    *BROKEN_ANSWERS, Fault.FENCED, Fault.RESET, Fault.GARBAGE, Fault.BREAKS_OFF, Fault.DOWN, SLOW, TOO_SLOW,
)
"""Everything that may be wrong with an answer; a fence and a slow answer are to be coped with."""

Weather = Callable[[Seen], Reply]


def sound(seen: Seen) -> Reply:
    """A sound answer to whatever a run asks."""
    if seen.speaks == "chat":
        return Reply(all_well(Look(seen.body)))
    data = data_of(seen)
    if "channels" in data:
        return Reply({"language": "en"})
    if "scenes" in data and "pictures" not in data:
        return Reply({"captions": [written(one) for one in data["scenes"]]})
    if "questions" in data:
        return Reply({"questions": [{"id": one["id"], "text": one["text"]} for one in data["questions"]]})
    if "said" in data:
        wish = {"said": data["said"], "change": "product_larger", "degree": "small", "place": ""}
        return Reply({"about": [], "wishes": [wish], "not_understood": []})
    return Reply({"pictures": [mended(one) for one in data["pictures"]]})


def written(scene: dict[str, Any]) -> dict[str, Any]:
    """A scene's caption: the draft in another style."""
    return {"number": scene["number"], **scene["draft"], "style": "crisp summer advertisement"}


def mended(picture: dict[str, Any]) -> dict[str, Any]:
    """A picture revised by the first change that is suggested, or made smaller."""
    chosen = [{name: fix[name] for name in ("check", "field", "value")} for fix in picture["suggested"][:1]]
    smaller = {"check": picture["failed"][0]["check"], "field": "composition.scale"}
    chosen = chosen or [{**smaller, "value": round(0.9 * picture["now"]["composition.scale"], 3)}]
    return {"number": picture["number"], "why": "as suggested", "changes": chosen, "caption": None}


def data_of(seen: Seen) -> dict[str, Any]:
    """The DATA block of a request to Converse."""
    text = "".join(block.get("text", "") for block in seen.body["messages"][0]["content"])
    found, _ = json.JSONDecoder().raw_decode(text.partition("DATA ")[2])
    return dict(found)


def broken(share: float, seed: int) -> Weather:
    """So large a share of answers is broken. How follows from what is asked and how often it was, so a seed repeats."""
    asked: Counter[str] = Counter()
    lock = threading.Lock()

    def answer(seen: Seen) -> Reply:
        digest = hashlib.sha256(json.dumps(seen.body.get("messages"), sort_keys=True).encode()).hexdigest()
        with lock:
            asked[digest] += 1
            nth = asked[digest]
        dice = hashlib.sha256(f"{seed} {digest} {nth}".encode()).digest()
        reply = sound(seen)
        if int.from_bytes(dice[:4], "big") / 2**32 >= share:
            return reply
        kind = KINDS[dice[4] % len(KINDS)]
        if isinstance(kind, Fault):
            return Reply(reply.value, kind)
        return Reply(reply.value, after_s=0.4 if kind == SLOW else TIMEOUT_S + 1)

    return answer


def storm(clock: Clock, seconds: Seconds = STORM_S) -> Weather:
    """Nothing but 429 for so long from the first request on, by this clock; then sound answers."""
    until: list[Seconds] = []

    def answer(seen: Seen) -> Reply:
        now = clock.now()
        until.append(now + seconds)
        return sound(seen) if now >= until[0] else Reply("", Fault.THROTTLED, retry_after="86400")

    return answer


@dataclass(frozen=True)
class Ended:
    """How one run ended: its status, or what else became of it."""

    status: str
    told: tuple[str, ...] = ()
    message: str = ""
    seconds: Seconds = 0.0

    @property
    def finished(self) -> bool:
        """Whether it came to its own end."""
        return self.status in {RunStatus.REVIEW, RunStatus.NOTHING_PASSED}

    @property
    def in_words(self) -> bool:
        """Whether it ended, whatever with, and says why."""
        return self.status == RunStatus.REVIEW or bool(self.message)


@dataclass(frozen=True)
class Report:
    """Runs in one weather. `calls` are requests at the endpoint, `answered` those it did not turn away."""

    ends: tuple[Ended, ...]
    calls: int
    answered: int

    @property
    def finished(self) -> int:
        """Runs that came to their own end."""
        return sum(one.finished for one in self.ends)

    def document(self) -> dict[str, Any]:
        """As JSON: counts, Wilson's interval of the finished share, the longest run."""
        runs = len(self.ends)
        return {
            "runs": runs,
            "finished": self.finished,
            "interval": [round(value, 4) for value in wilson(self.finished, runs)],
            "in_words": sum(one.in_words for one in self.ends),
            "with_the_built_ins_help": sum(any("built-in" in note for note in one.told) for one in self.ends),
            "statuses": dict(Counter(one.status for one in self.ends)),
            "calls": self.calls,
            "calls_over_needed": round(self.calls / self.answered, 3) if self.answered else None,
            "longest_s": round(max(one.seconds for one in self.ends), 1),
        }


@asynccontextmanager
async def home_under(
    weather: Weather, *, patience: Seconds, answers_within: Seconds, library: Path | None
) -> AsyncIterator[tuple[Onbrand, ModelEndpoint]]:
    """A home that is thrown away, with a model in every role; languages speak Converse, judges chat completions."""
    with tempfile.TemporaryDirectory(prefix="onbrand-broken-") as folder, ModelEndpoint(weather) as endpoint:
        if library is not None:
            await asyncio.to_thread(copy_library, Settings(home=library), Path(folder))
        eye = f"openai:{MODEL}@{endpoint.openai}"
        roles = {role.value: eye if role in JUDGES else LANGUAGE_MODEL for role in ModelRole}
        places = (bedrock_place(endpoint, "language", timeout_s=answers_within),
                  openai_place(endpoint, "eyes", timeout_s=answers_within))  # fmt: skip
        models = ModelSettings.model_validate({**roles, "places": places, "known": (KNOWN,), "patience_s": patience})
        async with Onbrand.open(Settings(home=Path(folder), models=models, grid=2)) as onbrand:
            onbrand.workshop.known = Forgetful()        # every run asks anew
            await asyncio.to_thread(small_demo, onbrand, *PRODUCTS)
            yield onbrand, endpoint


async def one_run(onbrand: Onbrand, number: int) -> Ended:
    """One run to its end; every other one with a remark at review."""
    began = time.monotonic()
    try:
        view = await asyncio.wait_for(worked(onbrand, number), HANGS_S)
    except TimeoutError:
        return Ended("hung", seconds=time.monotonic() - began)
    except OnbrandError as error:
        return Ended(error.code, message=error.message, seconds=time.monotonic() - began)
    message = view.failure.message if view.failure else ""
    return Ended(view.status.value, view.notes, message, time.monotonic() - began)


async def worked(onbrand: Onbrand, number: int) -> RunView:
    """A small run: two pictures, one round."""
    request = RunRequest(
        request=f"{REQUESTS[number % len(REQUESTS)]}, number {number}", assume=True, option="standard", rounds=1,
        size="512x512", budget=5.0,
    )
    view = await onbrand.advance(DEMO_BRAND, onbrand.begin(request).run_id)
    if view.status is not RunStatus.REVIEW or number % 2:
        return view
    decision = ReviewDecision(action=ReviewAction.FEEDBACK, text=REMARK)
    return await onbrand.answer_review(DEMO_BRAND, view.run_id, decision)


async def runs_under(
    weather: Weather, runs: int, *, at_once: int = 4, patience: Seconds = PATIENCE_S,
    answers_within: Seconds = TIMEOUT_S, library: Path | None = None,
) -> Report:
    """So many runs, a few at a time. `answers_within` is the places' time-out, `library` a home with the products."""
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "AKIAEVALEVALEVALEVAL")      # the client signs, on loopback, too
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "none")
    throttled = 0
    lock = threading.Lock()

    def counted(seen: Seen) -> Reply:
        nonlocal throttled
        reply = weather(seen)
        with lock:
            throttled += reply.fault is Fault.THROTTLED
        return reply

    opened = home_under(counted, patience=patience, answers_within=answers_within, library=library)
    async with opened as (onbrand, endpoint):
        room = asyncio.Semaphore(at_once)

        async def in_turn(number: int) -> Ended:
            async with room:
                return await one_run(onbrand, number)

        ends = await asyncio.gather(*(in_turn(number) for number in range(runs)))
        return Report(tuple(ends), endpoint.calls, endpoint.calls - throttled)


async def evaluate(runs: int, all_broken: int, stormy: int, seed: int) -> dict[str, Report]:
    """The three weathers."""
    return {
        "30% broken": await runs_under(broken(0.3, seed), runs),
        "all broken": await runs_under(broken(1.0, seed), all_broken, patience=20.0),
        "a minute of 429": await runs_under(storm(WallClock()), stormy, at_once=stormy, answers_within=60.0),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line a weather, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--all-broken", type=int, default=30)
    parser.add_argument("--stormy", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = asyncio.run(evaluate(options.runs, options.all_broken, options.stormy, options.seed))
    if options.json:
        ends = {name: [asdict(one) for one in report.ends] for name, report in found.items()}
        print(json.dumps({"totals": {name: report.document() for name, report in found.items()}, "ends": ends}))
        return
    for name, report in found.items():
        print(f"{name}: {json.dumps(report.document())}")


if __name__ == "__main__":
    main()
