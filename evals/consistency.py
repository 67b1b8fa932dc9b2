"""Suite *set consistency*: sets of pictures of one product, some with an odd one out, before the judge of sets."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from evals.histograms import Guess, best_threshold, guess
from evals.homes import demo_home
from evals.odd_ones import Set, Studio, committed, orders
from evals.repair import bench_over
from evals.suite import Case


def case_of(one: Set, *, called: bool, odd: str | None, unsure: bool = False, says: Sequence[str] = ()) -> Case:
    """One set: whether it was called inconsistent, and whether the odd one was named. Unsure is neither."""
    scores = {"abstained": float(unsure), f"abstained.{one.delivery}": float(unsure)}
    if one.odd is None:
        scores |= {"false_alarm": float(called), f"false_alarm.{one.delivery}": float(called)}
        return Case(id=one.id, scores=scores, says=tuple(says) if called else ())
    named = float(called and odd == one.odd)
    scores |= {
        "found": float(called), "named": named, f"found.{one.delivery}": float(called),
        f"{one.kind}.found": float(called), f"{one.kind}.named": named,
    }
    if one.level:
        scores |= {f"{one.kind}.found.{one.level}": float(called)}
    wrong = () if named else (f"{one.odd} is the odd one; named {odd or 'none'}",)
    return Case(id=one.id, scores=scores, says=(*wrong, *says) if wrong else ())


def by_histogram(sets: Sequence[Set], guesses: Sequence[Guess]) -> tuple[Case, ...]:
    """The baseline's cases, at the threshold that suits it best."""
    limit = best_threshold(guesses, [one.odd is not None for one in sets])
    return tuple(case_of(one, called=g.ratio >= limit, odd=g.odd) for one, g in zip(sets, guesses, strict=True))


async def main() -> None:
    """Print what the baselines tell."""
    async with demo_home() as onbrand, bench_over(onbrand) as bench:
        studio = Studio(bench, committed())
        sets = [await studio.made(order) for order in orders(committed())]
    for product_only in (False, True):
        cases = by_histogram(sets, [guess(one, product_only=product_only) for one in sets])
        for score in ("found", "named", "false_alarm"):
            held = [case.scores[score] for case in cases if score in case.scores]
            print("product" if product_only else "picture", score, f"{sum(held)}/{len(held)}")


if __name__ == "__main__":
    asyncio.run(main())
