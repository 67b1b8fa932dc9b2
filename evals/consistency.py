"""Suite *set consistency*: sets of pictures of one product, some with an odd one out, before the judges of sets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from domain.candidate import Finding, Verdict
from domain.models import ModelRole, Payer
from evals.histograms import Guess, best_threshold, guess
from evals.homes import demo_home
from evals.odd_ones import LEVELS, Set, Studio, committed, orders
from evals.repair import bench_over
from evals.suite import Case, Metric, Scored, Suite
from service.settings import load_settings
from service.wiring import wire
from tools.judges.looking import Bench, judge_set
from tools.judges.rectified import Shown
from tools.judges.sets import judge_products

MODEL_MISSING = (
    "The model's judge of sets: not measured, none is set. `ONBRAND_MODELS__SET_JUDGE=openai:NAME@URL onbrand evals "
    "run consistency` measures it on the same sets."
)


@dataclass(frozen=True)
class Told:
    """What a judge says of a set: inconsistent or not, which picture, or that it cannot tell."""

    called: bool
    odd: str | None = None
    unsure: bool = False
    says: tuple[str, ...] = ()


def case_of(one: Set, told: Told) -> Case:
    """One set: whether it was called inconsistent, and whether the odd one alone was named. Unsure is neither."""
    scores = {"abstained": float(told.unsure), f"abstained.{one.delivery}": float(told.unsure)}
    called = float(told.called)
    if one.odd is None:
        scores |= {"false_alarm": called, f"false_alarm.{one.delivery}": called}
        return Case(id=one.id, scores=scores, says=told.says if told.called else ())
    named = float(told.called and told.odd == one.odd)
    scores |= {"found": called, "named": named, f"found.{one.delivery}": called, f"named.{one.delivery}": named}
    scores |= {f"{one.kind}.found": called, f"{one.kind}.named": named}
    if one.level:
        scores |= {f"{one.kind}.found.{one.level}": called, f"found.{one.level}": called}
    if named:
        return Case(id=one.id, scores=scores)
    return Case(id=one.id, scores=scores, says=(f"{one.odd} is the odd one; named {told.odd or 'none'}", *told.says))


def measured(one: Set) -> Told:
    """What the measured judge says: the pictures that any check names."""
    shown = {name: Shown(m.image, m.affine, m.true_scale) for name, m in one.members.items()}
    return read(judge_products(one.cutout, shown), one)


def read(findings: Sequence[Finding], one: Set) -> Told:
    """Findings of a judge of sets as one answer; unsure where every check abstains."""
    failed = [f for f in findings if f.verdict is Verdict.FAIL]
    named = {name for f in failed for name in one.members if name in f"{f.evidence.get('odd', '')} {f.reason}"}
    return Told(
        called=bool(failed), odd=named.pop() if len(named) == 1 else None,
        unsure=all(f.verdict is Verdict.ABSTAIN for f in findings),
        says=tuple(f"{f.check}: {f.reason}" for f in failed),
    )


@contextmanager
def model_judge() -> Iterator[Bench | None]:
    """The judges of the settings in force, where a model that looks at pictures serves as the judge of sets."""
    wired = wire(load_settings())
    try:
        bench = Bench(wired.workshop.models, Payer(brand="demo", stage="evals"), wired.workshop.known)
        yield bench if bench.looks(ModelRole.SET_JUDGE) else None
    finally:
        wired.close()


def by_histogram(sets: Sequence[Set], guesses: Sequence[Guess]) -> tuple[Case, ...]:
    """The baseline's cases, at the threshold that suits it best."""
    limit = best_threshold(guesses, [one.odd is not None for one in sets])
    return tuple(case_of(one, Told(g.ratio >= limit, g.odd)) for one, g in zip(sets, guesses, strict=True))


async def run(limit: int | None) -> Scored:
    """Every set before the measured judge and both histograms, and before the model's judge where there is one."""
    cases, empty = [], []
    guesses: tuple[list[Guess], list[Guess]] = [], []
    with model_judge() as model:
        async with demo_home() as onbrand, bench_over(onbrand) as bench:
            studio = Studio(bench, committed())
            for order in list(orders(committed()))[:limit]:
                one = await studio.made(order)
                case = case_of(one, await asyncio.to_thread(measured, one))
                if model is not None:
                    case = with_model(case, one, await asyncio.to_thread(looked, model, one))
                cases.append(case)
                for product_only, held in zip((False, True), guesses, strict=True):
                    held.append(guess(one, product_only=product_only))
                empty.append(one.without_pixels())
    baselines = zip(("histogram of the picture", "histogram of the product"), guesses, strict=True)
    return Scored(
        cases=tuple(cases), baselines={name: by_histogram(empty, held) for name, held in baselines},
        notes=() if model is not None else (MODEL_MISSING,),
    )


def looked(model: Bench, one: Set) -> Told:
    """What the model's judge says."""
    return read(judge_set(model, {name: member.image for name, member in one.members.items()}).findings, one)


def with_model(case: Case, one: Set, told: Told) -> Case:
    """The case with what the model's judge made of it beside."""
    of_model = case_of(one, told).scores
    return case.model_copy(update={"scores": case.scores | {f"model.{name}": v for name, v in of_model.items()}})


def rates(prefix: str = "", title: str = "") -> tuple[Metric, ...]:
    """The four measures of a judge."""
    return (
        Metric(name=f"{title}odd set found", of=f"{prefix}found"),
        Metric(name=f"{title}odd one named", of=f"{prefix}named"),
        Metric(name=f"{title}false alarm on a sound set", of=f"{prefix}false_alarm", better="lower"),
        Metric(name=f"{title}cannot tell", of=f"{prefix}abstained", better="lower"),
    )


SUITE = Suite(
    name="consistency",
    about=(
        "Sets of three or four pictures of one product in different scenes, some with an odd one out of seven kinds. "
        "Locked: the product's own pixels. Relit: every picture in light of its own, as JPEG. Found: likewise, and "
        "nobody says where the product is."
    ),
    scorer=(
        "Found is the share of odd sets that are called inconsistent, named the share in which the odd one alone is "
        "named, false alarm the share of sound sets that are called inconsistent. Baselines: the picture whose RGB "
        "histogram (8 x 8 x 8, Hellinger) is farthest from the others', of the whole picture and of the product's box, "
        "at the threshold that suits these very sets best."
    ),
    metrics=(
        *rates(),
        *(Metric(name=f"found, {level}", of=f"found.{level}") for level in LEVELS),
        *(
            Metric(name=f"{delivery}: {title}", of=f"{score}.{delivery}", better=better)
            for delivery in committed().deliveries
            for title, score, better in (
                ("found", "found", "higher"), ("named", "named", "higher"), ("false alarm", "false_alarm", "lower"),
                ("cannot tell", "abstained", "lower"),
            )
        ),
        *(Metric(name=f"{kind.name}: found", of=f"{kind.name}.found") for kind in committed().kinds),
        *(Metric(name=f"{kind.name}: named", of=f"{kind.name}.named") for kind in committed().kinds),
        *rates("model.", "by a model: "),
    ),
    run=run,
)
