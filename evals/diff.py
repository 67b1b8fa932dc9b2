"""Two runs side by side: path, calls, findings, edits, pictures, cost and verdict; and the first place they part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from domain.values import Model, Money, Seconds
from evals.differences import Difference, differing, first
from evals.recording import Recording, path_of
from evals.tape import told

HEAD = ("code", "settings", "context", "books", "generators", "prompts", "models", "titles")
"""Fields of a header that say what made a run; the request is shown by itself."""


class Changed(Model):
    """One value that differs."""

    name: str
    a: Any = None
    b: Any = None


class Calls(Model):
    """The calls of one tool by one stage: how many each run made, how many alike, and how many of `b` were live."""

    stage: str
    tool: str
    a: int
    b: int
    alike: int
    live: int


class Picture(Model):
    """One candidate as either run ended with it: verdict, digest of the picture, place on the shortlist (1 is best)."""

    candidate: str
    a_verdict: str = ""
    b_verdict: str = ""
    a_artifact: str = ""
    b_artifact: str = ""
    a_place: int | None = None
    b_place: int | None = None

    @property
    def same(self) -> bool:
        """Whether both runs made the same picture and thought the same of it."""
        return (self.a_verdict, self.a_artifact, self.a_place) == (self.b_verdict, self.b_artifact, self.b_place)


class Outcome(Model):
    """Where one run came out."""

    run_id: str
    name: str
    status: str
    shortlist: tuple[str, ...]
    spent: Money
    predicted: Money
    seconds: Seconds
    calls: int
    live: int


class Diff(Model):
    """Everything in which two runs differ. `parts` is the first decision that differs; None: they decide the same."""

    a: Outcome
    b: Outcome
    brand: str
    head: tuple[Changed, ...]
    request: tuple[Changed, ...]
    brief: tuple[Changed, ...]
    path: tuple[tuple[str, str], ...]
    calls: tuple[Calls, ...]
    findings: tuple[Changed, ...]
    edits: tuple[Changed, ...]
    rules: tuple[Changed, ...]
    captions: tuple[Changed, ...]
    pictures: tuple[Picture, ...]
    parts: Changed | None = None

    @property
    def same(self) -> bool:
        """Whether path and decisions are the same."""
        return self.parts is None


def diff(a: Recording, b: Recording) -> Diff:
    """Hold two runs against each other, from their traces alone."""
    parts = parting(a, b)
    return Diff(
        a=outcome(a),
        b=outcome(b),
        brand=a.header.brand,
        head=changes({f: getattr(a.header, f) for f in HEAD}, {f: getattr(b.header, f) for f in HEAD}),
        request=changes(a.header.request, b.header.request),
        brief=changes(brief_of(a), brief_of(b)),
        path=aligned(a, b),
        calls=calls(a, b),
        findings=changes(findings_of(a), findings_of(b)),
        edits=changes(edits_of(a), edits_of(b)),
        rules=changes(rules_of(a), rules_of(b)),
        captions=changes(captions_of(a), captions_of(b)),
        pictures=pictures(a, b),
        parts=Changed(name=f"{parts.where} {parts.field}".strip(), a=parts.recorded, b=parts.now) if parts else None,
    )


def changes(one: Any, other: Any) -> tuple[Changed, ...]:
    """Every leaf that differs."""
    return tuple(Changed(name=name, a=left, b=right) for name, left, right in differing(plain(one), plain(other)))


def plain(value: Any) -> Any:
    """Tuples as lists, so that two versions of a trace compare."""
    if isinstance(value, dict):
        return {name: plain(held) for name, held in value.items()}
    return [plain(held) for held in value] if isinstance(value, list | tuple) else value


def outcome(recording: Recording) -> Outcome:
    """Where a run came out."""
    status = recording.status
    made = recording.calls
    return Outcome(
        run_id=recording.header.run_id,
        name=recording.name,
        status=status.status if status else "cut off",
        shortlist=tuple(last(recording, "shortlist") or ()),
        spent=status.spent if status else 0.0,
        predicted=status.predicted if status else 0.0,
        seconds=recording.seconds,
        calls=len(made),
        live=sum(not call.taped for call in made),
    )


def decisions(recording: Recording) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each branch decided, in order: its place in the path, and its decisions."""
    for step in recording.steps:
        for branch in sorted(step.branches, key=lambda branch: int(branch.index or 0)):
            if branch.finished is not None:
                name = step.node if len(step.branches) == 1 else f"{step.node} branch {branch.index}"
                yield name, branch.finished.decided or branch.finished.summary


def last(recording: Recording, name: str) -> Any:
    """The latest decision under a name; None before any."""
    found = [decided[name] for _, decided in decisions(recording) if name in decided]
    return found[-1] if found and not isinstance(found[-1], int) else None


