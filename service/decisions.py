"""What a stage decided, as its trace event tells it: enough to say where two runs part, without the state itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.candidate import Candidate, Edit
from domain.plan import Option, Plan
from domain.rules import RuleCheck


def decided(result: dict[str, Any]) -> dict[str, Any]:
    """The decisions in what a stage wrote. What holds nothing is left out, but for those that say so by being empty."""
    told: dict[str, Any] = {}
    for name, telling in TELLING.items():
        if result.get(name) or (name in EVEN_EMPTY and name in result):
            told |= telling(result[name])
    told |= {name: result[name] for name in AS_THEY_ARE if name in result}
    return told


def of_plan(plan: Plan) -> dict[str, Any]:
    """A plan's options and scenes, and what it leaves out."""
    return {
        "options": [of_option(option) for option in plan.options],
        "scenes": [scene.id for scene in plan.scenes],
        "left_out": list(plan.left_out),
        "cannot_draw": list(plan.cannot_draw),
    }


def of_rules(name: str) -> Callable[[tuple[RuleCheck, ...]], dict[str, Any]]:
    """How rules came out, under a name."""
    return lambda checks: {
        name: [{"market": check.market, "rule": check.rule, "verdict": check.verdict.value} for check in checks]
    }


def of_candidate(candidate: Candidate) -> dict[str, Any]:
    """A candidate as decisions show it: how each check came out, and the picture's digest."""
    return {
        "verdict": candidate.verdict.value,
        "artifact": candidate.artifact.digest if candidate.artifact else "",
        "quality": candidate.quality,
        "findings": {finding.check: finding.verdict.value for finding in candidate.findings},
    }


def of_edit(edit: Edit) -> dict[str, Any]:
    """An edit as decisions show it: what changed, why, and what became of it."""
    return {
        "what": f"{edit.target.value}.{edit.field}",
        "before": edit.before,
        "after": edit.after,
        "source": edit.source,
        "parent": edit.parent,
        "child": edit.child,
        "outcome": edit.outcome.value,
    }


def of_option(option: Option) -> dict[str, Any]:
    """An option with its prediction, which comes of runs that are not in this trace."""
    return {"name": option.name, "candidates": len(option.slots), **option.prediction.model_dump()}


TELLING: dict[str, Callable[[Any], dict[str, Any]]] = {
    "candidates": lambda held: {"candidates": {name: of_candidate(candidate) for name, candidate in held.items()}},
    "edits": lambda held: {"edits": {name: of_edit(edit) for name, edit in held.items()}},
    "questions": lambda held: {"questions": [question.id for question in held]},
    "plan": of_plan,
    "rules": of_rules("rules"),
    "monitored": of_rules("monitored"),
    "exports": lambda held: {"exports": {f"{e.candidate} {e.channel}": e.artifact.digest for e in held}},
    "earlier": lambda held: {"earlier": held.model_dump(mode="json")},
    "remembered": lambda held: {"remembered": [row.model_dump(mode="json") for row in held]},
    "learned": lambda held: {"learned": [row.model_dump(mode="json") for row in held]},
    "decision": lambda held: {"action": held.action.value},
    "status": lambda held: {"status": held.value},
    "publications": lambda held: {"publications": [publication.key for publication in held]},
}
"""How each part of state is told."""

EVEN_EMPTY = {"questions", "rules", "monitored"}
"""Parts that say something by being empty."""

AS_THEY_ARE = ("shortlist", "answers", "chosen", "round", "exhausted", "not_exported", "relaxed")
"""Parts that are plain values."""