def parting(a: Recording, b: Recording) -> Difference | None:
    """The first decision that differs."""
    for (node, one), (other_node, other) in zip(decisions(a), decisions(b), strict=False):
        if node != other_node:
            return Difference("path", "", node, other_node)
        if found := first(node, plain(one), plain(other)):
            return found
    return None if stands_before_publication(a, b) else first("path", path_of(a.steps), path_of(b.steps))


def stands_before_publication(a: Recording, b: Recording) -> bool:
    """Whether `b` is a fork that went as `a` did up to a review, where `a` was approved or left: forks never are."""
    path, shorter = path_of(a.steps), path_of(b.steps)
    return bool(b.header.forked_from) and shorter[-1:] == ["review"] and path[: len(shorter)] == shorter


def aligned(a: Recording, b: Recording) -> tuple[tuple[str, str], ...]:
    """Both paths, the same nodes beside each other; an empty place where one has none (Ratcliff-Obershelp)."""
    one, other = path_of(a.steps), path_of(b.steps)
    rows: list[tuple[str, str]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(a=one, b=other, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += zip(one[i1:i2], other[j1:j2], strict=True)
            continue
        left, right = one[i1:i2], other[j1:j2]
        longest = max(len(left), len(right))
        pad = [""] * longest
        rows += zip((left + pad)[:longest], (right + pad)[:longest], strict=True)
    return tuple(rows)


def calls(a: Recording, b: Recording) -> tuple[Calls, ...]:
    """Calls by stage and tool, in the order either run first made them."""
    keys = dict.fromkeys((call.stage, f"{call.server}.{call.tool}") for call in (*a.calls, *b.calls))
    return tuple(_calls(stage, tool, a, b) for stage, tool in keys)


def _calls(stage: str, tool: str, a: Recording, b: Recording) -> Calls:
    def asked(recording: Recording) -> Counter[str]:
        mine = (c for c in recording.calls if (c.stage, f"{c.server}.{c.tool}") == (stage, tool))
        return Counter(str(told(call.arguments, recording.header.run_id)) for call in mine)

    one, other = asked(a), asked(b)
    live = sum(not c.taped for c in b.calls if (c.stage, f"{c.server}.{c.tool}") == (stage, tool))
    return Calls(
        stage=stage, tool=tool, a=one.total(), b=other.total(), alike=(one & other).total(), live=live
    )


def brief_of(recording: Recording) -> dict[str, Any]:
    """The Brief that scenes were looked for with: the last one, after every answer."""
    asked = [call.arguments.get("brief") for call in recording.calls if "brief" in call.arguments]
    found: dict[str, Any] = next((brief for brief in reversed(asked) if brief), {}) or {}
    return found


def candidates_of(recording: Recording) -> dict[str, dict[str, Any]]:
    """Every candidate as it ended."""
    found: dict[str, dict[str, Any]] = {}
    for _, decided in decisions(recording):
        told_of = decided.get("candidates")
        if isinstance(told_of, dict):
            found |= told_of
    return found


def findings_of(recording: Recording) -> dict[str, Any]:
    """How each check came out, by candidate."""
    return {name: candidate["findings"] for name, candidate in candidates_of(recording).items()}


def edits_of(recording: Recording) -> dict[str, Any]:
    """Every edit as it ended."""
    found: dict[str, Any] = {}
    for _, decided in decisions(recording):
        told_of = decided.get("edits")
        if isinstance(told_of, dict):
            found |= told_of
    return found


def rules_of(recording: Recording) -> dict[str, str]:
    """How each rule came out."""
    return {f"{check['market']} {check['rule']}": check["verdict"] for check in last(recording, "rules") or ()}


def captions_of(recording: Recording) -> dict[str, Any]:
    """The captions after the rules had their say, in the order of their scenes."""
    made = [call.result for call in recording.calls if call.tool == "check_rules" and call.result]
    return {f"caption {at}": caption for at, caption in enumerate(made[-1]["captions"], start=1)} if made else {}


def pictures(a: Recording, b: Recording) -> tuple[Picture, ...]:
    """Every candidate of either run, the shortlists first."""
    one, other = candidates_of(a), candidates_of(b)
    places = [list(last(recording, "shortlist") or ()) for recording in (a, b)]
    names = dict.fromkeys((*places[0], *places[1], *one, *other))
    return tuple(
        Picture(
            candidate=name,
            a_verdict=one.get(name, {}).get("verdict", ""),
            b_verdict=other.get(name, {}).get("verdict", ""),
            a_artifact=one.get(name, {}).get("artifact", ""),
            b_artifact=other.get(name, {}).get("artifact", ""),
            a_place=places[0].index(name) + 1 if name in places[0] else None,
            b_place=places[1].index(name) + 1 if name in places[1] else None,
        )
        for name in names
    )
